"""Cards for tests that only read them, with the moments that a test names."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db.models import Model

from cameras.models import Location
from incidents.models import Category, ChecklistItem, Incident, LegalHint, Norm, Service


def make_category(code: str = "vandalism", **changes: Any) -> Category:
    values = {"name": code, "priority": 2, **changes}
    return Category.objects.update_or_create(code=code, defaults=values)[0]


def make_place(name: str = "Солнышко", **changes: Any) -> Location:
    return Location.objects.get_or_create(name=name, defaults=changes)[0]


def make_card(at: datetime, **changes: Any) -> Incident:
    """Write a card of something that happened `at`, of no status but NEW unless told."""
    number = Incident.objects.count() + 1
    values: dict[str, Any] = {
        "year": at.year,
        "number": 900_000 + number,
        "source": Incident.Source.DETECTOR,
        "priority": 2,
        "summary": "Двое ломают скамью",
        "occurred_at": at,
        "detected_at": at,
        "registered_at": at,
        **changes,
    }
    values.setdefault("place", make_place())
    values.setdefault("category", make_category())
    return Incident.objects.create(**values)


def make_dictionaries() -> list[Model]:
    """Return a row of each dictionary."""
    category = make_category("loose_dog", name="Собака без поводка")
    since = date(2026, 1, 1)
    return [
        category,
        Service.objects.create(code="vet", name="Ветеринар"),
        LegalHint.objects.create(category=category, article="8.52", text="Выгул", valid_from=since),
        ChecklistItem.objects.create(category=category, text="Назвать породу"),
        Norm.objects.update_or_create(interval="REVIEW", defaults={"seconds": 30})[0],
    ]
