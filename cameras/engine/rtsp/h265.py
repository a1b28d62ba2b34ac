"""H.265 over RTP (RFC 7798): single NAL units, aggregation packets, fragmentation units."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from cameras.engine.access_units import AccessUnit
from cameras.engine.codecs import HevcCodec, NalRole
from cameras.engine.rtsp.nal_units import NalDepacketizer

_AGGREGATION, _FRAGMENTATION = 48, 49


class H265Depacketizer(NalDepacketizer):
    """As RFC 7798 says; decoding order numbers are passed over, cameras send in that order.

    Args:
        has_order_numbers: sprop-max-don-diff is above zero, so DONL fields are in the packets.
    """

    header_bytes: ClassVar[int] = 2
    _codec = HevcCodec()

    def __init__(
        self,
        on_unit: Callable[[AccessUnit], None],
        on_loss: Callable[[], None],
        *,
        has_order_numbers: bool = False,
    ) -> None:
        super().__init__(on_unit, on_loss)
        self._order_bytes = 2 if has_order_numbers else 0

    def role_of(self, nal: memoryview) -> NalRole:
        return self._codec.role_of(nal)

    def is_entry_point(self, nal: memoryview) -> bool:
        del nal
        return False  # CRA pictures are keyframes by their type

    def unpack(self, view: memoryview, start: int, end: int) -> None:
        kind = view[start] >> 1 & 63
        if kind == _FRAGMENTATION:
            self._fragment(view, start, end)
        elif kind == _AGGREGATION:
            self._aggregate(view, start + 2, end)
        elif kind < _AGGREGATION:
            self._single(view, start, end)

    def _fragment(self, view: memoryview, start: int, end: int) -> None:
        if end - start < 4:
            return
        header = view[start + 2]
        payload = start + 3
        if header & 0x80:
            nal_header = (view[start] & 0x81 | (header & 63) << 1, view[start + 1])
            self.begin_fragments(bytes(nal_header))
            payload += self._order_bytes
        self.add_fragment(view, payload, end, is_last=header & 0x40 != 0)

    def _single(self, view: memoryview, start: int, end: int) -> None:
        if not self._order_bytes:
            self.add_nal(view, start, end)
            return
        nal = bytes(view[start : start + 2]) + bytes(view[start + 2 + self._order_bytes : end])
        self.add_nal(memoryview(nal), 0, len(nal))

    def _aggregate(self, view: memoryview, start: int, end: int) -> None:
        start += self._order_bytes  # DONL, then a DOND byte before each further one
        while start + 2 < end:
            nal_end = start + 2 + (view[start] << 8 | view[start + 1])
            if nal_end > end:
                return
            self.add_nal(view, start + 2, nal_end)
            start = nal_end + (1 if self._order_bytes else 0)
