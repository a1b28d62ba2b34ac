from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

import pytest

from analytics.actions.learned import Learned
from analytics.engine.analyzer import Finders
from analytics.engine.detectors.unusual import UnusualDetector
from analytics.engine.habits import Habits
from analytics.engine.overlay import OverlayBox
from analytics.failure_texts import Code, Problem
from analytics.models import WatchRule
from analytics.setup import CameraSetup, setup_of
from analytics.watching.boxes import Minute
from analytics.watching.camera import WatchedCamera
from analytics.watching.findings import Finding
from archive.engine.reader import describe_tracks
from cameras.live.entries import LiveEntry
from cameras.models import Camera
from tests.analytics.footage import live_entries, moving_clip
from tests.archive.factories import decode_jpeg, make_camera

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

BEGAN_AT = 1_790_000_000.0


@dataclass
class Told:
    """What a camera told."""

    findings: list[Finding] = field(default_factory=list)
    ends: list[tuple[Finding, datetime]] = field(default_factory=list)
    missing: list[tuple[float, float]] = field(default_factory=list)
    lessons: list[Mapping[int, Learned]] = field(default_factory=list)
    beginnings: int = 0

    def raised(self, finding: Finding) -> None:
        self.findings.append(finding)

    def ended(self, finding: Finding, at: datetime) -> None:
        self.ends.append((finding, at))

    def minute(self, minute: Minute) -> None:
        raise AssertionError("nothing was searched: there are no boxes")

    def seen(self, camera_id: int, at: float, boxes: tuple[OverlayBox, ...]) -> None:
        raise AssertionError("nothing was searched: there are no boxes")

    def learned(self, camera_id: int, learned: Mapping[int, Learned]) -> None:
        self.lessons.append(learned)

    def began_anew(self, camera_id: int) -> None:
        self.beginnings += 1

    def missed(self, camera_id: int, since: float, until: float) -> None:
        self.missing.append((since, until))


class Clock:
    def __init__(self) -> None:
        self.at = BEGAN_AT

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def camera_row() -> Camera:
    camera = make_camera()
    WatchRule.objects.create(camera=camera, kind="motion", grade="HINT")
    WatchRule.objects.create(camera=camera, kind="tamper")
    return camera


@pytest.fixture
def setup(camera_row: Camera) -> CameraSetup:
    return setup_of(camera_row)


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def camera(camera_row: Camera, setup: CameraSetup, told: Told, clock: Clock) -> WatchedCamera:
    return WatchedCamera(camera_row.pk, setup, Finders(), told, clock=clock)


def play(camera: WatchedCamera, clock: Clock, entries: Iterator[LiveEntry]) -> None:
    for entry in entries:
        clock.at = entry.fragment.captured_us / 1e6 + 0.05
        camera.take([entry])


def test_motion_is_raised_with_the_time_and_picture_of_its_footage(
    camera: WatchedCamera, told: Told, clock: Clock
) -> None:
    play(camera, clock, live_entries(moving_clip(16, [(5, 9)]), began_at=BEGAN_AT))

    [finding] = told.findings
    assert finding.kind == "motion"
    assert finding.grade == "HINT"
    assert finding.raised_at.timestamp() == pytest.approx(BEGAN_AT + 7.1, abs=0.5)
    assert finding.picture is not None
    assert decode_jpeg(finding.picture).max() > 200  # the block is in it
    [(ended, at)] = told.ends
    assert ended is finding
    assert at.timestamp() == pytest.approx(BEGAN_AT + 9, abs=0.5)
    assert camera.tally.analyzed == pytest.approx(80, abs=3)  # 5 of 10 frames a second
    assert camera.tally.shed == 0


def test_camera_that_is_late_sheds_frames_up_to_the_next_keyframe(
    camera: WatchedCamera, clock: Clock
) -> None:
    clock.at = BEGAN_AT + 60  # all of it is much too late

    camera.take(list(live_entries(moving_clip(10, []), began_at=BEGAN_AT)))

    assert camera.tally.analyzed == 10  # the keyframes
    assert camera.tally.shed == pytest.approx(40, abs=2)


def test_hole_in_the_stream_is_waited_out(camera: WatchedCamera, clock: Clock) -> None:
    entries = list(live_entries(moving_clip(3, []), began_at=BEGAN_AT))

    play(camera, clock, iter(entries[:3] + entries[5:]))

    assert camera.tally.analyzed == pytest.approx(2 + 10, abs=1)


