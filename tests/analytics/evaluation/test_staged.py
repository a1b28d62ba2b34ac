from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from analytics.engine.boxes import Box
from analytics.engine.frames import Image
from analytics.engine.kinds import Kind
from analytics.engine.objects import FoundObject, Label
from analytics.evaluation.events import TrueEvent
from analytics.evaluation.parallel import on_all_cores
from analytics.evaluation.remembered import remembered_objects
from analytics.evaluation.staged import SUBJECTS, Subject, Take, scenes_of
from analytics.staged.casting import crossing

pytestmark = pytest.mark.unit


def take(kind: Kind, raised: tuple[float, ...], *events: TrueEvent) -> Take:
    return Take(kind, "scene", events, raised)


def test_alarm_in_time_is_found_and_another_is_false() -> None:
    score = take(Kind.LOITERING, (3.0, 30.0), TrueEvent(8, 60, 28)).score()

    assert (score.found, score.missed, score.false) == (1, 0, 1)


def test_crossing_must_be_told_within_a_second() -> None:
    early = take(Kind.CROSSING, (9.1,), TrueEvent(9, 9, 9)).score()
    late = take(Kind.CROSSING, (11.5,), TrueEvent(9, 9, 9)).score()

    assert (early.found, late.missed) == (1, 1)


def test_scenes_of_a_subject_are_events_and_controls() -> None:
    scenes = scenes_of(Subject(Kind.CROSSING, crossing, 2, 1))

    assert [len(scene.truth) for scene in scenes] == [1, 1, 0]


def test_there_are_as_many_scenes_as_promised() -> None:
    assert {subject.kind: subject.events for subject in SUBJECTS} == {
        Kind.ASSET: 240,
        Kind.ABANDONED: 40,
        Kind.LOITERING: 40,
        Kind.CROSSING: 40,
        Kind.CROWD: 20,
    }


class SlowFinder:
    def find(self, image: Image) -> list[FoundObject]:
        return [FoundObject(Label.PERSON, float(image.mean()) / 255, Box(0, 0, 1, os.getpid()))]


def test_work_is_spread_and_a_memory_outlives_the_fork(tmp_path: Path) -> None:
    pictures = [np.full((4, 4, 3), level, np.uint8) for level in range(6)]
    finder = remembered_objects(tmp_path, "slow", SlowFinder())
    finder.find(pictures[0])

    found = list(on_all_cores(lambda picture: finder.find(picture)[0], pictures))

    processes = {thing.box.bottom for thing in found if thing.score > 0}
    assert sorted(round(thing.score * 255) for thing in found) == list(range(6))
    assert os.getpid() not in processes
    assert finder.find(pictures[5])[0].box.bottom in processes
