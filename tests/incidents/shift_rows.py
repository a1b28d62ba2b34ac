"""Shifts for tests that only read them."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.auth.models import Group, User
from django.utils.timezone import now

from cameras.access import Role
from cameras.models import Camera
from incidents.actions.drills import start_drill
from incidents.actions.shifts import open_shift, sign_sheet, take_over
from incidents.models import Drill, Handover, Shift


def make_shift(person: User, *, at: datetime | None = None, crew: str = "") -> Shift:
    return open_shift(actor=person, at=at or now(), crew=crew)


def make_handover(giver: User, taker: User, *, at: datetime | None = None) -> Handover:
    """Open a shift an hour before `at` and hand it over."""
    moment = at or now()
    make_shift(giver, at=moment - timedelta(hours=1))
    handover = sign_sheet(
        actor=giver, remarks="К07 мигает", at=moment, begun_at=moment - timedelta(seconds=80)
    )
    take_over(handover=handover, taker=taker, at=moment + timedelta(seconds=30))
    handover.refresh_from_db()
    return handover


def make_two_on_duty() -> tuple[User, User]:
    """Two people who may work shifts, beside the cast."""
    first, second = (User.objects.create(username=name) for name in ("duty-1", "duty-2"))
    for person in (first, second):
        person.groups.add(Group.objects.get_or_create(name=Role.DISPATCHER)[0])
    return first, second


def make_drill(camera: Camera, senior: User | None = None) -> Drill:
    """Start a drill at a camera, by a senior of its own if none is given."""
    if senior is None:
        senior = User.objects.create(username="drill-senior")
        senior.groups.add(Group.objects.get_or_create(name=Role.SENIOR)[0])
    return start_drill(actor=senior, scenario="bench", camera=camera, at=now())
