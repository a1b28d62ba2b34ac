"""What lies between a place and its picture: clouds, branches, headlights, rain, snow, the sensor.

Each effect changes a picture in place, for half a millisecond or less, and knows no truth.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import cv2
import numpy as np

from analytics.engine.frames import Image
from analytics.staged.sites import HEIGHT, WIDTH
from cameras.demo.scene import noise
from cameras.demo.scene.painter import leaf_outline

TILES = 6
BRANCH_WIDTH, BRANCH_HEIGHT = 190, 110
SWAY_MARGIN = 14


class Effect(Protocol):
    def apply(self, picture: Image, at: float) -> None:
        """Change the picture in place; `at` is in seconds of the scene."""
        ...


@dataclass
class CloudShadows:
    """Patches of shade that drift over everything."""

    seed: int
    depth: float = 0.38
    speed_px_s: float = 18.0

    def apply(self, picture: Image, at: float) -> None:
        tile = _cloud_tile(self.depth)
        offset = int(at * self.speed_px_s + self.seed * 97) % noise.TILE_PX
        light = np.ascontiguousarray(tile[:HEIGHT, offset : offset + WIDTH])
        cv2.multiply(picture, light, dst=picture, scale=1 / 255)


@dataclass
class Headlights:
    """The light of cars that turn somewhere outside of the picture sweeps over the ground."""

    moments: tuple[float, ...]
    lasts_s: float = 3.5

    def apply(self, picture: Image, at: float) -> None:
        for begin in self.moments:
            share = (at - begin) / self.lasts_s
            if 0 <= share <= 1:
                self._sweep(picture, share)

    def _sweep(self, picture: Image, share: float) -> None:
        beam = _beam()
        left = int(-beam.shape[1] + share * (WIDTH + beam.shape[1]))
        first, last = max(0, left), min(WIDTH, left + beam.shape[1])
        if last <= first:
            return
        part = picture[HEIGHT // 4 :, first:last]
        gain = beam[:, first - left : last - left]
        part[:] = cv2.add(part, cv2.multiply(part, np.ascontiguousarray(gain), scale=1 / 160))


@dataclass
class Branch:
    """Leaves that hang into the picture from above and sway in the gusts."""

    seed: int
    left: int
    gain: float = 1.0
    reach_px: float = 6.0

    def apply(self, picture: Image, at: float) -> None:
        color, alpha = _branch(self.seed)
        gust = 0.55 + 0.45 * math.sin(at / 7.3 + self.seed)
        lean = gust * math.sin(2 * math.pi * at / 2.1 + self.seed) * self.reach_px
        shear = np.array([[1, lean / BRANCH_HEIGHT, 0], [0, 1, 0]], np.float64)
        size = (BRANCH_WIDTH, BRANCH_HEIGHT)
        moved = cv2.warpAffine(color, shear, size)
        cover = cv2.warpAffine(alpha, shear, size)[..., None].astype(np.float32) / 255
        first, last = max(0, self.left), min(WIDTH, self.left + BRANCH_WIDTH)
        part = picture[:BRANCH_HEIGHT, first:last]
        columns = slice(first - self.left, last - self.left)
        leaves = moved[:, columns].astype(np.float32) * self.gain
        part[:] = part + (leaves - part) * cover[:, columns]


@dataclass
class Rain:
    """Streaks, a new set in each frame, and a veil of gray."""

    seed: int
    strength: float = 1.0

    def apply(self, picture: Image, at: float) -> None:
        streaks = _streaks(self.seed % TILES)
        step = int(at * 997) * 7919 + self.seed
        top, left = step % HEIGHT, (step // HEIGHT) % WIDTH
        layer = streaks[top : top + HEIGHT, left : left + WIDTH]
        cv2.addWeighted(picture, 1.0, layer, self.strength, 0, dst=picture)


@dataclass
class Snowfall:
    """Flakes that fall at a steady pace, larger ones faster."""

    seed: int
    strength: float = 1.0

    def apply(self, picture: Image, at: float) -> None:
        for layer, speed in ((0, 95.0), (1, 170.0)):
            flakes = _flakes(layer)
            top = HEIGHT - int(at * speed + self.seed * 31) % HEIGHT
            left = int(WIDTH / 2 + 60 * math.sin(at / 3 + self.seed) + at * 21) % WIDTH
            part = flakes[top : top + HEIGHT, left : left + WIDTH]
            cv2.addWeighted(picture, 1.0, part, self.strength, 0, dst=picture)


@dataclass
class Infrared:
    """A camera by night: no color, its own lamp in the middle of the picture."""

    def apply(self, picture: Image, at: float) -> None:
        gray = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
        lit = cv2.multiply(gray, _infrared_lamp(), scale=1 / 128)
        cv2.cvtColor(lit, cv2.COLOR_GRAY2BGR, dst=picture)


@dataclass
class Sensor:
    """Noise of the sensor, and the blocks that an encoder leaves of it."""

    seed: int
    sigma: float = 2.2

    def apply(self, picture: Image, at: float) -> None:
        brighter, darker = _grain(round(self.sigma, 1))
        step = (round(at * 1000) * 2_654_435_761 + self.seed * 40_503) >> 8
        top, left = step % 64, step // 64 % 64
        rows, columns = slice(top, top + HEIGHT), slice(left, left + WIDTH)
        cv2.add(picture, brighter[rows, columns], dst=picture)
        cv2.subtract(picture, darker[rows, columns], dst=picture)


@dataclass
class During:
    """An effect that lasts for a part of the scene."""

    begin: float
    end: float
    effect: Effect

    def apply(self, picture: Image, at: float) -> None:
        if self.begin <= at < self.end:
            self.effect.apply(picture, at)


def apply_all(effects: Iterable[Effect], picture: Image, at: float) -> Image:
    for effect in effects:
        effect.apply(picture, at)
    return picture


@lru_cache(maxsize=4)
def _cloud_tile(depth: float) -> Image:
    field = noise.tile(77, 60.0) + 0.4 * noise.tile(78, 22.0)
    shade = np.clip(0.5 + 0.45 * field, 0, 1) * depth
    wide = np.concatenate([shade, shade, shade], axis=1)[:HEIGHT]
    return np.repeat(np.asarray((1 - wide) * 255, np.uint8)[..., None], 3, axis=2)


@lru_cache(maxsize=1)
def _beam() -> Image:
    height, width = HEIGHT - HEIGHT // 4, 260
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    slant = x - width / 2 + (y - height / 2) * 0.35
    glow = np.exp(-((slant / 62) ** 2)) * np.clip(y / 60, 0, 1)
    tint = np.array([0.9, 1.0, 1.0], np.float32)
    return np.asarray(np.clip(glow[..., None] * tint * 235, 0, 255), np.uint8)


@lru_cache(maxsize=8)
def _branch(seed: int) -> tuple[Image, Image]:
    source = np.random.default_rng(seed)
    color = np.zeros((BRANCH_HEIGHT, BRANCH_WIDTH, 3), np.uint8)
    alpha = np.zeros((BRANCH_HEIGHT, BRANCH_WIDTH), np.uint8)
    for _ in range(70):
        along = source.uniform(0, 1)
        x = SWAY_MARGIN + along * (BRANCH_WIDTH - 2 * SWAY_MARGIN)
        hang = (1 - abs(along - 0.5) * 1.7) * BRANCH_HEIGHT * 0.85
        y = source.uniform(-6, max(8.0, hang))
        outline = leaf_outline(int(source.integers(16))) * source.uniform(5, 10) + (x, y)
        shade = source.uniform(0.6, 1.15)
        points = outline.astype(np.int32)
        cv2.fillPoly(color, [points], (46 * shade, 82 * shade, 62 * shade), cv2.LINE_AA)
        cv2.fillPoly(alpha, [points], 255, cv2.LINE_AA)
    return color, alpha


@lru_cache(maxsize=TILES)
def _streaks(seed: int) -> Image:
    source = np.random.default_rng(seed + 500)
    layer = np.zeros((2 * HEIGHT, 2 * WIDTH, 3), np.uint8)
    for _ in range(1500):
        x, y = source.uniform(0, 2 * WIDTH), source.uniform(0, 2 * HEIGHT)
        length, level = source.uniform(7, 20), int(source.uniform(14, 40))
        end = (int(x + length * 0.16), int(y + length))
        cv2.line(layer, (int(x), int(y)), end, (level, level, level), 1, cv2.LINE_AA)
    return layer


@lru_cache(maxsize=2)
def _flakes(layer: int) -> Image:
    source = np.random.default_rng(layer + 900)
    tile = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    for _ in range((420, 90)[layer]):
        x, y = int(source.uniform(4, WIDTH - 4)), int(source.uniform(4, HEIGHT - 4))
        level = int(source.uniform(50, 120))
        cv2.circle(tile, (x, y), 1 + layer, (level, level, level), -1, cv2.LINE_AA)
    soft = np.asarray(cv2.GaussianBlur(tile, (0, 0), 0.7), np.uint8)
    return np.tile(soft, (2, 2, 1))


@lru_cache(maxsize=1)
def _infrared_lamp() -> Image:
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    away = np.hypot((x - WIDTH / 2) / WIDTH, (y - HEIGHT * 0.6) / HEIGHT)
    return np.asarray(np.clip(95 + 75 * np.exp(-((away / 0.42) ** 2)), 0, 255), np.uint8)


@lru_cache(maxsize=8)
def _grain(sigma: float) -> tuple[Image, Image]:
    """Return what is added and what is taken away; both a little larger than a picture."""
    source = np.random.default_rng(round(sigma * 10))
    height, width = HEIGHT + 64, WIDTH + 64
    fine = source.normal(0, sigma, (height, width, 1)) + source.normal(
        0, sigma * 0.4, (height, width, 3)
    )
    blocks = source.normal(0, sigma * 0.35, (height // 8 + 1, width // 8 + 1, 1))
    coarse = np.kron(blocks, np.ones((8, 8, 1)))[:height, :width]
    grain = np.rint(fine + coarse)
    return np.clip(grain, 0, 99).astype(np.uint8), np.clip(-grain, 0, 99).astype(np.uint8)
