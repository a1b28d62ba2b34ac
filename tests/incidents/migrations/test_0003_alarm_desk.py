"""What is there before the migration has its place and its verdict after it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.timezone import now

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]

BEFORE, AFTER = ("incidents", "0002_incidents"), ("incidents", "0003_alarm_desk")


@pytest.fixture
def migrate_to() -> Iterator[Any]:
    def move(target: tuple[str, str]) -> Any:
        executor = MigrationExecutor(connection)
        executor.migrate([target])
        return executor.loader.project_state([target]).apps

    yield move
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


def test_place_and_verdict_are_filled(migrate_to: Any) -> None:
    old = migrate_to(BEFORE)
    person = old.get_model("auth", "User").objects.create(username="somebody")
    place = old.get_model("cameras", "Location").objects.create(name="Солнышко")
    camera = old.get_model("cameras", "Camera").objects.create(
        location=place, number=3, name="качели"
    )
    moment = now()
    for number, verdict in enumerate(("", "FALSE"), start=1):
        detection = old.get_model("analytics", "Detection").objects.create(
            camera=camera,
            kind="fire",
            grade="ALARM",
            identity=str(number),
            detector_version=1,
            began_at=moment,
            raised_at=moment,
            verdict=verdict,
            verdict_by=person if verdict else None,
            verdict_at=moment if verdict else None,
        )
        old.get_model("incidents", "Alarm").objects.create(
            detection=detection,
            sequence=number,
            revision=number,
            camera=camera,
            kind="fire",
            raised_at=moment,
            created_at=moment,
            priority=1,
            certainty="LIKELY",
        )

    new = migrate_to(AFTER)

    rows = new.get_model("incidents", "Alarm").objects.order_by("sequence")
    assert [row.place_id for row in rows] == [place.pk, place.pk]
    assert [(row.verdict, row.verdict_by_id, row.verdict_at) for row in rows] == [
        ("", None, None),
        ("FALSE", person.pk, moment),
    ]
    assert [(row.source, row.latest_at, row.group_count) for row in rows] == [
        ("DETECTOR", moment, 1),
        ("DETECTOR", moment, 1),
    ]
