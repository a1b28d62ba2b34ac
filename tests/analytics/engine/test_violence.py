from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

import numpy as np
import pytest

from analytics.engine.boxes import Box
from analytics.engine.frames import Frame
from analytics.engine.violence import (
    SUMMARY_NAMES,
    Step,
    ViolenceReader,
    ViolenceWindow,
    close_pairs,
    summarize,
)
from tests.analytics.engine.violence_scenes import brawl, walk

pytestmark = pytest.mark.unit


def read(scene: Iterable[tuple[Frame, list[Box]]]) -> list[Step]:
    reader = ViolenceReader()
    steps = [reader.read(frame, people) for frame, people in scene]
    return [step for step in steps if step is not None]


def test_first_two_frames_make_no_step() -> None:
    assert len(read(islice(walk(1), 5))) == 3


def test_brawl_is_more_disorderly_than_a_walk() -> None:
    walking, fighting = read(walk(2)), read(brawl(2))

    assert np.mean([s.reversal for s in fighting]) > 3 * np.mean([s.reversal for s in walking])
    assert np.mean([s.entropy for s in fighting]) > 1.5 * np.mean([s.entropy for s in walking])


def test_twice_as_fast_is_twice_the_speed() -> None:
    slow, fast = read(walk(2, heights_s=0.4)), read(walk(2, heights_s=0.8))

    ratio = np.median([step.speed for step in fast]) / np.median([step.speed for step in slow])
    assert ratio == pytest.approx(2, rel=0.3)


def test_frames_too_far_apart_make_no_step() -> None:
    reader = ViolenceReader()
    scene = list(islice(brawl(2), 6))

    steps = [
        reader.read(Frame(n * 1.0, frame.image), people) for n, (frame, people) in enumerate(scene)
    ]

    assert steps == [None] * 6


def test_cut_to_another_picture_makes_no_step() -> None:
    reader = ViolenceReader()
    scene = list(islice(walk(1), 4))
    for frame, people in scene:
        reader.read(frame, people)
    other = Frame(scene[-1][0].at + 0.08, np.roll(scene[-1][0].image, 100, axis=0))

    assert reader.read(other, scene[-1][1]) is None


def test_window_forgets_what_is_older_than_itself() -> None:
    window = ViolenceWindow(1.0)
    for frame, people in walk(3):
        window.see(frame, people)

    assert len(window.steps) == pytest.approx(12, abs=1)
    assert window.pair_share == 1.0


def test_people_apart_are_no_pair() -> None:
    near, far = Box(0, 0, 40, 100), Box(200, 0, 240, 100)

    assert close_pairs([near, far]) == []
    assert len(close_pairs([near, Box(60, 0, 100, 100)])) == 1


def test_summary_has_a_number_for_each_name() -> None:
    summary = summarize(read(walk(1)))

    assert summary.shape == (len(SUMMARY_NAMES),)
    assert np.isfinite(summary).all()
