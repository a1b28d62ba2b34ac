"""How good the machine's clock is, as its kernel says; adjtimex(2) needs no rights."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass

_STA_UNSYNC, _STA_NANO = 0x0040, 0x2000
_TIME_ERROR = 5


class _Timex(ctypes.Structure):
    """struct timex of Linux on machines of 64 bits; its tail is only room for the kernel."""

    _fields_ = (
        ("modes", ctypes.c_uint),  # 0: read only
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("tail", ctypes.c_byte * 256),
    )


@dataclass(frozen=True, slots=True)
class HostClock:
    """Seconds; None where the kernel does not say. Unsynchronized: the other two mean nothing."""

    is_synchronized: bool | None
    # What the time service is just correcting: how far the clock is off by its knowledge.
    offset_seconds: float | None
    most_error_seconds: float | None


def read_host_clock() -> HostClock:
    call = getattr(ctypes.CDLL(None), "adjtimex", None)
    state = _Timex()
    if call is None or call(ctypes.byref(state)) < 0:  # another system, or a forbidden call
        return HostClock(is_synchronized=None, offset_seconds=None, most_error_seconds=None)
    return describe(state.status, state.offset, state.maxerror)


def describe(status: int, offset: int, most_error_us: int) -> HostClock:
    """Return what the numbers of struct timex mean."""
    if status & _STA_UNSYNC:
        return HostClock(is_synchronized=False, offset_seconds=None, most_error_seconds=None)
    unit = 1e9 if status & _STA_NANO else 1e6
    return HostClock(
        is_synchronized=True,
        offset_seconds=offset / unit,
        most_error_seconds=most_error_us / 1e6,
    )
