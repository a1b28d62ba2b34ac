from __future__ import annotations

import pytest

from archive.actions.gaps import close_gap, drop_open_gap, open_gap
from archive.actions.recordings import register_recordings
from archive.engine.manifest import GapReason
from archive.engine.volume import VolumeFolder
from archive.models import Gap
from cameras.models import Stream
from tests.archive.actions.conftest import Finish, at

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

SILENT = GapReason("NO_FRAMES")
AWAY = GapReason("UNREACHABLE", "no route")


def test_open_gap_changes_its_cause_and_stays_one(stream: Stream) -> None:
    open_gap(stream_id=stream.pk, started_at=at(10), reason=SILENT)
    open_gap(stream_id=stream.pk, started_at=at(15), reason=AWAY)

    gap = Gap.objects.get()
    assert (gap.started_at, gap.ended_at) == (at(10), None)
    assert (gap.cause, gap.detail) == ("UNREACHABLE", "no route")


def test_gap_never_begins_inside_a_recording(
    stream: Stream, folder: VolumeFolder, finish_file: Finish
) -> None:
    finish_file(0, 60)
    register_recordings(folder=folder)

    open_gap(stream_id=stream.pk, started_at=at(58), reason=AWAY)

    assert Gap.objects.get().started_at == at(60)


def test_gap_is_closed_where_the_footage_goes_on(stream: Stream) -> None:
    open_gap(stream_id=stream.pk, started_at=at(10), reason=AWAY)

    close_gap(stream_id=stream.pk, ended_at=at(25))

    assert Gap.objects.get().ended_at == at(25)


def test_gap_of_a_moment_is_dropped(stream: Stream) -> None:
    open_gap(stream_id=stream.pk, started_at=at(10), reason=AWAY)

    close_gap(stream_id=stream.pk, ended_at=at(10.3))

    assert Gap.objects.count() == 0


def test_gap_is_dropped_when_the_frames_came_late(stream: Stream) -> None:
    Gap.objects.create(stream=stream, started_at=at(0), ended_at=at(5), cause="DISABLED")
    open_gap(stream_id=stream.pk, started_at=at(10), reason=SILENT)

    drop_open_gap(stream_id=stream.pk)

    assert Gap.objects.get().cause == "DISABLED"
