"""Choose where and when bags are put into clips, from the persons who were followed there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from analytics.engine.boxes import Box
from analytics.engine.frames import Image
from analytics.engine.ownership import Reach
from analytics.evaluation.bags import COLORS, Bag, Style, contrast, draw_bag, in_light_of
from analytics.evaluation.composites import FPS, Composite, Footage, Stay

HEAD_S, TAIL_S = 10.0, 20.0
"""So much of the clip before the drop and after the owner left is used, played there and back."""
LEARNING_S = 15.0
AFTER_S = 55.0
BAG_HEIGHT = 0.26
"""Of a person: 44 cm."""
MIN_BAG_PX = 12.0
MIN_CONTRAST = 30.0
"""Gray levels: a bag that a person would not see either is no test."""
NEAR_M, AWAY_M = 1.0, 2.8
"""The owner stands within, everybody else beyond; gone is who stays beyond."""
MAX_HIDDEN = 0.3
"""Of the time after the drop: a bag that others stand before is not to be seen."""
MAX_DROP_S = 12.0
EDGE = 0.06
"""Who was last seen so near the picture's edge has left it."""
LONELY_HEIGHT = 0.085
"""Of the picture: a bag where nobody was seen to compare with."""
UPRIGHT = 1.3
RIM_PX = 2
BLACK_LEVELS = 10
"""Darker than this is the frame around a picture."""
APART = 0.25
"""Of the picture's width: two places in one clip."""
STAYS_SHARE = 0.9
STAYS_M = 0.8


@dataclass(frozen=True)
class Drop:
    index: int
    leaves: int
    box: Box
    owner: Box
    hidden: float


def composites_of(footage: Footage, number: int) -> Iterator[Composite]:
    """Yield what this clip gives; `number` turns style and color from clip to clip."""
    for stay in footage.stays:
        left = best_drop(footage, stay)
        if left is not None:
            number += 1
            yield from _left(footage, left, number)
    for lonely in lonely_places(footage):
        number += 1
        yield from _lonely(footage, lonely, number)
    minded = minded_place(footage)
    if minded is not None:
        yield from _minded(footage, *minded, number + 2)


def _left(footage: Footage, drop: Drop, number: int) -> Iterator[Composite]:
    bag = choose_bag(footage.empty, drop.box, number)
    if bag is None:
        return
    first = max(0, drop.index - round(HEAD_S * FPS))
    last = min(len(footage.pictures) - 1, drop.leaves + round(TAIL_S * FPS))
    before = swing(drop.index - 1, first, round(LEARNING_S * FPS))[::-1]
    during = list(range(drop.index, drop.leaves))
    after = swing(drop.leaves, last, round(AFTER_S * FPS))
    yield Composite(
        name=f"{footage.path.stem} left",
        footage=footage,
        order=[*before, *during, *after],
        appears=len(before),
        bag=bag,
        box=drop.box,
        owner=drop.owner,
        leaves=len(before) + len(during),
    )


def _lonely(footage: Footage, box: Box, number: int) -> Iterator[Composite]:
    bag = choose_bag(footage.empty, box, number)
    if bag is None:
        return
    order = swing(0, len(footage.pictures) - 1, round((LEARNING_S + AFTER_S) * FPS))
    appears = round(LEARNING_S * FPS)
    yield Composite(f"{footage.path.stem} alone", footage, order, appears, bag, box, None, appears)


def _minded(footage: Footage, box: Box, owner: Box, number: int) -> Iterator[Composite]:
    bag = choose_bag(footage.empty, box, number)
    if bag is None:
        return
    order = swing(0, len(footage.pictures) - 1, round((LEARNING_S + AFTER_S) * FPS))
    appears = round(LEARNING_S * FPS)
    yield Composite(
        f"{footage.path.stem} minded",
        footage,
        order,
        appears,
        bag,
        box,
        owner,
        len(order),
        owner_stays=True,
    )


