"""An alarm in the reader's words, wherever it came from."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.urls import reverse
from django.utils.translation import gettext as _

from analytics.engine.kinds import Kind
from analytics.explanations import sentence, title
from analytics.models import Detection
from archive.engine.timeline import to_us
from incidents.models import Alarm, AlarmPicture, Category, FalseReason, OutsideReport
from incidents.queries.drills import drill_picture_url

LEAD_US = 8_000_000
"""Footage opens so long before the moment that it is about."""
MARKED = "mark"
"""The kind of what a dispatcher marked by one key and has not named yet."""
PICTURES = ("first", "second")
_KINDS = frozenset(Kind)


def category_names() -> dict[str, str]:
    """Return the names of the kinds that are no detector's."""
    return dict(Category.objects.values_list("code", "name"))


def is_of_detectors(kind: str) -> bool:
    return kind in _KINDS


def alarm_title(alarm: Alarm, names: dict[str, str]) -> str:
    """Name the situation in two or three words; `names` are those of the categories."""
    if is_of_detectors(alarm.kind):
        return title(alarm.kind)
    if alarm.kind == MARKED:
        return _("Marked by the dispatcher")
    return names.get(alarm.kind) or alarm.get_source_display().capitalize()


def alarm_sentence(alarm: Alarm) -> str:
    """Say what was seen: a detector's sentence, or the words of whoever told of it."""
    if alarm.detection is not None:
        return sentence(alarm.kind, alarm.detection.facts, alarm.detection.place)
    if alarm.text:
        return " ".join(alarm.text.split())
    return _("Source: %(source)s") % {"source": alarm.get_source_display()}


def reason_text(reason: str) -> str:
    """Say why an alarm was false: one of the list, or a person's own words."""
    return str(FalseReason(reason).label) if reason in FalseReason else reason


def person_name(user: User) -> str:
    """Name a person as the head of the page does."""
    names = {"first": user.first_name, "last": user.last_name}
    return (_("%(first)s %(last)s") % names).strip() or user.get_username()


def picture_url(detection: Detection, which: str) -> str | None:
    path = detection.picture if which == PICTURES[0] else detection.second_picture
    return reverse("alarm-picture", args=[detection.pk, which]) if path else None


def frame_url(alarm: Alarm) -> str | None:
    """Return the picture of an alarm of any source; None: there is none, or none yet.

    Marks have the frames of all cameras of their place; a list fetches them as `frames`.
    """
    if alarm.is_drill:
        return drill_picture_url(alarm)
    if alarm.detection is not None:
        return picture_url(alarm.detection, PICTURES[0])
    report = report_of(alarm)
    if report is not None and report.picture:
        return reverse("outside-picture", args=[report.pk])
    frames: list[AlarmPicture] = getattr(alarm, "frames", [])
    own = [frame for frame in frames if frame.camera_id == alarm.camera_id]
    return reverse("alarm-frame", args=[(own or frames)[0].pk]) if frames else None


def report_of(alarm: Alarm) -> OutsideReport | None:
    """Return what another system or a device told of it."""
    report: OutsideReport | None = getattr(alarm, "outside_report", None)
    return report


def incident_url(incident_id: int) -> str:
    """Return the page of a card."""
    return reverse("incident", args=[incident_id])


def archive_url(camera_id: int, raised_us: int) -> str:
    """Open the archive a little before the moment."""
    query = urlencode({"camera": camera_id, "at_us": raised_us - LEAD_US})
    return f"{reverse('archive')}?{query}"


def detection_archive_url(detection: Detection) -> str:
    return archive_url(detection.camera_id, to_us(detection.raised_at))
