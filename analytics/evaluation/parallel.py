"""Spread long evaluations over the cores."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import cv2

Call = TypeVar("Call")
Result = TypeVar("Result")

_work: Callable[[int], Any] | None = None


def on_all_cores(work: Callable[[Call], Result], calls: Sequence[Call]) -> Iterator[Result]:
    """Yield the results as they come, in no order.

    The processes are forked: `work` may hold what can not be sent, such as an open network.
    Results are sent and must be simple.
    """
    global _work  # noqa: PLW0603 -- how a forked process finds what can not be sent to it
    _work = lambda number: work(calls[number])  # noqa: E731 -- one line
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)  # its threads do not survive a fork, and who waits for them waits for ever
    try:
        with multiprocessing.get_context("fork").Pool(cores()) as pool:
            yield from pool.imap_unordered(_do, range(len(calls)))
    finally:
        cv2.setNumThreads(threads)


def cores() -> int:
    return int(os.environ.get("ATOMGRAD_EVALUATION_CORES", "0")) or os.cpu_count() or 1


def _do(number: int) -> Any:
    if _work is None:
        msg = "this process was not forked by on_all_cores"
        raise RuntimeError(msg)
    return _work(number)