def swing(start: int, end: int, count: int) -> list[int]:
    """Go from start towards end, there and back, `count` steps; start is the first."""
    step = 1 if end >= start else -1
    there = list(range(start, end + step, step))
    period = [*there, *there[-2:0:-1]]
    return [period[position % len(period)] for position in range(count)]


def best_drop(footage: Footage, stay: Stay) -> Drop | None:
    return min(
        _drops(footage, stay),
        key=lambda drop: (round(drop.hidden, 2), -drop.owner.height),
        default=None,
    )


def _drops(footage: Footage, stay: Stay) -> Iterator[Drop]:
    reach = _reach(footage)
    for index, owner in stay.boxes[::2]:
        if not _is_whole(owner, footage) or index < FPS:
            continue
        for box in _beside(owner, footage):
            leaves = _leaving(footage, stay, index, box)
            others = [b for b in footage.persons(index) if b != owner]
            if leaves is None or any(reach.meters(b, box) < AWAY_M for b in others):
                continue
            hidden = _hidden_share(footage, box, leaves)
            if hidden <= MAX_HIDDEN and _contrasts(footage, box):
                yield Drop(index, leaves, box, owner, hidden)


def _leaving(footage: Footage, stay: Stay, index: int, box: Box) -> int | None:
    """The index from which the person stays away from the bag, or None."""
    reach = _reach(footage)
    near = [at for at, person in stay.boxes if reach.meters(person, box) <= AWAY_M]
    leaves = near[-1] + 1
    rest = len(footage.pictures) - leaves
    if leaves - index > MAX_DROP_S * FPS or rest < 2 * FPS or min(near) < index - 60 * FPS:
        return None
    lost = stay.boxes[-1][1]
    if near[-1] == stay.last and not _is_at_edge(lost, footage):
        return None
    if not _is_upright(lost):  # who fell is still there
        return None
    for other in footage.stays:  # the same person, lost and found again
        is_next = other is not stay and abs(other.first - stay.last) <= 2 * FPS
        if is_next and other.boxes[0][1].distance(lost) < lost.height:
            return None
    return leaves


def _hidden_share(footage: Footage, box: Box, start: int) -> float:
    end = min(len(footage.pictures), start + round(TAIL_S * FPS))
    hidden = [
        any(person.overlap(box) > 0.3 * box.area for person in footage.persons(index))
        for index in range(start, end)
    ]
    return float(np.mean(hidden))


def lonely_places(footage: Footage) -> list[Box]:
    """Where people could walk and nobody is near: amid most clutter, and amid least."""
    clutter = _clutter(footage.empty)
    boxes = [box for box in _ground(footage) if _is_free(footage, box)]
    ranked = sorted(boxes, key=lambda box: float(clutter[_rows(box), _columns(box)].mean()))
    if not ranked:
        return []
    apart = [box for box in ranked if box.distance(ranked[-1]) > APART * footage.empty.shape[1]]
    return [ranked[-1], *apart[:1]]


def _ground(footage: Footage) -> Iterator[Box]:
    height, width = footage.empty.shape[:2]
    feet = [b.bottom for stay in footage.stays for _, b in stay.boxes if _is_whole(b, footage)]
    if not feet and footage.is_close_up:
        return
    top, bottom = np.percentile(feet, [15, 98]) if feet else (height * 0.6, height * 0.9)
    for y in np.linspace(top, min(bottom, height - 4), 8):
        side = max(MIN_BAG_PX, BAG_HEIGHT * _person_height(footage, float(y)))
        for x in np.arange(8, width - side - 8, max(6.0, side / 2)):
            box = Box(int(x), int(y - side), int(x) + int(side), int(y))
            is_ground = all(box.overlap(other) == 0 for other in footage.standing)
            is_ground &= float(footage.empty[_rows(box), _columns(box)].mean()) > BLACK_LEVELS
            if box.top >= 0 and is_ground and _contrasts(footage, box):
                yield box


