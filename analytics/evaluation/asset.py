"""Assets chosen in all clips, damaged by drawing, in many lights."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from analytics.engine.appearance import Look, check_asset
from analytics.engine.boxes import Box, Point
from analytics.engine.detectors.asset_judgment import AssetParameters, Verdict, judge
from analytics.engine.frames import Image
from analytics.engine.scene import SceneError, Zone
from analytics.evaluation.clips import Context, sampled
from analytics.evaluation.damage import LIGHTS, Damage, damaged, in_light
from analytics.evaluation.figures import Figure, share

FPS = 2.0
FRAMES = 24
PER_CLIP = 2
SHARES = (0.2, 0.3)
"""Widths of the rectangles tried, of the picture's width; as high as wide, and twice that."""
MAX_UNREST = 5.0
"""Gray levels: median change over time inside, else something passes or stands before it."""
MOVES, MAX_MOVING = 25.0, 0.015
"""Gray levels, and the share of the pixels inside which may change so much: a door that slides
open is thin lines only, and no asset that is left alone."""
AROUND = 0.7
"""Of the asset's size: so much of its surroundings is kept for the drawing."""
WHOLE = frozenset({Damage.ERASED, Damage.MOVED, Damage.TILTED})


@dataclass(frozen=True)
class Asset:
    """Pictures are crops around it."""

    name: str
    before: Sequence[Image]
    after: Sequence[Image]
    """Of the second half of the clip: other noise, other moments."""
    zone: Zone
    box: Box


@dataclass(frozen=True)
class Case:
    asset: str
    damage: Damage | None
    light: str
    verdict: Verdict


def evaluate_asset(context: Context) -> list[Figure]:
    cases: list[Case] = []
    count = 0
    for clip in context.clips.all():
        for asset in assets_of(clip):
            cases += _cases(asset, count)
            count += 1
    for case in cases:
        if case.damage is None and case.verdict.change is not None:
            context.say(f"{case.asset}, {case.light}: {case.verdict}")
    return [Figure("evaluate.asset.assets", count, "assets"), *figures_of(cases)]


def figures_of(cases: Sequence[Case]) -> list[Figure]:
    total = Counter(case.damage for case in cases)
    found = Counter(case.damage for case in cases if case.verdict.change is not None)
    whole = sum(found[damage] for damage in WHOLE), sum(total[damage] for damage in WHOLE)
    figures = [share("evaluate.asset.recall", *whole)]
    figures += [share(f"evaluate.asset.{d}.recall", found[d], total[d]) for d in Damage]
    return [*figures, share("evaluate.asset.false", found[None], total[None])]


def _cases(asset: Asset, number: int) -> Iterator[Case]:
    """Every light without damage; every damage in two of the lights, which turn with `number`."""
    parameters = AssetParameters()
    reference = Look.median([Look.cut(picture, asset.zone) for picture in asset.before])
    lights = list(LIGHTS)
    for turn, light in enumerate(lights):
        current = _current(asset, None, light, number * 100 + turn)
        yield Case(asset.name, None, light, judge([reference], current, parameters))
    for turn, damage in enumerate(Damage):
        for other in (0, 7):
            light = lights[(number + turn + other) % len(lights)]
            current = _current(asset, damage, light, number)
            yield Case(asset.name, damage, light, judge([reference], current, parameters))


def _current(asset: Asset, damage: Damage | None, light: str, seed: int) -> Look:
    looks = []
    for turn, picture in enumerate(asset.after):
        changed = picture if damage is None else damaged(picture, asset.box, damage, seed)
        # The same light on all of them, other noise on each: shadows stand, noise does not.
        looks.append(
            Look.cut(
                in_light(changed, light, seed if "shadow" in light else seed + turn), asset.zone
            )
        )
    return Look.median(looks)


def assets_of(clip: Path) -> Iterator[Asset]:
    """At most two places per clip that have texture and before which nothing moves."""
    pictures = sampled(clip, FPS)
    if len(pictures) < 4:  # noqa: PLR2004 -- two for the reference, two to compare
        return
    pictures = pictures[:: max(1, len(pictures) // FRAMES)]
    stack = np.stack(pictures)
    empty = np.median(stack, axis=0).astype(np.uint8)
    unrest = np.percentile(np.abs(stack.astype(np.int16) - empty).max(axis=3), 90, axis=0)
    half = len(pictures) // 2
    for number, box in enumerate(_places(empty, unrest)):
        crop = _around(box, empty)
        before = [picture[crop] for picture in pictures[:half]]
        after = [picture[crop] for picture in pictures[half:][:5]]
        inner = Box(
            box.left - crop[1].start,
            box.top - crop[0].start,
            box.right - crop[1].start,
            box.bottom - crop[0].start,
        )
        zone = _zone(inner, before[0])
        yield Asset(f"{clip.stem} {number + 1}", before, after, zone, inner)


def _places(empty: Image, unrest: np.ndarray) -> list[Box]:
    chosen: list[Box] = []
    for _, box in sorted(_candidates(empty, unrest), key=lambda found: -found[0]):
        if all(box.overlap(other) == 0 for other in chosen):
            chosen.append(box)
        if len(chosen) == PER_CLIP:
            break
    return chosen


def _candidates(empty: Image, unrest: np.ndarray) -> Iterator[tuple[float, Box]]:
    """Rectangles that stand out from what is around them, as a thing does."""
    height, width = empty.shape[:2]
    gray = cv2.cvtColor(empty, cv2.COLOR_BGR2GRAY)
    edges = np.abs(cv2.Sobel(gray, cv2.CV_32F, 1, 0)) + np.abs(cv2.Sobel(gray, cv2.CV_32F, 0, 1))
    edges = np.minimum(edges, 200)
    for part in SHARES:
        for tall in (1.0, 1.7):
            wide, high = int(width * part), int(width * part * tall)
            for top in range(4, height - high - 4, max(8, high // 4)):
                for left in range(4, width - wide - 4, max(8, wide // 4)):
                    rows, columns = slice(top, top + high), slice(left, left + wide)
                    if not _is_calm(unrest[rows, columns]):
                        continue
                    box = Box(left, top, left + wide, top + high)
                    if _is_drawable(empty, box):
                        yield float(edges[rows, columns].mean()), box


def _is_calm(unrest: np.ndarray) -> bool:
    moving = float((unrest > MOVES).mean())
    return moving <= MAX_MOVING and float(np.percentile(unrest, 90)) <= MAX_UNREST


def _is_drawable(empty: Image, box: Box) -> bool:
    try:
        check_asset(empty, _zone(box, empty))
    except SceneError:
        return False
    return True


def _zone(box: Box, picture: Image) -> Zone:
    height, width = picture.shape[:2]
    left, top, right, bottom = box.scaled(1 / width, 1 / height)
    corners = (Point(left, top), Point(right, top), Point(right, bottom), Point(left, bottom))
    return Zone("asset", corners)


def _around(box: Box, picture: Image) -> tuple[slice, slice]:
    height, width = picture.shape[:2]
    across, down = AROUND * box.width, AROUND * box.height
    return (
        slice(int(max(0, box.top - down)), int(min(height, box.bottom + down))),
        slice(int(max(0, box.left - across)), int(min(width, box.right + across))),
    )
