"""What the responsible person reads each month, and what is told at once: unusual searching."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count
from django.utils.timezone import get_current_timezone, localtime

from analytics.face_queries import Precision, precision_of
from analytics.models import Detection, FaceSwitch, WatchEntry
from cameras.audit import target_of, write_audit_entry
from cameras.models import AuditEntry

SEARCH = "faces.search"
UNUSUAL = "faces.unusual_searching"
REPORT = "faces.monthly_report"
DAY = timedelta(days=1)
MOST_A_DAY = 20
"""Searches of one person in 24 hours."""
TIMES_USUAL = 3
FEWEST_TOLD = 6
"""Searches in 24 hours below which nobody is told, however rarely the person searches."""
USUAL_DAYS = 30
ENOUGH_KNOWN = 20
"""Earlier searches after which a person's usual hours are known."""
NEAR_HOURS = 2
HOURS = 24


class Cause(StrEnum):
    MANY = "MANY"  # more than MOST_A_DAY
    MORE_THAN_USUAL = "MORE_THAN_USUAL"  # TIMES_USUAL times the person's usual day
    ODD_HOUR = "ODD_HOUR"  # far from every hour at which the person has searched before


@dataclass(frozen=True)
class Unusual:
    """A person who searched otherwise than usual in the last 24 hours."""

    person: User
    causes: tuple[Cause, ...]
    searches: int
    usual: float
    """Searches on a day on which the person searched at all, of the 30 days before."""


@dataclass(frozen=True)
class SearchesOf:
    person: str
    searches: int
    answers: int
    """Faces shown in all."""


@dataclass(frozen=True)
class MonthlyReport:
    month: date
    """Its first day, in the town's time."""
    searches: tuple[SearchesOf, ...]
    changes: dict[str, int]
    """Changes of switches and list: action of the audit log -> times."""
    entries_in_force: int
    """At the end of the month."""
    hits: int
    precision: Precision
    unusual: tuple[AuditEntry, ...]

    @property
    def is_empty(self) -> bool:
        return not (self.searches or self.changes or self.hits or self.unusual)


def monthly(month: date) -> MonthlyReport:
    """Count what was done with faces in the month of this day; nothing is written."""
    begin, end = _month(month)
    rows = AuditEntry.objects.filter(
        action__startswith="faces.", occurred_at__gte=begin, occurred_at__lt=end
    )
    hits = Detection.objects.filter(watch_hit__at__gte=begin, watch_hit__at__lt=end)
    changes = rows.exclude(action__in=[SEARCH, UNUSUAL, REPORT]).order_by("action")
    return MonthlyReport(
        month=begin.date(),
        searches=_searches(rows.filter(action=SEARCH).select_related("actor")),
        changes=dict(changes.values_list("action").annotate(Count("pk"))),
        entries_in_force=_in_force(end),
        hits=hits.count(),
        precision=precision_of(hits),
        unusual=tuple(rows.filter(action=UNUSUAL)),
    )


@transaction.atomic
def write_monthly(*, at: datetime) -> bool:
    """Note the report of the month before in the log, once; return whether it was written now.

    A month in which nothing was done with faces has none.
    """
    before = _month(localtime(at).date())[0] - DAY
    report = monthly(before.date())
    switch = FaceSwitch(name=FaceSwitch.Name.DETECTION)
    target = target_of(switch)
    name = f"{report.month:%Y-%m}"
    written = AuditEntry.objects.filter(action=REPORT, target=target, detail__month=name)
    if report.is_empty or written.exists():
        return False
    write_audit_entry(
        actor=None, action=REPORT, target=switch, at=at, detail={"month": name, **_figures(report)}
    )
    return True


def unusual_searching(at: datetime) -> list[Unusual]:
    """Judge the searches of the 24 hours before by each person's own 30 days before those."""
    recent = _moments(at - DAY, at)
    earlier = _moments(at - DAY - timedelta(days=USUAL_DAYS), at - DAY)
    people = User.objects.in_bulk(list(recent))
    judged = [_judge(people[pk], moments, earlier.get(pk, [])) for pk, moments in recent.items()]
    return [each for each in judged if each.causes]


@transaction.atomic
def note_unusual(*, at: datetime) -> int:
    """Note unusual searching in the log, each cause of a person once in 24 hours.

    The Health page shows it as long; the responsible person finds it in the report.
    """
    noted = 0
    for each in unusual_searching(at):
        known = _told(each.person, at)
        fresh = [cause for cause in each.causes if cause not in known]
        if not fresh:
            continue
        detail = {
            "causes": [str(cause) for cause in fresh],
            "searches": each.searches,
            "usual": round(each.usual, 1),
        }
        write_audit_entry(actor=None, action=UNUSUAL, target=each.person, at=at, detail=detail)
        noted += 1
    return noted


def _judge(person: User, recent: Sequence[datetime], earlier: Sequence[datetime]) -> Unusual:
    days = {localtime(moment).date() for moment in earlier}
    usual = len(earlier) / len(days) if days else 0.0
    causes = []
    if len(recent) > MOST_A_DAY:
        causes.append(Cause.MANY)
    if earlier and len(recent) >= max(FEWEST_TOLD, TIMES_USUAL * usual):
        causes.append(Cause.MORE_THAN_USUAL)
    if len(earlier) >= ENOUGH_KNOWN and any(_is_odd(moment, earlier) for moment in recent):
        causes.append(Cause.ODD_HOUR)
    return Unusual(person, tuple(causes), len(recent), usual)


def _is_odd(moment: datetime, earlier: Sequence[datetime]) -> bool:
    hour = localtime(moment).hour
    apart = ((hour - localtime(other).hour) % HOURS for other in earlier)
    return all(min(hours, HOURS - hours) > NEAR_HOURS for hours in apart)


def _moments(begin: datetime, end: datetime) -> dict[int, list[datetime]]:
    rows = AuditEntry.objects.filter(
        action=SEARCH, occurred_at__gt=begin, occurred_at__lte=end, actor__isnull=False
    )
    moments: dict[int, list[datetime]] = {}
    for person, moment in rows.order_by("occurred_at").values_list("actor", "occurred_at"):
        moments.setdefault(person, []).append(moment)
    return moments


def _told(person: User, at: datetime) -> set[str]:
    rows = AuditEntry.objects.filter(
        action=UNUSUAL, target=target_of(person), occurred_at__gt=at - DAY
    )
    return {cause for row in rows for cause in row.detail["causes"]}


def _searches(rows: Iterable[AuditEntry]) -> tuple[SearchesOf, ...]:
    counts: Counter[str] = Counter()
    answers: Counter[str] = Counter()
    for row in rows:
        person = row.actor.get_username() if row.actor else ""
        counts[person] += 1
        answers[person] += len(row.detail["shown"])
    return tuple(SearchesOf(who, count, answers[who]) for who, count in counts.most_common())


def _in_force(at: datetime) -> int:
    confirmed = WatchEntry.objects.filter(confirmed_at__lt=at, until__gte=at)
    return confirmed.exclude(withdrawn_at__lt=at).count()


def _figures(report: MonthlyReport) -> dict[str, object]:
    return {
        "searches": [asdict(each) for each in report.searches],
        "changes": report.changes,
        "entries_in_force": report.entries_in_force,
        "hits": report.hits,
        "verdicts": asdict(report.precision),
        "unusual": len(report.unusual),
    }


def _month(day: date) -> tuple[datetime, datetime]:
    """Return begin and end of the month of this day, in the town's time."""
    first = day.replace(day=1)
    following = (first + timedelta(days=32)).replace(day=1)
    return _midnight(first), _midnight(following)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=get_current_timezone())
