"""When to try a camera again."""

from __future__ import annotations

from collections.abc import Callable

from cameras.engine.packets import FailureCause

# A camera that is tried more often with a wrong password locks the account.
AUTH_RETRY_SECONDS = 15.0
SHORTEST_SECONDS = 0.5
LONGEST_SECONDS = 10.0
# A connection that held this long was good: the next fault is a new one.
GOOD_RUN_SECONDS = 60.0


class Backoff:
    """Doubles the pause with each failure; jitter keeps cameras of one switch apart.

    Args:
        jitter: returns a number from 0 (inclusive) to 1.
    """

    def __init__(self, jitter: Callable[[], float]) -> None:
        self._jitter = jitter
        self._failures = 0

    def delay_after(self, cause: FailureCause, *, run_seconds: float) -> float:
        """Return the seconds to wait, after a run of so many seconds (0: none began)."""
        if run_seconds >= GOOD_RUN_SECONDS:
            self._failures = 0
        if cause is FailureCause.AUTH_FAILED:
            return AUTH_RETRY_SECONDS + 3 * self._jitter()
        longest = min(LONGEST_SECONDS, SHORTEST_SECONDS * (1 << min(self._failures, 10)))
        self._failures += 1
        return max(SHORTEST_SECONDS, longest * (0.5 + 0.5 * self._jitter()))
