from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.core.management import call_command

from analytics.models import EvaluationRun

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


@pytest.mark.parametrize("words", [None, "an empty folder"])
def test_figures_are_kept_only_when_asked(tmp_path: Path, words: str | None) -> None:
    out, log = io.StringIO(), io.StringIO()

    call_command(
        "evaluate", "crossing", clips=tmp_path, weights=tmp_path, save=words, stdout=out, stderr=log
    )

    kept = [
        (run.subject, [part["name"] for part in run.figures]) for run in EvaluationRun.objects.all()
    ]
    printed = [line.split()[0] for line in out.getvalue().splitlines()]
    assert "evaluate.crossing.f1" in printed
    assert [subject for subject, _ in kept] == ([] if words is None else [words])
    assert all(set(names) <= set(printed) for _, names in kept)
