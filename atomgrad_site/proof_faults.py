"""Faults of the proof in the head of the page: damage, checks that do not run, lost copies."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from archive.models import ProofCheck
from atomgrad_site.faults import Alarm

SILENT_FOR = timedelta(days=2)
"""Without a round of the nightly check."""


def proof_alarms(now: datetime) -> list[Alarm]:
    """One query, whatever was found."""
    checks = {check.kind: check for check in ProofCheck.objects.all()}
    return [*_scrub_alarms(checks, now), *_head_alarms(checks)]


def _scrub_alarms(checks: dict[str, ProofCheck], now: datetime) -> Iterator[Alarm]:
    scrub, heads = checks.get(ProofCheck.Kind.SCRUB), checks.get(ProofCheck.Kind.HEADS)
    if scrub is not None and scrub.problem:
        yield _damage_alarm(scrub)
    # Heads are signed from the first hour of recording on: by them a check that never ran is seen.
    last = scrub.finished_at if scrub else heads.first_at if heads else now
    if now - last > SILENT_FOR:
        title = _("The archive is not checked")
        yield Alarm(
            key=f"proof-silent-{last.timestamp():.0f}",
            priority=3,
            title=title,
            place=_("the nightly check of chains and files has not run for two days"),
            short=title,
            since=last,
        )


def _damage_alarm(scrub: ProofCheck) -> Alarm:
    title = _("Footage is not as it was recorded")
    place = ngettext(
        "%(count)d place: %(paths)s", "%(count)d places: %(paths)s", scrub.problem_count
    )
    return Alarm(
        key=f"proof-damage-{scrub.problem_since.timestamp() if scrub.problem_since else 0:.0f}",
        priority=2,
        title=title,
        place=place % {"count": scrub.problem_count, "paths": scrub.problem},
        short=_("Footage was changed"),
        since=scrub.problem_since,
    )


def _head_alarms(checks: dict[str, ProofCheck]) -> Iterator[Alarm]:
    heads = checks.get(ProofCheck.Kind.HEADS)
    if heads is None or not heads.problem:
        return
    title = _("The signed heads are not copied")
    yield Alarm(
        key=f"proof-heads-{heads.problem_since.timestamp() if heads.problem_since else 0:.0f}",
        priority=3,
        title=title,
        place=_("%(places)s (waiting: %(count)d)")
        % {"places": heads.problem, "count": heads.problem_count},
        short=title,
        since=heads.problem_since,
    )
