"""A listener that keeps what it heard, and ways to look at it."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import av
import numpy as np
import numpy.typing as npt

from cameras.engine.fragments import fragment_header
from cameras.engine.initialization import initialization_segment
from cameras.engine.packets import Failure, FailureCause, Packet, StreamFormat, TrackKind


@dataclass
class CollectingListener:
    """Keeps formats, packets and failures in the order in which they came."""

    heard: list[str | StreamFormat | Packet | Failure] = field(default_factory=list)

    def connecting(self) -> None:
        self.heard.append("connecting")

    def started(self, stream_format: StreamFormat) -> None:
        self.heard.append(stream_format)

    def packet(self, packet: Packet) -> None:
        self.heard.append(packet)

    def failed(self, failure: Failure) -> None:
        self.heard.append(failure)

    @property
    def formats(self) -> list[StreamFormat]:
        return [item for item in self.heard if isinstance(item, StreamFormat)]

    @property
    def packets(self) -> list[Packet]:
        """The pictures."""
        return [
            item for item in self.heard if isinstance(item, Packet) and item.kind is TrackKind.VIDEO
        ]

    @property
    def sound(self) -> list[Packet]:
        return [
            item for item in self.heard if isinstance(item, Packet) and item.kind is TrackKind.AUDIO
        ]

    @property
    def failures(self) -> list[Failure]:
        return [item for item in self.heard if isinstance(item, Failure)]

    @property
    def causes(self) -> list[FailureCause]:
        return [failure.cause for failure in self.failures]

    def runs(self) -> list[tuple[StreamFormat, list[Packet]]]:
        """The pictures by run."""
        found: list[tuple[StreamFormat, list[Packet]]] = []
        for item in list(self.heard):
            if isinstance(item, StreamFormat):
                found.append((item, []))
            elif isinstance(item, Packet) and item.kind is TrackKind.VIDEO:
                found[-1][1].append(item)
        return found


def wait_for(condition: Callable[[], object], *, seconds: float = 10.0) -> None:
    """Wait until the condition holds.

    Raises:
        AssertionError: it does not in this time.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def as_mp4(stream_format: StreamFormat, packets: list[Packet]) -> bytes:
    """Return the file that a recorder would write of a run's pictures."""
    zero = packets[0].dts
    parts = [initialization_segment(stream_format)]
    for number, packet in enumerate(packets):
        following = packets[number + 1].dts if number + 1 < len(packets) else packet.dts + 3600
        parts.append(
            fragment_header(
                sequence=number,
                decode_time=packet.dts - zero,
                duration=following - packet.dts,
                data_size=packet.size,
                is_keyframe=packet.is_keyframe,
                composition_offset=packet.pts - packet.dts,
            )
        )
        parts += [bytes(piece) for piece in packet.data]
    return b"".join(parts)


def decode(stream_format: StreamFormat, packets: list[Packet]) -> list[npt.NDArray[np.uint8]]:
    """Decode a run's pictures by way of an MP4 file; gray, in the order in which they show.

    Raises:
        av.error.FFmpegError: a picture can not be decoded without flaw.
    """
    return gray_pictures(as_mp4(stream_format, packets), form="mp4")


def gray_pictures(data: bytes, *, form: str) -> list[npt.NDArray[np.uint8]]:
    """Decode all pictures of a file, strictly.

    Raises:
        av.error.FFmpegError: a picture can not be decoded without flaw.
    """
    options = {"err_detect": "explode"}
    with av.open(io.BytesIO(data), "r", format=form, options=options) as container:
        return [
            np.asarray(frame.reformat(format="gray").to_ndarray(), np.uint8)
            for frame in container.decode(video=0)
        ]
