"""An alarm in the reader's words, wherever it came from."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from analytics.engine.kinds import Kind
from analytics.explanations import sentence, title
from analytics.models import Detection
from archive.engine.timeline import to_us
from incidents.models import Alarm, Category, FalseReason

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


def incident_url(incident_id: int) -> str | None:
    """Return the page of a card; None where the portal has none."""
    try:
        return reverse("incident", args=[incident_id])
    except NoReverseMatch:
        return None


def archive_url(camera_id: int, raised_us: int) -> str:
    """Open the archive a little before the moment."""
    query = urlencode({"camera": camera_id, "at_us": raised_us - LEAD_US})
    return f"{reverse('archive')}?{query}"


def detection_archive_url(detection: Detection) -> str:
    return archive_url(detection.camera_id, to_us(detection.raised_at))
