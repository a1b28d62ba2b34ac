from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from analytics.engine.catalog import Setting
from analytics.engine.clips import every, read_frames
from analytics.engine.detectors.tamper import TamperDetector, make
from analytics.engine.detectors.tamper_judgment import TamperState
from analytics.engine.frames import Frame, Image
from analytics.engine.scene import SceneError
from analytics.evaluation import simulated
from analytics.evaluation.tamper import Watch

pytestmark = pytest.mark.unit

WIDTH, HEIGHT = 320, 180
QUIET_S = 10.0
FPS = 2


def street(seed: int = 0) -> Image:
    """Paint a scene of gray and colored boxes on a slope of light."""
    random = np.random.default_rng(seed)
    slope = np.linspace(90, 150, WIDTH, dtype=np.float32)
    picture = np.repeat(np.tile(slope, (HEIGHT, 1))[..., None], 3, axis=2).astype(np.uint8)
    for _ in range(120):
        left, top = int(random.integers(WIDTH)), int(random.integers(HEIGHT))
        right, bottom = left + int(random.integers(4, 35)), top + int(random.integers(4, 30))
        color = tuple(int(value) for value in random.integers(20, 220, 3))
        cv2.rectangle(picture, (left, top), (right, bottom), color, -1)
    return picture


STREET = street()


NOISE = np.random.default_rng(1).normal(0, 2, (8, HEIGHT, WIDTH, 3)).astype(np.float32)


def noisy(picture: Image, number: int) -> Image:
    height, width = picture.shape[:2]
    values = np.clip(picture + NOISE[number % 8, :height, :width], 0, 255)
    return np.asarray(values, dtype=np.uint8)


def frames(seconds: float, picture: Image = STREET, *, start: float = 0.0) -> list[Frame]:
    return [
        Frame(start + number / FPS, noisy(picture, number)) for number in range(int(seconds * FPS))
    ]


def raised_by(
    change: simulated.Change, *, lasts_s: float = 10.0, detector: TamperDetector | None = None
) -> dict[str, float]:
    """Return the states that are raised, and how long after the change each of them is."""
    watch = Watch(detector or TamperDetector())
    shown = frames(QUIET_S + lasts_s)
    end = QUIET_S + lasts_s
    watch.see(simulated.with_change(shown, change, start_s=QUIET_S, end_s=end))
    return {state: at - QUIET_S for state, at in watch.raised.items()}


def test_quiet_scene_is_silent() -> None:
    assert raised_by(lambda image, *_: image, lasts_s=20) == {}


@pytest.mark.parametrize(
    ("change", "state"),
    [
        (simulated.black, TamperState.BLACK),
        (simulated.cover, TamperState.COVERED),
        (simulated.half_cover, TamperState.HALF_COVERED),
        (simulated.glare, TamperState.GLARE),
        (simulated.defocus, TamperState.DEFOCUSED),
        (simulated.slight_defocus, TamperState.DEFOCUSED),
        (simulated.move, TamperState.MOVED),
        (simulated.nudge, TamperState.MOVED),
    ],
)
def test_tampering_is_raised_by_its_name_within_ten_seconds(
    change: simulated.Change, state: TamperState
) -> None:
    raised = raised_by(change)

    assert list(raised) == [state]
    assert raised[state] <= 10


def test_lens_that_sags_within_a_minute_is_raised() -> None:
    raised = raised_by(simulated.slow_defocus, lasts_s=60)

    assert list(raised) == [TamperState.DEFOCUSED]
    assert raised[TamperState.DEFOCUSED] <= 40


def test_repeated_picture_is_a_frozen_stream() -> None:
    assert raised_by(simulated.freeze()) == {TamperState.FROZEN: pytest.approx(6, abs=1)}


def test_scene_that_often_stands_still_is_not_frozen() -> None:
    """A camera that smooths its pictures repeats one for five seconds, again and again."""
    watch = Watch()
    still = [Frame(number / FPS, noisy(STREET, number // 10)) for number in range(80)]

    watch.see(still)

    assert watch.raised == {}


@pytest.mark.parametrize(
    "change",
    [
        simulated.light_off,
        simulated.light_halved,
        simulated.light_doubled,
        simulated.infrared,
        simulated.low_quality,
        simulated.rain,
    ],
)
def test_other_light_is_no_tampering(change: simulated.Change) -> None:
    assert raised_by(change, lasts_s=25) == {}


def test_light_that_was_learned_does_not_hide_a_cover() -> None:
    def dark_then_covered(image: Image, seconds: float, random: np.random.Generator) -> Image:
        dark = simulated.light_halved(image, seconds, random)
        return simulated.cover(dark, seconds, random) if seconds >= 20 else dark

    raised = raised_by(dark_then_covered, lasts_s=30)

    assert list(raised) == [TamperState.COVERED]
    assert 20 < raised[TamperState.COVERED] <= 30


@pytest.mark.parametrize("share", [0.6, 0.8])
def test_vehicle_that_stops_is_no_tampering(share: float) -> None:
    van = simulated.vehicle(street(seed=5), share=share, stays_s=10)

    assert raised_by(van, lasts_s=15) == {}


def test_vehicle_that_parks_before_the_lens_is_raised_late() -> None:
    van = simulated.vehicle(street(seed=5), share=0.8, stays_s=1000)

    raised = raised_by(van, lasts_s=25, detector=make(Setting(overrides={"blocked_s": 20})))

    assert raised == {TamperState.COVERED: pytest.approx(22, abs=3)}


def test_tampering_is_not_learned_while_it_lasts() -> None:
    watch = Watch()

    watch.see(simulated.with_change(frames(70), simulated.defocus, start_s=10, end_s=70))

    assert watch.seen_until == {TamperState.DEFOCUSED: 69.5}


def test_moved_camera_gets_used_to_its_view_after_a_while() -> None:
    watch = Watch(make(Setting(overrides={"accepts_s": 20})))

    watch.see([*frames(10), *frames(40, street(seed=9), start=10.0)])

    assert watch.seen_until == {TamperState.MOVED: pytest.approx(30, abs=1)}


def test_unknown_parameter_is_refused() -> None:
    with pytest.raises(SceneError, match="no parameter"):
        make(Setting(overrides={"seconds": 1}))


def test_picture_without_texture_raises_nothing_but_does_not_fail() -> None:
    flat = np.full((HEIGHT, WIDTH, 3), 120, dtype=np.uint8)
    watch = Watch()

    watch.see(frames(15, flat))

    assert watch.raised == {}


@pytest.mark.parametrize("size", [(64, 48), (1, 1), (320, 16)])
def test_small_pictures_are_no_fault(size: tuple[int, int]) -> None:
    watch = Watch()
    tiny = cv2.resize(STREET, size)

    watch.see(Frame(number / FPS, noisy(np.asarray(tiny), number)) for number in range(40))

    assert TamperState.MOVED not in watch.raised


def test_given_clip_is_raised_three_times(shared_folder: Path) -> None:
    """Covered at 8 s, blurred at 18 s, turned at 29 s."""
    watch = Watch()

    watch.see(read_frames(shared_folder / "clips" / "tamper" / "tamper_room.mp4", every(0.5)))

    assert [round(at) for at in sorted(watch.raised.values())] == [11, 21, 32]
