from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache

import cv2
import numpy as np
import pytest

from analytics.engine.analyzer import Analyzer, Finders
from analytics.engine.appearance import Likeness
from analytics.engine.boxes import Box
from analytics.engine.catalog import Setting
from analytics.engine.detector import Sighting
from analytics.engine.detectors.asset import AssetDetector, make
from analytics.engine.detectors.asset_judgment import AssetParameters, Change, change_of
from analytics.engine.frames import Frame, Image
from analytics.engine.kinds import Sensitivity
from analytics.engine.objects import FoundObject, Label, ObjectFinder
from analytics.engine.rules import Rule
from analytics.engine.scene import Scene, SceneError
from analytics.evaluation.damage import Damage, damaged, in_light
from tests.analytics.engine.detectors.test_abandoned import RedPersons
from tests.analytics.engine.test_appearance import BENCH, BOX, park
from tests.analytics.observations import MadeCamera

pytestmark = pytest.mark.unit

FAST = AssetParameters(sample_every_s=1, learning_samples=8, recent_samples=3, confirm_s=12)
CHANGES_AT = 20


class ParkedCar:
    def find(self, image: Image) -> list[FoundObject]:
        return [FoundObject(Label.CAR, 0.8, Box(300, 100, 460, 220))]


def noisy(image: Image, seed: int) -> Image:
    """Some pictures with other noise, each made once: making noise is slow."""
    return _noisy(image.tobytes(), seed % 4)


@lru_cache(maxsize=32)
def _noisy(content: bytes, seed: int) -> Image:
    image = np.frombuffer(content, np.uint8).reshape(360, 640, 3)
    return in_light(image.copy(), "noise", seed)


@lru_cache(maxsize=32)
def park_in(light: str, seed: int) -> Image:
    return in_light(park(), light, seed)


def raised(
    picture_at: Callable[[int], Image],
    seconds: int = 40,
    detector: AssetDetector | None = None,
    objects: ObjectFinder | None = None,
) -> list[Sighting]:
    used = detector or AssetDetector(BENCH, FAST)
    analyzer = Analyzer(Scene(), Finders(objects or RedPersons()), lambda: [Rule(used)])
    sightings = []
    for second in range(seconds):
        changes = analyzer.feed(Frame(float(second), picture_at(second)))
        sightings += [change.episode.first for change in changes if change.is_new]
    return sightings


def after(damage: Damage, seed: int = 2) -> Callable[[int], Image]:
    changed = damaged(park(), BOX, damage, seed)
    return lambda second: noisy(park() if second < CHANGES_AT else changed, second)


@pytest.mark.parametrize(
    ("damage", "change"),
    [
        (Damage.ERASED, "removed"),
        (Damage.BROKEN, "damaged"),
        (Damage.PAINTED, "painted"),
    ],
)
def test_damage_is_named(damage: Damage, change: str) -> None:
    sightings = raised(after(damage))

    assert [sighting.facts["change"] for sighting in sightings] == [change]
    assert sightings[0].facts["asset"] == "bench"
    assert CHANGES_AT + 5 <= sightings[0].at <= CHANGES_AT + 16


def test_moved_bench_is_raised_with_the_picture_from_before() -> None:
    sightings = raised(after(Damage.MOVED))

    assert len(sightings) == 1
    evidence = sightings[0].evidence
    assert evidence is not None
    whole = cv2.resize(park()[150:290, 240:400], (100, 100))
    shown = cv2.resize(evidence[12:-12, 12:-12], (100, 100))
    assert np.abs(whole.astype(int) - shown).mean() < 25


