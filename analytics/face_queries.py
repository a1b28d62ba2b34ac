"""What is read of faces: switches, entries in force, and who may see which rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import numpy as np
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.timezone import now

from analytics import face_templates
from analytics.engine.faces.face import Template
from analytics.engine.faces.matching import DEFAULT_THRESHOLD, THRESHOLDS
from analytics.models import (
    Detection,
    FaceEncounter,
    FaceSearch,
    FaceSwitch,
    FaceThreshold,
    WatchEntry,
    WatchEntryPlace,
    WatchPhoto,
)
from cameras.access import Act, AnyUser, cameras_visible_to, can, in_places_of
from cameras.models import Camera, Location

Name = FaceSwitch.Name
State = Literal["off", "asked", "on", "over"]


@dataclass(frozen=True)
class SwitchState:
    """How a switch stands: `asked` waits for its second person, `over` is after its term."""

    name: FaceSwitch.Name
    state: State
    row: FaceSwitch | None

    @property
    def label(self) -> str:
        return str(self.name.label)

    @property
    def is_on(self) -> bool:
        return self.state == "on"


@dataclass(frozen=True)
class Precision:
    """What people said of hits."""

    real: int
    false: int
    not_judged: int

    @property
    def judged(self) -> int:
        return self.real + self.false

    @property
    def share(self) -> float | None:
        """Real ones among those judged; None before the first verdict."""
        return self.real / self.judged if self.judged else None


def switch_states(at: datetime) -> list[SwitchState]:
    """Return the three switches in the order in which they are turned on."""
    rows = {row.name: row for row in FaceSwitch.objects.select_related("asked_by", "confirmed_by")}
    return [SwitchState(name, _state(rows.get(name), rows, at), rows.get(name)) for name in Name]


def is_switched_on(*, name: str, at: datetime) -> bool:
    """Tell whether a switch is on now; search and watch list need that faces are found at all."""
    rows = {row.name: row for row in FaceSwitch.objects.filter(name__in={name, Name.DETECTION})}
    return _state(rows.get(name), rows, at) == "on"


def _state(row: FaceSwitch | None, rows: dict[str, FaceSwitch], at: datetime) -> State:
    if row is None:
        return "off"
    if row.until is not None and row.until <= at:
        return "over"
    if row.confirmed_at is None:
        return "asked"
    base = rows.get(Name.DETECTION)
    if row.name != Name.DETECTION and _state(base, rows, at) != "on":
        return "off"
    return "on"


def is_compared(*, at: datetime) -> bool:
    """Tell whether anybody may compare faces: until then none is turned into numbers."""
    return any(is_switched_on(name=name, at=at) for name in (Name.SEARCH, Name.WATCH_LIST))


def active_entries(*, at: datetime, location_id: int) -> QuerySet[WatchEntry]:
    """Return the entries to be looked for at a place, with their photos.

    None while the watch list is off, and none at a place where faces are not recognized, even if
    an entry names it: the exclusion is the town's word, the entry one officer's.
    """
    is_excluded = Location.objects.filter(pk=location_id, excludes_faces=True).exists()
    if is_excluded or not is_switched_on(name=Name.WATCH_LIST, at=at):
        return WatchEntry.objects.none()
    everywhere = ~Q(pk__in=WatchEntryPlace.objects.values("watchentry"))
    here = Q(pk__in=WatchEntryPlace.objects.filter(location=location_id).values("watchentry"))
    in_force = entries_in_force(at=at).filter(everywhere | here)
    return in_force.prefetch_related("photos")


def entries_in_force(*, at: datetime) -> QuerySet[WatchEntry]:
    """Return those that a second person confirmed, that nobody withdrew and that are in term."""
    confirmed = WatchEntry.objects.exclude(confirmed_at=None)
    return confirmed.filter(withdrawn_at=None, until__gt=at)


def photo_template(photo: WatchPhoto) -> Template:
    """Return the template of an entry's photo."""
    return np.frombuffer(face_templates.unseal(bytes(photo.template)), dtype=np.float32)


def threshold_of(recognizer: str) -> float:
    """Return from which score on two faces are shown to a person: the town's own, or as shipped."""
    own = FaceThreshold.objects.filter(recognizer=recognizer).first()
    return own.value if own else THRESHOLDS.get(recognizer, DEFAULT_THRESHOLD)


def recognizable_cameras(user: AnyUser, *, act: Act) -> QuerySet[Camera]:
    """Return the cameras on which the user may do this with faces: excluded places are not in."""
    return cameras_visible_to(user, act=act).filter(location__excludes_faces=False)


def encounters_visible_to(user: AnyUser) -> QuerySet[FaceEncounter]:
    """Return the faces whose time is not over, at places where faces are recognized."""
    cameras = recognizable_cameras(user, act=Act.VIEW_FACES)
    return FaceEncounter.objects.filter(camera__in=cameras, delete_after__gt=now())


def searches_visible_to(user: AnyUser) -> QuerySet[FaceSearch]:
    """Return a person's own searches, all of them for whoever reviews; of the user's places."""
    own = Camera.objects.filter(in_places_of(user))
    outside = FaceSearch.cameras.through.objects.exclude(camera__in=own)
    searches = FaceSearch.objects.exclude(pk__in=outside.values("facesearch"))
    if can(user, Act.REVIEW_FACES):
        return searches
    if can(user, Act.SEARCH_FACES):
        return searches.filter(asked_by=user.pk)
    return FaceSearch.objects.none()


def entries_visible_to(user: AnyUser) -> QuerySet[WatchEntry]:
    """Return the watch list for who keeps, confirms or reviews it; a hit is seen by its alarm.

    An entry of other places than the user's is hidden, one of all places is not.
    """
    acts = (Act.MANAGE_WATCH_LIST, Act.CONFIRM_WATCH_LIST, Act.REVIEW_FACES)
    if not any(can(user, act) for act in acts):
        return WatchEntry.objects.none()
    named = WatchEntryPlace.objects.filter(watchentry=OuterRef("pk"))
    own = named.filter(in_places_of(user))
    return WatchEntry.objects.filter(~Exists(named) | Exists(own))


def entry_precision(entry: WatchEntry) -> Precision:
    return precision_of(Detection.objects.filter(watch_hit__entry=entry))


def precision_of(detections: QuerySet[Detection]) -> Precision:
    """Count the verdicts of these detections."""
    verdict = Detection.Verdict
    counts = detections.aggregate(
        real=Count("pk", filter=Q(verdict=verdict.REAL)),
        false=Count("pk", filter=Q(verdict=verdict.FALSE)),
        not_judged=Count("pk", filter=Q(verdict=verdict.NONE)),
    )
    return Precision(**counts)
