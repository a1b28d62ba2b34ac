"""The GOP index of a recording: where playback may begin, in time and in bytes.

It is kept in the recording's row (Recording.gop_index) so that a seek reads the database once
and the file once. Little-endian records, in the order of the file:

    time       uint32  presentation time of the keyframe, ticks of 1/90000 s from the file's start
    offset     uint32  first byte of the keyframe's fragment
    key_bytes  uint32  size of the keyframe's fragment
    frames     uint16  video frames of the GOP
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cameras.engine.fragments import VIDEO_TRACK, FragmentHeader

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_RECORD = struct.Struct("<IIIH")
_FIELDS = [("time", "<u4"), ("offset", "<u4"), ("key_bytes", "<u4"), ("frames", "<u2")]


@dataclass(slots=True)
class Gop:
    time: int
    offset: int
    key_bytes: int
    frames: int


def index_fragments(fragments: Iterable[FragmentHeader]) -> list[Gop]:
    """Return the GOPs of a file's fragments; the first video fragment must be a keyframe."""
    gops: list[Gop] = []
    for fragment in fragments:
        if fragment.track != VIDEO_TRACK:
            continue
        if fragment.is_keyframe:
            time = fragment.decode_time + fragment.composition_offset
            size = fragment.end_offset - fragment.offset
            gops.append(Gop(time=time, offset=fragment.offset, key_bytes=size, frames=0))
        gops[-1].frames += 1
    return gops


def pack_index(gops: Iterable[Gop]) -> bytes:
    return b"".join(_RECORD.pack(gop.time, gop.offset, gop.key_bytes, gop.frames) for gop in gops)


def unpack_index(data: bytes | memoryview) -> npt.NDArray[np.void]:
    """Return a structured array of shape (number of GOPs,)."""
    # A record worker never reads an index, and numpy would cost each of them 20 MB.
    import numpy as np  # noqa: PLC0415 -- see above

    return np.frombuffer(data, dtype=np.dtype(_FIELDS))
