"""RTP packets (RFC 3550): order, losses, time."""

from __future__ import annotations

import struct
from typing import Protocol

from cameras.engine.rtsp.nal_units import NalDepacketizer

# In an interleaved packet: where the RTP header and its payload begin.
_RTP, _PAYLOAD = 4, 16
# What packets of a run share: "$", channel, length, first and second byte of the RTP header, high
# byte of the sequence number, timestamp, source.
_SHARED = (0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15)
_SHORTEST_RUN = 3
_RAMP = bytes(range(256))
_UINT32 = struct.Struct(">I")
_MANY_STRANGE_PACKETS = 50


class Depacketizer(Protocol):
    """Joins the payloads of RTP packets to pictures or sound."""

    def payload(
        self, view: memoryview, start: int, end: int, timestamp: int, *, is_marked: bool
    ) -> None:
        """Take one payload: view[start:end], never empty. The view changes after the call."""

    def lost(self) -> None:
        """Packets before the next one are missing."""


class TimestampUnwrapper:
    """Makes 32-bit timestamps that wrap around (after 13 hours at 90 kHz) rise for ever."""

    def __init__(self) -> None:
        self._last: int | None = None

    def unwrap(self, timestamp: int) -> int:
        if self._last is None:
            self._last = timestamp
        else:
            step = (timestamp - self._last) & 0xFFFFFFFF
            self._last += step - 0x1_0000_0000 if step & 0x8000_0000 else step
        return self._last


class RtpReceiver:
    """Checks the header of each packet and hands the payload to the depacketizer.

    `view[start:end]` is one RTP packet. Packets of other payload types are counted: a camera that
    changed its codec without saying so is found that way.
    """

    __slots__ = (
        "_depacketizer",
        "_expected",
        "_joiner",
        "lost_count",
        "packet_count",
        "payload_type",
        "ssrc",
        "strange_count",
    )

    def __init__(self, payload_type: int, depacketizer: Depacketizer) -> None:
        self.payload_type = payload_type
        self._depacketizer = depacketizer
        self._joiner = depacketizer if isinstance(depacketizer, NalDepacketizer) else None
        self._expected: int | None = None
        self.lost_count = 0
        self.packet_count = 0
        self.strange_count = 0
        self.ssrc = 0

    @property
    def has_changed_codec(self) -> bool:
        return self.strange_count > _MANY_STRANGE_PACKETS

    @property
    def highest_sequence(self) -> int:
        return ((self._expected or 1) - 1) & 0xFFFF

    def receive(self, view: memoryview, start: int, end: int) -> None:
        if end - start < 13 or view[start] & 0xC0 != 0x80:
            self.strange_count += 1
            return
        second = view[start + 1]
        if second & 0x7F != self.payload_type:
            self.strange_count += 1
            return
        sequence = view[start + 2] << 8 | view[start + 3]
        if sequence != self._expected and not self._accept_sequence(sequence):
            return
        self._expected = (sequence + 1) & 0xFFFF
        self.packet_count += 1
        payload = start + 12
        if view[start] != 0x80:
            payload, end = _payload_bounds(view, start, end)
            if payload >= end:
                return
        self._depacketizer.payload(
            view,
            payload,
            end,
            _UINT32.unpack_from(view, start + 4)[0],
            is_marked=second >= 0x80,
        )

    def receive_run(self, buffer: bytearray, start: int, stride: int, end: int) -> int:
        """Take packets that only continue a fragmented NAL unit together; return where they end.

        buffer[start - stride:start] is the interleaved packet that was received last. Those
        that follow it in buffer[start:end], are as long and differ in nothing but their number
        and their piece of the NAL unit, are most of all packets; compared column by column they
        cost a fifth of what they cost one by one.
        """
        joiner = self._joiner
        if joiner is None or not joiner.is_joining or self._expected is None:
            return start
        low = self._expected & 0xFF
        count = min((end - start) // stride, 256 - low)
        before = start - stride
        if count < _SHORTEST_RUN or low == 0 or buffer[before + _RTP] != 0x80:
            return start
        headers = joiner.header_bytes
        flags = _PAYLOAD + headers
        for column in (*_SHARED, *range(_PAYLOAD, flags)):
            bytes_ = buffer[before + column : before + column + stride * (count + 1) : stride]
            count = len(bytes_) - len(bytes_.lstrip(bytes_[:1])) - 1
            if count < _SHORTEST_RUN:
                return start
        middle = bytes((buffer[before + flags] & 0x3F,))  # neither first nor last
        bytes_ = buffer[start + flags : start + flags + stride * count : stride]
        count = len(bytes_) - len(bytes_.lstrip(middle))
        numbers = buffer[start + 7 : start + 7 + stride * count : stride]
        if count < _SHORTEST_RUN or numbers != _RAMP[low : low + count]:
            return start
        first = start + flags + 1
        joiner.add_pieces(buffer, first, stride, stride - flags - 1, count)
        self._expected = (self._expected + count) & 0xFFFF
        self.packet_count += count
        return start + stride * count

    def _accept_sequence(self, sequence: int) -> bool:
        """Note a loss; tell whether the packet may be used (a late or doubled one may not)."""
        if self._expected is None:
            return True
        missing = (sequence - self._expected) & 0xFFFF
        if missing >= 0x8000 and missing > 0xFFFF - 100:
            return False
        self.lost_count += missing if missing < 0x8000 else 1  # else: the camera began anew
        self._depacketizer.lost()
        return True


def _payload_bounds(view: memoryview, start: int, end: int) -> tuple[int, int]:
    """Leave out contributing sources, header extension and padding (RFC 3550, 5.1)."""
    first = view[start]
    payload = start + 12 + 4 * (first & 15)
    if first & 0x10:
        if payload + 4 > end:
            return end, end
        payload += 4 + 4 * (view[payload + 2] << 8 | view[payload + 3])
    if first & 0x20:
        end -= view[end - 1]
    return payload, end
