"""The only door to cameras and to what may be done with them, on behalf of a user.

Pages, API, media URLs and WebSockets all ask here, so that they can never disagree.
"""

from __future__ import annotations

from enum import StrEnum

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.db.models import Exists, OuterRef, Q, QuerySet

from cameras.models import Camera, Location, UserPlace


class Role(StrEnum):
    """The groups made by migration cameras.0002; a user may be in several."""

    DISPATCHER = "dispatcher"
    SENIOR = "senior"
    STAFF = "staff"
    POLICE = "police"
    TECHNICIAN = "technician"
    AUDITOR = "auditor"


class Act(StrEnum):
    """What a user may do. A superuser may do everything."""

    WATCH = "cameras.watch"  # live pictures
    VIEW_ARCHIVE = "archive.view"
    EXPORT = "archive.export"
    HOLD = "archive.hold"
    VIEW_HEALTH = "health.view"
    MANAGE_CAMERAS = "cameras.manage"  # the admin pages
    VIEW_AUDIT = "audit.view"
    # Draw zones, set rules, try them on the last hour.
    MANAGE_ANALYSIS = "analytics.manage"
    VIEW_DETECTIONS = "analytics.view"
    JUDGE_DETECTIONS = "analytics.judge"  # real or false
    ACKNOWLEDGE = "incidents.acknowledge"  # take an alarm on
    SWITCH_FACES = "faces.switch"
    SEARCH_FACES = "faces.search"
    MANAGE_WATCH_LIST = "faces.watch_list"  # add an entry, withdraw it
    CONFIRM_WATCH_LIST = "faces.confirm"  # never of one's own entry
    VIEW_FACES = "faces.view"  # best shots, and pictures without blur
    REVIEW_FACES = "faces.review"  # the monthly report, and all searches
    VIEW_INCIDENTS = "incidents.view"
    HANDLE_INCIDENTS = "incidents.handle"  # make cards, write them, hand over
    VERIFY_INCIDENTS = "incidents.verify"  # the senior's check, and closing
    MAKE_PACKAGES = "incidents.package"
    USE_POLICE_SEAT = "incidents.police"  # what was handed over, and nothing else
    WORK_SHIFT = "incidents.shift"  # open a shift, hand it over, write the journal
    VIEW_REPORTS = "incidents.reports"
    MANAGE_DICTIONARIES = "incidents.dictionaries"  # the admin pages


_WATCHERS = {Role.DISPATCHER, Role.SENIOR}
ALLOWED: dict[Act, set[Role]] = {
    Act.WATCH: {*_WATCHERS, Role.STAFF, Role.TECHNICIAN},
    Act.VIEW_ARCHIVE: _WATCHERS,
    Act.EXPORT: _WATCHERS,
    Act.HOLD: _WATCHERS,
    Act.VIEW_HEALTH: {*_WATCHERS, Role.STAFF, Role.TECHNICIAN, Role.AUDITOR},
    Act.MANAGE_CAMERAS: {Role.STAFF},
    Act.VIEW_AUDIT: {Role.AUDITOR},
    Act.MANAGE_ANALYSIS: {Role.STAFF, Role.SENIOR},
    Act.VIEW_DETECTIONS: _WATCHERS,
    Act.JUDGE_DETECTIONS: _WATCHERS,
    Act.ACKNOWLEDGE: _WATCHERS,
    Act.SWITCH_FACES: {Role.STAFF},
    Act.SEARCH_FACES: {Role.SENIOR, Role.POLICE},
    Act.MANAGE_WATCH_LIST: {Role.POLICE},
    Act.CONFIRM_WATCH_LIST: {Role.SENIOR, Role.POLICE},
    Act.VIEW_FACES: {Role.SENIOR, Role.POLICE},
    Act.REVIEW_FACES: {Role.AUDITOR},
    Act.VIEW_INCIDENTS: _WATCHERS,
    Act.HANDLE_INCIDENTS: _WATCHERS,
    Act.VERIFY_INCIDENTS: {Role.SENIOR},
    Act.MAKE_PACKAGES: _WATCHERS,
    Act.USE_POLICE_SEAT: {Role.POLICE},
    Act.WORK_SHIFT: _WATCHERS,
    Act.VIEW_REPORTS: {Role.SENIOR, Role.STAFF, Role.AUDITOR},
    Act.MANAGE_DICTIONARIES: {Role.STAFF},
}

AnyUser = AbstractBaseUser | AnonymousUser


def acts_of(user: AnyUser) -> frozenset[Act]:
    """Return all that the user may do, in one query."""
    if not isinstance(user, User) or not user.is_active:
        return frozenset()
    if user.is_superuser:
        return frozenset(Act)
    roles = set(user.groups.values_list("name", flat=True))
    return frozenset(act for act, allowed in ALLOWED.items() if allowed & roles)


def can(user: AnyUser, act: Act) -> bool:
    """Tell whether the user may do this at all; for a camera ask `get_camera_for` too."""
    if not isinstance(user, User) or not user.is_active:
        return False
    if user.is_superuser:
        return True
    return user.groups.filter(name__in=ALLOWED[act]).exists()


def in_places_of(user: AnyUser, place: str = "location") -> Q:
    """Narrow rows to the user's places; to nothing less than all for who was given none.

    `place` names the rows' field. It costs no query of its own, and administrators have all.
    """
    if isinstance(user, User) and user.is_superuser:
        return Q()
    given = UserPlace.objects.filter(user=user.pk)
    return Q(~Exists(given)) | Q(Exists(given.filter(location=OuterRef(place))))


def places_visible_to(user: AnyUser) -> QuerySet[Location]:
    return Location.objects.filter(in_places_of(user, "pk"))


def cameras_visible_to(user: AnyUser, *, act: Act = Act.WATCH) -> QuerySet[Camera]:
    """The cameras of the user's places on which the user may do the act."""
    if not can(user, act):
        return Camera.objects.none()
    return Camera.objects.filter(in_places_of(user))


def get_camera_for(user: AnyUser, *, camera_id: int, act: Act = Act.WATCH) -> Camera:
    """Return the camera, or raise Camera.DoesNotExist.

    The error is the same for a camera that is absent and for one that is hidden from this user.
    """
    return cameras_visible_to(user, act=act).get(pk=camera_id)
