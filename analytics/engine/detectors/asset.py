"""A bench, a lamp, a swing is gone, moved, broken or painted over.

Staff draw it. Its reference is the median of samples without anybody before it, one for each
light (bright, dark, infra-red) in which it was seen whole; the median of the last samples is
compared with them (appearance.py). It is raised when most of the last two minutes say so: who
sits on a bench for a minute changes nothing, and who was lost there hides his place for longer
(occupants.py). In a light that no reference knows only a gross change counts, until one is
learned.
"""

from __future__ import annotations

import base64
import math
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import cv2
import numpy as np

from analytics.engine.appearance import (
    NEAR_LIGHT,
    Light,
    Look,
    stands_elsewhere,
)
from analytics.engine.boxes import Box
from analytics.engine.catalog import Entry, Place, Setting, with_overrides
from analytics.engine.detector import Sighting
from analytics.engine.detectors.asset_judgment import (
    PARAMETERS,
    AssetParameters,
    Change,
    Verdict,
    is_gross,
    judge,
)
from analytics.engine.frames import Image, resized
from analytics.engine.kinds import Kind
from analytics.engine.light_changes import LightAlone
from analytics.engine.objects import Label
from analytics.engine.observation import Observation
from analytics.engine.occupants import Occupants
from analytics.engine.scene import SceneError, Zone

MAX_COVERED = 0.03
"""Of the asset's rectangle: more of a person or a vehicle before it spoils a sample."""
EVIDENCE_PX = 160
PERSONS_KEPT = 5
ADAPTS_S, ADAPTS_EVERY_S = 3600.0, 60.0
"""Time constant with which a reference follows whole looks: shadows wander, leaves grow. What is
broken and not noticed at once must not become usual before it is."""
LIGHT_STEP = math.log(1.5)
"""Of brightness, and of red against blue, from one class of light to the next."""
MAY_RETURN_S = 60.0
"""A thing that looks whole so long after somebody was lost at it has nobody before it."""
STANDS_S, SAME_IOU = 4.0, 0.6
"""What is found twice in one place, so long apart, while the asset is learned, belongs to it."""


LightClass = tuple[int, int, bool]
"""Brightness and warmth in steps, and whether there is no color."""


class Reference:
    """The asset as it is in one light; follows it slowly."""

    def __init__(self, look: Look, at: float, *, is_sure: bool) -> None:
        self.look, self.is_sure = look, is_sure
        """Sure: it was whole against another. Who is not sure is asked in its own light only."""
        self._mean = look.patch.astype(np.float32)
        self._at = at

    def follow(self, look: Look, at: float) -> None:
        if at - self._at < ADAPTS_EVERY_S:
            return
        self._at = at
        self._mean += (look.patch - self._mean) * (ADAPTS_EVERY_S / ADAPTS_S)
        self.look = Look(self._mean.round().astype(np.uint8), self.look.mask, self.look.light)


