"""Signs that a person lies: the box, the pose, and a still body where nothing was before.

Boxes and poses are the usual signs (torso angle and shape of the box: Rougier et al., "Robust
Video Surveillance for Fall Detection Based on Human Shape Deformation", 2011). Networks lose
people who lie, so the picture itself is asked too: what differs from the moment when the person
still stood, keeps still and lies low, is a body. Where the person stood then is left out: there
the floor came to light.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from analytics.engine.boxes import Box, Point
from analytics.engine.frames import Frame, Image
from analytics.engine.poses import Pose

WIDTH, HEIGHT = 160, 90
"""Pixels of the small gray picture in which a body is looked for."""
TORSO_SHARE = 0.31
"""Hip to shoulder of a standing person by the height of the box; measured 0.30 to 0.34."""
EDGE_PX = 5
"""Of the analyzed picture: a box so near to the edge is cut by it."""

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class LyingParameters:
    min_torso_degrees: float = 60.0
    max_torso_share: float = 0.6
    """Of the length upright: less is a fall along the line of sight."""
    min_aspect: float = 1.0
    """Width by height of a box."""
    min_aspect_cut: float = 1.2
    """The same where the picture's lower edge cuts the box: the legs may be outside."""
    max_height_share: float = 0.45
    """Of the height upright; who sits on a chair has 0.65 to 0.7, on the ground about 0.52."""
    min_low_aspect: float = 0.65
    """A low box has to be at least so wide: half a person behind a table is narrow."""
    min_alone_heights: float = 0.9
    """A still body is nobody's own where other people are so near, in body heights."""
    reach_heights: float = 1.0
    """How far from the place where somebody was lost a sign counts, in body heights."""
    min_change: float = 18.0
    """Gray levels against the picture in which the person stood."""
    max_flicker: float = 14.0
    """Gray levels within half a second: what changes more is not still."""
    min_body_area: float = 0.03
    """In squared body heights; a silhouette seen from the side has 0.15 to 0.2."""
    max_changed_share: float = 0.4
    """Of the picture: if more has changed, the light or the camera did, and nothing is said."""


@dataclass(frozen=True, eq=False)
class Standing:
    """A person as last seen upright."""

    at: float
    box: Box
    picture: Image
    """(HEIGHT, WIDTH) gray, of that moment."""
    others: tuple[Box, ...]
    """All other people of that moment."""


def box_lies(box: Box, height_px: float, frame: Frame, limits: LyingParameters) -> bool:
    """Tell by the box of a person who is `height_px` tall when upright."""
    if box.height <= 0:
        return False
    aspect = box.width / box.height
    is_cut = touches_bottom(box, frame)
    if aspect >= (limits.min_aspect_cut if is_cut else limits.min_aspect):
        return True
    if is_cut or touches_side(box, frame):
        return False  # low because the legs have left the picture
    return aspect > limits.min_low_aspect and box.height <= limits.max_height_share * height_px


def pose_lies(pose: Pose, height_px: float, limits: LyingParameters) -> bool:
    if pose.torso_degrees >= limits.min_torso_degrees:
        return True
    return pose.torso_length <= limits.max_torso_share * TORSO_SHARE * height_px


def touches_side(box: Box, frame: Frame) -> bool:
    return box.left < EDGE_PX or box.right > frame.width - EDGE_PX


def touches_bottom(box: Box, frame: Frame) -> bool:
    return box.bottom > frame.height - EDGE_PX


def is_near(point: Point, place: Box, reach_px: float) -> bool:
    """Tell whether a point is within reach of a box."""
    return place.distance(Box(point.x, point.y, point.x, point.y)) <= reach_px


@dataclass(frozen=True, slots=True)
class BodySign:
    is_there: bool
    is_still: bool


NOTHING = BodySign(is_there=False, is_still=True)


