"""Search by a face: the form, what was found, and a person's own searches."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from django.conf import settings
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.timezone import now
from django.views.decorators.http import require_http_methods, require_safe

from analytics.actions.faces import searching
from analytics.face_queries import encounters_visible_to, is_switched_on, searches_visible_to
from analytics.forms import FaceSearchForm
from analytics.models import FaceEncounter, FaceSearch, FaceSwitch
from analytics.views.faces_frame import (
    address_of,
    archive_url,
    content_of,
    for_acts,
    picture_response,
    render_page,
    sealed,
)
from analytics.views.faces_texts import REFUSALS, quality_text, refusal_text, score_text
from cameras.access import Act, can

OWN_SEARCHES = 20
LONGEST_NUMBER = 18
"""Digits; longer ones are no number of a row."""


@dataclass(frozen=True)
class Candidate:
    """A face that was shown as an answer; `encounter` is None once its time is over."""

    score: float
    encounter: FaceEncounter | None

    @property
    def score_text(self) -> str:
        return score_text(self.score)

    @property
    def quality(self) -> str:
        return quality_text(self.encounter.quality) if self.encounter else ""

    @property
    def archive_url(self) -> str:
        return archive_url(self.encounter) if self.encounter else ""


@require_http_methods(["GET", "HEAD", "POST"])
@for_acts(Act.SEARCH_FACES)
def search_page(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return _search(request)
    initial = {"encounter": request.GET.get("face"), "quality": ""}
    return _page(request, FaceSearchForm(None, None, user=request.user, initial=initial))


def _search(request: HttpRequest) -> HttpResponse:
    form = FaceSearchForm(request.POST, request.FILES, user=request.user)
    if not form.is_valid():
        return _page(request, form)
    at = now()
    begin, end = form.term(at)
    try:
        found = searching.search(
            actor=cast("User", request.user),
            reason=form.cleaned_data["reason"],
            photo=_photo(form),
            cameras=form.cameras(),
            begin=begin,
            end=end,
            minimum_quality=form.minimum_quality(),
            at=at,
            address=address_of(request),
        )
    except REFUSALS as error:
        return _page(request, form, refusal=refusal_text(error))
    return redirect("faces-search-found", found.pk)


def _photo(form: FaceSearchForm) -> bytes:
    if form.cleaned_data["photo"]:
        return content_of(form.cleaned_data["photo"])
    return sealed(form.cleaned_data["encounter"].picture)


def _page(request: HttpRequest, form: FaceSearchForm, *, refusal: str = "") -> HttpResponse:
    user = cast("User", request.user)
    asked_with = encounters_visible_to(user).filter(pk=_number(form["encounter"].value())).first()
    context = {
        "form": form,
        "refusal": refusal,
        "asked_with": asked_with,
        "searches": searches_visible_to(user).filter(asked_by=user)[:OWN_SEARCHES],
        "is_on": is_switched_on(name=FaceSwitch.Name.SEARCH, at=now()),
        "hours": settings.FACE_RETENTION_HOURS,
        "oldest": now() - timedelta(hours=settings.FACE_RETENTION_HOURS),
    }
    return render_page(request, "faces-search", "search.html", context)


def _number(text: object) -> int:
    written = str(text)
    return int(written) if written.isdecimal() and len(written) <= LONGEST_NUMBER else 0


@require_safe
@for_acts(Act.SEARCH_FACES, Act.REVIEW_FACES)
def found_page(request: HttpRequest, search_id: int) -> HttpResponse:
    """Show what a search found; its pictures only to who may search."""
    search = _get_search(request, search_id)
    context = {
        "search": search,
        "candidates": _candidates(request, search),
        "cameras": search.cameras.select_related("location"),
        "sees_pictures": can(request.user, Act.SEARCH_FACES),
        "sees_archive": can(request.user, Act.VIEW_ARCHIVE),
    }
    return render_page(request, "faces-search", "found.html", context)


def _candidates(request: HttpRequest, search: FaceSearch) -> list[Candidate]:
    rows = encounters_visible_to(request.user).select_related("camera__location")
    kept = rows.defer("template").in_bulk([int(pk) for pk, _score in search.answers])
    return [Candidate(score, kept.get(int(pk))) for pk, score in search.answers]


@require_safe
@for_acts(Act.SEARCH_FACES)
def picture(request: HttpRequest, search_id: int) -> HttpResponse:
    """Send the photo that was asked with."""
    return picture_response(sealed(_get_search(request, search_id).picture))


def _get_search(request: HttpRequest, search_id: int) -> FaceSearch:
    search = searches_visible_to(request.user).filter(pk=search_id).first()
    if search is None:
        raise Http404
    return search
