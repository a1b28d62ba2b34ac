"""For everybody: a report by the number on the sign. For dispatchers: who reported.

Nothing is shown to citizens but the form: no picture, no other report, not even whether somebody
has reported the same. All of it is absent until staff have opened it.
"""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cameras.access import Act, can, places_visible_to
from cameras.models import Location
from incidents.actions import citizen_reports as actions
from incidents.engine.sign_numbers import read_sign
from incidents.forms.sources import CitizenForm, SignForm
from incidents.models import AddressBlock, CitizenDesk, CitizenReport
from incidents.queries.sources import (
    citizen_desk,
    kind_names,
    place_of_sign,
    recent_citizen_reports,
)

_ROWS_ON_A_PAGE = 30


# --- for everybody ----------------------------------------------------------------------------


def _open_desk() -> CitizenDesk:
    """Raises Http404 while citizens can not report."""
    desk = citizen_desk()
    if not desk.is_open:
        raise Http404
    return desk


@login_not_required
@never_cache
@require_safe
def report_start(request: HttpRequest) -> HttpResponse:
    """Ask for the number on the sign; `?number=` of the form leads on."""
    desk = _open_desk()
    form = SignForm(request.GET if "number" in request.GET else None)
    if form.is_bound and form.is_valid():
        return redirect("citizen-report", number=form.cleaned_data["number"])
    return render(request, "incidents/citizen_start.html", {"form": form, "desk": desk})


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def report_form(request: HttpRequest, number: str) -> HttpResponse:
    """The form for one place; what was typed stays when something is wrong with it."""
    desk = _open_desk()
    digits = read_sign(number)
    place = place_of_sign(digits) if digits else None
    if place is None:
        form = SignForm({"number": number})
        form.full_clean()
        if not form.errors:
            form.add_error("number", _("There is no sign with this number."))
        context = {"form": form, "desk": desk}
        return render(request, "incidents/citizen_start.html", context, status=404)
    context = {"desk": desk, "place": place, "number": number}
    if request.method != "POST":
        form_to_fill = CitizenForm(initial={"key": CitizenForm.new_key()})
        return render(request, "incidents/citizen_form.html", {**context, "form": form_to_fill})
    return _take(request, place, context)


def _take(request: HttpRequest, place: Location, context: dict[str, Any]) -> HttpResponse:
    form = CitizenForm(request.POST)
    if not form.is_valid():
        if form.is_by_a_machine:
            actions.note_refused_form()
        form.data = {**request.POST.dict(), "key": form.key_to_go_on()}
        return render(request, "incidents/citizen_form.html", {**context, "form": form})
    try:
        report = actions.accept_citizen_report(
            written=actions.Written(
                form_key=form.cleaned_data["key"],
                place=place,
                what=form.cleaned_data["what"],
                text=form.cleaned_data["text"],
                phone=form.cleaned_data["phone"],
            ),
            address=request.META.get("REMOTE_ADDR") or "",
            at=now(),
        )
    except actions.TooManyReportsError:
        text = _("Too many reports came from here within an hour. Please call.")
    except actions.AddressBlockedError:
        text = _("Reports from this address are not taken at present. Please call.")
    else:
        return redirect("citizen-sent", public_id=report.public_id)
    refused = {**context, "form": form, "refusal": text}
    return render(request, "incidents/citizen_form.html", refused, status=429)


@login_not_required
@never_cache
@require_safe
def report_sent(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Say that it came, with its number and nothing else."""
    desk = _open_desk()
    report = get_object_or_404(CitizenReport, public_id=public_id)
    return render(request, "incidents/citizen_sent.html", {"report": report, "desk": desk})


# --- for dispatchers --------------------------------------------------------------------------


@require_safe
def reports_page(request: HttpRequest) -> HttpResponse:
    """What citizens wrote in the last thirty days, with the phone of who left one."""
    if not can(request.user, Act.HANDLE_INCIDENTS):
        raise Http404
    at = now()
    found = recent_citizen_reports(at).filter(place__in=places_visible_to(request.user))
    page = Paginator(found, _ROWS_ON_A_PAGE).get_page(request.GET.get("page"))
    names = kind_names()
    blocked = set(AddressBlock.objects.filter(until__gt=at).values_list("address_hash", flat=True))
    rows = [
        {
            "report": report,
            "what": names.get(report.what, report.what),
            "is_blocked": report.address_hash in blocked,
        }
        for report in page
    ]
    context = {"page": page, "rows": rows, "desk": citizen_desk()}
    return render(request, "incidents/citizen_reports.html", context)


@require_POST
def block_address(request: HttpRequest, report_id: int) -> HttpResponse:
    """Keep the address of a report out for a day."""
    if not can(request.user, Act.HANDLE_INCIDENTS):
        raise Http404
    visible = CitizenReport.objects.filter(place__in=places_visible_to(request.user))
    report = get_object_or_404(visible, pk=report_id)
    is_done = actions.block_address(
        report=report,
        actor=cast("User", request.user),
        at=now(),
        address=request.META.get("REMOTE_ADDR") or None,
    )
    if is_done:
        messages.success(request, _("Nothing is taken from this address for a day."))
    else:
        messages.warning(request, _("The address of this report is forgotten already."))
    return redirect("citizen-reports")
