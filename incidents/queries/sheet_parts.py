"""The parts of the sheet that this app knows: cards, holds, alarms, tasks, drills."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db.models import Model
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from archive.models import Hold
from archive.queries import active_holds
from incidents.models import Alarm, Incident
from incidents.queries.alarm_texts import alarm_title, category_names
from incidents.queries.journal import journal_fault_lately, tasks_at
from incidents.queries.journal_words import moment_text
from incidents.queries.people import name_of
from incidents.queries.sheet import SheetPart, Span, register_part

Status = Incident.Status
_REQUESTS = "incidents.EvidenceRequest"
_OVER = (Status.CLOSED, Status.FALSE_ALARM, Status.DUPLICATE)


def register_own_parts() -> None:
    register_part("incidents", 10, open_incidents)
    register_part("alarms", 20, open_alarms)
    register_part("tasks", 30, tasks)
    register_part("holds", 40, ending_holds)
    register_part("journal", 90, journal)
    if _requests_model() is not None:
        register_part("requests", 45, unanswered_requests)


def open_incidents(span: Span) -> SheetPart:
    """Cards that somebody has to go on with; a drill is none."""
    del span
    cards = (
        Incident.objects.filter(is_drill=False)
        .exclude(status__in=_OVER)
        .select_related("category", "place", "handled_by")
        .order_by("priority", "registered_at")
    )
    rows = [
        [
            card.name,
            moment_text(card.occurred_at),
            card.category.name,
            card.place.name,
            str(card.get_status_display()),
            card.kusp_number or "—",
            name_of(card.handled_by) if card.handled_by else "—",
        ]
        for card in cards
    ]
    head = [_("number"), _("happened"), _("what"), _("place"), _("status"), _("KUSP"), _("led by")]
    return SheetPart(
        code="incidents",
        title=_("Open incidents"),
        head=head,
        rows=rows,
        calm=_("No incident is open."),
        widths=[5, 5, 6, 4, 4, 3, 4],
        url=_url("incidents"),
    )


def open_alarms(span: Span) -> SheetPart:
    """Alarms that nobody has taken on."""
    del span
    alarms = (
        Alarm.objects.filter(state=Alarm.State.NEW, verdict="", group=None, is_drill=False)
        .select_related("place", "camera")
        .order_by("priority", "raised_at")
    )
    names = category_names()
    rows = [
        [
            moment_text(alarm.raised_at),
            str(alarm.get_priority_display()),
            alarm_title(alarm, names),
            _place_name(alarm),
        ]
        for alarm in alarms
    ]
    return SheetPart(
        code="alarms",
        title=_("Alarms that nobody has accepted"),
        head=[_("raised"), _("priority"), _("what"), _("place")],
        rows=rows,
        calm=_("All alarms are accepted."),
        widths=[3, 3, 5, 5],
        is_warning=bool(rows),
        url=_url("alarms"),
    )


def tasks(span: Span) -> SheetPart:
    rows = [
        [entry.text, moment_text(entry.until), name_of(entry.author), str(entry.number)]
        for entry in tasks_at(span.begin)
        if entry.until is not None
    ]
    return SheetPart(
        code="tasks",
        title=_("Tasks from the city"),
        head=[_("task"), _("until"), _("written by"), _("entry")],
        rows=rows,
        calm=_("No task."),
        widths=[10, 4, 4, 2],
        url=_url("shift-journal"),
    )


def ending_holds(span: Span) -> SheetPart:
    """Footage that rotation takes during the next shift unless somebody prolongs its hold."""
    holds: list[Hold] = list(
        active_holds(span.begin)
        .filter(expires_at__lte=span.end)
        .select_related("camera__location")
        .order_by("expires_at")
    )
    rows = [
        [
            f"{hold.camera.label} {hold.camera.location.name}",
            f"{moment_text(hold.started_at)} – {moment_text(hold.ended_at)[-5:]}",
            hold.reason,
            moment_text(hold.expires_at) if hold.expires_at else "",
        ]
        for hold in holds
    ]
    return SheetPart(
        code="holds",
        title=_("Holds that end during the next shift"),
        head=[_("camera"), _("footage"), _("reason"), _("kept until")],
        rows=rows,
        calm=_("No hold ends."),
        is_warning=bool(rows),
        url=_url("archive"),
    )


def unanswered_requests(span: Span) -> SheetPart:
    """Written requests of the police that wait for an answer, the most urgent first."""
    model: Any = _requests_model()
    found = model.objects.filter(state="OPEN").select_related("place").order_by("due_at")
    rows = [
        [row.number, f"{row.dated_on:%d.%m.%Y}", row.place.name, moment_text(row.due_at)]
        for row in found
    ]
    return SheetPart(
        code="requests",
        title=_("Unanswered requests of the police"),
        head=[_("number"), _("of the day"), _("place"), _("due")],
        rows=rows,
        calm=_("All requests are answered."),
        is_warning=any(row.due_at <= span.end for row in found),
        url=_url("police-requests"),
    )


def _requests_model() -> type[Model] | None:
    """Return the rows of requests; None where the portal keeps none."""
    try:
        return apps.get_model(_REQUESTS)
    except LookupError:
        return None


def journal(span: Span) -> SheetPart:
    """Whether the log book is whole: said on the sheet that both sign."""
    del span
    fault = journal_fault_lately()
    rows = [] if fault is None else [[str(fault)]]
    return SheetPart(
        code="journal",
        title=_("Journal of the duty"),
        head=[_("missing or changed from entry")],
        rows=rows,
        calm=_("The journal is whole: no entry was changed or taken out."),
        is_warning=fault is not None,
        url=_url("shift-journal"),
    )


def _place_name(alarm: Alarm) -> str:
    if alarm.camera is None:
        return alarm.place.name
    return f"{alarm.camera.label} {alarm.place.name}"


def _url(route: str) -> str:
    try:
        return reverse(route)
    except NoReverseMatch:  # a page of a later version
        return ""
