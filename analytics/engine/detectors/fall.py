"""Somebody who stood lies on the ground.

A person is remembered by the height when upright and by the picture of that moment. From when
the box sinks, widens or is lost inside the picture, each fifth of a second is judged as down or
not by the signs of fallen.py; most of two seconds down, after having been upright, is a fall. A
bow to the ground is over sooner. The pose network is asked only while somebody is suspicious.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from analytics.engine.boxes import Box
from analytics.engine.catalog import Entry, Place, Setting, with_overrides
from analytics.engine.detector import Sighting
from analytics.engine.fallen import (
    BodyFinder,
    LyingParameters,
    Standing,
    box_lies,
    is_near,
    pose_lies,
    small_gray,
    touches_side,
)
from analytics.engine.kinds import Kind, Sensitivity
from analytics.engine.objects import Label
from analytics.engine.observation import Observation
from analytics.engine.poses import Pose
from analytics.engine.scene import Zone
from analytics.engine.tracks import Track

TICK_S = 0.19
UPRIGHT_MEMORY_S = 8.0


@dataclass(frozen=True)
class FallParameters:
    window_s: float = 2.0
    min_down_share: float = 0.7
    """Of the judged moments of the window."""
    upright_within_s: float = 6.0
    """Before the window: who lay there all day did not fall."""
    max_upright_aspect: float = 0.7
    """Width by height of a box."""
    min_upright_share: float = 0.8
    """Of the height upright."""
    suspicious_aspect: float = 0.8
    suspicious_share: float = 0.75
    """Of the height upright."""
    suspicious_s: float = 6.0
    """Who is lost or low is watched for so long."""
    min_sink_share: float = 0.08
    """By how much of the height the head sank in the second before somebody was lost."""
    min_known_s: float = 0.6
    """How long a person was followed before being lost."""
    pose_every_s: float = 0.4


@dataclass(eq=False)
class Person:
    """What is remembered of one track, longer than the tracker does."""

    number: int
    identity: int
    first_at: float
    seen_at: float
    box: Box
    heights: deque[tuple[float, float]] = field(default_factory=deque)
    """(moment, pixels) while upright."""
    upright_px: float | None = None
    """What stands for them; None: too few."""
    recent: deque[tuple[float, Box]] = field(default_factory=deque)
    """Boxes of the last second."""
    standing: Standing | None = None
    downs: deque[tuple[float, bool]] = field(default_factory=deque)
    suspicious_until: float = float("-inf")

    @property
    def height_px(self) -> float:
        """When upright; the last one seen where it never was."""
        return self.box.height if self.upright_px is None else self.upright_px

    def remember_height(self, at: float) -> None:
        self.heights.append((at, self.box.height))
        while at - self.heights[0][0] > UPRIGHT_MEMORY_S:
            self.heights.popleft()
        pixels = [height for _, height in self.heights]
        self.upright_px = float(np.percentile(pixels, 80)) if len(pixels) > 1 else None


class FallDetector:
    kind: ClassVar[Kind] = Kind.FALL
    version: ClassVar[int] = 2
    wanted_fps: ClassVar[float] = 0

    def __init__(
        self,
        parameters: FallParameters | None = None,
        lying: LyingParameters | None = None,
        *,
        zone: Zone | None = None,
    ) -> None:
        self.parameters = parameters or FallParameters()
        self.lying = lying or LyingParameters()
        self.zone = zone
        self._bodies = BodyFinder(self.lying)
        self._people: dict[int, Person] = {}
        self._ticked_at = float("-inf")
        self._posed_at = float("-inf")
        self._poses: tuple[Pose, ...] = ()
        self._asks = False
        """Somebody is suspicious: the pose network may be asked."""

    def observe(self, seen: Observation) -> Iterator[Sighting]:
        if seen.at - self._ticked_at < TICK_S or not (self._people or seen.tracks):
            return
        self._ticked_at = seen.at
        self._bodies.see(seen.frame)
        visible = {track.number: track for track in seen.persons if self._is_inside(track, seen)}
        for track in visible.values():
            self._meet(track, seen)
        people = self._people.values()
        self._asks = any(self._may_have_fallen(person, seen.at) for person in people)
        for person in list(self._people.values()):
            self._judge(person, visible.get(person.number), seen)
            if self._has_fallen(person, seen.at):
                yield self._sighting(person, seen)
        self._forget(seen, visible)

    def _is_inside(self, track: Track, seen: Observation) -> bool:
        return self.zone is None or self.zone.contains(seen.share(track.box.foot))

    def _meet(self, track: Track, seen: Observation) -> None:
        """Update what is known of a person who is seen; remember who stands."""
        person = self._people.get(track.number)
        if person is None:
            person = Person(track.number, track.identity, seen.at, seen.at, track.box)
            self._people[track.number] = person
        person.seen_at, person.box = seen.at, track.box
        person.recent.append((seen.at, track.box))
        while seen.at - person.recent[0][0] > 1.0:
            person.recent.popleft()
        if self._is_upright(track.box, person):
            self._remember_upright(person, seen)
        elif self._is_suspicious(track.box, person):
            person.suspicious_until = seen.at + self.parameters.suspicious_s

    def _is_upright(self, box: Box, person: Person) -> bool:
        is_tall = box.height >= self.parameters.min_upright_share * person.height_px
        return is_tall and box.width < self.parameters.max_upright_aspect * box.height

    def _is_suspicious(self, box: Box, person: Person) -> bool:
        is_wide = box.width >= self.parameters.suspicious_aspect * box.height
        return is_wide or box.height <= self.parameters.suspicious_share * person.height_px

    def _remember_upright(self, person: Person, seen: Observation) -> None:
        person.remember_height(seen.at)
        others = tuple(
            thing.box
            for thing in seen.objects
            if thing.label is Label.PERSON and thing.box.iou(person.box) < 0.5
        )
        person.standing = Standing(seen.at, person.box, small_gray(seen.frame), others)

    def _poses_lately(self, seen: Observation) -> tuple[Pose, ...]:
        """At most `pose_every_s` old; looked for only where they decide."""
        if not self._asks:
            return ()
        if seen.at - self._posed_at >= self.parameters.pose_every_s - 0.01:
            self._posed_at, self._poses = seen.at, seen.poses
        return self._poses

    def _may_have_fallen(self, person: Person, at: float) -> bool:
        limits = self.parameters
        if person.standing is None or person.suspicious_until < at:
            return False
        return at - person.standing.at <= limits.window_s + limits.upright_within_s

    def _judge(self, person: Person, track: Track | None, seen: Observation) -> None:
        """Add this moment to the person's record, if anything can be said of it."""
        is_down: bool | None
        if track is not None:
            is_down = self._seen_down(person, seen)
        elif seen.was_searched:
            is_down = self._lost_down(person, seen)
        else:
            is_down = person.downs[-1][1] if person.downs else None
        if is_down is None:
            return
        person.downs.append((seen.at, is_down))
        while seen.at - person.downs[0][0] > self.parameters.window_s + 1e-6:
            person.downs.popleft()

    def _seen_down(self, person: Person, seen: Observation) -> bool:
        height = person.height_px
        if box_lies(person.box, height, seen.frame, self.lying):
            return True
        if self._is_upright(person.box, person):
            return False
        inside = [pose for pose in self._poses_lately(seen) if is_near(pose.hip, person.box, 0)]
        return any(pose_lies(pose, height, self.lying) for pose in inside)

    def _lost_down(self, person: Person, seen: Observation) -> bool | None:
        """Judge who is out of sight by the place; None: can not tell."""
        if person.standing is None or not self._was_sinking(person, seen):
            return False
        person.suspicious_until = person.seen_at + self.parameters.suspicious_s
        if self._stands_again(person, seen):
            return False
        if self._lies_there(person, seen):
            return True
        if not self._is_alone(person, seen):
            return None
        return self._body_there(person, person.standing, seen)

    def _lies_there(self, person: Person, seen: Observation) -> bool:
        """Tell whether a box or a pose at the place, whosoever it is, lies."""
        height = person.height_px
        reach = self.lying.reach_heights * height / 2
        return any(
            is_near(thing.box.center, person.box, reach)
            and box_lies(thing.box, height, seen.frame, self.lying)
            for thing in seen.objects
            if thing.label is Label.PERSON
        ) or any(
            is_near(pose.hip, person.box, reach) and pose_lies(pose, height, self.lying)
            for pose in self._poses_lately(seen)
        )

    def _body_there(self, person: Person, standing: Standing, seen: Observation) -> bool | None:
        people = [track.box for track in seen.persons]
        body = self._bodies.find(seen.frame, standing, person.box, person.height_px, people)
        if body is None or (body.is_there and not body.is_still):
            return None
        return body.is_there

    def _is_alone(self, person: Person, seen: Observation) -> bool:
        """Tell whether nobody else is, or was, so near that a body could be theirs."""
        others = [*person.standing.others] if person.standing else []
        others += [track.box for track in seen.persons]
        away = self.lying.min_alone_heights * person.height_px
        return all(box.distance(person.box) > away for box in others)

    def _was_sinking(self, person: Person, seen: Observation) -> bool:
        """Tell whether the person was lost while going down, and not at the picture's edge."""
        if person.seen_at - person.first_at < self.parameters.min_known_s:
            return False
        if touches_side(person.box, seen.frame):
            return False
        if person.suspicious_until >= person.seen_at + self.parameters.suspicious_s - 0.5:
            return True
        sank = person.box.top - min(box.top for _, box in person.recent)
        return sank >= self.parameters.min_sink_share * person.height_px

    def _stands_again(self, person: Person, seen: Observation) -> bool:
        """Somebody new stands where the person was lost: it is the same one, or hides the place."""
        reach = 0.5 * person.height_px
        return any(
            track.first_at >= person.seen_at - 0.3
            and self._is_upright(track.box, person)
            and is_near(track.box.center, person.box, reach)
            for track in seen.persons
        )

    def _has_fallen(self, person: Person, at: float) -> bool:
        limits = self.parameters
        if person.standing is None or not person.downs or not person.downs[-1][1]:
            return False
        judged = [is_down for _, is_down in person.downs]
        is_covered = at - person.downs[0][0] >= 0.85 * limits.window_s and len(judged) >= 5
        was_upright = at - person.standing.at <= limits.window_s + limits.upright_within_s
        down_share = sum(judged) / len(judged)
        return is_covered and was_upright and down_share >= limits.min_down_share

    def _sighting(self, person: Person, seen: Observation) -> Sighting:
        since = person.standing.at if person.standing else seen.at
        return Sighting(
            Kind.FALL,
            at=seen.at,
            since=since,
            key=str(person.identity),
            box=person.box,
            facts={"seconds_down": round(seen.at - since, 1)},
            tracks=(person.identity,),
        )

    def _forget(self, seen: Observation, visible: dict[int, Track]) -> None:
        for number, person in list(self._people.items()):
            lost_s = seen.at - person.seen_at
            if number not in visible and lost_s > self.parameters.suspicious_s:
                del self._people[number]


PARAMETERS = {
    Sensitivity.LOW: FallParameters(window_s=4.0),
    Sensitivity.NORMAL: FallParameters(),
    Sensitivity.HIGH: FallParameters(min_down_share=0.6),
}


def make(setting: Setting) -> FallDetector:
    parameters = with_overrides(PARAMETERS[setting.sensitivity], setting.overrides)
    return FallDetector(parameters, zone=setting.zone)


ENTRY = Entry(
    Kind.FALL,
    Place.PICTURE,
    make,
    FallParameters,
    needs=("objects",),
    zone_is_optional=True,
)