def test_what_the_last_search_found_before_the_bench_hides_it() -> None:
    """Samples are taken each second; half of them fall between two searches."""
    camera = MadeCamera()
    detector = AssetDetector(BENCH, FAST)
    dog = (FoundObject(Label.DOG, 0.3, BOX.grown(60)),)
    raised: list[Sighting] = []
    for second in range(40):
        seen = camera.see(
            float(second),
            image=after(Damage.ERASED)(second),
            was_searched=second % 2 == 0,
            others=dog if second >= CHANGES_AT else (),
        )
        seen.lately = dog if second >= CHANGES_AT else ()
        raised += detector.observe(seen)

    assert raised == []


def test_untouched_bench_is_silent_from_day_to_night() -> None:
    lights = ("same", "darker", "dusk", "infra-red")

    def picture(second: int) -> Image:
        return park_in(lights[min(3, second // 14)], second % 4)

    assert raised(picture, seconds=56) == []


def test_lamps_that_go_out_and_take_a_shadow_along_are_no_damage() -> None:
    lit = park()
    for left in range(260, 380, 24):  # sharp shadows that only the lamps throw
        cv2.rectangle(lit, (left, 254), (left + 10, 286), (30, 40, 35), -1)
    unlit = (park() * np.array((0.65, 0.5, 0.4))).astype(np.uint8)

    def picture(second: int) -> Image:
        return noisy(lit if second < CHANGES_AT else unlit, second)

    assert raised(picture, seconds=60) == []


def test_bench_that_is_erased_as_the_lamps_go_out_is_raised() -> None:
    gone = damaged(park(), BOX, Damage.ERASED, 0)
    unlit = (gone * np.array((0.65, 0.5, 0.4))).astype(np.uint8)

    sightings = raised(lambda second: noisy(park() if second < CHANGES_AT else unlit, second))

    assert [sighting.facts["change"] for sighting in sightings] == ["removed"]


def test_person_on_the_bench_is_no_damage() -> None:
    def picture(second: int) -> Image:
        image = park()
        if second >= CHANGES_AT:
            cv2.rectangle(image, (290, 130), (350, 285), (40, 40, 200), -1)
        return image

    assert raised(picture) == []


def test_broken_bench_is_not_learned_anew_after_a_restart() -> None:
    first = AssetDetector(BENCH, FAST)
    raised(lambda second: noisy(park(), second), seconds=20, detector=first)
    second = AssetDetector(BENCH, FAST)
    second.from_state(json.loads(json.dumps(first.to_state())))
    broken = damaged(park(), BOX, Damage.ERASED, 0)

    assert len(raised(lambda at: noisy(broken, at), seconds=30, detector=second)) == 1


def test_make_refuses_an_asset_that_was_not_drawn() -> None:
    with pytest.raises(SceneError, match="drawn"):
        make(Setting())


def test_car_parked_behind_from_the_start_spoils_no_sample() -> None:
    changed = damaged(park(), BOX, Damage.ERASED, 0)

    sightings = raised(
        lambda second: noisy(park() if second < CHANGES_AT else changed, second),
        objects=ParkedCar(),
    )

    assert [sighting.facts["change"] for sighting in sightings] == ["removed"]


def test_low_sensitivity_waits_longer() -> None:
    low = make(Setting(zone=BENCH, sensitivity=Sensitivity.LOW))
    usual = make(Setting(zone=BENCH))

    assert low.parameters.confirm_s > usual.parameters.confirm_s


@pytest.mark.parametrize(
    ("likeness", "change"),
    [
        (Likeness(similarity=0.88, changed=0.18, lost=0.09, painted=0.0, group=3), Change.DAMAGED),
        (Likeness(similarity=0.88, changed=0.1, lost=0.0, painted=0.012, group=1), Change.PAINTED),
        (Likeness(similarity=0.85, changed=0.2, lost=0.0, painted=0.0, group=0), None),  # light
        (Likeness(similarity=1.0, changed=0.0, lost=0.0, painted=0.014, group=0), None),
    ],
)
def test_several_faint_signs_are_a_change(likeness: Likeness, change: Change | None) -> None:
    assert change_of(likeness, AssetParameters()) is change
