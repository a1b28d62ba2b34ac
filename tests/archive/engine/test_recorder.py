from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from itertools import islice, pairwise
from pathlib import Path

import av
import pytest

from archive.engine.index import index_fragments, unpack_index
from archive.engine.manifest import GapReason, iter_opening_notes
from cameras.engine.fragments import AUDIO_TRACK, VIDEO_TRACK, initialization_end, iter_fragments
from cameras.engine.packets import VIDEO_CLOCK, Failure, FailureCause
from tests.archive.engine.conftest import Rig, feed, finish, record
from tests.archive.feed import NOON, encode, endless, shifted, with_audio

pytestmark = pytest.mark.unit

SECOND = VIDEO_CLOCK
NOON_US = int(NOON * 1_000_000)


def test_recorder_loses_no_picture_at_rotation(rig: Rig) -> None:
    record(rig.recorder(), encode(250))

    numbers = rig.numbers()

    assert [number for file in numbers for number in file] == list(range(250))
    assert len(numbers) == 5
    assert len({manifest.opening.run for manifest in rig.manifests()}) == 1


def test_recordings_of_a_run_follow_each_other_without_a_gap(rig: Rig) -> None:
    record(rig.recorder(), encode(250))

    manifests = rig.manifests()

    assert manifests[0].opening.started_us == NOON_US
    assert manifests[-1].ended_us == NOON_US + 10_000_000
    for before, after in pairwise(manifests):
        assert before.ended_us == after.opening.started_us


def test_recording_is_what_its_manifest_says(rig: Rig) -> None:
    record(rig.recorder(), encode(60))

    for manifest in rig.manifests():
        path = rig.volume.path / manifest.opening.path
        data = path.read_bytes()
        digest = subprocess.run(["sha256sum", path], check=True, capture_output=True).stdout
        start = initialization_end(data)
        fragments = list(iter_fragments(data, start))
        gops = index_fragments(fragments)
        assert manifest.size_bytes == len(data) == fragments[-1].end_offset
        assert manifest.sha256 == digest.split()[0].decode()
        assert manifest.initialization == data[:start]
        assert manifest.frame_count == len(fragments)
        assert unpack_index(manifest.gop_index).tolist() == [
            (gop.time, gop.offset, gop.key_bytes, gop.frames) for gop in gops
        ]


def test_durations_are_those_of_the_camera(rig: Rig) -> None:
    clip = encode(30)
    # The camera takes pictures 12 to 29 half as often.
    late = [shifted(p, ticks=(n - 12) * 3600) for n, p in enumerate(clip.packets) if n > 12]
    recorder = rig.recorder(limits={"segment_seconds": 60.0})
    recorder.started(clip.stream_format)

    feed(recorder, [*clip.packets[:13], *late])
    finish(recorder)

    data = (rig.volume.path / rig.manifests()[0].opening.path).read_bytes()
    durations = [item.duration for item in iter_fragments(data, initialization_end(data))]
    assert durations == [3600] * 12 + [7200] * 18


def test_pictures_out_of_order_keep_their_times(rig: Rig) -> None:
    record(rig.recorder(), encode(100, b_frames=2))

    for manifest, numbers in zip(rig.manifests(), rig.numbers(), strict=True):
        with av.open(str(rig.volume.path / manifest.opening.path)) as container:
            times = [frame.pts or 0 for frame in container.decode(video=0)]
        assert numbers == sorted(numbers)
        assert all(after - before == 3600 for before, after in pairwise(times))
    assert sum(map(len, rig.numbers())) == 100


def test_sound_is_copied_between_the_pictures(rig: Rig) -> None:
    clip = with_audio(encode(150))
    sounds = [bytes(p.data[0]) for p in clip.packets if p.kind == "audio"]

    record(rig.recorder(), clip)

    copied = []
    for manifest in rig.manifests():
        data = (rig.volume.path / manifest.opening.path).read_bytes()
        fragments = list(iter_fragments(data, initialization_end(data)))
        times = [item.decode_time for item in fragments if item.track == AUDIO_TRACK]
        assert all(after > before for before, after in pairwise(times))
        copied += [
            data[item.data_offset : item.end_offset]
            for item in fragments
            if item.track == AUDIO_TRACK
        ]
        assert fragments[0].track == VIDEO_TRACK
    assert copied == sounds
    note = rig.manifests()[0].opening.format
    assert note is not None
    assert note.codec_string.endswith(",ulaw")


