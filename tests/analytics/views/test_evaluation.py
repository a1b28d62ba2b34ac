from __future__ import annotations

from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import User

from analytics.models import EvaluationRun
from tests.archive.factories import NOON
from tests.cast import client_for

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


def figure(name: str, value: float, **more: Any) -> dict[str, Any]:
    return {"name": name, "value": value, "unit": "share", "low": None, "high": None, **more}


def page(person: User) -> str:
    return unescape(client_for(person).get("/analysis/evaluation/").content.decode())


def test_page_shows_figures_with_interval_and_bar(staff: User) -> None:
    figures = [
        figure("evaluate.fight.accuracy", 0.76, low=0.69, high=0.82),
        figure("evaluate.fight.auc", 0.871),
    ]
    EvaluationRun.objects.create(ran_at=NOON, subject="ролики", figures=figures)

    text = page(staff)

    for part in ("0,76", "0,69 – 0,82", "≥ 0,78", "не достигнут", "0,871", "≥ 0,85", "ролики"):
        assert part in text


def test_page_takes_each_subject_from_the_newest_run_that_measured_it(staff: User) -> None:
    old = [figure("evaluate.fall.f1", 0.5), figure("evaluate.fight.auc", 0.61)]
    EvaluationRun.objects.create(ran_at=NOON, subject="", figures=old)
    new = [figure("evaluate.fall.f1", 0.96)]
    EvaluationRun.objects.create(ran_at=NOON + timedelta(days=1), subject="", figures=new)

    text = page(staff)

    assert ("0,96" in text, "0,61" in text, "0,5<" in text) == (True, True, False)


def test_page_without_a_run_says_how_to_get_one(staff: User) -> None:
    assert "manage.py evaluate" in page(staff)
