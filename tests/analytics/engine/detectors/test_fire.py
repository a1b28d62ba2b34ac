from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from analytics.engine.analyzer import Analyzer, Finders
from analytics.engine.boxes import Box, Point
from analytics.engine.detector import Sighting
from analytics.engine.detectors.fire import FireDetector
from analytics.engine.frames import Frame, Image
from analytics.engine.rules import Rule
from analytics.engine.scene import Scene, Zone
from tests.analytics.observations import MadeCamera

pytestmark = pytest.mark.unit

WIDTH, HEIGHT = 320, 180
FIRE = Box(150, 80, 190, 120)
"""Where it burns."""
Paint = Callable[[Image, float], None]


def burn(picture: Image, at: float) -> None:
    """Paint tongues of flame, each of which leaps for itself."""
    random = np.random.default_rng(round(at * 100))
    for left in range(int(FIRE.left), int(FIRE.right), 6):
        tall = int(random.integers(8, int(FIRE.height)))
        heat = int(random.integers(60, 200))
        corner, foot = (left, int(FIRE.bottom) - tall), (left + 5, int(FIRE.bottom))
        cv2.rectangle(picture, corner, foot, (30, heat, 250), -1)


def glow(picture: Image, at: float) -> None:
    """A yellow sign that hangs there."""
    cv2.rectangle(picture, (150, 80), (190, 120), (30, 150, 250), -1)


def blink(picture: Image, at: float) -> None:
    """A lamp that goes on and off twice a second, all at once."""
    if int(at * 4) % 2:
        glow(picture, at)


def hurry(picture: Image, at: float) -> None:
    """An orange coat that walks by."""
    left = int(at * 40) % WIDTH
    cv2.rectangle(picture, (left, 60), (left + 20, 120), (30, 120, 250), -1)


def watched(
    paint: Paint, *, seconds: float = 8.0, shake: int = 0, scene: Scene | None = None
) -> list[Sighting]:
    """Lead ten frames a second through an analyzer; return what was seen burning."""
    random = np.random.default_rng(0)
    background = cv2.GaussianBlur(random.integers(0, 160, (HEIGHT, WIDTH, 3), np.uint8), (9, 9), 0)
    analyzer = Analyzer(scene or Scene(), Finders(), lambda: [Rule(FireDetector())])
    seen = []
    for number in range(int(seconds * 10)):
        picture = np.asarray(background, dtype=np.uint8).copy()
        paint(picture, number / 10)
        away = [int(value) for value in random.integers(-shake, shake + 1, 2)]
        frame = Frame(number / 10, np.roll(picture, away, (0, 1)))
        if analyzer.wants(frame.at):
            seen += [change.episode.last for change in analyzer.feed(frame)]
    return [sighting for sighting in seen if sighting.at >= 0]


def test_flame_is_seen_within_four_seconds_where_it_burns() -> None:
    seen = watched(burn)

    assert seen[0].at <= 4
    assert all(sighting.box and sighting.box.overlap(FIRE) > 0 for sighting in seen)


def test_flame_is_a_matter_of_ten_frames_per_second() -> None:
    detector = FireDetector()
    analyzer = Analyzer(Scene(), Finders(), lambda: [Rule(detector)])
    calm = analyzer.wanted_fps
    for number in range(3):
        picture = np.zeros((HEIGHT, WIDTH, 3), dtype=np.uint8)
        burn(picture, float(number))
        analyzer.feed(Frame(number / 5, picture))

    assert (calm, analyzer.wanted_fps) == (5, 10)


@pytest.mark.parametrize("paint", [glow, blink, hurry])
def test_what_only_has_the_color_of_fire_is_silent(paint: Paint) -> None:
    assert watched(paint) == []


def test_shaking_camera_is_not_believed() -> None:
    assert watched(burn, shake=4) == []


def test_fire_in_a_mask_is_left_out() -> None:
    corners = [(0.4, 0.4), (0.7, 0.4), (0.7, 0.8), (0.4, 0.8)]
    stove = Zone("stove", tuple(Point(x, y) for x, y in corners))

    assert watched(burn, scene=Scene(masks=(stove,))) == []


@pytest.mark.parametrize(
    ("person", "is_fire"), [(Box(290, 140, 390, 250), False), (Box(400, 100, 460, 300), True)]
)
def test_what_flickers_on_a_person_is_worn(person: Box, *, is_fire: bool) -> None:
    camera, detector = MadeCamera(width=WIDTH * 2, height=HEIGHT * 2), FireDetector()
    seen = []
    for number in range(60):
        picture = np.full((HEIGHT, WIDTH, 3), 60, dtype=np.uint8)
        burn(picture, number / 10)
        large = np.asarray(cv2.resize(picture, None, fx=2, fy=2), dtype=np.uint8)
        seen += list(detector.observe(camera.see(number / 10, [person], image=large)))

    assert bool(seen) is is_fire
