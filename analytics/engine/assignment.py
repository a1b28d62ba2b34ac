"""Which of these goes with which of those."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def best_pairs(fits: NDArray[np.floating]) -> list[tuple[int, int]]:
    """Return (row, column) pairs, each row and column once, whose fits have the largest sum.

    `fits` is (n, m). The assignment is optimal (Kuhn, 1955; Munkres, 1957).
    """
    # Slow to import, and most processes that know the detectors never match anything.
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415

    rows, columns = linear_sum_assignment(fits, maximize=True)
    return [(int(row), int(column)) for row, column in zip(rows, columns, strict=True)]
