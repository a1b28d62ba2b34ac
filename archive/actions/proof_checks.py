"""How the proof's own checks went: written here, shown by the head of every page."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from archive.models import ProofCheck


@transaction.atomic
def note_check(*, kind: str, at: datetime, problem: str = "", problem_count: int = 0) -> None:
    """Note how a round ended. A problem that lasts keeps the moment it was first found."""
    check = ProofCheck.objects.select_for_update().filter(kind=kind).first()
    if check is None:
        check = ProofCheck(kind=kind, first_at=at)
    check.finished_at = at
    check.problem = problem[:300]
    check.problem_count = problem_count
    check.problem_since = (check.problem_since or at) if problem else None
    check.save()
