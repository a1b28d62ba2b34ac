"""Smoke: a gray veil that grows over a part of the scene, through which its edges still show.

Twice a second the picture is compared with the usual one, in 16x9 blocks. A veil adds light of
its own: contrast falls much more than brightness (Koschmieder, 1924), which tells it from a
shadow, and the edges stay where they are, which tells it from whoever stands there. A block is
veiled that was so in most of the last looks; enough of them together, more than a while ago,
are smoke. What lowers contrast everywhere is fog, rain or a dirty lens. A hint, no alarm.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np

from analytics.engine.boxes import Box
from analytics.engine.catalog import Entry, Place, Setting, with_overrides
from analytics.engine.detector import Sighting
from analytics.engine.detectors.tamper_measures import (
    FINE_SIZE,
    GRID,
    Look,
    in_blocks,
)
from analytics.engine.detectors.tamper_reference import Reference
from analytics.engine.frames import Frame
from analytics.engine.kinds import Grade, Kind
from analytics.engine.observation import Observation


@dataclass(frozen=True)
class SmokeParameters:
    every_s: float = 0.5
    learns_s: float = 5.0
    min_contrast: float = 0.15
    max_contrast: float = 0.7
    """Share of a block's usual contrast, beyond what brightness explains, that a veil leaves."""
    min_correlation: float = 0.5
    """Of a block's edges with the usual ones."""
    min_sharpness: float = 0.6
    """Fine detail must not fall much more than contrast: that is lost focus."""
    looks: float = 8.0
    """The last looks, four seconds, in most of which a block must be veiled."""
    min_veiled: float = 0.75
    min_blocks: float = 4.0
    """Of 144."""
    max_share: float = 0.6
    """Of the textured blocks: more is fog or a fault of the lens."""
    grows: float = 1.5
    """So many times more blocks than GROWTH_S before."""
    persists_s: float = 3.0


GROWTH_LOOKS = 12
"""Six seconds."""


class SmokeDetector:
    kind: ClassVar[Kind] = Kind.SMOKE
    version: ClassVar[int] = 1
    wanted_fps: ClassVar[float] = 0

    def __init__(self, parameters: SmokeParameters | None = None) -> None:
        self.parameters = parameters or SmokeParameters()
        self._reference: Reference | None = None
        self._veils: deque[np.ndarray] = deque(maxlen=int(self.parameters.looks))
        self._sizes: deque[int] = deque(maxlen=GROWTH_LOOKS)
        self._looked_at = self._began_at = float("-inf")
        self._since: float | None = None
        self._has_grown = False

    def observe(self, seen: Observation) -> Iterator[Sighting]:
        if seen.at - self._looked_at < self.parameters.every_s - 0.01:
            return
        self._looked_at = seen.at
        cloud = self._cloud(seen.frame)
        size = 0 if cloud is None else int(cloud.sum())
        self._has_grown |= size >= self.parameters.grows * max(1, min(self._sizes, default=size))
        self._sizes.append(size)
        if cloud is None or not self._has_grown:
            self._since = self._since if cloud is not None else None
            self._has_grown &= cloud is not None
            return
        self._since = seen.at if self._since is None else self._since
        if seen.at - self._since >= self.parameters.persists_s - 0.01:
            yield Sighting(
                Kind.SMOKE,
                at=seen.at,
                since=self._since,
                box=_box(cloud, seen.frame),
                score=min(1.0, size / 40),
                facts={"seconds": round(seen.at - self._since, 1)},
            )

    def _cloud(self, frame: Frame) -> np.ndarray | None:
        """Return the largest veiled part as (9, 16), or None."""
        look = Look.at(frame.gray(*FINE_SIZE))
        if self._reference is None:
            self._reference = Reference(look)
            self._began_at = frame.at
        if frame.at - self._began_at < self.parameters.learns_s:
            self._reference.learn(look, is_new=True)
            return None
        veil, share = self._veil(self._reference, look)
        self._veils.append(veil)
        if not veil.any() or share > self.parameters.max_share:
            self._reference.learn(look, is_new=False)
        often = np.mean(self._veils, axis=0) >= self.parameters.min_veiled
        if len(self._veils) < self.parameters.looks or share > self.parameters.max_share:
            return None
        return _largest(often, int(self.parameters.min_blocks))

    def _veil(self, reference: Reference, look: Look) -> tuple[np.ndarray, float]:
        """Return the blocks under a veil, and their share of those that can be told."""
        p = self.parameters
        against = reference.compare(look)
        contrast = look.contrast / np.maximum(reference.still.contrast, 1.0)
        before = np.maximum(in_blocks(reference.still.coarse), 1.0)
        left = contrast / np.maximum(in_blocks(look.coarse) / before, 0.05)
        lowered = (left >= p.min_contrast) & (left <= p.max_contrast) & (contrast <= p.max_contrast)
        detail = look.clean_detail / np.maximum(reference.still.clean_detail, 1.0)
        seen_through = (against.agreement >= p.min_correlation) & (
            detail >= p.min_sharpness * contrast
        )
        veil = against.textured & lowered & seen_through
        return np.asarray(veil), against.share(veil)


def _largest(blocks: np.ndarray, at_least: int) -> np.ndarray | None:
    count, labels, table, _ = cv2.connectedComponentsWithStats(blocks.astype(np.uint8))
    if count < 2:
        return None
    largest = 1 + int(np.argmax(table[1:, cv2.CC_STAT_AREA]))
    if table[largest, cv2.CC_STAT_AREA] < at_least:
        return None
    return np.asarray(labels == largest)


def _box(cloud: np.ndarray, frame: Frame) -> Box:
    rows, columns = np.nonzero(cloud)
    across, down = frame.width / GRID[0], frame.height / GRID[1]
    left, top = float(columns.min()), float(rows.min())
    return Box(left, top, float(columns.max()) + 1, float(rows.max()) + 1).scaled(across, down)


def make(setting: Setting) -> SmokeDetector:
    return SmokeDetector(with_overrides(SmokeParameters(), setting.overrides))


ENTRY = Entry(Kind.SMOKE, Place.PICTURE, make, SmokeParameters, grade=Grade.HINT)