def test_change_of_format_begins_another_file(rig: Rig) -> None:
    small, large = encode(30), encode(30, width=640)
    moved = [shifted(packet, ticks=30 * 3600, seconds=1.2) for packet in large.packets]
    recorder = rig.recorder()

    recorder.started(small.stream_format)
    feed(recorder, small.packets)
    recorder.started(large.stream_format)
    feed(recorder, moved)
    finish(recorder)

    first, second = rig.manifests()
    assert first.opening.format is not None
    assert second.opening.format is not None
    assert (first.opening.format.width, second.opening.format.width) == (320, 640)
    assert second.opening.gap_before == GapReason("FORMAT_CHANGED")
    assert rig.numbers() == [list(range(30)), list(range(30))]


def test_failure_is_the_cause_of_the_gap_before_the_next_run(rig: Rig) -> None:
    clip = encode(30)
    recorder = rig.recorder(gap_before=GapReason("RECORDER_DIED"))

    recorder.started(clip.stream_format)
    feed(recorder, clip.packets)
    recorder.failed(Failure(FailureCause.CAMERA_CLOSED, "connection reset"))
    recorder.failed(Failure(FailureCause.UNREACHABLE, "no route"))
    recorder.started(clip.stream_format)
    feed(recorder, [shifted(packet, seconds=20) for packet in clip.packets])
    finish(recorder)

    first, second = rig.manifests()
    assert first.opening.gap_before == GapReason("RECORDER_DIED")
    assert second.opening.gap_before == GapReason("UNREACHABLE", "no route")
    assert second.opening.started_us == NOON_US + 20_000_000
    assert first.opening.run != second.opening.run


def test_burst_at_the_start_does_not_shift_the_time_line(rig: Rig) -> None:
    clip = encode(60)
    # The camera sends its last second at once: pictures 0 to 24 arrive with number 25.
    burst = [shifted(p, seconds=(25 - n) / 25) if n < 25 else p for n, p in enumerate(clip.packets)]
    recorder = rig.recorder()
    recorder.started(clip.stream_format)

    feed(recorder, burst)
    finish(recorder)

    assert rig.manifests()[0].opening.started_us == NOON_US


def test_camera_clock_jump_in_a_gop_loses_nothing_and_begins_a_run(rig: Rig) -> None:
    clip = encode(60)
    jumped = [shifted(p, ticks=3600 * SECOND) if n >= 25 else p for n, p in enumerate(clip.packets)]
    recorder = rig.recorder(limits={"segment_seconds": 60.0})
    recorder.started(clip.stream_format)

    feed(recorder, jumped)
    finish(recorder)

    first, second = rig.manifests()
    assert rig.numbers() == [list(range(30)), list(range(30, 60))]
    assert first.ended_us == second.opening.started_us == NOON_US + 1_200_000
    assert second.opening.gap_before == GapReason("CLOCK_JUMPED")


def test_wall_clock_put_forward_begins_a_run_at_the_new_time(rig: Rig) -> None:
    clip = encode(60)
    late = [shifted(p, seconds=3600) if n >= 25 else p for n, p in enumerate(clip.packets)]
    recorder = rig.recorder(limits={"segment_seconds": 60.0})
    recorder.started(clip.stream_format)

    feed(recorder, late)
    finish(recorder)

    second = rig.manifests()[1]
    assert second.opening.started_us == NOON_US + 3_601_200_000
    assert rig.numbers() == [list(range(30)), list(range(30, 60))]


def test_wall_clock_put_back_never_makes_recordings_overlap(rig: Rig) -> None:
    clip = encode(250)
    early = [shifted(p, seconds=-7200) if n >= 25 else p for n, p in enumerate(clip.packets)]
    recorder = rig.recorder()
    recorder.started(clip.stream_format)

    feed(recorder, early)
    finish(recorder)

    manifests = rig.manifests()
    for before, after in pairwise(manifests):
        assert before.ended_us <= after.opening.started_us
    assert [n for file in rig.numbers() for n in file] == list(range(250))
    assert len({manifest.opening.run for manifest in manifests}) == 2


