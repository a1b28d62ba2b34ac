"""A thing was left behind, and who left it has gone.

1. A background with a waiting layer (backgrounds.py) finds what came later and lies still.
2. Its size must be that of something a person can carry: compared with the persons seen there.
3. Its owner is the one person who was nearest when it came into sight (ownership.py). Others
   who pass do not matter. The owner is away when farther than `away_m` or out of sight.
4. Its rim must be sharper than the place was before (else something was taken away), and the
   ground's own texture must be gone (else it is a shadow); the object network must not call it
   a person or a vehicle.

Somebody who is lost from sight without having left is still there (held_places.py). What nobody
brought raises no alarm, a hint at most; not even that where much else came at the same moment, as
shadows do (light_changes.py).

Distances and times: SUBITO (EU FP7, 2009-2011): unattended beyond 2 m, a hint after 30 s, an
alarm after 120 s.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

import cv2
import numpy as np

from analytics.engine.backgrounds import BackgroundParameters, LayeredBackground
from analytics.engine.boxes import Box
from analytics.engine.catalog import Entry, Place, Setting, with_overrides
from analytics.engine.detector import Facts, Sighting
from analytics.engine.frames import Image
from analytics.engine.held_places import HeldPlaces
from analytics.engine.kinds import Grade, Kind, Sensitivity
from analytics.engine.light_changes import Arrivals
from analytics.engine.objects import VEHICLES, Label
from analytics.engine.observation import Observation
from analytics.engine.ownership import (
    Drop,
    Owner,
    Persons,
    Reach,
    find_owner,
    follow_owner,
)
from analytics.engine.scene import Zone
from analytics.engine.still_things import (
    Nature,
    Patch,
    ThingParameters,
    can_be_carried,
    nature_of,
    still_patches,
    without_shadow,
)

WIDTH = 320
"""Of the picture that is looked at; its height follows."""
EVERY_S = 0.45
QUIET_EVERY_S = 5.0
QUIET_AFTER_S = 20.0
ALIVE = frozenset({Label.PERSON, Label.DOG, Label.CAT, Label.BIRD}) | VEHICLES
ALIVE_SCORE, ALIVE_IOU = 0.4, 0.4
MAX_ALIVE_SHARE = 0.2
MIN_STILL_SHARE, STILL_PIXELS = 0.7, 0.6
SAME_SHARE = 0.5
SEEN_LATELY_S = 1.2
FORGOTTEN_S = 10.0
MAX_UNREST = 4.0
"""Times in a minute: where leaves sway nothing is told from them."""
UNREST_PERCENT = 75
"""Of its pixels: of what nobody brought not even a quarter may sway."""
MANY_AT_ONCE = 13
"""Others that came at the same moment: shadows come by the dozen (15 to 24 were counted as the sun
came out, 6 to 12 in streets full of people)."""
WHEELS_SHARE, ARRIVED_S = 0.6, 60.0
"""So much of a thing inside a vehicle that was first seen at most so long before it is of it."""
MIN_REST = 0.2
"""Of what came with it: less is a part of something large, not a thing with its shadow."""
MANY_BESIDE = 2
"""Others that came at the same moment right beside it: all of them are of something larger."""
TOLD_WITHIN_S = 120.0
"""After its time; what nobody brought and was doubtful for longer is part of the place."""
UNFIT_S = 60.0
"""What is no thing that can be carried becomes part of the place after so long."""


@dataclass(frozen=True)
class AbandonedParameters:
    static_s: float = 30.0
    """The thing lies still for so long."""
    owner_away_s: float = 30.0
    """Its owner has been away for so long."""
    away_m: float = 2.0
    """The owner is away from here on; without a scale of the ground by body heights."""
    drop_reach_m: float = 1.7
    """Who was this near when it came into sight may be its owner."""
    belongs_after_s: float = 3600.0
    """A thing that nobody minded for so long becomes part of the place."""
    min_difference: float = 16.0
    """Gray levels between the thing and the place."""


PARAMETERS = {
    Sensitivity.LOW: AbandonedParameters(static_s=60.0, owner_away_s=60.0, min_difference=24.0),
    Sensitivity.NORMAL: AbandonedParameters(),
    Sensitivity.HIGH: AbandonedParameters(static_s=20.0, owner_away_s=15.0),
}
ALARM_TIMES = 4.0
"""So much longer is waited before an alarm than before a hint: 120 s instead of 30 s."""


@dataclass(eq=False)
class Thing:
    """Something still that may have been left. Boxes are pixels of the analyzed picture."""

    number: int
    patch: Patch
    box: Box
    clear_at: float
    """When its place was last seen without it."""
    visible_at: float
    found_at: float
    """When it was taken for a thing: later, where it was half hidden."""
    seen_at: float
    owner: Owner | None = None
    evidence: Image | None = None
    searches: int = 0
    alive: int = 0
    """In how many of the searches the network called it a person, an animal, a vehicle."""
    looks: int = 0
    still: int = 0
    """In how many of the looks, nobody in front, it looked as it did before."""
    is_raised: bool = False


class AbandonedDetector:
    kind: ClassVar[Kind] = Kind.ABANDONED
    version: ClassVar[int] = 5
    wanted_fps: ClassVar[float] = 0

    def __init__(
        self,
        zone: Zone | None = None,
        parameters: AbandonedParameters | None = None,
        things: ThingParameters | None = None,
        *,
        needs_owner: bool = False,
    ) -> None:
        """`needs_owner`: nobody is alarmed by what nobody was seen to leave."""
        self.zone = zone
        self._needs_owner = needs_owner
        self.parameters = parameters or AbandonedParameters()
        self._shape = things or ThingParameters()
        self._background: LayeredBackground | None = None
        self._persons = Persons()
        self._held = HeldPlaces()
        self._arrivals = Arrivals()
        self._things: list[Thing] = []
        self._count = 0
        self._at = self._moved_at = float("-inf")

    def observe(self, seen: Observation) -> Iterator[Sighting]:
        self._persons.see(seen)
        for thing in self._things:
            _count_living(thing, seen)
        if not self._is_due(seen):
            return
        self._at = seen.at
        self._held.see(seen.at, self._persons.solid(), seen.frame.width, seen.frame.height)
        background = self._look(seen)
        self._match(seen, background)
        reach = Reach(seen.scene.ground, seen.frame.width, seen.frame.height)
        for thing in list(self._things):
            self._follow(thing, seen, reach, background)
            if thing.owner is None and self._came_on_wheels(thing, seen):
                self._give_up(thing, background)
                continue
            if self._is_abandoned(thing, seen.at, background):
                thing.is_raised = True
                yield self._sighting(thing, seen.at)

    def _is_due(self, seen: Observation) -> bool:
        """In a picture that stands still, hardly ever."""
        if seen.is_moving:
            self._moved_at = seen.at
        is_quiet = seen.at - self._moved_at > QUIET_AFTER_S and not self._things
        return seen.at - self._at >= (QUIET_EVERY_S if is_quiet else EVERY_S)

    def _look(self, seen: Observation) -> LayeredBackground:
        width, height = WIDTH, round(WIDTH * seen.frame.height / seen.frame.width)
        if self._background is None:
            self._background = LayeredBackground(
                width, height, BackgroundParameters(min_difference=self.parameters.min_difference)
            )
        scale = WIDTH / seen.frame.width
        boxes = self._persons.boxes(seen.at, SEEN_LATELY_S)
        small = [box.grown(0.05 * box.width).scaled(scale, scale) for box in boxes]
        blurred = cv2.GaussianBlur(seen.frame.color(width, height), (3, 3), 0)
        picture = np.asarray(blurred, np.uint8)
        self._held.look(seen.at, picture, self._background, self._background.hidden(small), scale)
        small += [box.scaled(scale, scale) for box in self._held.boxes]
        for thing in self._things:
            if not any(box.overlap(thing.patch.box) > 0 for box in small):
                thing.looks += 1
                window = thing.patch.window_in(self._background.size)
                share = self._background.shows_candidate(picture, thing.patch.mask, window)
                thing.still += share > STILL_PIXELS
        self._background.see(seen.at, picture, small)
        return self._background

    def _match(self, seen: Observation, background: LayeredBackground) -> None:
        """Tell known things from new ones; forget those that are gone."""
        if background.is_learning:
            return
        scale = seen.frame.width / WIDTH
        self._arrivals.forget(seen.at - self.parameters.belongs_after_s)
        for whole in still_patches(background, self._shape.settles_s):
            if whole.area >= self._shape.min_area_px:
                self._arrivals.note(seen.at - whole.age_s, whole.box.scaled(scale, scale))
            patch = self._fitting(whole, seen, background)
            if patch is None:
                if whole.age_s > UNFIT_S:
                    background.absorb(whole.mask)
                continue
            box = patch.box.scaled(scale, scale)
            thing = next((thing for thing in self._things if _is_same(thing.box, box)), None)
            if thing is None and self._held.holds(box):
                continue
            if thing is None:
                self._count += 1
                visible_at = seen.at - patch.age_s
                thing = Thing(self._count, patch, box, patch.clear_at, visible_at, seen.at, seen.at)
                self._things.append(thing)
            thing.patch, thing.box, thing.seen_at = patch, box, seen.at
        self._things = [thing for thing in self._things if seen.at - thing.seen_at <= FORGOTTEN_S]

    def _fitting(
        self, patch: Patch, seen: Observation, background: LayeredBackground
    ) -> Patch | None:
        """Return what of it may have been carried here: all, or what casts its shadow."""
        if self._fits(patch, seen):
            return patch
        if patch.area < self._shape.min_area_px:
            return None
        rest = without_shadow(patch, background)
        if rest is None or rest.area < MIN_REST * patch.area:
            return None
        return rest if self._fits(rest, seen) else None

    def _fits(self, patch: Patch, seen: Observation) -> bool:
        scale = seen.frame.width / WIDTH
        box = patch.box.scaled(scale, scale)
        if patch.unrest > MAX_UNREST or seen.scene.hides(seen.share(box.foot)):
            return False
        if self.zone is not None and not self.zone.contains(seen.share(box.foot)):
            return False
        height = self._persons.height_at(box.bottom, seen.frame.height)
        small_height = None if height is None else height / scale
        return can_be_carried(patch, small_height, patch.mask.shape[0], self._shape)

    def _follow(
        self, thing: Thing, seen: Observation, reach: Reach, background: LayeredBackground
    ) -> None:
        if thing.owner is None and seen.at - thing.found_at < self._shape.settles_s:
            drop = Drop(thing.box, min(thing.clear_at, thing.visible_at), thing.visible_at)
            thing.owner = find_owner(
                self._persons.solid(), drop, reach, self.parameters.drop_reach_m
            )
            if thing.owner is not None:
                thing.evidence = self._picture(thing, thing.owner)
        if thing.owner is not None:
            thing.owner.track = self._held.found_again(thing.owner.track)
            follow_owner(thing.owner, self._persons, thing.box, reach, self.parameters.away_m)
            track = thing.owner.track
            is_near = reach.meters(track.box, thing.box) <= self.parameters.away_m
            if is_near and track.identity in self._held.identities:
                thing.owner.left_at = seen.at

    def _picture(self, thing: Thing, owner: Owner) -> Image | None:
        """The owner with the thing, at the moment of the drop."""
        picture = self._persons.picture_at(owner.dropped_at)
        person = owner.track.box_at(owner.dropped_at)
        if picture is None or person is None:
            return picture
        left, top = min(person.left, thing.box.left), min(person.top, thing.box.top)
        right, bottom = max(person.right, thing.box.right), max(person.bottom, thing.box.bottom)
        around = Box(left, top, right, bottom).grown(0.15 * person.height)
        rows = slice(max(0, int(around.top)), int(around.bottom) + 1)
        columns = slice(max(0, int(around.left)), int(around.right) + 1)
        return np.ascontiguousarray(picture[rows, columns])

    def _is_abandoned(self, thing: Thing, at: float, background: LayeredBackground) -> bool:
        if thing.seen_at != at:
            return False
        lies_s = at - thing.visible_at
        if lies_s < self.parameters.static_s or _away_s(thing, at) < self.parameters.owner_away_s:
            return False
        if lies_s > self.parameters.belongs_after_s or self._is_too_late(thing, lies_s):
            self._give_up(thing, background)
            return False
        if thing.is_raised:
            return True
        if thing.owner is None and (self._needs_owner or self._comes_by_itself(thing, background)):
            self._give_up(thing, background)
            return False
        return self._is_thing(thing, background)

    def _came_on_wheels(self, thing: Thing, seen: Observation) -> bool:
        """Tell whether it is part of a vehicle that has come to stay."""
        vehicles = (track for track in seen.known if track.label in VEHICLES)
        return any(
            track.box.overlap(thing.box) > WHEELS_SHARE * thing.box.area
            and track.first_at > thing.clear_at - ARRIVED_S
            for track in vehicles
        )

    def _is_too_late(self, thing: Thing, lies_s: float) -> bool:
        is_due_since = lies_s - self.parameters.static_s
        return thing.owner is None and not thing.is_raised and is_due_since > TOLD_WITHIN_S

    def _comes_by_itself(self, thing: Thing, background: LayeredBackground) -> bool:
        """A branch that hangs otherwise since, a parked car, or the sun that came out."""
        unrest = float(np.percentile(background.unrest[thing.patch.mask], UNREST_PERCENT))
        if unrest > MAX_UNREST:
            return True
        if self._arrivals.beside(thing.visible_at, thing.box) >= MANY_BESIDE:
            return True
        return self._arrivals.together_with(thing.visible_at, thing.box) >= MANY_AT_ONCE

    def _is_thing(self, thing: Thing, background: LayeredBackground) -> bool:
        if thing.still < MIN_STILL_SHARE * thing.looks:
            return False
        if thing.alive > MAX_ALIVE_SHARE * thing.searches:
            return False
        nature = nature_of(thing.patch, background, self._shape)
        if nature is not Nature.ADDED:
            self._give_up(thing, background)
            return False
        return True

    def _give_up(self, thing: Thing, background: LayeredBackground) -> None:
        background.absorb(thing.patch.mask)
        self._things.remove(thing)

    def _sighting(self, thing: Thing, at: float) -> Sighting:
        facts: Facts = {
            "seconds": round(at - thing.visible_at, 1),
            "owner_away_s": round(_away_s(thing, at), 1),
            "owner": 0 if thing.owner is None else thing.owner.first.identity,
        }
        if thing.owner is not None:
            facts["owner_left_at"] = round(thing.owner.left_at, 1)
        return Sighting(
            Kind.ABANDONED,
            at=at,
            since=thing.visible_at,
            key=str(thing.number),
            box=thing.box,
            facts=facts,
            tracks=() if thing.owner is None else (thing.owner.first.identity,),
            evidence=thing.evidence,
        )


def _away_s(thing: Thing, at: float) -> float:
    return at - (thing.visible_at if thing.owner is None else thing.owner.left_at)


def _is_same(one: Box, other: Box) -> bool:
    """Most of the smaller lies in the other: shadows and passers-by gnaw at the edges."""
    return one.overlap(other) > SAME_SHARE * min(one.area, other.area)


def _count_living(thing: Thing, seen: Observation) -> None:
    if not seen.was_searched:
        return
    thing.searches += 1
    thing.alive += any(
        found.label in ALIVE and found.score >= ALIVE_SCORE and found.box.iou(thing.box) > ALIVE_IOU
        for found in seen.objects
    )


def make(setting: Setting) -> AbandonedDetector:
    parameters = PARAMETERS[setting.sensitivity]
    if setting.grade is Grade.ALARM:
        parameters = replace(
            parameters,
            static_s=ALARM_TIMES * parameters.static_s,
            owner_away_s=ALARM_TIMES * parameters.owner_away_s,
        )
    parameters = with_overrides(parameters, setting.overrides)
    return AbandonedDetector(setting.zone, parameters, needs_owner=setting.grade is Grade.ALARM)


ENTRY = Entry(
    Kind.ABANDONED,
    Place.PICTURE,
    make,
    AbandonedParameters,
    grade=Grade.HINT,
    needs=("objects",),
    zone_is_optional=True,
)
