"""What an entry of the log book says, in the reader's language."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from incidents.models import JournalEntry, TownMode
from incidents.queries.drill_words import scenario_title, step_name, step_text

Kind = JournalEntry.Kind
Detail = dict[str, Any]


def words_of(entry: JournalEntry) -> str:
    """Say an entry in one or more lines."""
    say = _SAYINGS.get(entry.kind)
    lines = [say(entry.detail)] if say else []
    if entry.text:
        lines.append(entry.text)
    if entry.kind == Kind.TASK:
        lines.append(_until(entry))
    return "\n".join(line for line in lines if line)


def moment_text(moment: datetime) -> str:
    return f"{localtime(moment):%d.%m.%Y %H:%M}"


def _until(entry: JournalEntry) -> str:
    if entry.until is None:
        return _("Called off.")
    return _("Until %(moment)s.") % {"moment": moment_text(entry.until)}


def _opened(detail: Detail) -> str:
    crew = detail.get("crew")
    return (
        _("Shift opened. Also on duty: %(crew)s.") % {"crew": crew} if crew else _("Shift opened.")
    )


def _handed_over(detail: Detail) -> str:
    lines = [
        _("Shift handed over to %(name)s; it took %(minutes)d min %(seconds)d s.")
        % {
            "name": detail.get("to", ""),
            "minutes": int(detail.get("seconds", 0)) // 60,
            "seconds": int(detail.get("seconds", 0)) % 60,
        }
    ]
    if remarks := detail.get("remarks"):
        lines.append(_("Remarks: %(text)s") % {"text": remarks})
    if disagreement := detail.get("disagreement"):
        lines.append(_("Disagreement: %(text)s") % {"text": disagreement})
    return "\n".join(lines)


def _mode(detail: Detail) -> str:
    return _("Mode of the town: %(after)s (before: %(before)s).") % {
        "after": mode_name(detail.get("after", "")),
        "before": mode_name(detail.get("before", "")),
    }


def mode_name(mode: str) -> str:
    return str(TownMode.Mode(mode).label) if mode in TownMode.Mode else mode


def _sound(detail: Detail) -> str:
    return _("Sound test: heard.") if detail.get("heard") else _("Sound test: NOT heard.")


def _tour(detail: Detail) -> str:
    return _("Tour of the cameras done.") if detail.get("done") else _("Tour NOT done.")


def _drill(detail: Detail) -> str:
    lines = [
        _("DRILL ALARM: %(scenario)s, %(place)s, begun at %(time)s; trained: %(name)s.")
        % {
            "scenario": scenario_title(detail.get("scenario", "")),
            "place": detail.get("place", ""),
            "time": detail.get("begun", ""),
            "name": detail.get("trainee") or "—",
        }
    ]
    for step in detail.get("steps", []):
        lines.append(f"{step_name(step['code'])}: {step_text(step)}")
    return "\n".join(lines)


_SAYINGS: dict[str, Callable[[Detail], str]] = {
    Kind.OPENED: _opened,
    Kind.HANDED_OVER: _handed_over,
    Kind.MODE: _mode,
    Kind.SOUND: _sound,
    Kind.TOUR: _tour,
    Kind.DRILL: _drill,
}
