from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from analytics.engine.analyzer import Analyzer, Finders
from analytics.engine.detector import Sighting
from analytics.engine.detectors.sound import SoundDetector
from analytics.engine.frames import Frame
from analytics.engine.rules import Rule
from analytics.engine.scene import Scene

pytestmark = pytest.mark.unit

PICTURE = np.full((90, 160, 3), 90, dtype=np.uint8)


def heard(levels: Iterator[float | None]) -> list[Sighting]:
    """Lead five levels a second through an analyzer."""
    analyzer = Analyzer(Scene(), Finders(), lambda: [Rule(SoundDetector())])
    return [
        change.episode.last
        for number, level in enumerate(levels)
        for change in analyzer.feed(Frame(number / 5, PICTURE, level))
        if change.is_new
    ]


def street(*, bang_at: int, bang_db: float, usual_db: float, count: int = 600) -> Iterator[float]:
    for number in range(count):
        yield bang_db if number == bang_at else usual_db + number % 3


def test_bang_in_a_quiet_street_is_heard() -> None:
    seen = heard(street(bang_at=500, bang_db=-12, usual_db=-50))

    assert [(sighting.at, sighting.facts) for sighting in seen] == [
        (100.0, {"level_db": -12, "usual_db": -49})
    ]


def test_road_that_always_roars_is_usual() -> None:
    assert heard(street(bang_at=500, bang_db=-12, usual_db=-20)) == []


def test_cough_in_the_night_is_not_loud() -> None:
    assert heard(street(bang_at=500, bang_db=-45, usual_db=-80)) == []


def test_bang_before_anything_was_learned_is_not_judged() -> None:
    assert heard(street(bang_at=200, bang_db=-12, usual_db=-50)) == []


def test_camera_without_sound_stays_silent() -> None:
    assert heard(iter([None] * 400)) == []
