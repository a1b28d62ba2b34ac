"""Measured figures, kept for the page that shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from analytics.evaluation.figures import Figure
from analytics.models import EvaluationRun


def save_evaluation(*, figures: Sequence[Figure], measured_on: str, at: datetime) -> EvaluationRun:
    """Keep what a run measured; `measured_on` says in words on which clips."""
    return EvaluationRun.objects.create(
        ran_at=at, subject=measured_on[:200], figures=[asdict(figure) for figure in figures]
    )
