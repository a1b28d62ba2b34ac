"""What the page of a card shows, and the list of cards."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.utils.translation import gettext_lazy as _

from archive.models import Hold
from incidents.models import Alarm, Incident, Norm
from incidents.queries.incidents import Passed, intervals

Status = Incident.Status

COURSE: tuple[tuple[Status, str], ...] = (
    (Status.NEW, "detected_at"),
    (Status.IN_REVIEW, "reviewed_at"),
    (Status.CONFIRMED, "confirmed_at"),
    (Status.HANDED_OVER, "handed_over_at"),
    (Status.ACCEPTED, "accepted_at"),
    (Status.ON_SCENE, "arrived_at"),
    (Status.RESOLVED, "resolved_at"),
    (Status.VERIFIED, "verified_at"),
    (Status.CLOSED, "closed_at"),
)
"""The way of a card, with the moment at which each status began."""

_SHORT = {Status.ACCEPTED: _("accepted, KUSP"), Status.VERIFIED: _("checked")}
"""Of labels that are too long for their place on the way."""

OVER = (Status.CLOSED, Status.FALSE_ALARM, Status.DUPLICATE)
"""Nothing more comes after these."""
_OPEN_LIMIT = (Status.RESOLVED, Status.VERIFIED, *OVER)


@dataclass(frozen=True, slots=True)
class CourseStep:
    """A status on the way: done, now or ahead; `seconds` and `norm_s` are those of its interval."""

    status: Status
    at: datetime | None
    state: str
    seconds: float | None = None
    norm_s: int | None = None
    is_running: bool = False

    @property
    def is_over(self) -> bool:
        return self.seconds is not None and self.norm_s is not None and self.seconds > self.norm_s

    @property
    def fill(self) -> int:
        """Return the share of the norm that is gone, in per cent."""
        if self.seconds is None or not self.norm_s:
            return 100 if self.state == "done" else 0
        return min(100, round(100 * self.seconds / self.norm_s))

    @property
    def label(self) -> str:
        return str(_SHORT.get(self.status, self.status.label))


def is_open(incident: Incident) -> bool:
    """Tell whether the desk still has to do with it."""
    return incident.status not in _OPEN_LIMIT


def course_of(incident: Incident, *, at: datetime) -> list[CourseStep]:
    """Return the way of a card with its times against the norms."""
    current = _current(incident)
    passed = intervals(incident)
    return [
        _step(incident, number, current, passed[number] if number < len(passed) else None, at)
        for number in range(len(COURSE))
    ]


def _current(incident: Incident) -> int:
    order = [status.value for status, _ in COURSE]
    if incident.status in order:
        return order.index(incident.status)
    return max(number for number, (_, name) in enumerate(COURSE) if getattr(incident, name))


def _step(
    incident: Incident, number: int, current: int, passed: Passed | None, at: datetime
) -> CourseStep:
    status, name = COURSE[number]
    moment = getattr(incident, name) if number <= current else None
    norm_s = passed.norm_s if passed else None
    if number < current or incident.status == Status.CLOSED:
        return CourseStep(status, moment, "done", passed.seconds if passed else None, norm_s)
    if number > current:
        return CourseStep(status, None, "ahead")
    is_running = incident.status == status.value and passed is not None and moment is not None
    seconds = (at - moment).total_seconds() if is_running and moment else None
    return CourseStep(status, moment, "now", seconds, norm_s, is_running)


def holds_of(incident: Incident) -> list[Hold]:
    rows = Hold.objects.filter(reason=incident.name, released_at=None).select_related("camera")
    return list(rows.order_by("camera__number", "pk"))


def open_first(rows: QuerySet[Incident]) -> QuerySet[Incident]:
    """Order a list: what the desk still has to do with, and then all others, the newest first."""
    is_done = Case(
        When(status__in=_OPEN_LIMIT, then=Value(1)), default=Value(0), output_field=IntegerField()
    )
    return rows.alias(is_done=is_done).order_by("is_done", "-registered_at", "-pk")


def only_open(rows: QuerySet[Incident]) -> QuerySet[Incident]:
    return rows.exclude(status__in=_OPEN_LIMIT)


def with_names(rows: QuerySet[Incident]) -> QuerySet[Incident]:
    return rows.select_related("place", "category", "handled_by")


def matching(rows: QuerySet[Incident], text: str) -> QuerySet[Incident]:
    """Search by the number, the number of the KUSP or of 112, and by words of the card."""
    digits = text.rpartition("-")[2].strip()
    found = Q(kusp_number__icontains=text) | Q(ext_112_number__icontains=text)
    if digits.isascii() and digits.isdigit() and len(digits) < 10:  # noqa: PLR2004 -- 32 bits
        found |= Q(number=int(digits))
    # SQLite knows no case of Cyrillic letters: each way in which a word may begin is asked for.
    for form in {text, text.lower(), text.capitalize(), text.upper()}:
        for name in ("summary", "description", "where_exactly", "place__name", "kusp_officer"):
            found |= Q(**{f"{name}__contains": form})
    return rows.filter(found)


def before_and_after(alarms: list[Alarm]) -> Alarm | None:
    """Return the first alarm that has a picture of a thing as it was."""
    for alarm in alarms:
        detection = alarm.detection
        if alarm.kind == "asset" and detection and detection.second_picture:
            return alarm
    return None


@dataclass(frozen=True, slots=True)
class ListRow:
    """A card in the list, with what is asked of somebody now and how long it has waited."""

    incident: Incident
    waits_s: float | None
    norm_s: int | None

    @property
    def is_over(self) -> bool:
        return self.waits_s is not None and self.norm_s is not None and self.waits_s > self.norm_s

    @property
    def is_open(self) -> bool:
        return is_open(self.incident)

    @property
    def since(self) -> datetime | None:
        moments = dict(COURSE)
        name = moments.get(Status(self.incident.status))
        return getattr(self.incident, name) if name else None


def rows_of(incidents: Iterable[Incident], *, at: datetime) -> list[ListRow]:
    norms = dict(Norm.objects.values_list("interval", "seconds"))
    return [_row(incident, norms, at) for incident in incidents]


def _row(incident: Incident, norms: dict[str, int], at: datetime) -> ListRow:
    for (status, name), interval in zip(COURSE, Norm.Interval.values, strict=False):
        moment = getattr(incident, name)
        if incident.status == status and moment is not None:
            return ListRow(incident, (at - moment).total_seconds(), norms.get(interval))
    return ListRow(incident, None, None)


def known_officers() -> list[str]:
    """Return who took the last hand-overs: a hint to the keyboard, the latest first."""
    names = (
        Incident.objects.exclude(kusp_officer="")
        .order_by("-accepted_at", "-pk")
        .values_list("kusp_officer", flat=True)[:40]
    )
    return list(dict.fromkeys(names))[:8]
