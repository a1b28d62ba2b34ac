from __future__ import annotations

import pytest

from analytics.engine.boxes import Box
from analytics.engine.objects import FoundObject, Label
from analytics.engine.tracks import Track, Tracker
from tests.analytics.observations import found, person_at

pytestmark = pytest.mark.unit


def follow(*frames: list[FoundObject], fps: float = 5.0) -> tuple[Tracker, list[int]]:
    """Return the tracker and the number of each proven track, frame by frame."""
    tracker, numbers = Tracker(), []
    for number, things in enumerate(frames):
        tracker.update(number / fps, things)
        numbers += [track.number for track in tracker.visible(number / fps)]
    return tracker, numbers


def person(
    x: float, *, score: float = 0.9, foot: float = 250.0, height: float = 100.0
) -> FoundObject:
    return found(Label.PERSON, person_at(x, foot, height), score)


def only(tracker: Tracker) -> Track:
    (track,) = tracker.tracks
    return track


def test_one_box_alone_is_not_told() -> None:
    assert follow([person(100)])[1] == []
    assert follow([person(100)], [person(104)])[1] == [1]


@pytest.mark.parametrize(("fps", "speed_px_s"), [(5.0, 250.0), (2.0, 120.0)])
def test_runner_at_five_and_walker_at_two_frames_keep_their_number(
    fps: float, speed_px_s: float
) -> None:
    frames = [[person(50 + speed_px_s * number / fps)] for number in range(8)]

    _, numbers = follow(*frames, fps=fps)

    assert set(numbers) == {1}


def test_faint_box_continues_a_track_but_begins_none() -> None:
    assert follow([person(100)], [person(104, score=0.3)])[1] == [1]
    assert follow([person(100, score=0.3)], [person(104, score=0.3)])[1] == []


def test_track_survives_a_short_time_out_of_sight() -> None:
    frames = [[person(100 + 8 * n)] if n < 5 or n > 12 else [] for n in range(18)]

    assert set(follow(*frames)[1]) == {1}


def test_track_ends_after_its_time_even_if_no_frame_came_between() -> None:
    tracker, _ = follow([person(100)], [person(100)])

    tracker.update(60.0, [person(100)])

    assert only(tracker).number == 2


def test_two_who_pass_each_other_keep_their_numbers() -> None:
    frames = [[person(100 + 20 * n, foot=250), person(400 - 20 * n, foot=275)] for n in range(15)]

    tracker, _ = follow(*frames)

    right = {track.number: track.box.center.x for track in tracker.tracks}
    assert right == {1: 100 + 20 * 14, 2: 400 - 20 * 14}


def test_person_and_dog_at_one_place_are_two() -> None:
    box = Box(100, 100, 140, 140)
    frame = [found(Label.PERSON, box), found(Label.DOG, box)]

    assert sorted(follow(frame, frame)[1]) == [1, 2]


def test_label_of_a_vehicle_follows_the_votes() -> None:
    box = Box(100, 100, 200, 160)
    labels = [Label.CAR, Label.TRUCK, Label.TRUCK]

    tracker, _ = follow(*([found(label, box, 0.8)] for label in labels))

    assert only(tracker).label is Label.TRUCK
    assert only(tracker).mean_score == pytest.approx(0.8)


def test_who_rests_is_kept_though_seldom_found() -> None:
    frames = [[person(100)] if n < 20 or n % 25 == 0 else [] for n in range(101)]

    assert set(follow(*frames)[1]) == {1}


def test_who_walked_out_of_sight_is_not_kept_as_long() -> None:
    frames = [[person(100 + 10 * n)] if n < 20 else [] for n in range(20 + 17)]

    tracker, _ = follow(*frames)

    assert tracker.tracks == ()
