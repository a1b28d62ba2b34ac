from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from analytics.engine.boxes import Box
from analytics.engine.detector import Sighting
from analytics.engine.detectors.group import GroupDetector, GroupParameters
from tests.analytics.observations import MadeCamera, person_at, sightings

pytestmark = pytest.mark.unit

SHORT = GroupParameters(dwell_s=60.0, absence_s=20.0)
TOGETHER = [person_at(250, 300), person_at(320, 305), person_at(390, 300)]
APART = [person_at(80, 300), person_at(320, 305), person_at(560, 300)]


def raised_by(persons: Callable[[float], Sequence[Box]]) -> list[Sighting]:
    return sightings(GroupDetector(None, SHORT), MadeCamera().watch(90, persons, fps=2))


def test_group_that_stays_is_raised_after_the_dwell() -> None:
    first, *_ = raised_by(lambda at: TOGETHER)

    assert first.at == pytest.approx(60.5)
    assert first.facts == {"zone": "", "persons": 3, "seconds": pytest.approx(60.0)}


def test_three_who_stand_apart_are_no_group() -> None:
    assert raised_by(lambda at: APART) == []


def test_two_are_no_group() -> None:
    assert raised_by(lambda at: TOGETHER[:2]) == []


def test_group_that_walks_on_does_not_stay() -> None:
    def strolling(at: float) -> list[Box]:
        return [person_at(60 + 5 * at + 40 * number, 300, 80) for number in range(3)]

    assert raised_by(strolling) == []


def test_members_may_come_and_go() -> None:
    assert raised_by(lambda at: TOGETHER[: 3 if at % 10 < 8 else 2]) != []


def test_groups_of_a_moment_again_and_again_do_not_stay() -> None:
    assert raised_by(lambda at: TOGETHER[: 3 if at % 30 < 5 else 1]) == []
