"""What lies beyond the place: the sky, the water, the tree line, the far shore."""

from __future__ import annotations

import random
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from cameras.demo.scene import noise
from cameras.demo.scene.colors import bgr_array, mix, rgb, to_bgr
from cameras.demo.scene.lighting import Atmosphere
from cameras.demo.scene.projection import Array, PinholeCamera
from cameras.demo.scene.raster import Canvas, DepthPlane, Patch

Picture = NDArray[np.float32]

HORIZON_M = 900.0
SKY_STOPS = (0.0, 0.5, 0.85, 1.0)


@dataclass(frozen=True)
class Water:
    """A basin north of a straight bank."""

    bank_y: float
    level_z: float


@dataclass(frozen=True)
class Backdrop:
    """`station_bearing_deg` is where the power station stands on the far shore, if at all."""

    seed: int
    tree_height: tuple[float, float] = (18.0, 46.0)
    water: Water | None = None
    station_bearing_deg: float | None = None
    has_shore_lights: bool = False


def sky_color(atmosphere: Atmosphere, rows_above: Array, focal_px: float) -> Array:
    """Return (N, 3) colors at heights over the horizon given in pixels."""
    reach = focal_px * 0.62
    place = 1 - np.clip(rows_above / reach, 0, 1)
    stops = np.array([rgb(code) for code in atmosphere.sky])
    channels = [np.interp(place, SKY_STOPS, stops[:, channel]) for channel in range(3)]
    return np.stack(channels, axis=-1)


def paint_sky(camera: PinholeCamera, rays: Array, atmosphere: Atmosphere) -> Picture:
    """Return the sky as blue, green, red from 0 to 255, over the whole picture."""
    above: Array = camera.horizon_row() - np.arange(camera.height, dtype=np.float64) - 0.5
    colors = sky_color(atmosphere, above, camera.focal_px)
    picture = np.repeat(colors[:, None, :], camera.width, axis=1)
    cover = _clouds(rays) * (0.75 if atmosphere.is_day else 0.3)
    bright = (1.0, 0.99, 0.97) if atmosphere.is_day else rgb(atmosphere.sky[3])
    clouded = mix(picture, bright, cover[..., None])
    return np.asarray(clouded[..., ::-1] * 255, np.float32)


def _clouds(rays: Array) -> Picture:
    up = np.maximum(rays[..., 2], 1e-3)
    x = np.clip(rays[..., 0] / up, -80, 80).astype(np.float32)
    y = np.clip(rays[..., 1] / up, -80, 80).astype(np.float32)
    thick = 0.62 * noise.sample(31, 14, x * 26 + 90, y * 26 + 40)
    thick += 0.3 * noise.sample(32, 5, x * 26, y * 26) + 0.14 * noise.sample(33, 2, x * 40, y * 40)
    height = rays[..., 2] / np.linalg.norm(rays, axis=-1)
    cover = np.clip((thick - 0.15) * 1.1, 0, 1) * np.clip((height - 0.015) * 9, 0, 1)
    return np.asarray(cover, np.float32)


def paint_water(
    camera: PinholeCamera, rays: Array, water: Water, atmosphere: Atmosphere
) -> tuple[Picture, Picture]:
    """Return the water's picture and where it is seen, from 0 to 1."""
    down = np.minimum(rays[..., 2], -1e-4)
    reach = (water.level_z - camera.position[2]) / down
    x = (camera.position[0] + rays[..., 0] * reach).astype(np.float32)
    y = (camera.position[1] + rays[..., 1] * reach).astype(np.float32)
    edge_y = camera.position[1] - rays[..., 1] * camera.position[2] / down
    is_water = (rays[..., 2] < 0) & (edge_y > water.bank_y)
    mirrored = _mirrored_sky(camera, rays, atmosphere, x, y)
    near = np.clip(reach / 120, 0, 1)[..., None]
    deep = rgb("#31465a") if atmosphere.is_day else rgb("#27364a")
    share = 0.30 + 0.55 * near**0.6
    color = mix(deep, mirrored, share)
    glitter = _ripples(x, y, reach)
    color = np.clip(color + glitter[..., None] * 0.045 * (0.5 + color), 0, 1)
    return np.asarray(color[..., ::-1] * 255, np.float32), np.asarray(is_water, np.float32)


def _mirrored_sky(
    camera: PinholeCamera, rays: Array, atmosphere: Atmosphere, x: Picture, y: Picture
) -> Array:
    below = np.arange(camera.height)[:, None] + 0.5 - camera.horizon_row()
    waves = noise.sample(41, 3, x * 3, y * 9) * 0.07 + noise.sample(42, 8, x * 2, y * 4) * 0.09
    height = np.clip(below * (1 + waves), 0, None)
    return sky_color(atmosphere, height * 0.8, camera.focal_px)


def _ripples(x: Picture, y: Picture, reach: Array) -> Picture:
    fine = noise.sample(43, 1.5, x * 5, y * 14)
    middle = noise.sample(44, 3, x * 2.2, y * 7)
    wide = noise.sample(45, 8, x * 0.7, y * 1.6)
    fine_share = np.clip(22 / np.maximum(reach, 1), 0, 1)
    middle_share = np.clip(60 / np.maximum(reach, 1), 0, 1)
    mixed = fine * fine_share * 0.5 + middle * middle_share + wide * 0.6
    return np.asarray(mixed, np.float32)


