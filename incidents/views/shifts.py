"""The shift's page: who is on duty, the sheet, the hand-over, the town's mode, the sound test."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from archive.engine.timeline import from_us, to_us
from cameras.access import Act, can
from incidents.actions.shift_papers import handover_paper, sheet_paper
from incidents.actions.shifts import (
    ShiftRefusedError,
    change_mode,
    close_forgotten,
    note_sound_test,
    open_shift,
    sign_sheet,
    take_over,
    take_signature_back,
)
from incidents.actions.signatures import SignatureRefusedError, confirm_person
from incidents.models import TownMode
from incidents.queries.sheet import Span, collect_sheet, sheet_from_json
from incidents.queries.shifts import (
    USUAL_SHIFT,
    current_mode,
    current_shift,
    handovers,
    is_forgotten,
    signed_handover,
    sound_test_of,
)
from incidents.views.shift_frame import address_of, allowed_to, paper_answer, person_of

HANDOVER_NORM_S = 180
_LAST_HANDOVERS = 10


@require_safe
@never_cache
@allowed_to(Act.WORK_SHIFT)
def shift_page(request: HttpRequest) -> HttpResponse:
    return _page(request)


@require_POST
@allowed_to(Act.WORK_SHIFT)
def open_(request: HttpRequest) -> HttpResponse:
    return _done(
        request,
        "open",
        lambda at: open_shift(
            actor=person_of(request),
            crew=request.POST.get("crew", ""),
            at=at,
            address=address_of(request),
        ),
    )


@require_POST
@allowed_to(Act.WORK_SHIFT)
def sign(request: HttpRequest) -> HttpResponse:
    return _done(
        request,
        "sign",
        lambda at: sign_sheet(
            actor=person_of(request),
            remarks=request.POST.get("remarks", ""),
            begun_at=_moment_us(request.POST.get("begun_us", "")),
            at=at,
            address=address_of(request),
        ),
    )


@require_POST
@allowed_to(Act.WORK_SHIFT)
def unsign(request: HttpRequest) -> HttpResponse:
    return _done(
        request,
        "sign",
        lambda at: take_signature_back(
            actor=person_of(request), at=at, address=address_of(request)
        ),
    )


@sensitive_post_parameters("password")
@require_POST
@allowed_to(Act.WORK_SHIFT)
def take(request: HttpRequest) -> HttpResponse:
    """Hand over to the person whose name and password were typed; the session stays as it is."""
    return _done(request, "take", lambda at: _take(request, at))


def _take(request: HttpRequest, at: datetime) -> None:
    handover = signed_handover(current_shift())
    if handover is None:
        raise ShiftRefusedError(_("Nothing is signed: whoever hands over signs the sheet first."))
    if str(handover.pk) != request.POST.get("handover") or request.POST.get("signed_us") != str(
        to_us(handover.signed_at)
    ):
        raise ShiftRefusedError(_("The sheet was changed meanwhile: read it again."))
    taker = confirm_person(
        username=request.POST.get("username", ""),
        password=request.POST.get("password", ""),
        shift=handover.shift,
        at=at,
        request=request,
        address=address_of(request),
    )
    take_over(
        handover=handover,
        taker=taker,
        disagreement=request.POST.get("disagreement", ""),
        crew=request.POST.get("crew", ""),
        at=at,
        address=address_of(request),
    )


@require_POST
@allowed_to(Act.VERIFY_INCIDENTS)
def close(request: HttpRequest) -> HttpResponse:
    return _done(
        request,
        "close",
        lambda at: close_forgotten(
            actor=person_of(request),
            reason=request.POST.get("reason", ""),
            at=at,
            address=address_of(request),
        ),
    )


@require_POST
@allowed_to(Act.WORK_SHIFT)
def mode(request: HttpRequest) -> HttpResponse:
    return _done(
        request,
        "mode",
        lambda at: change_mode(
            actor=person_of(request),
            mode=request.POST.get("mode", ""),
            basis=request.POST.get("basis", ""),
            at=at,
            address=address_of(request),
        ),
    )


@require_POST
@allowed_to(Act.WORK_SHIFT)
def sound(request: HttpRequest) -> HttpResponse:
    is_heard = request.POST.get("heard") == "yes"
    return _done(
        request,
        "sound",
        lambda at: note_sound_test(actor=person_of(request), is_heard=is_heard, at=at),
    )


@require_safe
@allowed_to(Act.WORK_SHIFT)
def sheet_file(request: HttpRequest) -> HttpResponse:
    """The sheet of now as PDF, unsigned."""
    del request
    at = timezone.now()
    parts = collect_sheet(Span(at, at + USUAL_SHIFT))
    name = f"shift_{timezone.localtime(at):%Y%m%d_%H%M}.pdf"
    return paper_answer(lambda: sheet_paper(parts, shift=current_shift(), at=at), name)


@require_safe
@allowed_to(Act.WORK_SHIFT)
def handover_file(request: HttpRequest, handover_id: int) -> HttpResponse:
    """The sheet of a hand-over as both signed it."""
    del request
    handover = get_object_or_404(handovers(), pk=handover_id)
    name = f"handover_{timezone.localtime(handover.signed_at):%Y%m%d_%H%M}.pdf"
    return paper_answer(lambda: handover_paper(handover, at=timezone.now()), name)


# --- one page for all of it --------------------------------------------------------------------


def _done(request: HttpRequest, form: str, act: Callable[[datetime], object]) -> HttpResponse:
    """Do it and show the page; what is refused is said in its form, which keeps what was typed."""
    try:
        act(timezone.now())
    except (ShiftRefusedError, SignatureRefusedError) as error:
        return _page(request, refused={"form": form, "text": str(error)})
    return redirect("shift")


def _page(request: HttpRequest, refused: dict[str, str] | None = None) -> HttpResponse:
    at = timezone.now()
    shift = current_shift()
    signed = signed_handover(shift)
    actor = person_of(request)
    is_senior = can(actor, Act.VERIFY_INCIDENTS)
    parts = sheet_from_json(signed.sheet) if signed else collect_sheet(Span(at, at + USUAL_SHIFT))
    typed: dict[str, Any] = {} if refused is None else request.POST.dict()
    typed.pop("password", None)
    context = {
        "shift": shift,
        "is_forgotten": shift is not None and is_forgotten(shift, at),
        "is_mine": shift is not None and (shift.opened_by_id == actor.pk or is_senior),
        "is_senior": is_senior,
        "signed": signed,
        "signed_us": to_us(signed.signed_at) if signed else None,
        "begun_us": typed.get("begun_us") or to_us(at),
        "parts": parts,
        "mode": current_mode(),
        "modes": TownMode.Mode.choices,
        "sound_test": sound_test_of(shift) if shift else None,
        "handovers": handovers()[:_LAST_HANDOVERS],
        "norm_s": HANDOVER_NORM_S,
        "refused": refused,
        "typed": typed,
    }
    return render(request, "shift/shift.html", context)


def _moment_us(text: str) -> datetime | None:
    return from_us(int(text)) if re.fullmatch(r"[0-9]{1,16}", text) else None