def test_drift_is_corrected_by_at_most_500_ppm(rig: Rig) -> None:
    # The camera's clock is 300 ppm slow: after n seconds the wall is 0.3 n ms ahead.
    slow = (
        shifted(packet, seconds=(packet.arrived_at - NOON) * 300e-6)
        for packet in islice(endless(encode(250)), 1500)
    )
    recorder = rig.recorder(limits={"segment_seconds": 10.0})
    recorder.started(encode(250).stream_format)

    feed(recorder, slow)
    finish(recorder)

    manifests = rig.manifests()
    last = manifests[-1].opening.started_us - NOON_US
    media = sum(manifest.frame_count for manifest in manifests[:-1]) * 40_000
    # What is corrected at a boundary is what the file before it showed from its start on.
    assert last - media == pytest.approx((media - 10_000_000) * 300e-6, abs=1000)
    for before, after in pairwise(manifests):
        assert before.ended_us == after.opening.started_us


def test_slow_disk_costs_whole_gops_and_is_noted(rig: Rig) -> None:
    clip = encode(250)
    recorder = rig.recorder(limits={"queue_bytes": 8000, "segment_seconds": 60.0})
    recorder.started(clip.stream_format)

    for packet in clip.packets[:100]:
        recorder.packet(packet)  # the writer is stuck
    recorder.drain()
    feed(recorder, clip.packets[100:])
    finish(recorder)

    first, second = rig.numbers()
    assert first == list(range(len(first)))
    assert second[0] % 10 == 0
    assert second == list(range(second[0], 250))
    assert second[0] > len(first)
    report = recorder.health.report()
    assert report.dropped_packet_count == second[0] - len(first)
    assert rig.manifests()[1].opening.gap_before == GapReason(
        "FOOTAGE_LOST", "the disk was too slow"
    )


def test_recorder_refuses_a_folder_that_is_no_longer_the_volume(rig: Rig) -> None:
    clip = encode(30)
    identity = rig.volume.path / "volume.json"
    identity.rename(identity.with_suffix(".away"))
    recorder = rig.recorder()

    record(recorder, clip)

    assert list(rig.volume.path.glob("*-*/**/*.mp4*")) == []
    assert "is not volume" in recorder.health.report().detail


def test_broken_descriptor_costs_one_file_and_recording_goes_on(rig: Rig) -> None:
    clip = encode(100)
    recorder = rig.recorder(limits={"segment_seconds": 60.0})
    recorder.started(clip.stream_format)
    feed(recorder, clip.packets[:40])

    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), _descriptor_of(next(rig.volume.path.glob("*-*/*/*/*.part"))))
    feed(recorder, clip.packets[40:50])
    _wait_for(lambda: len(rig.paths) == 1)
    time.sleep(2.1)  # a refusing disk is asked again after 2 s
    feed(recorder, clip.packets[50:])
    finish(recorder)

    first, second = rig.numbers()
    assert first == list(range(len(first)))
    assert len(first) >= 32
    assert second == list(range(50, 100))
    assert rig.manifests()[0].is_recovered
    reason = rig.manifests()[1].opening.gap_before
    assert reason is not None
    assert reason.cause == "FOOTAGE_LOST"


def _descriptor_of(path: Path) -> int:
    for link in Path("/proc/self/fd").iterdir():
        if link.exists() and link.resolve() == path:
            return int(link.name)
    raise LookupError(path)


def _wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root")
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        pytest.skip("this kernel or container refuses to mount a disk")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_full_disk_is_left_as_it_stands_and_recording_resumes(
    small_disk: Path, make_rig: Callable[[Path], Rig]
) -> None:
    rig = make_rig(small_disk / "volume")
    clip = encode(250, gop=25)
    limits = {"segment_seconds": 600.0, "min_free_bytes": 200_000}
    recorder = rig.recorder(limits=limits)
    recorder.started(clip.stream_format)
    packets = endless(clip)
    filler = small_disk / "filler"
    filler.write_bytes(bytes(1_500_000))

    for _ in range(200):
        feed(recorder, islice(packets, 50))
        if recorder.health.disk_problem:
            break
    full = recorder.health.report()
    filler.unlink()
    time.sleep(2.1)
    feed(recorder, islice(packets, 50))
    healed = recorder.health.report()
    finish(recorder)
    _wait_for(lambda: len(rig.paths) == 2)

    assert (full.state, full.detail) == ("DISK_FULL", "No space left on device")
    assert healed.state == "ONLINE"
    first, second = rig.manifests()
    assert first.is_recovered
    assert second.opening.gap_before == GapReason("DISK_FULL", "No space left on device")
    numbers = rig.numbers()
    assert numbers[0] == [number % 250 for number in range(len(numbers[0]))]
    assert numbers[1][0] % 25 == 0
    assert list(iter_opening_notes(rig.volume.pending)) == []
