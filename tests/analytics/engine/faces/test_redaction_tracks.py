from __future__ import annotations

import pytest

from analytics.engine.boxes import Box
from analytics.engine.faces.redaction_tracks import (
    Chosen,
    CoverParameters,
    CoverPlan,
    SeenFrame,
    Sighting,
    plan_covers,
)

pytestmark = pytest.mark.unit

FPS = 10
FACE = Box(100, 100, 140, 150)


def film(length: int, *walks: dict[int, Box], cuts: tuple[int, ...] = ()) -> list[SeenFrame]:
    """Frames of `length`; each walk says where one face was seen, by number of the frame."""
    return [
        SeenFrame(
            number / FPS,
            tuple(Sighting(walk[number], 0.9) for walk in walks if number in walk),
            is_cut=number in cuts,
        )
        for number in range(length)
    ]


def covered(plan: CoverPlan, box: Box = FACE) -> list[int]:
    """The frames in which some cover has the whole box."""
    return [
        number
        for number, boxes in enumerate(plan.boxes)
        if any(cover.overlap(box) == pytest.approx(box.area) for cover in boxes)
    ]


def test_face_is_covered_before_it_is_first_and_after_it_is_last_seen() -> None:
    plan = plan_covers(film(60, dict.fromkeys(range(20, 31), FACE)))

    assert covered(plan) == list(range(12, 39))


def test_face_the_detector_missed_for_a_second_is_covered_all_the_time() -> None:
    seen = {number: FACE for number in range(40) if not 10 < number < 25}

    plan = plan_covers(film(40, seen))

    assert covered(plan) == list(range(40))
    assert plan.face_count == 1


def test_cover_of_a_missed_walker_goes_with_the_walker() -> None:
    walk = {number: Box(10 * number, 100, 10 * number + 40, 150) for number in range(30)}
    seen = {number: box for number, box in walk.items() if number % 5 == 0}

    plan = plan_covers(film(26, seen))

    assert all(number in covered(plan, walk[number]) for number in range(26))


def test_single_faint_find_is_not_covered_and_a_sure_one_is() -> None:
    faint = [SeenFrame(0.0, (Sighting(FACE, 0.45),)), SeenFrame(0.1, ())]
    sure = [SeenFrame(0.0, (Sighting(FACE, 0.8),)), SeenFrame(0.1, ())]

    assert plan_covers(faint).boxes == [[], []]
    assert covered(plan_covers(sure)) == [0, 1]


def test_cover_is_wider_than_the_face_on_each_side() -> None:
    cover = plan_covers(film(1, {0: FACE})).boxes[0][0]

    margin = CoverParameters().margin * FACE.height
    assert cover == pytest.approx(FACE.grown(margin))


def test_cover_is_not_held_over_a_cut() -> None:
    plan = plan_covers(film(40, dict.fromkeys(range(10, 20), FACE), cuts=(20,)))

    assert covered(plan) == list(range(2, 20))


def test_chosen_face_stays_visible_and_the_bystander_does_not() -> None:
    other = Box(400, 100, 440, 150)
    frames = film(20, dict.fromkeys(range(20), FACE), dict.fromkeys(range(20), other))

    plan = plan_covers(frames, [Chosen(1.0, FACE)])

    assert covered(plan, FACE) == []
    assert covered(plan, other) == list(range(20))
    assert plan.kept_count == 1


def test_chosen_face_is_covered_again_where_another_comes_near() -> None:
    passing = {number: Box(300 - 10 * number, 100, 340 - 10 * number, 150) for number in range(30)}
    frames = film(30, dict.fromkeys(range(30), FACE), passing)

    plan = plan_covers(frames, [Chosen(0.0, FACE)])

    # The faces overlap from frame 17 on: which is which is not sure any more.
    assert covered(plan, FACE)[0] in {16, 17}
    assert covered(plan, FACE)[-1] == 29


def test_chosen_face_does_not_stay_visible_over_a_cut() -> None:
    frames = film(20, dict.fromkeys(range(20), FACE), cuts=(10,))

    assert covered(plan_covers(frames, [Chosen(0.0, FACE)])) == list(range(10, 20))


def test_choice_where_nobody_is_keeps_nobody_visible() -> None:
    plan = plan_covers(film(5, dict.fromkeys(range(5), FACE)), [Chosen(0.0, Box(0, 0, 9, 9))])

    assert (plan.kept_count, covered(plan)) == (0, [0, 1, 2, 3, 4])