class BodyFinder:
    """Compares now with the moment at which a person stood."""

    def __init__(self, limits: LyingParameters) -> None:
        self.limits = limits
        self._recent: list[tuple[float, Image]] = []

    def see(self, frame: Frame) -> None:
        """Remember the last second; call for each frame before `find`."""
        self._recent.append((frame.at, small_gray(frame)))
        while frame.at - self._recent[0][0] > 1.0:
            self._recent.pop(0)

    def find(
        self, frame: Frame, standing: Standing, place: Box, height_px: float, people: Iterable[Box]
    ) -> BodySign | None:
        """Look for a body near a place; None where the picture can not tell.

        Args:
            standing: the person when upright.
            place: where the person was last seen, pixels of the analyzed picture.
            height_px: of the person when upright.
            people: everybody seen now: they are no still bodies.

        """
        now = self._recent[-1][1]
        changed = _difference(now, standing.picture) > self.limits.min_change
        if changed.mean() > self.limits.max_changed_share:
            return None
        margin = 0.05 * height_px
        vacated = (box.grown(margin) for box in (standing.box, *standing.others, *people))
        changed &= ~_covered(vacated, frame)
        changed &= self._search_area(frame, standing, place, height_px)
        body = _largest(changed)
        if not self._is_low_body(body, height_px, frame):
            return NOTHING
        flicker = self._flicker()[body]
        return BodySign(is_there=True, is_still=float(flicker.mean()) <= self.limits.max_flicker)

    def _is_low_body(self, body: Mask, height_px: float, frame: Frame) -> bool:
        """Tell a body that lies from a speck, and from somebody else who stands."""
        across, down = WIDTH / frame.width, HEIGHT / frame.height
        if body.sum() < self.limits.min_body_area * height_px**2 * across * down:
            return False
        rows = np.flatnonzero(body.any(axis=1))
        tall = (rows[-1] + 1 - rows[0]) / down
        return bool(tall <= self.limits.max_height_share * height_px)

    def _search_area(self, frame: Frame, standing: Standing, place: Box, height_px: float) -> Mask:
        """Within reach of the place, and no higher than the waist of who stood there."""
        reach = self.limits.reach_heights * height_px
        waist = standing.box.top + 0.4 * standing.box.height
        area = place.grown(reach)
        return _covered([Box(area.left, max(area.top, waist), area.right, area.bottom)], frame)

    def _flicker(self) -> npt.NDArray[np.float32]:
        at, now = self._recent[-1]
        earlier = [picture for moment, picture in self._recent if at - moment >= 0.35]
        return _difference(now, earlier[-1] if earlier else self._recent[0][1])


def small_gray(frame: Frame) -> Image:
    blurred = cv2.GaussianBlur(frame.gray(WIDTH, HEIGHT), (3, 3), 0)
    return np.asarray(blurred, dtype=np.uint8)


def _difference(now: Image, then: Image) -> npt.NDArray[np.float32]:
    """Gray levels, after the brightness of the whole picture is made equal."""
    gain = float(np.clip((np.median(now) + 8) / (np.median(then) + 8), 0.5, 2.0))
    return np.abs(now.astype(np.float32) - gain * then.astype(np.float32))


def _covered(boxes: Iterable[Box], frame: Frame) -> Mask:
    mask = np.zeros((HEIGHT, WIDTH), dtype=np.bool_)
    for box in boxes:
        left, top, right, bottom = box.scaled(WIDTH / frame.width, HEIGHT / frame.height)
        rows = slice(int(max(0.0, top)), int(max(0.0, bottom)) + 1)
        mask[rows, int(max(0.0, left)) : int(max(0.0, right)) + 1] = True
    return mask


def _largest(mask: Mask) -> Mask:
    """The largest connected part; small gaps are closed first."""
    closed = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(closed)
    if count <= 1:
        return np.zeros_like(mask)
    largest = 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
    return np.asarray((labels == largest) & mask, dtype=np.bool_)
