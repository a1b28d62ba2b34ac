"""The keyframes of a recording as a file of their own, for fast playback.

Each keyframe's fragment gets a new header: it is shown until the next one. At 8x and above only
these bytes travel, a tenth or so of the whole.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from archive.engine.reader import ByteSource, Content, Piece
from cameras.engine.fragments import HEADER_BYTES, fragment_header


def keyframe_content(
    source: ByteSource,
    *,
    initialization: bytes,
    gops: npt.NDArray[np.void],
    end_time: int,
    every: int = 1,
) -> Content:
    """Return the initialization segment and each `every`-th keyframe.

    Presentation times are kept; the last keyframe is shown until `end_time` (ticks from the
    file's start). Nothing is read: the GOP index says where each keyframe lies.
    """
    chosen = gops[::every]
    times = [*chosen["time"].tolist(), end_time]
    content: Content = [initialization]
    for sequence, gop in enumerate(chosen.tolist()):
        _time, offset, key_bytes, _frames = gop
        data_size = key_bytes - HEADER_BYTES
        header = fragment_header(
            sequence=sequence + 1,
            decode_time=times[sequence],
            duration=max(times[sequence + 1] - times[sequence], 1),
            data_size=data_size,
            is_keyframe=True,
        )
        content += [header, Piece(source, offset + HEADER_BYTES, data_size)]
    return content
