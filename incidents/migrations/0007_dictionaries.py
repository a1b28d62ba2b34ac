"""The words of a card, and what staff begin with: services, categories, hints, steps, norms.

What stands in initial_dictionaries.json is preliminary and for staff to correct: articles and
amounts as they were known at the beginning of 2026. A row that staff made before is left alone.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

from django.db import migrations, models

INITIAL = Path(__file__).with_name("initial_dictionaries.json")


def fill(apps: Any, schema_editor: Any) -> None:
    del schema_editor
    rows = json.loads(INITIAL.read_text(encoding="utf-8"))
    services = {row["code"]: _service(apps, row) for row in rows["services"]}
    for row in rows["categories"]:
        _add_category(apps, row, services)
    item = apps.get_model("incidents", "ChecklistItem")
    for position, row in enumerate(rows["checklist"]):
        item.objects.get_or_create(category=None, text=row.pop("text"), defaults={**row, "position": position})
    norm = apps.get_model("incidents", "Norm")
    for interval, seconds in rows["norms"].items():
        norm.objects.get_or_create(interval=interval, defaults={"seconds": seconds})


def _service(apps: Any, row: dict[str, Any]) -> Any:
    model = apps.get_model("incidents", "Service")
    return model.objects.get_or_create(code=row.pop("code"), defaults=row)[0]


def _add_category(apps: Any, row: dict[str, Any], services: dict[str, Any]) -> None:
    called, hints, steps = row.pop("services"), row.pop("hints"), row.pop("checklist")
    model = apps.get_model("incidents", "Category")
    category, is_new = model.objects.get_or_create(code=row.pop("code"), defaults=row)
    if not is_new:
        return
    category.services.set([services[code] for code in called])
    for position, hint in enumerate(hints):
        valid_from = date.fromisoformat(hint.pop("valid_from"))
        category.legal_hints.create(position=position, valid_from=valid_from, **hint)
    for position, step in enumerate(steps, start=10):
        category.checklist.create(position=position, **step)


class Migration(migrations.Migration):
    dependencies = [("incidents", "0006_interchange")]

    operations = [
        migrations.AddField(
            model_name="checklistitem",
            name="fact",
            field=models.CharField(blank=True, choices=[("", "ticked by hand"), ("CONFIRMED", "the incident is confirmed"), ("HELD", "the footage is kept"), ("HANDED_OVER", "the police have been told"), ("KUSP", "the KUSP number is known")], default="", max_length=11, verbose_name="ticked by"),
        ),
        migrations.AlterField(
            model_name="checklistitem",
            name="is_required",
            field=models.BooleanField(default=False, help_text="Without it the card can not be dealt with.", verbose_name="required"),
        ),
        migrations.AddField(
            model_name="incident",
            name="where_exactly",
            field=models.CharField(blank=True, max_length=200, verbose_name="where exactly"),
        ),
        migrations.AddField(
            model_name="incident",
            name="caller_name",
            field=models.CharField(blank=True, max_length=120, verbose_name="caller"),
        ),
        migrations.AddField(
            model_name="incident",
            name="caller_phone",
            field=models.CharField(blank=True, max_length=60, verbose_name="phone of the caller"),
        ),
        migrations.AddField(
            model_name="incident",
            name="caller_role",
            field=models.CharField(blank=True, choices=[("", "not said"), ("WITNESS", "witness"), ("VICTIM", "victim"), ("RELATIVE", "relative"), ("FRIEND", "acquaintance"), ("CHILD", "child"), ("INVOLVED", "involved")], default="", max_length=8, verbose_name="who the caller is"),
        ),
        migrations.AddField(
            model_name="incident",
            name="told_text",
            field=models.TextField(blank=True, max_length=3000, verbose_name="message to the police"),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
