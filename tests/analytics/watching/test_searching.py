from __future__ import annotations

import threading
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.utils.timezone import now

from analytics.actions import backfills
from analytics.actions.backfills import claim_piece, request_backfill
from analytics.models import Backfill, BackfillPiece, Detection, WatchRule
from analytics.watching import searching
from analytics.watching.footage import Footage
from archive.actions.leases import node_name
from archive.models import Volume
from cameras.models import Camera, Stream
from tests.analytics.footage import moving_clip
from tests.archive.factories import NOON, Clip, main_stream, make_camera, make_volume, record

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

CLIP_SECONDS = 30
MOVES = [(4.0, 9.0), (20.0, 25.0)]
FILES = 4


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


@pytest.fixture(scope="module")
def clip() -> Clip:
    return moving_clip(CLIP_SECONDS, MOVES)


@pytest.fixture
def volume(data_dir: Path) -> Volume:
    return make_volume(data_dir / "archive")


@pytest.fixture
def camera() -> Camera:
    camera = make_camera()
    WatchRule.objects.create(camera=camera, kind="motion", grade="HINT")
    return camera


@pytest.fixture
def footage(camera: Camera, volume: Volume, clip: Clip) -> Camera:
    """Two minutes of files; something moves in each for 5 s, twice."""
    for number in range(FILES):
        started_at = NOON + seconds(number * CLIP_SECONDS)
        record(main_stream(camera), volume, clip, started_at=started_at)
    return camera


@pytest.fixture(autouse=True)
def short_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("analytics.actions.backfills.PIECE", seconds(40))


def search(camera: Camera, *, ended_at: datetime | None = None) -> Backfill:
    return request_backfill(
        cameras=[camera],
        actor=None,
        started_at=NOON,
        ended_at=ended_at or NOON + seconds(FILES * CLIP_SECONDS),
        at=now(),
    )


def raised(backfill: Backfill | None = None) -> list[float]:
    rows = Detection.objects.order_by("raised_at")
    if backfill is not None:
        rows = rows.filter(backfill=backfill)
    return [(row.raised_at - NOON).total_seconds() for row in rows]


def test_search_finds_what_moves_once_over_all_pieces(footage: Camera) -> None:
    backfill = search(footage)

    searching.search_open_pieces()

    backfill.refresh_from_db()
    assert backfill.state == Backfill.State.DONE
    assert BackfillPiece.objects.filter(is_done=True).count() == 3
    total = sum(BackfillPiece.objects.values_list("footage_seconds", flat=True))
    assert total == pytest.approx(120, rel=0.05)
    # Pauses of 11 s are within the cool-down: it is one event, in whichever piece it began.
    assert raised() == [pytest.approx(6.2, abs=0.8)]
    assert all(Detection.objects.values_list("ended_at", flat=True))
    assert all(Detection.objects.values_list("picture", flat=True))


def test_search_done_again_writes_no_second_row(footage: Camera) -> None:
    search(footage)
    searching.search_open_pieces()
    first = raised()
    BackfillPiece.objects.update(is_done=False)
    Backfill.objects.update(state=Backfill.State.RUNNING)

    searching.search_open_pieces()
    again = search(footage)
    searching.search_open_pieces()

    assert raised() == first
    assert raised(again) == []


def test_search_broken_off_and_resumed_finds_the_same_events(
    camera: Camera, volume: Volume
) -> None:
    # Pauses longer than the cool-down: each is an event of its own.
    long = moving_clip(200, [(5, 10), (90, 95), (175, 180)])
    record(main_stream(camera), volume, long, started_at=NOON)
    search(camera, ended_at=NOON + seconds(200))
    searching.search_open_pieces()
    undisturbed = set(Detection.objects.values_list("identity", flat=True))
    Detection.objects.all().delete()

    search(camera, ended_at=NOON + seconds(200))
    for share in (0.3, 0.7):
        piece = claim_piece(holder=f"1/0/{node_name()}", at=now())
        assert piece is not None
        piece.ended_at = piece.started_at + share * (piece.ended_at - piece.started_at)
        searching.PieceSearch(piece).run()  # and then its worker is killed
    searching.search_open_pieces()

    assert len(undisturbed) == 3
    assert set(Detection.objects.values_list("identity", flat=True)) == undisturbed


