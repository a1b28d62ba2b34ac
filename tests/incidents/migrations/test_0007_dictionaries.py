from __future__ import annotations

import importlib
import json

import pytest
from django.apps import apps

from incidents.models import Category, ChecklistItem, LegalHint, Norm, Service

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

migration = importlib.import_module("incidents.migrations.0007_dictionaries")


@pytest.fixture
def empty() -> None:
    for model in (ChecklistItem, LegalHint, Category, Service, Norm):
        model.objects.all().delete()


@pytest.mark.usefixtures("empty")
def test_a_new_town_begins_with_the_words_of_its_trade() -> None:
    migration.fill(apps, None)

    vandalism = Category.objects.get(code="vandalism")
    assert Category.objects.count() == 27
    assert [hint.article for hint in vandalism.legal_hints.all()][0] == "КоАП 7.17"
    assert vandalism.services.get(code="police").is_police
    assert set(Category.objects.filter(is_counted=False).values_list("code", flat=True)) == {
        "test",
        "drill",
    }
    assert dict(Norm.objects.values_list("interval", "seconds")) == {
        "REVIEW": 30,
        "CONFIRM": 75,
        "HAND_OVER": 180,
        "ACCEPT": 30,
    }


@pytest.mark.usefixtures("empty")
def test_what_staff_made_before_is_left_alone() -> None:
    Category.objects.create(code="vandalism", name="Наше", priority=1)
    Norm.objects.create(interval="REVIEW", seconds=99)

    for _ in range(2):
        migration.fill(apps, None)

    ours = Category.objects.get(code="vandalism")
    assert (ours.name, ours.priority, ours.legal_hints.count()) == ("Наше", 1, 0)
    assert Norm.objects.get(interval="REVIEW").seconds == 99
    assert ChecklistItem.objects.filter(category=None).count() == 4


def test_every_service_and_fact_that_is_named_is_there() -> None:
    rows = json.loads(migration.INITIAL.read_text(encoding="utf-8"))

    known = {row["code"] for row in rows["services"]}
    assert {code for row in rows["categories"] for code in row["services"]} <= known
    assert {row["fact"] for row in rows["checklist"]} <= set(ChecklistItem.Fact.values)
    assert all(hint["valid_from"] for row in rows["categories"] for hint in row["hints"])
