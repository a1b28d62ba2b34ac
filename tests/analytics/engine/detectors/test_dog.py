from __future__ import annotations

import pytest

from analytics.engine.boxes import Box
from analytics.engine.detector import Sighting
from analytics.engine.detectors.dog import ENTRY, DogDetector
from analytics.engine.kinds import Grade
from analytics.engine.objects import Label
from tests.analytics.observations import MadeCamera, found, sightings

pytestmark = pytest.mark.unit


def raised_by(label: Label, seconds: float) -> list[Sighting]:
    seen = MadeCamera().watch(
        seconds, others=lambda at: [found(label, Box(200 + 10 * at, 200, 260 + 10 * at, 240))]
    )
    return sightings(DogDetector(None), seen)


def test_dog_is_raised_after_the_dwell() -> None:
    first, *_ = raised_by(Label.DOG, 4)

    assert first.facts == {"zone": "", "seconds": pytest.approx(2.0)}


def test_dog_of_a_moment_is_none() -> None:
    assert raised_by(Label.DOG, 1) == []


def test_cat_is_no_dog() -> None:
    assert raised_by(Label.CAT, 4) == []


def test_dog_is_a_hint() -> None:
    assert ENTRY.grade is Grade.HINT