def paint_horizon(
    camera: PinholeCamera, canvas: Canvas, backdrop: Backdrop, atmosphere: Atmosphere
) -> None:
    """Draw the far woods, the station and its lights over the horizon."""
    row = camera.horizon_row()
    if not -200 < row < camera.height + 60:
        return
    source = random.Random(backdrop.seed)  # noqa: S311 -- drawing, not secrets
    for lift, haze_share in ((1.25, 0.55), (0.8, 0.2)):
        color = mix(rgb(atmosphere.tree_line), rgb(atmosphere.haze), haze_share)
        outline = _tree_line(camera, backdrop, source, row, lift)
        canvas.fill(Patch(outline, to_bgr(color), DepthPlane.constant(HORIZON_M * lift)))
    if backdrop.station_bearing_deg is not None:
        _paint_station(camera, canvas, backdrop.station_bearing_deg, atmosphere)
    if backdrop.has_shore_lights and not atmosphere.is_day:
        _paint_lights(camera, canvas, source, row)


def _tree_line(
    camera: PinholeCamera, backdrop: Backdrop, source: random.Random, row: float, lift: float
) -> Array:
    unit = camera.width / 1280
    low, high = backdrop.tree_height
    crest: list[tuple[float, float]] = [(-40.0, row + 6 * unit)]
    x = -40.0
    while x < camera.width + 60:
        height = source.uniform(low, high) * lift * unit
        width = source.uniform(16, 50) * unit
        bumps = 9
        for step in range(bumps):
            turn = np.pi * step / (bumps - 1)
            rough = 1 + source.uniform(-0.06, 0.06)
            dome = float(np.sin(turn)) ** 0.6
            crest.append((x + width * step / bumps, row - height * (0.5 + 0.5 * dome * rough)))
        x += width
    crest.append((camera.width + 60.0, row + 6 * unit))
    return np.array(crest)


def _paint_station(
    camera: PinholeCamera, canvas: Canvas, bearing_deg: float, atmosphere: Atmosphere
) -> None:
    """A power station far away over the water: four blocks and three chimneys."""
    row = camera.horizon_row()
    unit = camera.focal_px / 800
    turn = np.radians((bearing_deg - camera.bearing_deg + 180) % 360 - 180)
    if abs(turn) > 1.1:
        return
    left = camera.width / 2 + camera.focal_px * float(np.tan(turn)) - 140 * unit
    near, far = (mix(rgb(c), rgb(atmosphere.haze), 0.45) for c in ("#4c5563", "#626c7b"))
    plane = DepthPlane.constant(HORIZON_M * 0.7)
    for index, (x, width, height) in enumerate(
        ((0, 74, 26), (84, 58, 30), (152, 58, 30), (222, 40, 18))
    ):
        block = [(x, 3), (x, -height), (x + width, -height), (x + width, 3)]
        outline = np.array(block) * unit + (left, row)
        canvas.fill(Patch(outline, to_bgr(near if index % 2 else far), plane))
    ahead = DepthPlane.constant(HORIZON_M * 0.69)
    for x, height in ((98, 92), (166, 92), (236, 70)):
        shaft = [(x, 0), (x + 3, -height), (x + 10, -height), (x + 13, 0)]
        canvas.fill(Patch(np.array(shaft) * unit + (left, row), to_bgr(far), ahead))
        for level in (0.98, 0.66):
            _paint_dot(canvas, left + (x + 6.5) * unit, row - height * level * unit, 1.7 * unit)


def _paint_dot(canvas: Canvas, x: float, y: float, radius: float) -> None:
    turns = np.linspace(0, 2 * np.pi, 10, endpoint=False)
    ring = np.stack([x + radius * np.cos(turns), y + radius * np.sin(turns)], axis=-1)
    canvas.fill(Patch(ring, to_bgr(rgb("#f2c27a")), DepthPlane.constant(HORIZON_M * 0.6)))


def _paint_lights(camera: PinholeCamera, canvas: Canvas, source: random.Random, row: float) -> None:
    unit = camera.width / 1280
    for _ in range(46):
        x = source.uniform(0, camera.width)
        lift, radius = source.uniform(1, 13) * unit, source.uniform(0.7, 1.5) * unit
        _paint_dot(canvas, x, row - lift, radius)
        if source.random() < 0.5:
            _paint_reflection(canvas, x, row, source.uniform(20, 90) * unit, unit)


def _paint_reflection(canvas: Canvas, x: float, row: float, length: float, unit: float) -> None:
    """The streak of a shore light on the water, broken by waves."""
    left, right = max(0, int(x - 3 * unit)), int(x + 4 * unit)
    top, bottom = max(0, int(row + 8 * unit)), int(row + 8 * unit + length)
    part = canvas.color[top:bottom, left:right]
    if not part.size:
        return
    fall = np.linspace(1, 0, part.shape[0])[:, None] ** 1.4
    side = np.hanning(part.shape[1] + 2)[None, 1:-1]
    share = (fall * side * 0.4)[..., None].astype(np.float32)
    warm = bgr_array(rgb("#f0cf9a"))
    part[:] = (part + (warm - part) * share).astype(np.uint8)


def vignette(width: int, height: int) -> Picture:
    """Return the lens's darkening towards the corners, from 0 to 1."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    away = np.hypot((x - width / 2) / (width * 0.74), (y - height * 0.52) / (height * 0.74))
    share = np.clip((away - 0.55) / 0.45, 0, 1)
    return np.asarray(1 - 0.36 * share**1.5, np.float32)


def glow_disc(radius: int) -> Picture:
    """Return the halo of a lamp, (2r + 1, 2r + 1, 3) in blue, green, red from 0 to 1."""
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1].astype(np.float32)
    away = np.clip(np.hypot(x, y) / radius, 0, 1)
    strength = np.interp(away, (0, 0.06, 0.22, 0.55, 1), (0.85, 0.5, 0.2, 0.06, 0))
    tint = np.array([0.72, 0.9, 1.0])
    halo = np.asarray(strength[..., None] * tint, np.float32)
    return np.asarray(cv2.GaussianBlur(halo, (0, 0), 1.0), np.float32)
