"""What the RTP payloads of H.264 and H.265 have in common: NAL units become access units."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import ClassVar

from cameras.engine.access_units import MAX_FRAME_BYTES, MAX_PARAMETER_SETS, AccessUnit
from cameras.engine.codecs import NalRole
from cameras.engine.faults import unsupported

_UINT32 = struct.Struct(">I")
_LENGTH_BYTES = 4
_PICTURES = frozenset({NalRole.PICTURE, NalRole.KEY_PICTURE, NalRole.LEADING_PICTURE})


class NalDepacketizer:
    """Joins NAL units to access units: 4-byte lengths, no delimiters, no parameter sets.

    An access unit ends at the marker bit, or where the timestamp changes. Cameras that set the
    marker on every slice are noticed when a second slice of a picture follows its marker; from
    then on the timestamp alone counts, at the cost of one frame of latency.

    All pieces go into one bytearray, so that a picture is one buffer to hash and to write.
    """

    # Bytes of a NAL unit's header; the slice's header follows.
    header_bytes: ClassVar[int]

    def __init__(self, on_unit: Callable[[AccessUnit], None], on_loss: Callable[[], None]) -> None:
        self._on_unit = on_unit
        self._on_loss = on_loss
        self._data = bytearray()
        self._parameter_sets: list[bytes] = []
        self._timestamp = 0
        self._is_keyframe = False
        self._is_leading = False
        self._has_picture = False
        self._fragment_start = -1  # of the NAL unit that is being joined, in _data
        self._trusts_marker = True
        self._last_emitted: int | None = None

    def role_of(self, nal: memoryview) -> NalRole:
        raise NotImplementedError

    def is_entry_point(self, nal: memoryview) -> bool:
        """Whether a NAL unit that is no picture tells that decoding may begin here."""
        raise NotImplementedError

    def unpack(self, view: memoryview, start: int, end: int) -> None:
        """Take the payload apart and call the methods below."""
        raise NotImplementedError

    def lost(self) -> None:
        self._discard()
        self._on_loss()

    def payload(
        self, view: memoryview, start: int, end: int, timestamp: int, *, is_marked: bool
    ) -> None:
        if timestamp != self._timestamp:
            if self._has_picture:
                self._emit()
            self._timestamp = timestamp
        self.unpack(view, start, end)
        if is_marked and self._has_picture and self._trusts_marker:
            self._emit()

    def begin_fragments(self, header: bytes) -> None:
        """The first piece of a NAL unit; `header` is the NAL unit's own."""
        self._fragment_start = len(self._data)
        self._data += b"\0\0\0\0"
        self._data += header

    def add_fragment(self, view: memoryview, start: int, end: int, *, is_last: bool) -> None:
        if self._fragment_start < 0:
            return  # its beginning was lost
        data = self._data
        data += view[start:end]
        if is_last:
            self._end_fragments()
        elif len(data) > MAX_FRAME_BYTES:
            raise unsupported("the camera sends a picture of more than 16 MB")

    @property
    def is_joining(self) -> bool:
        """Whether pieces of a fragmented NAL unit may follow."""
        return self._fragment_start >= 0

    def add_pieces(self, buffer: bytearray, first: int, stride: int, size: int, count: int) -> None:
        """Take `count` middle pieces of `size` bytes, `stride` bytes apart."""
        view = memoryview(buffer)
        places = range(first, first + stride * count, stride)
        self._data += b"".join([view[place : place + size] for place in places])
        if len(self._data) > MAX_FRAME_BYTES:
            raise unsupported("the camera sends a picture of more than 16 MB")

    def _end_fragments(self) -> None:
        nal_start, self._fragment_start = self._fragment_start, -1
        nal = bytes(self._data[nal_start + _LENGTH_BYTES : nal_start + _LENGTH_BYTES + 8])
        role = self.role_of(memoryview(nal))
        if role in _PICTURES:
            size = len(self._data) - nal_start - _LENGTH_BYTES
            _UINT32.pack_into(self._data, nal_start, size)
            self._note_picture(role, nal)
            return
        whole = bytes(self._data[nal_start + _LENGTH_BYTES :])
        del self._data[nal_start:]
        self.add_nal(memoryview(whole), 0, len(whole))

    def add_nal(self, view: memoryview, start: int, end: int) -> None:
        """Take a whole NAL unit."""
        if end - start <= self.header_bytes:
            return
        nal = view[start:end]
        role = self.role_of(nal)
        if role is NalRole.PARAMETER_SET:
            if len(self._parameter_sets) < MAX_PARAMETER_SETS:
                self._parameter_sets.append(bytes(nal))
            return
        if role is NalRole.MEANINGLESS:
            return
        self._data += _UINT32.pack(end - start)
        self._data += nal
        if len(self._data) > MAX_FRAME_BYTES:
            raise unsupported("the camera sends a picture of more than 16 MB")
        if role in _PICTURES:
            self._note_picture(role, nal)
        elif self.is_entry_point(nal):
            self._is_keyframe = True

    def _note_picture(self, role: NalRole, nal: bytes | memoryview) -> None:
        """A slice is in; the first bit behind its header is 1 when it begins a picture."""
        if not self._has_picture and not nal[self.header_bytes] & 0x80:
            # The beginning of the picture is missing: lost, or handed on too early.
            if self._last_emitted == self._timestamp:
                self._trusts_marker = False
            self.lost()
            return
        self._has_picture = True
        if role is NalRole.KEY_PICTURE:
            self._is_keyframe = True
        self._is_leading = role is NalRole.LEADING_PICTURE

    def _emit(self) -> None:
        unit = AccessUnit(
            self._timestamp, self._data, self._is_keyframe, self._parameter_sets, self._is_leading
        )
        self._last_emitted = self._timestamp
        self._discard()
        self._on_unit(unit)

    def _discard(self) -> None:
        self._data = bytearray()
        self._parameter_sets = []
        self._is_keyframe = False
        self._has_picture = False
        self._fragment_start = -1
