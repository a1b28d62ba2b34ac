"""The watch list: entries and their states, adding, confirming, withdrawing, hits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, cast

from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.timezone import now
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from analytics.actions.faces import photos, watch_list
from analytics.face_queries import (
    Precision,
    entries_visible_to,
    entry_precision,
    is_switched_on,
)
from analytics.forms import WatchEntryForm, end_of
from analytics.models import FaceSwitch, WatchEntry, WatchHit, WatchPhoto
from analytics.views.faces_frame import (
    LIST_ACTS,
    address_of,
    can_any,
    content_of,
    for_acts,
    picture_response,
    render_page,
    sealed,
)
from analytics.views.faces_texts import (
    REFUSALS,
    hint_text,
    quality_text,
    refusal_text,
    score_text,
)
from cameras.access import Act, can, in_places_of

State = Literal["waiting", "active", "over", "withdrawn"]
HITS_SHOWN = 30


@dataclass(frozen=True)
class Listed:
    """An entry as the pages show it."""

    entry: WatchEntry
    at: datetime

    @property
    def state(self) -> State:
        if self.entry.withdrawn_at is not None:
            return "withdrawn"
        if self.entry.until <= self.at:
            return "over"
        return "waiting" if self.entry.confirmed_at is None else "active"

    @property
    def is_open(self) -> bool:
        return self.state in {"waiting", "active"}

    @property
    def precision(self) -> Precision:
        return entry_precision(self.entry)

    @property
    def first_photo(self) -> WatchPhoto | None:
        return next(iter(self.entry.photos.all()), None)


@dataclass(frozen=True)
class Judged:
    """A photo of an entry, and what could be better in it."""

    photo: WatchPhoto
    hints: list[str]

    @property
    def quality(self) -> str:
        return quality_text(self.photo.quality)


@dataclass(frozen=True)
class Hit:
    row: WatchHit

    @property
    def score_text(self) -> str:
        return score_text(self.row.score)


@require_safe
@for_acts(*LIST_ACTS)
def list_page(request: HttpRequest) -> HttpResponse:
    at = now()
    listed = [Listed(entry, at) for entry in _entries(request)]
    order: dict[State, int] = {"waiting": 0, "active": 1, "over": 2, "withdrawn": 2}
    context = {
        "entries": sorted(listed, key=lambda each: order[each.state]),
        "is_on": is_switched_on(name=FaceSwitch.Name.WATCH_LIST, at=at),
        **_rights(request),
    }
    return render_page(request, "faces-watch-list", "watch_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_acts(Act.MANAGE_WATCH_LIST)
def add_page(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _add_page(request, WatchEntryForm(user=request.user))
    form = WatchEntryForm(request.POST, request.FILES, user=request.user)
    if not form.is_valid():
        return _add_page(request, form)
    values = form.cleaned_data
    try:
        entry = watch_list.add_entry(
            actor=cast("User", request.user),
            kind=values["kind"],
            name=values["name"],
            ground=values["ground"],
            ground_number=values["ground_number"],
            places=list(values["places"]),
            until=end_of(values["until"]),
            photos=[content_of(photo) for photo in request.FILES.getlist("photos")],
            at=now(),
            address=address_of(request),
        )
    except REFUSALS as error:
        return _add_page(request, form, refusal=refusal_text(error))
    return redirect("faces-entry", entry.pk)


def _add_page(request: HttpRequest, form: WatchEntryForm, *, refusal: str = "") -> HttpResponse:
    context = {
        "form": form,
        "refusal": refusal,
        "is_on": is_switched_on(name=FaceSwitch.Name.WATCH_LIST, at=now()),
    }
    return render_page(request, "faces-watch-list", "add_entry.html", context)


@require_safe
@for_acts(*LIST_ACTS)
def entry_page(request: HttpRequest, entry_id: int) -> HttpResponse:
    return _entry_page(request, _get_entry(request, entry_id))


@require_POST
@for_acts(Act.CONFIRM_WATCH_LIST)
def confirm(request: HttpRequest, entry_id: int) -> HttpResponse:
    actor = cast("User", request.user)
    return _change(
        request,
        entry_id,
        lambda entry: watch_list.confirm_entry(
            actor=actor, entry=entry, at=now(), address=address_of(request)
        ),
    )


@require_POST
@for_acts(Act.MANAGE_WATCH_LIST, Act.CONFIRM_WATCH_LIST)
def withdraw(request: HttpRequest, entry_id: int) -> HttpResponse:
    """Take the person off the list, for a `reason`."""
    actor = cast("User", request.user)
    return _change(
        request,
        entry_id,
        lambda entry: watch_list.withdraw_entry(
            actor=actor,
            entry=entry,
            reason=request.POST.get("reason", ""),
            at=now(),
            address=address_of(request),
        ),
    )


def _change(
    request: HttpRequest, entry_id: int, change: Callable[[WatchEntry], WatchEntry]
) -> HttpResponse:
    entry = _get_entry(request, entry_id)
    try:
        change(entry)
    except REFUSALS as error:
        return _entry_page(request, entry, refusal=refusal_text(error))
    return redirect("faces-entry", entry.pk)


def _entry_page(request: HttpRequest, entry: WatchEntry, *, refusal: str = "") -> HttpResponse:
    listed = Listed(entry, now())
    hits = entry.hits.filter(in_places_of(request.user, "detection__camera__location"))
    rows = hits.select_related("detection__camera__location", "encounter")[:HITS_SHOWN]
    context = {
        "listed": listed,
        "photos": [Judged(photo, _hints(photo, listed)) for photo in entry.photos.all()],
        "hits": [Hit(row) for row in rows],
        "refusal": refusal,
        "is_own": entry.created_by_id == request.user.pk,
        **_rights(request),
    }
    return render_page(request, "faces-watch-list", "entry.html", context)


def _hints(photo: WatchPhoto, listed: Listed) -> list[str]:
    """Judge a photo again for the person who confirms it; later nobody waits for that."""
    if listed.state != "waiting" or not default_storage.exists(photo.picture):
        return []
    try:
        enrolled = photos.enroll(sealed(photo.picture), photos.networks())
    except REFUSALS:  # the networks were taken away since: the stored figures still stand
        return []
    return [hint_text(code) for code in enrolled.quality.hints]


def _rights(request: HttpRequest) -> dict[str, Any]:
    user = request.user
    return {
        "can_add": can(user, Act.MANAGE_WATCH_LIST),
        "can_confirm": can(user, Act.CONFIRM_WATCH_LIST),
        "can_withdraw": can_any(user, Act.MANAGE_WATCH_LIST, Act.CONFIRM_WATCH_LIST),
        "sees_pictures": can(user, Act.VIEW_FACES),
    }


@require_safe
@for_acts(Act.VIEW_FACES)
def photo_picture(request: HttpRequest, photo_id: int) -> HttpResponse:
    photo = WatchPhoto.objects.filter(pk=photo_id, entry__in=_entries(request)).first()
    if photo is None:
        raise Http404
    return picture_response(sealed(photo.picture))


@require_safe
@for_acts(Act.VIEW_FACES)
def hit_picture(request: HttpRequest, hit_id: int, which: str) -> HttpResponse:
    """Send a picture of a hit: `seen` by the camera, or the `photo` of the entry."""
    rows = WatchHit.objects.filter(
        in_places_of(request.user, "detection__camera__location"),
        pk=hit_id,
        entry__in=_entries(request),
    )
    hit = rows.select_related("detection").first()
    path = "" if hit is None else _path_of(hit, which)
    if not path or not default_storage.exists(path):
        raise Http404
    with default_storage.open(path) as file:
        return picture_response(file.read())


def _path_of(hit: WatchHit, which: str) -> str:
    return hit.detection.picture if which == "seen" else hit.detection.second_picture


def _entries(request: HttpRequest) -> QuerySet[WatchEntry]:
    rows = entries_visible_to(request.user).select_related(
        "created_by", "confirmed_by", "withdrawn_by"
    )
    return rows.prefetch_related("places", "photos")


def _get_entry(request: HttpRequest, entry_id: int) -> WatchEntry:
    entry = _entries(request).filter(pk=entry_id).first()
    if entry is None:
        raise Http404
    return entry