def test_picture_of_another_size_begins_anew(
    camera: WatchedCamera, told: Told, clock: Clock
) -> None:
    play(camera, clock, live_entries(moving_clip(8, [(3, 8)]), began_at=BEGAN_AT))
    larger = moving_clip(10, [(4, 8)], size=(640, 360))
    play(camera, clock, live_entries(larger, began_at=BEGAN_AT + 8))

    assert [finding.kind for finding in told.findings] == ["motion", "motion"]
    assert camera.problem is None
    first_end = told.ends[0][1].timestamp()
    assert first_end == pytest.approx(BEGAN_AT + 8, abs=0.5)


def test_silent_camera_is_lost_and_ends_when_frames_come_again(
    camera: WatchedCamera, told: Told, clock: Clock
) -> None:
    play(camera, clock, live_entries(moving_clip(2, []), began_at=BEGAN_AT))
    clock.at = BEGAN_AT + 31
    camera.check_silence()
    assert told.findings == []

    clock.at = BEGAN_AT + 32.1
    camera.check_silence()
    camera.check_silence()
    play(camera, clock, live_entries(moving_clip(1, []), began_at=BEGAN_AT + 40))

    [finding] = told.findings
    assert (finding.kind, finding.facts["state"]) == ("tamper", "lost")
    assert finding.began_at.timestamp() == pytest.approx(BEGAN_AT + 1.9)
    [(_, at)] = told.ends
    assert at.timestamp() == pytest.approx(BEGAN_AT + 40)
    [missing] = told.missing
    assert missing == pytest.approx((BEGAN_AT + 1.9, BEGAN_AT + 40))


def test_what_another_worker_has_not_seen_any_more_is_missed(
    camera_row: Camera, setup: CameraSetup, told: Told, clock: Clock
) -> None:
    seen_until = BEGAN_AT - 60
    camera = WatchedCamera(
        camera_row.pk, setup, Finders(), told, seen_until=seen_until, clock=clock
    )

    play(camera, clock, live_entries(moving_clip(2, []), began_at=BEGAN_AT))

    assert told.missing == [(seen_until, BEGAN_AT)]


def test_picture_too_large_is_a_problem(
    camera: WatchedCamera, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    [entry, *_] = live_entries(moving_clip(0.1, []), began_at=BEGAN_AT)
    assert entry.fragment.live_format is not None
    initialization = entry.fragment.live_format.initialization
    # Width and height in the track header: 320 x 180 as 16.16 fixed point.
    huge = initialization.replace(
        (320 << 16).to_bytes(4, "big") + (180 << 16).to_bytes(4, "big"),
        (16384 << 16).to_bytes(4, "big") * 2,
    )
    assert describe_tracks(huge)[0].width == 16384
    live_format = replace(entry.fragment.live_format, initialization=huge)
    broken = LiveEntry(entry.id, replace(entry.fragment, live_format=live_format))

    play(camera, clock, iter([broken]))

    assert camera.problem == Problem(Code.PICTURE)
    assert "a picture of 16384 x 16384 is too large to be analyzed" in caplog.text
    assert camera.tally.analyzed == 0


def test_damaged_video_is_left_out_up_to_the_next_keyframe(
    camera: WatchedCamera, clock: Clock
) -> None:
    entries = list(live_entries(moving_clip(4, []), began_at=BEGAN_AT))
    broken = [
        LiveEntry(entry.id, replace(entry.fragment, data=entry.fragment.data[:112] + b"\xff" * 50))
        if 10 <= number < 20
        else entry
        for number, entry in enumerate(entries)
    ]

    play(camera, clock, iter(broken))

    assert 14 <= camera.tally.analyzed <= 20


def test_clock_put_back_does_not_stop_the_analysis(
    camera: WatchedCamera, told: Told, clock: Clock
) -> None:
    play(camera, clock, live_entries(moving_clip(3, []), began_at=BEGAN_AT))
    play(camera, clock, live_entries(moving_clip(10, [(3, 7)]), began_at=BEGAN_AT - 3600))

    assert [finding.kind for finding in told.findings] == ["motion"]


def test_what_detectors_learned_goes_on_through_every_change(
    camera_row: Camera, told: Told, clock: Clock
) -> None:
    rule = WatchRule.objects.create(camera=camera_row, kind="unusual")
    setup = setup_of(camera_row)
    habits = Habits()
    habits.counts[3, 1] = 5.0
    learned = {rule.pk: Learned("unusual", UnusualDetector.version, None, habits.to_state())}
    camera = WatchedCamera(camera_row.pk, setup, Finders(), told, learned=learned, clock=clock)

    camera.change(setup_of(camera_row), Finders())
    camera.fail()
    play(camera, clock, live_entries(moving_clip(2, []), began_at=BEGAN_AT))
    larger = moving_clip(2, [], size=(640, 360))
    play(camera, clock, live_entries(larger, began_at=BEGAN_AT + 2))
    camera.stop()

    assert told.lessons[-1][rule.pk].state["counts"][3][1] == 5.0
    assert told.beginnings == 3
