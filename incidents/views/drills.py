"""Drills: the senior starts and ends them; the shift reads how they went."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from cameras.access import Act, can, in_places_of
from cameras.models import Camera
from incidents.actions.drills import DrillRefusedError, end_drill, start_drill
from incidents.engine.scenarios import BY_CODE, SCENARIOS
from incidents.models import Drill
from incidents.queries.drill_words import scenario_text, scenario_title
from incidents.queries.drills import Step, ended_drills, running_drill, steps_of, suggested_moments
from incidents.views.shift_frame import address_of, allowed_to, person_of

_LAST = 20


@dataclass(frozen=True, slots=True)
class DrillRow:
    drill: Drill
    steps: list[Step]

    @property
    def title(self) -> str:
        return scenario_title(self.drill.scenario)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@allowed_to(Act.WORK_SHIFT)
def drills_page(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _page(request)
    if not can(request.user, Act.VERIFY_INCIDENTS):
        raise Http404
    if "look" in request.POST:
        return _page(request, is_asked_again=True)
    try:
        _start(request, timezone.now())
    except DrillRefusedError as error:
        return _page(request, refused=str(error))
    return redirect("shift-drills")


@require_POST
@allowed_to(Act.VERIFY_INCIDENTS)
def end(request: HttpRequest, drill_id: int) -> HttpResponse:
    own = Drill.objects.filter(in_places_of(request.user, "place"))
    drill = get_object_or_404(own, pk=drill_id)
    try:
        end_drill(
            drill=drill,
            actor=person_of(request),
            remarks=request.POST.get("remarks", ""),
            at=timezone.now(),
            address=address_of(request),
        )
    except DrillRefusedError as error:
        return _page(request, refused=str(error))
    return redirect("shift-drills")


def _start(request: HttpRequest, at: datetime) -> None:
    asked = request.POST.get("footage", "").strip()
    footage_at = _moment(asked)
    if asked and footage_at is None:
        raise DrillRefusedError(_("This is no moment: choose the day and the time."))
    start_drill(
        actor=person_of(request),
        scenario=request.POST.get("scenario", ""),
        camera=_camera(request.POST.get("camera", "")),
        footage_at=footage_at,
        at=at,
        address=address_of(request),
    )


def _camera(text: str) -> Camera:
    number = int(text) if text.isascii() and text.isdecimal() else 0
    camera = Camera.objects.select_related("location").filter(number=number, is_enabled=True)
    found = camera.first()
    if found is None:
        raise DrillRefusedError(_("Choose the camera at which it happens."))
    return found


def _page(request: HttpRequest, refused: str = "", *, is_asked_again: bool = False) -> HttpResponse:
    is_senior = can(request.user, Act.VERIFY_INCIDENTS)
    asked: Any = request.POST if refused or is_asked_again else request.GET
    running = running_drill() if is_senior else None
    context = {
        "is_senior": is_senior,
        "running": DrillRow(running, steps_of(running.alarm)) if running else None,
        "rows": [_ended(drill) for drill in ended_drills()[:_LAST]],
        "scenarios": [(s.code, scenario_title(s.code), scenario_text(s.code)) for s in SCENARIOS],
        "cameras": Camera.objects.filter(is_enabled=True).select_related("location"),
        "moments": _suggestions(asked, is_senior=is_senior),
        "asked": asked,
        "is_asked_again": is_asked_again,
        "refused": refused,
    }
    return render(request, "shift/drills.html", context)


def _ended(drill: Drill) -> DrillRow:
    return DrillRow(drill, [Step(**step) for step in drill.result])


def _suggestions(asked: Any, *, is_senior: bool) -> list[Any]:
    """Return recorded moments like the chosen scenario, at the chosen camera's place."""
    scenario = BY_CODE.get(asked.get("scenario", ""))
    if scenario is None or not is_senior:
        return []
    try:
        camera = _camera(asked.get("camera", ""))
    except DrillRefusedError:
        return []
    kept = timedelta(days=settings.RETENTION_DAYS)
    return suggested_moments(scenario.kind, camera.location, since=kept, at=timezone.now())


def _moment(text: str) -> datetime | None:
    """Read what an input of type datetime-local sends: the town's time."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=timezone.get_default_timezone())
    except ValueError:
        return None