def _is_free(footage: Footage, box: Box) -> bool:
    """Hardly hidden all the time, and nobody near when it appears."""
    reach = _reach(footage)
    order = swing(0, len(footage.pictures) - 1, round((LEARNING_S + 4) * FPS))
    moments = set(order[round((LEARNING_S - 5) * FPS) :])
    if any(reach.meters(b, box) < NEAR_M * 2 for at in moments for b in footage.persons(at)):
        return False
    return _hidden_share(footage, box, 0) <= MAX_HIDDEN


def minded_place(footage: Footage) -> tuple[Box, Box] | None:
    """Beside somebody who stays for the whole clip."""
    for stay in footage.stays:
        if len(stay.boxes) < STAYS_SHARE * len(footage.pictures):
            continue
        reach = _reach(footage)
        _, owner = stay.boxes[len(stay.boxes) // 2]
        for box in _beside(owner, footage):
            stays = all(reach.meters(person, box) < NEAR_M + STAYS_M for _, person in stay.boxes)
            if stays and _contrasts(footage, box) and _hidden_share(footage, box, 0) <= MAX_HIDDEN:
                return box, owner
    return None


def choose_bag(empty: Image, box: Box, number: int) -> Bag | None:
    """The next color and style by number that can be told from the place."""
    place = empty[int(box.top) : int(box.bottom), int(box.left) : int(box.right)]
    styles = list(Style)
    for turn in range(len(COLORS)):
        color = in_light_of(COLORS[(number + turn) % len(COLORS)], empty)
        style = styles[number % len(styles)]
        bag = draw_bag(int(box.width), int(box.height), style, color, seed=number)
        if contrast(bag, place) >= MIN_CONTRAST:
            return bag
    return None


def _contrasts(footage: Footage, box: Box) -> bool:
    return choose_bag(footage.empty, box, 0) is not None


def _beside(person: Box, footage: Footage) -> Iterator[Box]:
    side = int(max(MIN_BAG_PX, BAG_HEIGHT * person.height))
    bottom = int(person.bottom - 0.02 * person.height)
    for left in (int(person.right - 0.2 * side), int(person.left - 0.8 * side)):
        if left >= RIM_PX and left + side <= footage.empty.shape[1] - RIM_PX and bottom - side >= 0:
            yield Box(left, bottom - side, left + side, bottom)


def _person_height(footage: Footage, y: float) -> float:
    height = footage.empty.shape[0]
    whole = [b for stay in footage.stays for _, b in stay.boxes if _is_whole(b, footage)]
    near = [b.height for b in whole if abs(b.bottom - y) < 0.12 * height]
    usual = near or [b.height for b in whole]
    return float(np.median(usual)) if usual else LONELY_HEIGHT / BAG_HEIGHT * height


def _is_whole(box: Box, footage: Footage) -> bool:
    height, width = footage.empty.shape[:2]
    is_inside = (
        box.left > RIM_PX and box.right < width - RIM_PX and box.top > 1 and box.bottom < height - 3
    )
    return is_inside and _is_upright(box)


def _is_upright(box: Box) -> bool:
    return box.height > UPRIGHT * box.width


def _is_at_edge(box: Box, footage: Footage) -> bool:
    height, width = footage.empty.shape[:2]
    margin = EDGE * width
    return (
        box.left < margin
        or box.right > width - margin
        or box.bottom > height - RIM_PX
        or box.top < RIM_PX
    )


def _rows(box: Box) -> slice:
    return slice(int(box.top), int(box.bottom))


def _columns(box: Box) -> slice:
    return slice(int(box.left), int(box.right))


def _reach(footage: Footage) -> Reach:
    height, width = footage.empty.shape[:2]
    return Reach(None, width, height)


def _clutter(picture: Image) -> np.ndarray:
    gray = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    edges = np.abs(cv2.Laplacian(gray, cv2.CV_32F))
    return np.asarray(cv2.blur(edges, (15, 15)))