class AssetDetector:
    kind: ClassVar[Kind] = Kind.ASSET
    version: ClassVar[int] = 5
    wanted_fps: ClassVar[float] = 0

    def __init__(self, zone: Zone, parameters: AssetParameters | None = None) -> None:
        self.zone = zone
        self.parameters = parameters or AssetParameters()
        self._references: dict[LightClass, Reference] = {}
        self._learning: dict[LightClass, list[Look]] = {}
        self._recent: deque[Look] = deque(maxlen=int(self.parameters.recent_samples))
        self._verdicts: deque[tuple[float, Verdict]] = deque()
        self._persons: deque[int] = deque(maxlen=PERSONS_KEPT)
        self._standing: list[Box] = []
        """What the network saw in one place while the asset was learned: a parked car behind it,
        or the asset itself, taken for a bird."""
        self._first_seen: list[tuple[float, Box]] = []
        self._sampled_at = float("-inf")
        self._since: float | None = None
        self._occupants: Occupants | None = None
        self._light: LightAlone | None = None

    def observe(self, seen: Observation) -> Iterator[Sighting]:
        box = self.zone.box(seen.frame.width, seen.frame.height)
        self._note_persons(seen, box)
        self._note_standing(seen, box)
        self._light = self._light or LightAlone(box)
        self._light.see(seen)
        self._occupants = self._occupants or Occupants(box)
        if self._occupants.observe(seen):
            self._recent.clear()  # he is in them
        if seen.at - self._sampled_at < self.parameters.sample_every_s - 0.05:
            return
        if self._is_covered(box, seen):
            return
        self._sampled_at = seen.at
        verdict = self._sample(seen, self._occupants)
        if verdict is None:
            return
        self._remember(seen.at, verdict)
        if not self._is_confirmed(seen.at):
            return
        since = seen.at if self._since is None else self._since
        if not is_gross(verdict.likeness) and self._light.explains(since):
            self._learn_anew()
            return
        yield self._sighting(seen, box, verdict)

    def to_state(self) -> dict[str, Any]:
        """Return what `from_state` wants, fit for JSON.

        To be kept over a restart: a broken bench must not be learned anew.
        """
        looks = [
            {
                "patch": _packed(reference.look.patch),
                "light": list(reference.look.light),
                "is_sure": reference.is_sure,
            }
            for reference in self._references.values()
        ]
        return {"looks": looks, "standing": [list(box) for box in self._standing]}

    def from_state(self, state: Mapping[str, Any]) -> None:
        """Take what `to_state` gave for the same zone."""
        mask = Look.cut(np.zeros((360, 640, 3), np.uint8), self.zone).mask
        for kept in state["looks"]:
            look = Look(_unpacked(kept["patch"]), mask, Light(*kept["light"]))
            reference = Reference(look, float("-inf"), is_sure=kept["is_sure"])
            self._references[_class_of(look.light)] = reference
        self._standing = [Box(*edges) for edges in state["standing"]]

    def _sample(self, seen: Observation, occupants: Occupants) -> Verdict | None:
        """Compare the median of the last looks; None while too little is known."""
        look = Look.cut(seen.frame.image, self.zone)
        self._recent.append(look)
        if not self._references:
            if occupants.hidden():
                self._learn_from_fewer(seen.at)
            else:
                self._learn(look, seen.at, is_sure=True)
            return None
        if len(self._recent) < int(self.parameters.recent_samples):
            return None
        return self._compared(Look.median(list(self._recent)), seen, occupants)

    def _compared(self, current: Look, seen: Observation, occupants: Occupants) -> Verdict:
        references = self._asked_in(current.light)
        verdict = judge(references, current, self.parameters)
        if verdict.change is None:
            if occupants.hidden_for_s(seen.at) > MAY_RETURN_S:
                occupants.clear()
            self._learn(current, seen.at, is_sure=True)
            return verdict
        if occupants.hidden():
            size = seen.frame.width, seen.frame.height
            shown = current.without(occupants.hidden(), size, self.zone)
            return judge(references, shown, self.parameters)
        if self._knows(current.light) or is_gross(verdict.likeness):
            return verdict
        self._learn(current, seen.at, is_sure=False)
        return Verdict(None, verdict.likeness)

    def _asked_in(self, light: Light) -> list[Look]:
        """The references that can tell in this light."""
        return [
            reference.look
            for reference in self._references.values()
            if reference.is_sure or reference.look.light.distance(light) < NEAR_LIGHT
        ]

    def _knows(self, light: Light) -> bool:
        return any(look.light.distance(light) < NEAR_LIGHT for look in self._looks())

    def _looks(self) -> list[Look]:
        return [reference.look for reference in self._references.values()]

    def _learn(self, look: Look, at: float, *, is_sure: bool) -> None:
        key = _class_of(look.light)
        known = self._references.get(key)
        if known is not None:
            known.follow(look, at)
            return
        samples = self._learning.setdefault(key, [])
        samples.append(look)
        if len(samples) >= int(self.parameters.learning_samples):
            self._references[key] = Reference(Look.median(samples), at, is_sure=is_sure)
            del self._learning[key]

    def _learn_anew(self) -> None:
        """It is the light, which was never seen so: what is known of it is wrong."""
        if self._recent:
            current = Look.median(list(self._recent))
            reference = Reference(current, float("-inf"), is_sure=False)
            self._references[_class_of(current.light)] = reference
        self._verdicts.clear()
        self._since = None

    def _learn_from_fewer(self, at: float) -> None:
        """Somebody came before all samples were taken: half of them are enough, if clean."""
        for key, samples in list(self._learning.items()):
            if 2 * len(samples) >= self.parameters.learning_samples:
                self._references[key] = Reference(Look.median(samples), at, is_sure=True)
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
        image = seen.frame.image
        is_near = any(stands_elsewhere(look, image, self.zone) for look in self._looks())
        return Change.MOVED if is_near else Change.REMOVED

    def _before(self, box: Box) -> Image | None:
        """The asset as it was, in the light that is most like the last sample's."""
        if not self._references or not self._recent:
            return None
        now = self._recent[-1].brightness
        look = min(self._looks(), key=lambda look: abs(look.brightness - now))
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

    def _note_standing(self, seen: Observation, box: Box) -> None:
        if self._references:
            return
        for found in seen.objects:
            if found.label is Label.PERSON or found.box.overlap(box) <= 0:
                continue
            firsts = [at for at, first in self._first_seen if first.iou(found.box) > SAME_IOU]
            if not firsts:
                self._first_seen.append((seen.at, found.box))
            elif seen.at - firsts[0] >= STANDS_S and not self._has_stood(found.box):
                self._standing.append(found.box)

    def _has_stood(self, box: Box) -> bool:
        return any(standing.iou(box) > SAME_IOU for standing in self._standing)

    def _is_covered(self, box: Box, seen: Observation) -> bool:
        others = [(track.label, track.box) for track in seen.known]
        others += [(found.label, found.box) for found in seen.objects or seen.lately]
        return any(
            other.overlap(box) > MAX_COVERED * box.area
            and not _is_itself(other, box)
            and not (label is not Label.PERSON and self._has_stood(other))
            for label, other in others
        )


def _is_itself(other: Box, box: Box) -> bool:
    """The network may call the asset itself a person or a vehicle, for good."""
    return other.iou(box) > 0.7


def _packed(patch: Image) -> str:
    """A picture as text, without loss."""
    ok, content = cv2.imencode(".png", patch)
    if not ok:
        msg = "a picture could not be packed"
        raise RuntimeError(msg)
    return base64.b64encode(content.tobytes()).decode("ascii")


def _unpacked(packed: str) -> Image:
    content = np.frombuffer(base64.b64decode(packed), np.uint8)
    patch = cv2.imdecode(content, cv2.IMREAD_COLOR) if content.size else None
    if patch is None:
        msg = "this is no packed picture"
        raise ValueError(msg)
    return np.asarray(patch, np.uint8)


def _class_of(light: Light) -> LightClass:
    brightness = (light.blue + light.green + light.red) / 3
    warmth = light.red - light.blue
    return round(brightness / LIGHT_STEP), round(warmth / LIGHT_STEP), light.is_gray


def make(setting: Setting) -> AssetDetector:
    if setting.zone is None:
        msg = "an asset needs to be drawn"
        raise SceneError(msg)
    return AssetDetector(
        setting.zone, with_overrides(PARAMETERS[setting.sensitivity], setting.overrides)
    )


ENTRY = Entry(Kind.ASSET, Place.ASSET, make, AssetParameters)
