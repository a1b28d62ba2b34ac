"""The chronology of a card in the reader's language: its lines, its alarms, what was copied out.

What others write into a card by `incidents.actions.incidents.note` is said by LINES; a kind that
is not there is shown with the text of its detail, so that nothing is hidden.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import FieldDoesNotExist
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from archive.models import Export
from incidents.models import Alarm, ChronologyEntry, Damage, Dispatch, Incident, Participant
from incidents.queries.alarm_texts import alarm_sentence, alarm_title, category_names, reason_text

Detail = dict[str, Any]
Status = Incident.Status


@dataclass(frozen=True, slots=True)
class Line:
    at: datetime
    icon: str
    text: str
    who: str  # empty: the portal by itself
    sign: str = ""  # class of the line: "ok", "p1"
    hint: str = ""  # the whole of what `text` shortens


@dataclass(frozen=True, slots=True)
class Change:
    """What somebody wrote into a field."""

    field: str
    label: str
    before: str
    after: str
    who: str
    at: datetime


def short_name(person: User | None) -> str:
    """Name a person as a column does: the last name."""
    return "" if person is None else person.last_name or person.username


def story_of(incident: Incident) -> list[Line]:
    """Return all lines of a card, the newest first."""
    entries = incident.chronology.select_related("actor")
    lines = [line_of(entry) for entry in entries]
    names = category_names()
    lines += [line for alarm in alarms_of(incident) for line in _alarm_lines(alarm, names)]
    lines += [_export_line(export) for export in exports_of(incident)]
    return sorted(lines, key=lambda line: line.at, reverse=True)


def alarms_of(incident: Incident) -> list[Alarm]:
    rows = incident.alarms.select_related("detection", "camera", "acknowledged_by", "verdict_by")
    return list(rows.prefetch_related("pictures__camera").order_by("raised_at"))


def exports_of(incident: Incident) -> list[Export]:
    """Return what was copied out of the archive for a card: its number is in the reason."""
    rows = Export.objects.filter(reason__contains=incident.name)
    return list(rows.select_related("camera", "requested_by").order_by("requested_at"))


def changes_since(incident: Incident, version: int) -> list[Change]:
    """Return what was written into a card after a version of it."""
    entries = incident.chronology.filter(
        kind__in=["field", "status"], detail__version__gt=version
    ).select_related("actor")
    return [_change(entry) for entry in entries.order_by("pk")]


def _change(entry: ChronologyEntry) -> Change:
    detail = entry.detail
    if entry.kind == "status":
        detail = {"field": "status", "before": detail["from"], "after": detail["to"]}
    name = detail["field"]
    return Change(
        field=name,
        label=_capital(label_of(name)),
        before=value_text(name, detail["before"]),
        after=value_text(name, detail["after"]),
        who=short_name(entry.actor),
        at=entry.occurred_at,
    )


def line_of(entry: ChronologyEntry) -> Line:
    say = LINES.get(entry.kind, _anything)
    icon, text = say({"kind": entry.kind, **entry.detail})
    sign = "ok" if entry.kind == "status" and entry.detail.get("to") in _GOOD else ""
    return Line(entry.occurred_at, icon, text, short_name(entry.actor), sign, text)


_GOOD = {Status.CONFIRMED, Status.ACCEPTED, Status.CLOSED}


# --- fields -----------------------------------------------------------------------------------


def label_of(name: str) -> str:
    try:
        field = Incident._meta.get_field(name)
    except FieldDoesNotExist:
        return name
    return str(getattr(field, "verbose_name", name))


def value_text(name: str, value: str) -> str:
    """Write a value of the chronology as people read it."""
    field = Incident._meta.get_field(name)
    choices = dict(getattr(field, "flatchoices", ()))
    for known, label in choices.items():
        if str(known) == value and value:
            return str(label)
    if field.get_internal_type() == "BooleanField":
        return _("yes") if value else _("no")
    if field.get_internal_type() == "DateTimeField" and value:
        return f"{timezone.localtime(datetime.fromisoformat(value)):%d.%m %H:%M:%S}"
    return value or "—"


# --- lines ------------------------------------------------------------------------------------


def _created(detail: Detail) -> tuple[str, str]:
    source = dict(Incident.Source.choices).get(detail.get("source", ""), "")
    return "incident", _("Card made: %(source)s") % {"source": source}


def _held(detail: Detail) -> tuple[str, str]:
    numbers = detail.get("cameras", [])
    text = ngettext(
        "Footage of %(count)s camera kept", "Footage of %(count)s cameras kept", len(numbers)
    )
    return "lock", text % {"count": len(numbers)}


def _status(detail: Detail) -> tuple[str, str]:
    icons = {
        Status.HANDED_OVER: "phone",
        Status.ACCEPTED: "police",
        Status.CONFIRMED: "check",
        Status.FALSE_ALARM: "x",
        Status.DUPLICATE: "stack",
        Status.UNFINISHED: "clock",
    }
    to = detail.get("to", "")
    label = dict(Status.choices).get(to, to)
    return icons.get(to, "arrow"), _("Status: %(status)s") % {"status": label}


def _field(detail: Detail) -> tuple[str, str]:
    name = detail["field"]
    values = {
        "field": label_of(name),
        "before": value_text(name, detail["before"]),
        "after": value_text(name, detail["after"]),
    }
    text = (
        _("%(field)s: %(after)s")
        if not detail["before"]
        else _("%(field)s: %(before)s → %(after)s")
    )
    return "list", _capital(text % values)


def _call(detail: Detail) -> tuple[str, str]:
    parts = (detail.get("whom"), detail.get("phone"), detail.get("by"), detail.get("text"))
    return "phone", _("Call: %(what)s") % {"what": ", ".join(part for part in parts if part)}


def _service(detail: Detail) -> tuple[str, str]:
    status = dict(Dispatch.Status.choices).get(detail.get("to", ""), "")
    text = f"{detail.get('service')}: {status}"
    order = detail.get("order")
    parts = (
        _("order %(number)s") % {"number": order} if order else "",
        detail.get("by"),
        detail.get("text"),
    )
    return "speak", ", ".join([text, *(part for part in parts if part)])


def _step(detail: Detail) -> tuple[str, str]:
    text = detail.get("text", "")
    if detail.get("is_done"):
        return "check", _("Step done: %(step)s") % {"step": text}
    return "x", _("Step taken back: %(step)s") % {"step": text}


def _person(detail: Detail) -> tuple[str, str]:
    said = {
        "added": _("Person added: %(what)s"),
        "changed": _("Person changed: %(what)s"),
        "removed": _("Person removed: %(what)s"),
    }
    return "user", said[detail["what"]] % {"what": _row_text(Participant, detail["fields"])}


def _damage(detail: Detail) -> tuple[str, str]:
    said = {
        "added": _("Damage added: %(what)s"),
        "changed": _("Damage changed: %(what)s"),
        "removed": _("Damage removed: %(what)s"),
    }
    return "damage", said[detail["what"]] % {"what": _row_text(Damage, detail["fields"])}


def _row_text(model: type[Participant | Damage], fields: dict[str, str]) -> str:
    parts = []
    for name, value in fields.items():
        choices = dict(getattr(model._meta.get_field(name), "flatchoices", ()))
        parts.append(str(choices.get(value, value)))
    return ", ".join(parts)


def _linked(detail: Detail) -> tuple[str, str]:
    return "link", _("Linked with %(card)s") % {"card": detail.get("card", "")}


def _merged(detail: Detail) -> tuple[str, str]:
    text = ngettext(
        "Card %(card)s is a duplicate of this one: %(count)s alarm taken over",
        "Card %(card)s is a duplicate of this one: %(count)s alarms taken over",
        detail.get("alarms", 0),
    )
    return "stack", text % {"card": detail.get("card", ""), "count": detail.get("alarms", 0)}


def _reminder(detail: Detail) -> tuple[str, str]:
    due = timezone.localtime(datetime.fromisoformat(detail["due_at"]))
    names = {"time": f"{due:%H:%M}", "text": detail.get("text", "")}
    return "clock", _("Reminder for %(time)s: %(text)s") % names


def _reminded(detail: Detail) -> tuple[str, str]:
    return "check", _("Reminder handled: %(text)s") % {"text": detail.get("text", "")}


def _outcome(detail: Detail) -> tuple[str, str]:
    label = dict(Incident.Disposition.choices).get(detail.get("disposition", ""), "")
    rest = [detail.get(f"disposition_{name}") for name in ("article", "number", "note")]
    said = ", ".join(str(part) for part in (label, *rest) if part)
    return "seal", _("Outcome: %(what)s") % {"what": said}


def _said(icon: str, text: Promise) -> Callable[[Detail], tuple[str, str]]:
    """Say a line that needs nothing but the values of its detail."""

    def say(detail: Detail) -> tuple[str, str]:
        return icon, str(text) % {"name": "", "number": "", **detail}

    return say


def _anything(detail: Detail) -> tuple[str, str]:
    return "info", str(detail.get("text") or detail.get("kind"))


LINES: dict[str, Callable[[Detail], tuple[str, str]]] = {
    "created": _created,
    "held": _held,
    "status": _status,
    "field": _field,
    "call": _call,
    "service": _service,
    "step": _step,
    "person": _person,
    "damage": _damage,
    "linked": _linked,
    "merged": _merged,
    "reminder": _reminder,
    "reminded": _reminded,
    "outcome": _outcome,
    "senior_saw": _said("eye", gettext_lazy("The senior has seen that it is important")),
    "package_made": _said("package", gettext_lazy("Package asked for: %(name)s")),
    "package_cancelled": _said("x", gettext_lazy("Package cancelled: %(name)s")),
    "package_fetched": _said("download", gettext_lazy("Package being fetched: %(name)s")),
    "package_received": _said("seal", gettext_lazy("Package received: %(name)s")),
    "copies_asked": _said("film", gettext_lazy("Working copies asked for")),
    "request_made": _said("police", gettext_lazy("Request of the police No. %(number)s")),
    "request_answered": _said("check", gettext_lazy("Request No. %(number)s answered")),
}


def _alarm_lines(alarm: Alarm, names: dict[str, str]) -> Iterator[Line]:
    priority = Alarm.Priority(alarm.priority)
    said = {"priority": str(priority.label), "what": alarm_title(alarm, names)}
    text = _("Alarm %(priority)s: %(what)s") % said
    if alarm.camera is not None:
        text = f"{text}, {alarm.camera.label}"
    sign = f"p{alarm.priority}"
    yield Line(alarm.raised_at, sign, text, "", sign, alarm_sentence(alarm))
    if alarm.acknowledged_at:
        text = _("Alarm accepted")
        yield Line(alarm.acknowledged_at, "user", text, short_name(alarm.acknowledged_by), "", text)
    if alarm.verdict and alarm.verdict_at:
        text = _("Verdict: %(verdict)s") % {"verdict": alarm.get_verdict_display()}
        if alarm.verdict_reason:
            text = f"{text}, {reason_text(alarm.verdict_reason)}"
        yield Line(alarm.verdict_at, "eye", text, short_name(alarm.verdict_by), "", text)


def _export_line(export: Export) -> Line:
    names = {"camera": export.camera.label, "kind": export.kind}
    text = _("Copied out: %(camera)s, %(kind)s") % names
    return Line(export.requested_at, "download", text, short_name(export.requested_by), "", text)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
