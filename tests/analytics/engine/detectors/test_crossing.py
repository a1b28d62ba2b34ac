from __future__ import annotations

import pytest

from analytics.engine.boxes import Box, Point
from analytics.engine.catalog import Setting
from analytics.engine.detectors.crossing import CrossingDetector, make
from analytics.engine.scene import Direction, Line, SceneError
from tests.analytics.observations import MadeCamera, person_at, sightings

pytestmark = pytest.mark.unit

LINE = Line("gate", Point(0.5, 0.2), Point(0.5, 1.0))
UPPER_HALF = Line("gate", Point(0.5, 0.0), Point(0.5, 0.4))


def walk(speed: float, *, start: float = 200.0, foot: float = 250.0) -> list[Box]:
    """Make the boxes of ten seconds at five frames a second; the speed is in pixels a second."""
    return [person_at(start + speed * number / 5, foot) for number in range(50)]


def crossings(line: Line, boxes: list[Box]) -> list[tuple[float, str]]:
    camera = MadeCamera()
    seen = camera.watch(len(boxes) / 5, lambda at: [boxes[round(at * 5)]])
    return [
        (round(found.since, 2), str(found.facts["direction"]))
        for found in sightings(CrossingDetector(line), seen)
    ]


def test_crossing_tells_moment_between_frames_and_direction() -> None:
    found = crossings(LINE, walk(41.0))

    assert found == [(round(120 / 41, 2), Direction.TO_LEFT)]


def test_crossing_back_is_another_direction() -> None:
    assert crossings(LINE, walk(-40.0, start=430.0)) == [(2.75, Direction.TO_RIGHT)]


@pytest.mark.parametrize(
    ("direction", "count"), [(Direction.TO_LEFT, 1), (Direction.TO_RIGHT, 0), (Direction.BOTH, 1)]
)
def test_crossing_counts_only_in_the_watched_direction(direction: Direction, count: int) -> None:
    line = Line("gate", LINE.start, LINE.end, direction)

    assert len(crossings(line, walk(40.0))) == count


def test_standing_on_the_line_crosses_nothing() -> None:
    swaying = [person_at(320 + (3 if number % 2 else -3), 250) for number in range(50)]

    assert crossings(LINE, swaying) == []


def test_walking_around_the_end_of_a_line_crosses_nothing() -> None:
    down = [person_at(300, 130 + 4 * number) for number in range(25)]
    under = [person_at(300 + 5 * number, 230) for number in range(10)]
    up = [person_at(350, 230 - 4 * number) for number in range(25)]

    assert crossings(UPPER_HALF, [*down, *under, *up]) == []


def test_crossing_out_of_sight_counts_when_the_person_is_known_again() -> None:
    camera, detector = MadeCamera(), CrossingDetector(LINE)
    before = [camera.see(n / 5, [person_at(250 + 5 * n, 250)]) for n in range(10)]
    raised = sightings(detector, before)
    gone = [camera.see(2 + n / 5) for n in range(14)]
    raised += sightings(detector, gone)
    for number in range(3):
        seen = camera.see(5 + number / 5, [person_at(345 + 5 * number, 250)])
        for track in seen.tracks:
            track.identity = before[-1].tracks[0].identity
        raised += detector.observe(seen)

    assert len(raised) == 1


def test_making_a_crossing_without_a_line_is_refused() -> None:
    with pytest.raises(SceneError):
        make(Setting())
