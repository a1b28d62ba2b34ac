from __future__ import annotations

import pytest

from archive.engine.spans import clip_spans, merge_spans, subtract_spans, total_length

pytestmark = pytest.mark.unit


def test_merge_joins_spans_that_touch_or_overlap() -> None:
    assert merge_spans([(5, 7), (0, 2), (2, 3), (6, 9)]) == [(0, 3), (5, 9)]


def test_merge_joins_over_small_holes_only() -> None:
    assert merge_spans([(0, 2), (4, 5), (8, 9)], tolerance=2) == [(0, 5), (8, 9)]


def test_merge_keeps_the_outer_of_nested_spans() -> None:
    assert merge_spans([(0, 10), (2, 3)]) == [(0, 10)]


def test_clip_drops_what_is_outside() -> None:
    assert list(clip_spans([(0, 2), (1, 5), (6, 9), (7, 8)], (2, 7))) == [(2, 5), (6, 7)]


@pytest.mark.parametrize(
    ("holes", "left"),
    [
        ([], [(0, 10)]),
        ([(0, 10)], []),
        ([(-5, 3), (8, 20)], [(3, 8)]),
        ([(4, 6), (5, 7)], [(0, 4), (7, 10)]),
    ],
)
def test_subtract_leaves_the_rest(
    holes: list[tuple[int, int]], left: list[tuple[int, int]]
) -> None:
    assert subtract_spans((0, 10), holes) == left


def test_total_length_adds_up() -> None:
    assert total_length([(0, 2), (5, 9)]) == 6
