"""H.264 over RTP (RFC 6184): single NAL units, STAP-A, FU-A."""

from __future__ import annotations

from typing import ClassVar

from cameras.engine.access_units import MAX_FRAME_BYTES
from cameras.engine.codecs import H264Codec, NalRole
from cameras.engine.rtsp.nal_units import NalDepacketizer

_SEI = 6
_STAP_A, _FU_A = 24, 28
_RECOVERY_POINT = 6


class H264Depacketizer(NalDepacketizer):
    header_bytes: ClassVar[int] = 1
    _codec = H264Codec()

    def role_of(self, nal: memoryview) -> NalRole:
        return self._codec.role_of(nal)

    def is_entry_point(self, nal: memoryview) -> bool:
        """Encoders with open GOPs send recovery points in place of IDR pictures (D.2.8)."""
        is_recovery_point = nal[0] & 31 == _SEI and len(nal) > 4 and nal[1] == _RECOVERY_POINT
        # recovery_frame_cnt 0 and exact_match_flag
        return is_recovery_point and nal[3] & 0xC0 == 0xC0

    def payload(
        self, view: memoryview, start: int, end: int, timestamp: int, *, is_marked: bool
    ) -> None:
        # Nine packets of ten are the middle of a fragmented NAL unit: the shortest way for them.
        if (
            self._fragment_start >= 0
            and timestamp == self._timestamp
            and end - start > 2
            and view[start] & 31 == _FU_A
            and not (is_marked or view[start + 1] & 0xC0)
            and len(self._data) <= MAX_FRAME_BYTES
        ):
            self._data += view[start + 2 : end]
        else:
            super().payload(view, start, end, timestamp, is_marked=is_marked)

    def unpack(self, view: memoryview, start: int, end: int) -> None:
        kind = view[start] & 31
        if kind == _FU_A:
            if end - start < 3:
                return
            header = view[start + 1]
            if header & 0x80:
                self.begin_fragments(bytes((view[start] & 0xE0 | header & 31,)))
            self.add_fragment(view, start + 2, end, is_last=header & 0x40 != 0)
        elif 0 < kind < _STAP_A:
            self.add_nal(view, start, end)
        elif kind == _STAP_A:
            self._aggregate(view, start + 1, end)

    def _aggregate(self, view: memoryview, start: int, end: int) -> None:
        while start + 2 < end:
            nal_end = start + 2 + (view[start] << 8 | view[start + 1])
            if nal_end > end:
                return
            self.add_nal(view, start + 2, nal_end)
            start = nal_end
