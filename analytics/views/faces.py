"""Who passed the cameras: best shots of the last days, and their pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.timezone import now
from django.views.decorators.http import require_safe

from analytics.face_queries import encounters_visible_to, is_switched_on
from analytics.forms import FaceFilterForm
from analytics.models import FaceEncounter, FaceSwitch
from analytics.views.faces_frame import (
    archive_url,
    for_acts,
    picture_response,
    render_page,
    sealed,
)
from analytics.views.faces_texts import quality_text
from cameras.access import Act, can
from cameras.models import Camera

FACES_ON_A_PAGE = 60


@dataclass(frozen=True)
class Seen:
    """A best shot of the grid."""

    encounter: FaceEncounter

    @property
    def archive_url(self) -> str:
        return archive_url(self.encounter)

    @property
    def quality(self) -> str:
        return quality_text(self.encounter.quality)

    @property
    def can_be_searched(self) -> bool:
        """A face too poor to be compared has no template, and none is asked with."""
        return bool(self.encounter.recognizer and self.encounter.picture)


@dataclass(frozen=True)
class Subject:
    """What the faces of a page belong to, such as an incident: its cameras and its time."""

    title: str
    url: str
    cameras: Sequence[Camera]
    begin: datetime
    end: datetime

    @property
    def search_url(self) -> str:
        query = {
            "cameras": [camera.pk for camera in self.cameras],
            "begin": self.begin.isoformat(),
            "end": self.end.isoformat(),
        }
        return f"{reverse('faces-search')}?{urlencode(query, doseq=True)}"

    def narrow(self, encounters: QuerySet[FaceEncounter]) -> QuerySet[FaceEncounter]:
        """Keep those who were there for a part of its time."""
        return encounters.filter(
            camera__in=list(self.cameras), began_at__lte=self.end, ended_at__gte=self.begin
        )


@require_safe
@for_acts(Act.VIEW_FACES)
def faces_page(request: HttpRequest) -> HttpResponse:
    """Show the faces that are still kept, the newest first."""
    return show_faces(request)


def show_faces(request: HttpRequest, *, subject: Subject | None = None) -> HttpResponse:
    """Draw the page of faces; of a subject, only those of its cameras and its time.

    Whoever calls it has checked that the reader may see faces, and the subject.
    """
    form = FaceFilterForm(request.GET, user=request.user)
    found = form.narrow(encounters_visible_to(request.user))
    if subject is not None:
        found = subject.narrow(found)
    rows = found.select_related("camera__location").defer("template")
    page = Paginator(rows, FACES_ON_A_PAGE).get_page(request.GET.get("page"))
    asked = request.GET.copy()
    asked.pop("page", None)
    context = {
        "form": form,
        "subject": subject,
        "page": page,
        "seen": [Seen(encounter) for encounter in page],
        "query": asked.urlencode(),
        "hours": settings.FACE_RETENTION_HOURS,
        "is_on": is_switched_on(name=FaceSwitch.Name.DETECTION, at=now()),
        "can_search": can(request.user, Act.SEARCH_FACES),
        "can_add": can(request.user, Act.MANAGE_WATCH_LIST),
        "sees_archive": can(request.user, Act.VIEW_ARCHIVE),
    }
    return render_page(request, "faces", "faces.html", context)


@require_safe
@for_acts(Act.VIEW_FACES)
def picture(request: HttpRequest, encounter_id: int) -> HttpResponse:
    """Send the best shot of a face."""
    encounter = encounters_visible_to(request.user).filter(pk=encounter_id).first()
    if encounter is None:
        raise Http404
    return picture_response(sealed(encounter.picture))
