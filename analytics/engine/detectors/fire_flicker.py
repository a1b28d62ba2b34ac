"""What flickers in flame colors, in the pictures of two seconds."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from analytics.engine.boxes import Box
from analytics.engine.frames import Floats, Image

WIDTH, HEIGHT = 320, 180
SHAKE_SIZE = (160, 90)
SHAKE_STRIDE = 3
"""Every third picture: a hand that holds a camera drifts, noise does not add up."""
FLAME_MARGIN_PX = 8.0
"""Of 320x180: how far a flame leaps out of the box where it flickers."""


@dataclass(frozen=True)
class FireParameters:
    min_red: float = 210.0
    red_over_green: float = 15.0
    green_over_blue: float = 10.0
    colored_share: float = 0.3
    """Of the window, in which a pixel has the color of fire."""
    window_s: float = 2.0
    judged_every_s: float = 0.5
    watched_fps: float = 10.0
    watches_s: float = 3.0
    """So long it is looked at closely after a flame-colored change."""
    min_change: float = 8.0
    """Gray levels between two frames: what has the color and stands still is a sign."""
    min_pixels: float = 6.0
    """Of 320x180, flame-colored and changing: look closer."""
    min_deviation: float = 12.0
    min_step: float = 4.0
    """Gray levels: a smaller change has no direction."""
    min_turns: float = 0.35
    """Share of the frame pairs in which a pixel's brightness turns, up to down or back."""
    min_blob_turns: float = 0.33
    """The same for the mean of a blob with its rim."""
    max_coherence: float = 0.8
    """A lamp blinks as one (1), the parts of a flame each for themselves (0)."""
    min_blob_red_over_green: float = 20.0
    min_blob_pixels: float = 12.0
    max_shake_px: float = 0.5
    """Of 320x180, within 0.3 s, in at least a fifth of the window."""
    persists_s: float = 0.5
    """The same place flickers for so long."""
    forgets_s: float = 1.1


@dataclass(frozen=True)
class Flicker:
    box: Box
    """Pixels of 320x180."""
    score: float
    """The share of turns, 0 to 1."""


def flame_colored(picture: Image, p: FireParameters) -> np.ndarray:
    """Return a mask; most pictures end after the first comparison."""
    blue, green, red = cv2.split(picture)
    bright = red > p.min_red
    if not bright.any():
        return bright
    # Saturating: a pixel with less red than green is 0, not 255.
    redder = cv2.subtract(red, green) >= p.red_over_green
    return np.asarray(bright & redder & (cv2.subtract(green, blue) >= p.green_over_blue))


def find_flicker(
    pictures: Sequence[Image], masks: Sequence[np.ndarray], p: FireParameters
) -> list[Flicker]:
    """Return where it flickers; only pixels that are often flame-colored are computed."""
    colored = np.mean(masks, axis=0, dtype=np.float32)
    rows, columns = np.nonzero(colored >= p.colored_share)
    if len(rows) < p.min_pixels:
        return []
    gray = np.stack([_luminance(picture[rows, columns]) for picture in pictures])
    flickers = (_turns(gray, p) >= p.min_turns) & (gray.std(axis=0) > p.min_deviation)
    spots = np.zeros((HEIGHT, WIDTH), dtype=np.uint8)
    spots[rows[flickers], columns[flickers]] = 1
    spots = np.asarray(cv2.dilate(spots, np.ones((3, 3), np.uint8)), dtype=np.uint8)
    found = _blobs(spots, pictures, masks, p)
    return [] if found and is_shaking(pictures, [flicker.box for flicker in found], p) else found


def is_shaking(pictures: Sequence[Image], flames: Sequence[Box], p: FireParameters) -> bool:
    """Tell whether the whole picture moves, by phase correlation, 0.3 s apart.

    Where it may burn, the mean of all pictures is taken instead: a leaping fire in the dark
    would else be the only thing to see, and seem to move the camera.
    """
    window = cv2.createHanningWindow(SHAKE_SIZE, cv2.CV_32F)
    small = [_small_gray(picture) for picture in pictures[::SHAKE_STRIDE]]
    mean = np.stack(small).mean(axis=0)
    for box in flames:
        left, top, right, bottom = (round(max(0.0, side)) for side in _small(box))
        for gray in small:
            gray[top:bottom, left:right] = mean[top:bottom, left:right]
    shifts = [
        math.hypot(*cv2.phaseCorrelate(one, other, window)[0])
        for one, other in itertools.pairwise(small)
    ]
    scale = WIDTH / SHAKE_SIZE[0]
    return float(np.percentile(shifts, 80)) * scale > p.max_shake_px


def _blobs(
    spots: Image, pictures: Sequence[Image], masks: Sequence[np.ndarray], p: FireParameters
) -> list[Flicker]:
    count, labels, table, _ = cv2.connectedComponentsWithStats(spots)
    found = []
    for number in range(1, count):
        left, top, across, down, area = (int(value) for value in table[number])
        if area < p.min_blob_pixels:
            continue
        rows, columns = np.nonzero(labels == number)
        score = _burns(
            np.stack([picture[rows, columns] for picture in pictures]).astype(np.float32),
            np.stack([mask[rows, columns] for mask in masks]),
            p,
        )
        if score is not None:
            found.append(Flicker(Box(left, top, left + across, top + down), score))
    return found


def _burns(colors: Floats, colored: np.ndarray, p: FireParameters) -> float | None:
    """Judge one blob: (pictures, pixels, BGR) and (pictures, pixels)."""
    gray = _luminance(colors)
    turns = float(_turns(gray, p).mean())
    redness = (colors[:, :, 2] - colors[:, :, 1])[colored]
    if turns < p.min_blob_turns or redness.mean() < p.min_blob_red_over_green:
        return None
    together = np.abs(np.diff(gray.mean(axis=1))).mean()
    each = np.abs(np.diff(gray, axis=0)).mean()
    return None if together > p.max_coherence * each else min(1.0, turns)


def _turns(gray: Floats, p: FireParameters) -> Floats:
    """Share of the steps in which each pixel's brightness turns."""
    steps = np.diff(gray, axis=0)
    signs = np.sign(np.where(np.abs(steps) < p.min_step, 0, steps))
    return np.asarray(((signs[1:] * signs[:-1]) < 0).mean(axis=0), dtype=np.float32)


def _luminance(colors: np.ndarray) -> Floats:
    """Red and green: a flame has hardly any blue to vary."""
    red, green = colors[..., 2].astype(np.float32), colors[..., 1].astype(np.float32)
    return np.asarray((2 * green + red) / 3, dtype=np.float32)


def _small(box: Box) -> Box:
    """The box and its surroundings, in SHAKE_SIZE."""
    return box.grown(FLAME_MARGIN_PX).scaled(SHAKE_SIZE[0] / WIDTH, SHAKE_SIZE[1] / HEIGHT)


def _small_gray(picture: Image) -> Floats:
    gray = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    return np.asarray(cv2.resize(gray, SHAKE_SIZE, interpolation=cv2.INTER_AREA), dtype=np.float32)
