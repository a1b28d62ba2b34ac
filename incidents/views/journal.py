"""The log book: read, written, corrected by a further entry, printed."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from cameras.access import Act
from incidents.actions.journal import (
    BY_HAND,
    JournalRefusedError,
    correct_entry,
    write_by_hand,
)
from incidents.actions.shift_papers import journal_paper
from incidents.models import JournalEntry
from incidents.queries.journal import journal_fault, journal_fault_lately, search_journal, tasks_at
from incidents.views.shift_frame import allowed_to, paper_answer, person_of

_ON_A_PAGE = 50
_MOST_PRINTED = 2000


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@allowed_to(Act.WORK_SHIFT)
def journal_page(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _page(request)
    try:
        _write(request, timezone.now())
    except JournalRefusedError as error:
        return _page(request, refused=str(error))
    return redirect("shift-journal")


@require_safe
@allowed_to(Act.WORK_SHIFT)
def journal_file(request: HttpRequest) -> HttpResponse:
    """What the filter leaves, as PDF, the oldest first; of too many the newest."""
    found = _found(request)
    entries = list(found[:_MOST_PRINTED])[::-1]
    at = timezone.now()
    period = _("%(count)d entries") % {"count": len(entries)}
    if entries:
        period = _("%(count)d entries, from No. %(first)d to No. %(last)d") % {
            "count": len(entries),
            "first": entries[0].number,
            "last": entries[-1].number,
        }
    if found.count() > _MOST_PRINTED:
        period += " " + _("(the newest; older ones by a narrower filter)")
    name = f"journal_{timezone.localtime(at):%Y%m%d_%H%M}.pdf"
    fault = journal_fault()
    return paper_answer(lambda: journal_paper(entries, period=period, at=at, fault=fault), name)


def _write(request: HttpRequest, at: datetime) -> None:
    text, until = request.POST.get("text", ""), _moment(request.POST.get("until", ""))
    corrected = request.POST.get("corrects", "")
    if corrected:
        entry = get_object_or_404(JournalEntry, pk=_number(corrected))
        correct_entry(entry=entry, actor=person_of(request), text=text, until=until, at=at)
        return
    write_by_hand(
        actor=person_of(request),
        kind=request.POST.get("kind", JournalEntry.Kind.NOTE),
        text=text,
        until=until,
        is_done=request.POST.get("done") == "yes",
        at=at,
    )


def _page(request: HttpRequest, refused: str = "") -> HttpResponse:
    at = timezone.now()
    page = Paginator(_found(request), _ON_A_PAGE).get_page(request.GET.get("page"))
    asked = request.POST.get("corrects") or request.GET.get("correct", "")
    corrected = JournalEntry.objects.filter(pk=_number(asked)).first() if asked else None
    query = request.GET.copy()
    query.pop("page", None)
    query.pop("correct", None)
    context = {
        "page": page,
        "query": query.urlencode(),
        "fault": journal_fault_lately(),
        "tasks": tasks_at(at),
        "kinds": JournalEntry.Kind.choices,
        "by_hand": [(kind.value, kind.label) for kind in BY_HAND],
        "by_hand_values": [kind.value for kind in BY_HAND],
        "corrected": corrected,
        "asked": request.GET,
        "refused": refused,
        "typed": request.POST if refused else {},
    }
    return render(request, "shift/journal.html", context)


def _found(request: HttpRequest) -> QuerySet[JournalEntry]:
    first, last = _day(request.GET.get("first", "")), _day(request.GET.get("last", ""))
    values: dict[str, Any] = {
        "kind": request.GET.get("kind", ""),
        "words": request.GET.get("words", ""),
        "since": _midnight(first) if first else None,
        "until": _midnight(last + timedelta(days=1)) if last else None,
    }
    return search_journal(**values)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=timezone.get_default_timezone())


def _moment(text: str) -> datetime | None:
    """Read what an input of type datetime-local sends: the town's time."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=timezone.get_default_timezone())
    except ValueError:
        return None


def _number(text: str) -> int:
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else 0
