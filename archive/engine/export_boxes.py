"""Boxes of the ONVIF Export File Format: who exported what, when, and when the footage began.

Without its seal (RSA over the file): ours is the signed manifest, which other files than MP4 can
have too. The address of a camera stays out of files that are handed out.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cameras.engine.initialization import box, full_box

_MAC_EPOCH = datetime(1904, 1, 1, tzinfo=UTC)
_FILE_TIME_EPOCH_US = -11_644_473_600_000_000  # 1601 of 1970
_MOST_TEXT_BYTES = 500


@dataclass(frozen=True, slots=True)
class ExportOrigin:
    """What an export says of itself inside the file."""

    unit: str  # the software that exported
    operator: str
    source: str  # the camera as people call it
    exported_at: datetime


def origin_box(origin: ExportOrigin, *, tracks: Sequence[int], started_us: int) -> bytes:
    """Return the `meta` box of the file's top level.

    Args:
        started_us: the moment that the beginning of the media time line shows.
    """
    return full_box(
        b"meta",
        0,
        full_box(b"hdlr", 0, bytes(4), b"null", bytes(12), b"Atomgrad\0"),
        _surveillance_export_box(origin, tracks),
        _start_time_box(tracks, started_us),
    )


def _surveillance_export_box(origin: ExportOrigin, tracks: Sequence[int]) -> bytes:
    exported = (origin.exported_at - _MAC_EPOCH).total_seconds()
    source = _text(origin.source)
    return box(
        b"suep",
        struct.pack(">I", 0x01000000),  # version 1
        _text(origin.unit),
        _text("") * 2,  # address, MAC
        struct.pack(">Q", int(exported)),
        _text(origin.operator),
        struct.pack(">I", len(tracks)),
        *(struct.pack(">H", track) + source + _text("") * 3 for track in tracks),
    )


def _start_time_box(tracks: Sequence[int], started_us: int) -> bytes:
    """In units of 100 ns since 1601."""
    moment = (started_us - _FILE_TIME_EPOCH_US) * 10
    entries = (struct.pack(">IQ", track, moment) for track in tracks)
    return box(b"cstb", struct.pack(">I", len(tracks)), *entries)


def _text(text: str) -> bytes:
    """UTF-8 that ends with a zero byte; too long a text is cut at a whole letter."""
    content = text.replace("\0", "").encode()[:_MOST_TEXT_BYTES]
    return content.decode("utf-8", "ignore").encode() + b"\0"
