from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User

from analytics.actions import backfills
from analytics.actions.backfills import BackfillFinishedError, BackfillRefusedError
from analytics.models import Backfill, BackfillPiece
from cameras.models import AuditEntry, Camera
from tests.analytics.footage import moving_clip
from tests.archive.factories import main_stream, make_camera, make_volume, record

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

NOON = datetime(2026, 7, 10, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def camera() -> Camera:
    return make_camera()


def request(camera: Camera, actor: User | None = None, **change: Any) -> Backfill:
    usual: dict[str, Any] = {
        "cameras": [camera],
        "actor": actor,
        "started_at": NOON - HOUR,
        "ended_at": NOON,
        "at": NOON,
    }
    return backfills.request_backfill(**{**usual, **change})


def test_search_is_cut_into_pieces_without_holes(camera: Camera, staff: User) -> None:
    backfill = request(camera, staff, ended_at=NOON - timedelta(minutes=3))

    pieces = list(backfill.pieces.order_by("started_at"))

    assert pieces[0].started_at == NOON - HOUR
    assert pieces[-1].ended_at == NOON - timedelta(minutes=3)
    assert all(a.ended_at == b.started_at for a, b in pairwise(pieces))
    assert AuditEntry.objects.get().action == "analytics.search"


@pytest.mark.parametrize(
    "change",
    [
        {"cameras": []},
        {"ended_at": NOON - HOUR},
        {"ended_at": NOON + HOUR},
        {"started_at": NOON - timedelta(days=31)},
        {"kinds": ["nothing"]},
    ],
)
def test_what_can_not_be_searched_is_refused_with_a_sentence(
    camera: Camera, change: dict[str, Any]
) -> None:
    with pytest.raises(BackfillRefusedError, match=r"\w+ \w+.*\."):
        request(camera, **change)

    assert not Backfill.objects.exists()


def test_search_is_called_off_once(camera: Camera, staff: User) -> None:
    backfill = request(camera)

    backfills.cancel_backfill(backfill=backfill, actor=staff, at=NOON)

    assert backfills.claim_piece(holder=backfills.holder_name(), at=NOON) is None
    with pytest.raises(BackfillFinishedError):
        backfills.cancel_backfill(backfill=backfill, actor=staff, at=NOON)


def test_lease_of_a_piece_keeps_others_away_until_it_runs_out(camera: Camera) -> None:
    request(camera, started_at=NOON - timedelta(minutes=5))
    holder = backfills.holder_name()

    piece = backfills.claim_piece(holder=holder, at=NOON)

    assert piece is not None
    assert backfills.claim_piece(holder=holder, at=NOON + timedelta(seconds=29)) is None
    late = NOON + timedelta(seconds=31)
    assert backfills.claim_piece(holder=holder, at=late) is not None
    assert not backfills.renew_piece(piece=piece, footage_seconds=1, at=late)


def test_piece_that_fails_again_and_again_ends_the_search_with_its_error(camera: Camera) -> None:
    request(camera, started_at=NOON - timedelta(minutes=5))

    for _turn in range(3):
        piece = backfills.claim_piece(holder=backfills.holder_name(), at=NOON)
        assert piece is not None
        backfills.retry_piece(piece=piece, error="ValueError: broken", at=NOON)

    backfill = Backfill.objects.get()
    assert (backfill.state, backfill.error) == (Backfill.State.FAILED, "ValueError: broken")


def test_outage_is_caught_up_once_and_no_further_back_than_a_day(
    camera: Camera, data_dir: Path
) -> None:
    volume = make_volume(data_dir / "archive")
    record(main_stream(camera), volume, moving_clip(10, []), started_at=NOON - HOUR)
    since = NOON - timedelta(days=3)

    def catch_up() -> Backfill | None:
        return backfills.catch_up(camera_id=camera.pk, since=since, until=NOON, at=NOON)

    backfill = catch_up()

    assert backfill is not None
    assert backfill.requested_by is None
    assert backfill.started_at == NOON - timedelta(days=1)
    assert catch_up() is None
    assert BackfillPiece.objects.count() == 144
    assert not AuditEntry.objects.exists()


def test_outage_without_footage_is_not_searched(camera: Camera) -> None:
    found = backfills.catch_up(camera_id=camera.pk, since=NOON - HOUR, until=NOON, at=NOON)

    assert found is None
