"""What the sheet of the shift says of cameras, detectors, disks and clocks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils.timezone import now

from analytics.models import Watch, WatchRule
from archive.models import Hold
from atomgrad_site.storage import forget_storage
from cameras.models import Camera, Stream, StreamStatus
from incidents import models
from incidents.actions.journal import write_by_hand
from incidents.queries.journal import forget_check
from incidents.queries.sheet import SheetPart, Span, collect_sheet, register_part
from incidents.queries.shifts import USUAL_SHIFT
from tests.archive.factories import make_camera, make_volume
from tests.incidents.cards import make_card, make_place
from tests.incidents.factories import make_alarm

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def fresh_looks() -> None:
    forget_storage()
    forget_check()


def sheet() -> dict[str, SheetPart]:
    at = now()
    return {part.code: part for part in collect_sheet(Span(at, at + USUAL_SHIFT))}


def make_seen_camera(number: int, state: str, **status: Any) -> Camera:
    camera = make_camera(number)
    values = {"changed_at": now(), "reported_at": now(), **status}
    StreamStatus.objects.create(stream=Stream.objects.get(camera=camera), state=state, **values)
    return camera


def test_calm_day_has_a_word_under_each_heading() -> None:
    parts = sheet()

    codes = "incidents alarms tasks holds requests cameras analysis clock disk journal"
    keeps_requests = "requests" in parts
    assert list(parts) == [code for code in codes.split() if code != "requests" or keeps_requests]
    assert all(part.calm for part in parts.values())
    assert parts["incidents"].rows == parts["cameras"].rows == parts["tasks"].rows == []


def test_camera_that_is_down_is_named_with_since_when() -> None:
    make_seen_camera(1, StreamStatus.State.ONLINE)
    make_seen_camera(4, StreamStatus.State.UNREACHABLE, changed_at=now() - 3 * HOUR)

    part = sheet()["cameras"]

    assert part.is_warning
    assert len(part.rows) == 1
    assert "К04" in part.rows[0][1]
    assert "3 ч 0 мин" in part.rows[0][2]


def test_camera_that_is_switched_off_is_named_without_a_warning() -> None:
    camera = make_seen_camera(2, StreamStatus.State.ONLINE)
    Camera.objects.filter(pk=camera.pk).update(is_enabled=False)

    part = sheet()["cameras"]

    assert not part.is_warning
    assert "К02" in part.rows[0][1]


def test_detectors_that_are_off_are_named() -> None:
    camera = make_camera(3)
    WatchRule.objects.create(camera=camera, kind="dog", is_enabled=False)
    WatchRule.objects.create(camera=camera, kind="motion", is_enabled=True)
    Watch.objects.create(camera=make_camera(7), is_enabled=False)

    names = [row[:2] for row in sheet()["analysis"].rows]

    assert ["все детекторы", "К07 Качели (Солнышко)"] in names
    assert ["Собака на площадке", "К03 Качели (Солнышко)"] in names
    assert not any("Движение" in name for name, _where in names)


def test_holds_that_end_during_the_next_shift_are_named(dispatcher: User) -> None:
    camera, moment = make_camera(3), now()
    for reason, expires in (("АГ-1", 9 * HOUR), ("АГ-2", 25 * HOUR), ("АГ-3", None)):
        Hold.objects.create(
            camera=camera,
            started_at=moment - 2 * HOUR,
            ended_at=moment - HOUR,
            reason=reason,
            expires_at=moment + expires if expires else None,
            created_at=moment,
            created_by=dispatcher,
        )

    assert [row[2] for row in sheet()["holds"].rows] == ["АГ-1"]


def test_open_cards_alarms_and_tasks_are_named(dispatcher: User) -> None:
    open_card = make_card(now(), status="CONFIRMED")
    make_card(now(), status="CLOSED")
    make_card(now(), is_drill=True)
    make_alarm(make_camera(3))
    write_by_hand(actor=dispatcher, kind="TASK", text="усиление", until=now() + HOUR, at=now())

    parts = sheet()

    assert [row[0] for row in parts["incidents"].rows] == [open_card.name]
    assert len(parts["alarms"].rows) == 1
    assert parts["tasks"].rows[0][0] == "усиление"


@pytest.mark.skipif(
    not hasattr(models, "EvidenceRequest"), reason="the portal keeps no requests of the police yet"
)
def test_unanswered_requests_are_named(dispatcher: User) -> None:
    moment, rows = now(), getattr(models, "EvidenceRequest", None)
    assert rows is not None
    for number, state in (("4/1", "OPEN"), ("4/2", "REFUSED")):
        rows.objects.create(
            number=number,
            dated_on=moment.date(),
            basis="CASE",
            place=make_place(),
            started_at=moment - HOUR,
            ended_at=moment,
            text="скамья",
            made_at=moment,
            made_by=dispatcher,
            due_at=moment + HOUR,
            state=state,
            refusal="нет записи" if state == "REFUSED" else "",
        )

    part = sheet()["requests"]

    assert [row[0] for row in part.rows] == ["4/1"]
    assert part.is_warning


def test_disk_that_is_full_warns(tmp_path: Any) -> None:
    volume = make_volume(tmp_path / "archive")
    volume.is_full, volume.total_bytes, volume.free_bytes = True, 10**12, 10**9
    volume.save()

    part = sheet()["disk"]

    assert part.is_warning
    assert str(volume) in part.rows[0][0]


def test_part_that_can_not_be_read_does_not_keep_the_shift_from_being_handed_over() -> None:
    def fail(span: Span) -> SheetPart:
        raise OSError("no such device")

    register_part("broken", 99, fail)
    try:
        part = sheet()["broken"]
    finally:
        unregister("broken")

    assert part.is_warning
    assert "Прочесть не удалось" in part.rows[0][0]


def unregister(code: str) -> None:
    from incidents.queries import sheet as registry  # noqa: PLC0415 -- for this alone

    registry._collectors.pop(code)  # noqa: SLF001 -- no part is ever taken back but here
