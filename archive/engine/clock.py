"""Where packets stand in time: the camera's clock measures, the wall clock corrects slowly.

Inside a run the presentation times of the camera rule. Cameras drift by 20 to 500 ppm, so at
each file boundary the time line moves towards the wall clock by at most 500 ppm of the file's
length, which is less than one frame. A difference of more than 5 s is no drift: the run ends.
Both the limit of drift and that of a jump are those of Moonfire NVR and MediaMTX.

All times are Unix seconds unless said otherwise; ticks are 1/90000 s.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cameras.engine.packets import VIDEO_CLOCK

MAX_DRIFT = 500e-6
JUMP_SECONDS = 5.0
# A wall clock that was wrong by more than this is followed back, at the price of an overlap.
MAX_AHEAD_SECONDS = 86_400.0

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def from_microseconds(value: int) -> datetime:
    return _EPOCH + timedelta(microseconds=value)


def to_microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


@dataclass(slots=True)
class RunClock:
    """Maps the decode times of one run to microseconds since the Unix epoch.

    `zero_us` is the wall time of `zero_ticks`, the start of the current file. The delay of a
    packet is what the network and the camera added to the quickest one; so the least difference
    between arrival and media time within a file is the drift.
    """

    zero_us: int
    zero_ticks: int
    # How far the run had to begin behind its wall clock (positive: ahead of it), seconds.
    bias: float = 0.0
    _least: float | None = None

    @classmethod
    def begin(cls, *, arrivals: list[tuple[int, float]], not_before_us: int | None) -> RunClock:
        """Start from the first packets of a run, (ticks, arrival) each.

        A camera may send its last GOP at once when it is connected to: the quickest packet, not
        the first one, tells when the first was taken. A run never begins before the previous one
        ended, also when the wall clock was put back.
        """
        zero_ticks = arrivals[0][0]
        start = min(at - (ticks - zero_ticks) / VIDEO_CLOCK for ticks, at in arrivals)
        zero_us = round(start * 1_000_000)
        bias = 0.0
        if not_before_us is not None and zero_us < not_before_us:
            ahead = (not_before_us - zero_us) / 1_000_000
            if ahead <= MAX_AHEAD_SECONDS:
                zero_us, bias = not_before_us, ahead
        return cls(zero_us=zero_us, zero_ticks=zero_ticks, bias=bias)

    def time_us(self, ticks: int) -> int:
        return self.zero_us + (ticks - self.zero_ticks) * 100 // 9

    def difference(self, ticks: int, arrived_at: float) -> float:
        """Return by how much the wall clock is ahead of the media time, without the bias."""
        return arrived_at - self.time_us(ticks) / 1_000_000 + self.bias

    def observe(self, ticks: int, arrived_at: float) -> None:
        """Take a packet into the estimate of the drift; one per GOP is enough."""
        difference = self.difference(ticks, arrived_at)
        if self._least is None or difference < self._least:
            self._least = difference

    def has_jumped(self, ticks: int, arrived_at: float) -> bool:
        return abs(self.difference(ticks, arrived_at)) > JUMP_SECONDS

    def next_file(self, ticks: int) -> int:
        """Move to the file that begins at `ticks`; return its wall time, microseconds."""
        seconds = (ticks - self.zero_ticks) / VIDEO_CLOCK
        limit = MAX_DRIFT * seconds
        # A run that had to begin ahead of the wall clock falls back to it at the same pace.
        drift = (self._least or 0.0) - self.bias
        correction = max(-limit, min(limit, drift))
        self.zero_us = self.time_us(ticks) + int(correction * 1_000_000)
        self.zero_ticks = ticks
        self.bias = max(0.0, self.bias + min(0.0, correction))
        self._least = None
        return self.zero_us
