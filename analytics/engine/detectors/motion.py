"""Something moves in a zone, whatever it is: a hint, without any network.

The share of the zone's pixels that changed since the frame before (motion.MotionGate) stays above
a limit. When nearly the whole picture changes at once the light was switched or the camera was
moved: that is no motion.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np

from analytics.engine.boxes import Box
from analytics.engine.catalog import Entry, Place, Setting, with_overrides
from analytics.engine.detector import Sighting
from analytics.engine.frames import Image
from analytics.engine.kinds import Grade, Kind, Sensitivity
from analytics.engine.motion import HEIGHT, WIDTH
from analytics.engine.observation import Observation
from analytics.engine.scene import Zone


@dataclass(frozen=True)
class MotionRuleParameters:
    min_share: float = 0.01
    """Of the zone."""
    dwell_s: float = 2.0
    pause_s: float = 1.0
    """Motion may stop for so long in between."""
    max_picture_share: float = 0.6
    """Of the whole picture: more at once is a change of light."""


PARAMETERS = {
    Sensitivity.LOW: MotionRuleParameters(min_share=0.03, dwell_s=4.0),
    Sensitivity.NORMAL: MotionRuleParameters(),
    Sensitivity.HIGH: MotionRuleParameters(min_share=0.004, dwell_s=1.0),
}


class MotionDetector:
    kind: ClassVar[Kind] = Kind.MOTION
    version: ClassVar[int] = 1
    wanted_fps: ClassVar[float] = 0

    def __init__(self, zone: Zone | None, parameters: MotionRuleParameters | None = None) -> None:
        """Watch a zone, or the whole picture where there is none."""
        self.zone = zone
        self.parameters = parameters or MotionRuleParameters()
        self._mask: Image | None = zone.mask(WIDTH, HEIGHT) if zone else None
        self._pixels = int((self._mask > 0).sum()) if self._mask is not None else WIDTH * HEIGHT
        self._since = self._moved_at = float("-inf")

    def observe(self, seen: Observation) -> Iterator[Sighting]:
        if seen.motion.share > self.parameters.max_picture_share:
            self._moved_at = float("-inf")
            return
        changed = self._changed(seen)
        share = int((changed > 0).sum()) / max(1, self._pixels)
        if share < self.parameters.min_share:
            return
        if seen.at - self._moved_at > self.parameters.pause_s:
            self._since = seen.at
        self._moved_at = seen.at
        if seen.at - self._since >= self.parameters.dwell_s:
            yield Sighting(
                Kind.MOTION,
                at=seen.at,
                since=self._since,
                box=_box(changed, seen),
                score=min(1.0, share / self.parameters.min_share / 10),
                facts={"share": round(share, 4)},
            )

    def _changed(self, seen: Observation) -> Image:
        if self._mask is None:
            return seen.motion.mask
        return np.asarray(cv2.bitwise_and(seen.motion.mask, self._mask), dtype=np.uint8)


def _box(changed: Image, seen: Observation) -> Box:
    """Return the rectangle around all that changed, in pixels of the analyzed picture."""
    left, top, width, height = cv2.boundingRect(changed)
    box = Box(left, top, left + width, top + height)
    return box.scaled(seen.frame.width / WIDTH, seen.frame.height / HEIGHT)


def make(setting: Setting) -> MotionDetector:
    parameters = with_overrides(PARAMETERS[setting.sensitivity], setting.overrides)
    return MotionDetector(setting.zone, parameters)


ENTRY = Entry(
    Kind.MOTION,
    Place.ZONE,
    make,
    MotionRuleParameters,
    grade=Grade.HINT,
    zone_is_optional=True,
)