def test_piece_left_in_the_middle_is_done_by_the_next_worker(footage: Camera) -> None:
    backfill = search(footage)
    # A worker that lives no more: its number is taken by none, or by a later process.
    piece = claim_piece(holder=f"1/0/{node_name()}", at=now())
    assert piece is not None

    searching.search_open_pieces()

    backfill.refresh_from_db()
    assert backfill.state == Backfill.State.DONE
    assert sorted(BackfillPiece.objects.values_list("attempt_count", flat=True)) == [1, 1, 2]


def test_search_that_was_called_off_stops(footage: Camera) -> None:
    backfill = search(footage)
    piece = claim_piece(holder=backfills.holder_name(), at=now())
    assert piece is not None
    work = searching.PieceSearch(piece)
    work._told_at = float("-inf")  # noqa: SLF001 -- progress is told with the first picture
    Backfill.objects.filter(pk=backfill.pk).update(state=Backfill.State.CANCELLED)

    with pytest.raises(searching.PieceLostError):
        work.run()

    assert claim_piece(holder=backfills.holder_name(), at=now()) is None


def test_worker_that_is_to_end_leaves_its_piece_to_another(
    footage: Camera, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "_must_stop", threading.Event())
    backfill = search(footage)
    searching.request_stop()
    searching.search_open_pieces()
    piece = claim_piece(holder=backfills.holder_name(), at=now())
    assert piece is not None
    searching.search_piece(piece)
    left = BackfillPiece.objects.get(pk=piece.pk)
    monkeypatch.setattr(searching, "_must_stop", threading.Event())

    searching.search_open_pieces()

    assert (left.is_done, left.attempt_count, left.lease_expires_at) == (False, 0, None)
    backfill.refresh_from_db()
    assert backfill.state == Backfill.State.DONE


def test_file_that_is_gone_or_damaged_does_not_stop_the_search(
    footage: Camera, volume: Volume
) -> None:
    files = sorted(Path(volume.path).glob("*/*/*/*.mp4"))
    files[0].unlink()
    data = bytearray(files[1].read_bytes())
    data[len(data) // 2 : len(data) // 2 + 400] = b"\xff" * 400
    files[1].write_bytes(data)
    backfill = search(footage)

    searching.search_open_pieces()

    backfill.refresh_from_db()
    assert backfill.state == Backfill.State.DONE
    assert raised(backfill)


def test_sub_stream_is_searched_where_there_is_one(
    footage: Camera, volume: Volume, clip: Clip
) -> None:
    sub = Stream.objects.create(camera=footage, role=Stream.Role.SUB, url="file:///nowhere")
    small = moving_clip(5, [], size=(160, 96))
    record(sub, volume, small, started_at=NOON)

    frames = list(Footage(footage, NOON, NOON + seconds(30)).frames(lambda _: True))

    assert {frame.image.shape for frame in frames} == {(96, 160, 3)}
    assert len(frames) == 50


def test_footage_of_a_range_begins_and_ends_where_it_was_asked_for(footage: Camera) -> None:
    reading = Footage(footage, NOON + seconds(28.5), NOON + seconds(31.5))

    times = [frame.at - NOON.timestamp() for frame in reading.frames(lambda _: True)]

    assert times[0] == pytest.approx(28.5, abs=0.01)
    assert times[-1] == pytest.approx(31.4, abs=0.01)
    assert len(times) == 30
    assert reading.problems == []


def test_kind_without_a_rule_is_looked_for_in_the_whole_picture(footage: Camera) -> None:
    WatchRule.objects.all().delete()
    request_backfill(
        cameras=[footage],
        actor=None,
        started_at=NOON,
        ended_at=NOON + seconds(30),
        kinds=["motion"],
        at=now(),
    )

    searching.search_open_pieces()

    assert raised()
    assert set(Detection.objects.values_list("rule", flat=True)) == {None}
