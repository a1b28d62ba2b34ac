from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
import pytest

from analytics.engine.analyzer import Analyzer, Finders
from analytics.engine.boxes import Box, Point
from analytics.engine.detector import Sighting
from analytics.engine.frames import Frame, Image
from analytics.engine.kinds import Kind
from analytics.engine.objects import FoundObject, Label
from analytics.engine.observation import Observation
from analytics.engine.rules import Rule
from analytics.engine.scene import Scene, Zone

pytestmark = pytest.mark.unit

PERSON = FoundObject(Label.PERSON, 0.9, Box(100, 100, 140, 200))


class CountingFinder:
    def __init__(self) -> None:
        self.asked = 0

    def find(self, image: Image) -> list[FoundObject]:
        self.asked += 1
        return [PERSON]


class PersonDetector:
    kind: ClassVar[Kind] = Kind.INTRUSION
    version: ClassVar[int] = 1

    def __init__(self, wanted_fps: float = 0) -> None:
        self.wanted_fps = wanted_fps

    def observe(self, seen: Observation) -> Iterator[Sighting]:
        for track in seen.persons:
            yield Sighting(Kind.INTRUSION, at=seen.at, since=track.first_at, box=track.box)


def picture(brightness: int = 90, *, width: int = 640, height: int = 360) -> Image:
    return np.full((height, width, 3), brightness, dtype=np.uint8)


def analyzer_of(finder: CountingFinder, scene: Scene | None = None) -> Analyzer:
    return Analyzer(scene or Scene(), Finders(objects=finder), lambda: [Rule(PersonDetector())])


def test_still_picture_is_searched_once_in_two_seconds() -> None:
    finder = CountingFinder()
    finder.find = lambda image: []  # type: ignore[method-assign]  # -- nobody is there
    analyzer = analyzer_of(finder)

    for number in range(50):
        analyzer.feed(Frame(number / 5, picture()))

    assert (analyzer.frames, analyzer.searches) == (50, 5)


class Passers:
    """Shows the finder somebody who walks, who stands, or nobody."""

    def __init__(self, *, steps_px: float = 0, is_there: bool = True) -> None:
        self.asked = 0
        self._steps_px, self.is_there = steps_px, is_there

    def find(self, image: Image) -> list[FoundObject]:
        self.asked += 1
        left = 100 + self._steps_px * self.asked
        box = Box(left, 100, left + 40, 200)
        return [FoundObject(Label.PERSON, 0.9, box)] if self.is_there else []


@pytest.mark.parametrize(
    ("passers", "asked"),
    [
        (Passers(steps_px=8), 25),
        (Passers(), 22),
        (Passers(is_there=False), 18),
    ],
    ids=["walks", "stands", "nobody"],
)
def test_moving_picture_is_searched_often_only_while_somebody_moves(
    passers: Passers, asked: int
) -> None:
    analyzer = Analyzer(Scene(), Finders(objects=passers), lambda: [Rule(PersonDetector())])

    for number in range(50):
        analyzer.feed(Frame(number / 10, picture(90 + 20 * (number % 2))))

    assert passers.asked == asked


def test_who_comes_into_a_moving_picture_is_followed_at_full_pace() -> None:
    passers = Passers(steps_px=8, is_there=False)
    analyzer = Analyzer(Scene(), Finders(objects=passers), lambda: [Rule(PersonDetector())])
    for number in range(50):
        analyzer.feed(Frame(number / 10, picture(90 + 20 * (number % 2))))
    passers.asked, passers.is_there = 0, True

    for number in range(50, 70):
        analyzer.feed(Frame(number / 10, picture(90 + 20 * (number % 2))))

    assert passers.asked >= 9


def test_what_the_last_search_found_is_known_for_a_second() -> None:
    analyzer = analyzer_of(CountingFinder())
    known = []
    for number in range(4):
        analyzer.feed(Frame(number * 0.1, picture(90 + 20 * (number % 2))))
        assert analyzer.observation is not None
        known.append((analyzer.observation.was_searched, len(analyzer.observation.lately)))

    assert known == [(True, 1), (False, 1), (True, 1), (False, 1)]


def test_episode_begins_when_the_track_is_proven() -> None:
    analyzer = analyzer_of(CountingFinder())

    changes = [
        change
        for number in range(5)
        for change in analyzer.feed(Frame(number / 5, picture(90 + 20 * (number % 2))))
    ]

    assert [change.is_new for change in changes] == [True, False, False, False]
    assert changes[0].episode.raised_at == 0.2


def test_mask_hides_who_stands_in_it() -> None:
    left = Zone("tree", (Point(0, 0), Point(0.5, 0), Point(0.5, 1), Point(0, 1)))
    analyzer = analyzer_of(CountingFinder(), Scene(masks=(left,)))

    changes = [
        change
        for number in range(5)
        for change in analyzer.feed(Frame(number / 5, picture(90 + 20 * (number % 2))))
    ]

    assert changes == []


def test_change_of_the_picture_size_ends_episodes_and_begins_anew() -> None:
    analyzer = analyzer_of(CountingFinder())
    for number in range(3):
        analyzer.feed(Frame(number / 5, picture(90 + 20 * (number % 2))))
    rules = analyzer.rules

    changes = analyzer.feed(Frame(1, picture(width=320, height=240)))

    assert [change.episode.is_over for change in changes] == [True]
    assert analyzer.rules != rules


def test_wide_picture_is_shrunk() -> None:
    analyzer = analyzer_of(CountingFinder())

    analyzer.feed(Frame(0, picture(width=1920, height=1080)))

    assert analyzer.observation is not None
    assert (analyzer.observation.frame.width, analyzer.observation.frame.height) == (640, 360)


def test_detector_may_ask_for_more_frames() -> None:
    detector = PersonDetector()
    analyzer = Analyzer(Scene(), Finders(), lambda: [Rule(detector)])
    analyzer.feed(Frame(10, picture()))

    assert not analyzer.wants(10.1)
    detector.wanted_fps = 10
    assert analyzer.wants(10.1)


def test_close_ends_what_is_open() -> None:
    analyzer = analyzer_of(CountingFinder())
    for number in range(3):
        analyzer.feed(Frame(number / 5, picture(90 + 20 * (number % 2))))

    assert [change.episode.is_over for change in analyzer.close()] == [True]
