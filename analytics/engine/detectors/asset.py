"""A bench, a lamp, a swing is gone, moved, broken or painted over.

Staff draw it. Its reference is the median of samples without anybody before it, one for each
light (bright, dark, infra-red) in which it was seen whole; the median of the last samples is
compared with them (appearance.py). It is raised when most of the last two minutes say so: who
sits on a bench for a minute changes nothing.
"""

from __future__ import annotations

import io
import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

import numpy as np

from analytics.engine.appearance import Likeness, Look, compare, stands_elsewhere
from analytics.engine.boxes import Box
from analytics.engine.catalog import Entry, Place, Setting, with_overrides
from analytics.engine.detector import Sighting
from analytics.engine.frames import Image, resized
from analytics.engine.kinds import Kind
from analytics.engine.observation import Observation
from analytics.engine.scene import SceneError, Zone

MAX_COVERED = 0.03
"""Of the asset's rectangle: more of a person or a vehicle before it spoils a sample."""
EVIDENCE_PX = 160
PAINT_HIDES = 0.1
"""Share of the textured cells: what loses more edges is broken, whatever its color is now."""
PERSONS_KEPT = 5
KEEPS_ADAPTING = 0.02
"""Of each new whole look goes into its reference: leaves grow, colors fade."""


class Change(StrEnum):
    REMOVED = "removed"
    MOVED = "moved"
    DAMAGED = "damaged"
    PAINTED = "painted"


@dataclass(frozen=True)
class AssetParameters:
    sample_every_s: float = 4.0
    learning_samples: float = 20.0
    recent_samples: float = 5.0
    """Their median is the current look."""
    confirm_s: float = 120.0
    confirm_share: float = 0.6
    """Of the samples of that time must say so."""
    min_similarity: float = 0.8
    max_changed: float = 0.25
    max_painted: float = 0.02


@dataclass(frozen=True)
class Verdict:
    change: Change | None
    likeness: Likeness


def judge(references: list[Look], current: Look, parameters: AssetParameters) -> Verdict:
    """Compare with the reference that is most alike; references must not be empty."""
    likeness = max(
        (compare(reference, current) for reference in references),
        key=lambda found: found.similarity - found.changed - 4 * found.painted,
    )
    return Verdict(_change(likeness, parameters), likeness)


def _change(likeness: Likeness, parameters: AssetParameters) -> Change | None:
    is_broken = (
        likeness.similarity < parameters.min_similarity or likeness.changed > parameters.max_changed
    )
    if not is_broken:
        return Change.PAINTED if likeness.painted > parameters.max_painted else None
    if likeness.painted > parameters.max_painted and likeness.lost < PAINT_HIDES:
        return Change.PAINTED
    if likeness.lost > 0.5:
        return Change.REMOVED
    return Change.MOVED if likeness.changed > 0.5 else Change.DAMAGED


