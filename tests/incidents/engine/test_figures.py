from __future__ import annotations

import pytest

from incidents.engine.figures import spread_of

pytestmark = pytest.mark.unit


def test_spread_of_nothing_tells_nothing() -> None:
    spread = spread_of([], norm_s=30)

    assert (spread.count, spread.median_s, spread.p95_s) == (0, None, None)
    assert spread.share_in_norm is None


def test_spread_counts_by_hand() -> None:
    # Sorted: 5 10 20 30 31. Middle 20; rank ceil(0.95 * 5) = 5, so 31; four of five within 30.
    spread = spread_of([30, 5, 31, 10, 20], norm_s=30)

    assert (spread.count, spread.median_s, spread.p95_s) == (5, 20, 31)
    assert (spread.in_norm, spread.share_in_norm) == (4, 0.8)


def test_median_of_an_even_count_lies_between() -> None:
    assert spread_of([10, 20], norm_s=None).median_s == 15


def test_slow_end_is_a_value_that_occurred() -> None:
    # 100 values: rank 95.
    assert spread_of(list(range(1, 101)), norm_s=None).p95_s == 95


def test_without_a_norm_no_share_is_told() -> None:
    assert spread_of([1, 2], norm_s=None).share_in_norm is None
