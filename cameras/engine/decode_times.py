"""Decode times for streams that carry presentation times only, as RTP does."""

from __future__ import annotations

from bisect import insort

MAX_DEPTH = 16  # H.264 and H.265 allow no more
_ASSUMED_DURATION = 3600  # ticks: 25 frames a second, for the pictures before the first


class DecodeTimes:
    """Gives each picture, in decoding order, a decode time, strictly rising.

    With a reorder depth of d the decode time of a picture is the presentation time of the one d
    places before it in output order (as FFmpeg computes it), so nothing has to be held back.
    Where the parameter sets do not tell the depth it is found: a picture presented before the
    latest ones deepens it.
    """

    def __init__(self) -> None:
        self._depth = 0
        self._recent: list[int] = []  # presentation times, sorted, depth + 1 at most
        self._last: int | None = None

    @property
    def depth(self) -> int:
        return self._depth

    def expect_depth(self, depth: int | None) -> None:
        """A new format begins, with its depth if the parameter sets tell it."""
        self._depth = min(depth or 0, MAX_DEPTH)

    def next(self, pts: int) -> int:
        last = self._last
        if self._depth == 0 and (last is None or pts > last):
            self._last = pts
            self._recent = [pts]
            return pts
        return self._next_reordered(pts)

    def rising(self, dts: int) -> int:
        """Return a decode time that the source knows, moved if it does not rise."""
        if self._last is not None and dts <= self._last:
            dts = self._last + 1
        self._last = dts
        return dts

    def _next_reordered(self, pts: int) -> int:
        recent = self._recent
        if self._last is None:
            recent += (pts - _ASSUMED_DURATION * back for back in range(self._depth, 0, -1))
        else:
            later = sum(1 for other in recent if other > pts)
            self._depth = min(max(self._depth, later), MAX_DEPTH)
        insort(recent, pts)
        del recent[: len(recent) - self._depth - 1]
        return self.rising(recent[0])