class AssetDetector:
    kind: ClassVar[Kind] = Kind.ASSET
    version: ClassVar[int] = 1
    wanted_fps: ClassVar[float] = 0

    def __init__(self, zone: Zone, parameters: AssetParameters | None = None) -> None:
        self.zone = zone
        self.parameters = parameters or AssetParameters()
        self._references: dict[tuple[int, bool], Look] = {}
        self._learning: dict[tuple[int, bool], list[Look]] = {}
        self._recent: deque[Look] = deque(maxlen=int(self.parameters.recent_samples))
        self._verdicts: deque[tuple[float, Verdict]] = deque()
        self._persons: deque[int] = deque(maxlen=PERSONS_KEPT)
        self._sampled_at = float("-inf")
        self._since: float | None = None

    def observe(self, seen: Observation) -> Iterator[Sighting]:
        box = self.zone.box(seen.frame.width, seen.frame.height)
        self._note_persons(seen, box)
        if seen.at - self._sampled_at < self.parameters.sample_every_s - 0.05:
            return
        if _is_covered(box, seen):
            return
        self._sampled_at = seen.at
        verdict = self._sample(Look.cut(seen.frame.image, self.zone))
        if verdict is None:
            return
        self._remember(seen.at, verdict)
        if self._is_confirmed(seen.at):
            yield self._sighting(seen, box, verdict)

    def state(self) -> bytes:
        """The references, to be kept over a restart: a broken bench must not be learned anew."""
        content = io.BytesIO()
        looks = {f"{key[0]}_{int(key[1])}": look.patch for key, look in self._references.items()}
        np.savez_compressed(content, allow_pickle=False, **looks)
        return content.getvalue()

    def restore(self, state: bytes) -> None:
        """Take what `state` gave for the same zone."""
        mask = Look.cut(np.zeros((360, 640, 3), np.uint8), self.zone).mask
        with np.load(io.BytesIO(state), allow_pickle=False) as looks:
            for name in looks.files:
                level, is_gray = name.split("_")
                self._references[int(level), is_gray == "1"] = Look(looks[name], mask)

    def _sample(self, look: Look) -> Verdict | None:
        """Compare the median of the last looks; None while too little is known."""
        self._recent.append(look)
        if len(self._recent) < int(self.parameters.recent_samples):
            if not self._references:
                self._learn(look)
            return None
        current = Look.median(list(self._recent))
        if not self._references:
            self._learn(look)
            return None
        verdict = judge(list(self._references.values()), current, self.parameters)
        if verdict.change is None:
            self._learn(current)
        return verdict

    def _learn(self, look: Look) -> None:
        key = _light_of(look)
        known = self._references.get(key)
        if known is not None:
            mixed = known.patch * (1 - KEEPS_ADAPTING) + look.patch * KEEPS_ADAPTING
            self._references[key] = Look(mixed.round().astype(np.uint8), known.mask)
            return
        samples = self._learning.setdefault(key, [])
        samples.append(look)
        if len(samples) >= int(self.parameters.learning_samples):
            self._references[key] = Look.median(samples)
            del self._learning[key]

    def _remember(self, at: float, verdict: Verdict) -> None:
        self._verdicts.append((at, verdict))
        while at - self._verdicts[0][0] > self.parameters.confirm_s:
            self._verdicts.popleft()
        if verdict.change is None:
            self._since = None
        elif self._since is None:
            self._since = at

    def _is_confirmed(self, at: float) -> bool:
        covered = at - self._verdicts[0][0]
        if covered < self.parameters.confirm_s - 2 * self.parameters.sample_every_s:
            return False
        changed = [verdict for _, verdict in self._verdicts if verdict.change is not None]
        is_now = self._verdicts[-1][1].change is not None
        return is_now and len(changed) >= self.parameters.confirm_share * len(self._verdicts)

    def _sighting(self, seen: Observation, box: Box, verdict: Verdict) -> Sighting:
        changes = [v.change for _, v in self._verdicts if v.change is not None]
        usual = self._named(max(set(changes), key=changes.count), seen)
        similarity = verdict.likeness.similarity
        return Sighting(
            Kind.ASSET,
            at=seen.at,
            since=seen.at if self._since is None else self._since,
            key=self.zone.name,
            box=box,
            facts={
                "asset": self.zone.name,
                "change": usual.value,
                "similarity": round(similarity, 2),
            },
            tracks=tuple(self._persons),
            evidence=self._before(box),
        )

    def _named(self, change: Change, seen: Observation) -> Change:
        """Moved is what stands nearby; what is nowhere to be seen was removed."""
        if change is not Change.MOVED:
            return change
        image, looks = seen.frame.image, self._references.values()
        is_near = any(stands_elsewhere(look, image, self.zone) for look in looks)
        return Change.MOVED if is_near else Change.REMOVED

    def _before(self, box: Box) -> Image | None:
        """The asset as it was, in the light that is most like the last sample's."""
        if not self._references or not self._recent:
            return None
        now = self._recent[-1].brightness
        look = min(self._references.values(), key=lambda look: abs(look.brightness - now))
        longest = max(box.width, box.height)
        width, height = box.width / longest, box.height / longest
        return resized(look.patch, round(EVIDENCE_PX * width), round(EVIDENCE_PX * height))

    def _note_persons(self, seen: Observation, box: Box) -> None:
        """Keep the last who were close, until it is noticed that something changed."""
        if self._since is not None:
            return
        for person in seen.persons:
            if person.box.overlap(box) > 0 and person.identity not in self._persons:
                self._persons.append(person.identity)


def _is_covered(box: Box, seen: Observation) -> bool:
    others = [track.box for track in seen.known]
    others += [found.box for found in seen.objects]
    return any(
        other.overlap(box) > MAX_COVERED * box.area and not _is_itself(other, box)
        for other in others
    )


def _is_itself(other: Box, box: Box) -> bool:
    """The network may call the asset itself a person or a vehicle, for good."""
    return other.iou(box) > 0.7


def _light_of(look: Look) -> tuple[int, bool]:
    """A class of light: the brightness in steps of one and a half, and whether it has color."""
    return round(math.log(max(look.brightness, 4.0)) / math.log(1.5)), look.is_gray


def make(setting: Setting) -> AssetDetector:
    if setting.zone is None:
        msg = "an asset needs to be drawn"
        raise SceneError(msg)
    return AssetDetector(setting.zone, with_overrides(AssetParameters(), setting.overrides))


ENTRY = Entry(Kind.ASSET, Place.ASSET, make, AssetParameters)
