"""The sections in the head of every page: those that exist and that the user may open."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cameras.access import Act, acts_of


@dataclass(frozen=True, slots=True)
class Section:
    route: str
    label: Promise
    act: Act
    key: str = ""  # as it is shown
    code: str = ""  # KeyboardEvent.code


@dataclass(frozen=True, slots=True)
class NavigationItem:
    url: str
    label: Promise
    key: str
    code: str
    is_current: bool
    is_folded: bool  # stands under "More"


MOST_IN_THE_HEAD = 6
"""More do not fit beside the clock, the sound and the cameras at 1366 pixels."""

SECTIONS = (
    Section("desk", _("Desk"), Act.WATCH, "F2", "F2"),
    Section("overview", _("Overview"), Act.WATCH, "0", "Digit0"),
    Section("archive", _("Archive"), Act.VIEW_ARCHIVE, "F4", "F4"),
    Section("alarms", _("Alarms"), Act.VIEW_DETECTIONS, "F8", "F8"),
    Section("incidents", _("Incidents"), Act.VIEW_INCIDENTS, "F7", "F7"),
    Section("shift", _("Shift"), Act.WORK_SHIFT, "F9", "F9"),
    Section("analysis", _("Analysis"), Act.MANAGE_ANALYSIS),
    # Where a reader of faces begins: at those who passed, the switches, or the report.
    Section("faces", _("Faces"), Act.VIEW_FACES),
    Section("faces-switches", _("Faces"), Act.SWITCH_FACES),
    Section("faces-report", _("Faces"), Act.REVIEW_FACES),
    Section("police", _("Police"), Act.USE_POLICE_SEAT),
    Section("police-requests", _("Requests"), Act.MAKE_PACKAGES),
    Section("reports", _("Reports"), Act.VIEW_REPORTS),
    Section("admin:index", _("Setup"), Act.MANAGE_CAMERAS),
)


def sections_for(request: HttpRequest) -> Iterator[NavigationItem]:
    """Name the sections the request's user may open, in the order of the head.

    Where they are too many, the last ones are folded.
    """
    sections = dict(_open_to(request))
    for number, (url, section) in enumerate(sections.items()):
        is_current = request.path.startswith(f"/{url.split('/')[1]}/")
        is_folded = number >= MOST_IN_THE_HEAD
        yield NavigationItem(url, section.label, section.key, section.code, is_current, is_folded)


def _open_to(request: HttpRequest) -> Iterator[tuple[str, Section]]:
    allowed = acts_of(request.user)
    shown: set[str] = set()
    for section in SECTIONS:
        url = _url_of(section.route)
        if url and section.act in allowed and str(section.label) not in shown:
            shown.add(str(section.label))
            yield url, section


def _url_of(route: str) -> str:
    try:
        return reverse(route)
    except NoReverseMatch:  # a section of a later version
        return ""
