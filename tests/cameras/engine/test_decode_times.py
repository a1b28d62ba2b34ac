from __future__ import annotations

import itertools

import pytest

from cameras.engine.decode_times import DecodeTimes

pytestmark = pytest.mark.unit

STEP = 3600


def decode_times(order: list[int], depth: int | None) -> list[int]:
    times = DecodeTimes()
    times.expect_depth(depth)
    return [times.next(number * STEP) for number in order]


def rises(values: list[int]) -> bool:
    return all(later > earlier for earlier, later in itertools.pairwise(values))


def test_without_reordering_decode_time_is_presentation_time() -> None:
    assert decode_times([0, 1, 2, 3], depth=0) == [0, STEP, 2 * STEP, 3 * STEP]


@pytest.mark.parametrize(
    ("order", "depth"),
    [
        ([0, 2, 1, 4, 3, 6, 5, 8, 7], 1),
        ([0, 3, 1, 2, 6, 4, 5, 9, 7, 8], 1),
        ([0, 4, 2, 1, 3, 8, 6, 5, 7, 12, 10, 9, 11], 2),
    ],
)
def test_with_known_depth_decode_times_step_evenly_below_presentation(
    order: list[int], depth: int
) -> None:
    found = decode_times(order, depth)

    assert rises(found)
    assert all(dts <= number * STEP for dts, number in zip(found, order, strict=True))
    assert {b - a for a, b in itertools.pairwise(found)} == {STEP}


def test_unknown_depth_is_found_and_decode_times_go_on_rising() -> None:
    order = [0, 4, 2, 1, 3, 8, 6, 5, 7, 12, 10, 9, 11, 16, 14, 13, 15]

    times = DecodeTimes()
    times.expect_depth(None)
    found = [times.next(number * STEP) for number in order]

    assert rises(found)
    assert times.depth == 2
    assert {b - a for a, b in zip(found[-6:], found[-5:], strict=False)} == {STEP}
    assert all(dts <= number * STEP for dts, number in zip(found[8:], order[8:], strict=True))


def test_equal_presentation_times_still_rise() -> None:
    times = DecodeTimes()

    assert rises([times.next(pts) for pts in (0, 0, 0, 10, 10)])
    assert times.depth == 0
