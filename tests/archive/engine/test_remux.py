"""The export holds every frame of its range exactly once, plays anywhere, and says its hash."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import av
import pytest

from archive.engine.remux import ExportCancelledError, WrittenExport, plan_export, write_export
from archive.engine.samples import FormatChangedError, NothingToExportError, SourceFile
from archive.engine.timeline import us_of
from tests.archive.factories import (
    Clip,
    counters_in,
    encode_clip,
    file_bytes,
    split_clip,
    with_sound,
)

pytestmark = pytest.mark.media

FRAME = 3600  # ticks
BEGIN_US = 1_783_684_800_000_000
CREATED = datetime(2026, 7, 10, tzinfo=UTC)


def write_sources(folder: Path, clips: list[Clip], *, gap_us: int = 0) -> list[SourceFile]:
    """Write clips one after another in time, with a gap between them."""
    files, start = [], BEGIN_US
    for number, clip in enumerate(clips):
        data = file_bytes(clip)
        path = folder / f"{number}.mp4"
        path.write_bytes(data)
        files.append(SourceFile(path, start, hashlib.sha256(data).hexdigest(), path.name))
        start += clip.duration_us + gap_us
    return files


def export(
    files: list[SourceFile], folder: Path, *, first: int, end: int
) -> tuple[Path, WrittenExport]:
    """Export the frames `first` to `end` (exclusive), numbered from BEGIN_US at 25 a second."""
    plan = plan_export(
        files,
        start_us=BEGIN_US + us_of(first * FRAME),
        end_us=BEGIN_US + us_of(end * FRAME),
        created_at=CREATED,
    )
    path = folder / f"export-{first}-{end}.mp4"
    written = write_export(plan, path, on_progress=lambda _bytes: True)
    assert written.size == plan.size == path.stat().st_size
    return path, written


@pytest.mark.parametrize(
    ("first", "end"), [(0, 150), (0, 1), (13, 14), (25, 50), (37, 118), (74, 76), (149, 150)]
)
def test_export_shows_every_frame_of_the_range_once(tmp_path: Path, first: int, end: int) -> None:
    files = write_sources(tmp_path, list(split_clip(encode_clip(150), 3)))

    path, written = export(files, tmp_path, first=first, end=end)

    assert counters_in(path) == list(range(first, end))
    assert written.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert written.damaged == []


@pytest.mark.parametrize(("first", "end"), [(0, 100), (10, 61), (49, 52)])
def test_export_with_b_frames_shows_every_frame_once(tmp_path: Path, first: int, end: int) -> None:
    options = {"bf": "2", "tune": "", "x264-params": "b-adapt=0:open-gop=0", "preset": "veryfast"}
    clip = encode_clip(100, options=options)
    assert any(packet.pts != packet.dts for packet in clip.packets)
    # Presentation begins later than decoding: the first frame is shown at its offset.
    shift = min(packet.pts for packet in clip.packets)
    files = write_sources(tmp_path, [clip])
    plan = plan_export(
        files,
        start_us=BEGIN_US + us_of(first * FRAME + shift),
        end_us=BEGIN_US + us_of(end * FRAME + shift),
        created_at=CREATED,
    )
    path = tmp_path / "export.mp4"
    write_export(plan, path, on_progress=lambda _bytes: True)

    assert counters_in(path) == list(range(first, end))


def test_export_begins_at_zero_and_lasts_as_long_as_its_range(tmp_path: Path) -> None:
    files = write_sources(tmp_path, [encode_clip(100)])

    path, _written = export(files, tmp_path, first=30, end=80)

    with av.open(str(path)) as container:
        times = [frame.time for frame in container.decode(video=0)]
        assert container.duration == pytest.approx(2_000_000, abs=1000)
    assert times[0] == pytest.approx(0)
    assert times[-1] == pytest.approx(49 / 25)


@pytest.mark.parametrize("codec", ["libx265", "mjpeg"])
def test_export_of_other_codecs(tmp_path: Path, codec: str) -> None:
    files = write_sources(tmp_path, list(split_clip(encode_clip(60, codec=codec), 1)))

    path, _written = export(files, tmp_path, first=10, end=50)

    assert counters_in(path) == list(range(10, 50))


def test_export_closes_a_gap_up_and_says_so(tmp_path: Path) -> None:
    clips = list(split_clip(encode_clip(100), 2))
    gap_us = 7_000_000
    files = write_sources(tmp_path, clips, gap_us=gap_us)
    plan = plan_export(
        files, start_us=BEGIN_US, end_us=BEGIN_US + 4_000_000 + gap_us, created_at=CREATED
    )
    path = tmp_path / "export.mp4"

    write_export(plan, path, on_progress=lambda _bytes: True)

    assert counters_in(path) == list(range(100))
    assert [
        (part.file_start_us, part.started_us - BEGIN_US, part.ended_us - BEGIN_US)
        for part in plan.layout.stretches
    ] == [(0, 0, 2_000_000), (2_000_000, 9_000_000, 11_000_000)]


def test_export_of_a_drifting_clock_keeps_decode_times_rising(tmp_path: Path) -> None:
    clips = list(split_clip(encode_clip(75), 1))
    files = write_sources(tmp_path, clips, gap_us=-45_000)  # each begins before the last has ended

    plan = plan_export(files, start_us=BEGIN_US, end_us=BEGIN_US + 3_000_000, created_at=CREATED)
    path = tmp_path / "export.mp4"
    write_export(plan, path, on_progress=lambda _bytes: True)

    assert counters_in(path) == list(range(75))
    with av.open(str(path)) as container:
        times = [packet.dts for packet in container.demux(video=0) if packet.dts is not None]
    assert times == sorted(set(times))


def test_export_carries_sound_in_step(tmp_path: Path) -> None:
    clips = list(split_clip(with_sound(encode_clip(100)), 2))
    files = write_sources(tmp_path, clips)

    path, _written = export(files, tmp_path, first=30, end=80)

    assert counters_in(path) == list(range(30, 80))
    with av.open(str(path)) as container:
        heard = sum(frame.samples for frame in container.decode(audio=0))
    assert heard / 16_000 == pytest.approx(2.0, abs=0.13)


@pytest.mark.parametrize(
    "second",
    [
        encode_clip(25, size=(640, 360)),
        encode_clip(25, codec="libx265"),
        encode_clip(25, options={"profile": "main", "preset": "medium"}),
    ],
    ids=["size", "codec", "parameter sets"],
)
def test_export_over_a_change_of_format_names_the_moment(tmp_path: Path, second: Clip) -> None:
    files = write_sources(tmp_path, [encode_clip(25), second])

    with pytest.raises(FormatChangedError) as caught:
        export(files, tmp_path, first=0, end=50)

    assert caught.value.changed_us == BEGIN_US + 1_000_000


def test_export_of_nothing_is_an_error(tmp_path: Path) -> None:
    files = write_sources(tmp_path, [encode_clip(25)])

    with pytest.raises(NothingToExportError):
        export(files, tmp_path, first=100, end=110)


def test_export_names_a_source_that_was_changed(tmp_path: Path) -> None:
    files = write_sources(tmp_path, list(split_clip(encode_clip(75), 1)))
    data = bytearray(files[1].path.read_bytes())
    data[-10] ^= 1
    files[1].path.write_bytes(data)

    _path, written = export(files, tmp_path, first=30, end=31)

    assert written.damaged == ["1.mp4"]


def test_cancelled_export_stops(tmp_path: Path) -> None:
    files = write_sources(tmp_path, [encode_clip(25)])
    plan = plan_export(files, start_us=BEGIN_US, end_us=BEGIN_US + 10**6, created_at=CREATED)

    with pytest.raises(ExportCancelledError):
        write_export(plan, tmp_path / "export.mp4", on_progress=lambda _bytes: False)
