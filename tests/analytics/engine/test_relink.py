from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from analytics.engine.boxes import Box
from analytics.engine.clips import read_frames
from analytics.engine.frames import Floats, Frame, Image, fit_for_analysis
from analytics.engine.objects import Label
from analytics.engine.relink import Relinker
from analytics.engine.tracks import Track, Tracker
from analytics.engine.weights import open_finders
from tests.analytics.observations import found, person_at

RED, BLUE = (30, 30, 200), (200, 30, 30)


class MeanColor:
    """Looks by color alone: a real way to tell two painted persons apart."""

    def find(self, image: Image, box: Box) -> Floats:
        left, top, right, bottom = (round(side) for side in box)
        color = image[top:bottom, left:right].reshape(-1, 3).mean(axis=0)
        return np.asarray(color / np.linalg.norm(color), dtype=np.float32)


class Street:
    """A camera with painted persons, looked at five times a second."""

    def __init__(self) -> None:
        self.tracker, self.relinker = Tracker(), Relinker(MeanColor())
        self.at = 0.0
        self._followed: tuple[Track, ...] = ()

    def show(self, seconds: float, *persons: tuple[Box, tuple[int, int, int]]) -> list[Track]:
        visible: Sequence[Track] = ()
        for _ in range(round(seconds * 5)):
            self.at += 0.2
            image = np.full((360, 640, 3), 90, dtype=np.uint8)
            for box, color in persons:
                left, top, right, bottom = (round(side) for side in box)
                image[top:bottom, left:right] = color
            self.tracker.update(self.at, [found(Label.PERSON, box) for box, _ in persons])
            visible = self.tracker.visible(self.at)
            ended = [track for track in self._followed if track not in self.tracker.tracks]
            self._followed = self.tracker.tracks
            self.relinker.link(Frame(self.at, image), visible, ended)
        return list(visible)


@pytest.mark.unit
def test_same_looks_after_a_while_are_the_same_person() -> None:
    street = Street()
    street.show(3, (person_at(300, 250), RED))
    street.show(5)

    (again,) = street.show(2, (person_at(400, 250), RED))

    assert (again.number, again.identity) == (2, 1)


@pytest.mark.unit
def test_other_looks_are_another_person() -> None:
    street = Street()
    street.show(3, (person_at(300, 250), RED))
    street.show(5)

    (other,) = street.show(2, (person_at(320, 250), BLUE))

    assert other.identity == other.number == 2


@pytest.mark.unit
def test_nobody_is_known_again_after_a_minute() -> None:
    street = Street()
    street.show(3, (person_at(300, 250), RED))
    street.show(70)

    (again,) = street.show(2, (person_at(300, 250), RED))

    assert again.identity == again.number


@pytest.mark.unit
def test_who_could_not_get_there_in_time_is_somebody_else() -> None:
    street = Street()
    street.show(3, (person_at(40, 120, 50), RED))
    street.show(3.2)

    (far,) = street.show(2, (person_at(600, 320, 50), RED))

    assert far.identity == far.number


@pytest.mark.unit
def test_two_who_look_alike_are_not_guessed() -> None:
    street = Street()
    street.show(3, (person_at(250, 250), RED), (person_at(350, 250), RED))
    street.show(5)

    (again,) = street.show(2, (person_at(300, 250), RED))

    assert again.identity == again.number


@pytest.mark.unit
def test_network_is_asked_seldom() -> None:
    street = Street()

    street.show(60, (person_at(300, 250), RED))

    assert street.relinker.calls <= 8


@pytest.mark.media
def test_network_tells_visitors_apart(shared_folder: Path) -> None:
    """Two moments of one visit are more alike than visits of different people."""
    finders, _ = open_finders(shared_folder / "models")
    assert finders.looks is not None
    assert finders.objects is not None
    clip = shared_folder / "clips" / "persons" / "one-by-one-person-detection.mp4"
    looks = []
    for frame in read_frames(clip, lambda at: round(at, 1) in (12.0, 14.0, 30.0, 32.0)):
        image = fit_for_analysis(frame.image)
        persons = [it for it in finders.objects.find(image) if it.label is Label.PERSON]
        best = max(persons, key=lambda it: it.score)
        looks.append(finders.looks.find(image, best.box))

    first, again, other, other_again = looks
    assert min(first @ again, other @ other_again) > 0.75 > first @ other
