"""The boxes that are drawn over a picture, packed by the minute.

Layout, version 1: the byte 1, then a zlib stream of unsigned LEB128 numbers and text. Text is
its length in bytes, then UTF-8. First the labels: how many, then each. Then the frames: how
many, then for each the milliseconds since the frame before, how many boxes, and for each box
its identity, the index of its label, and left, top, width and height as differences from the
last box of that identity (zigzag: 0, -1, 1, -2 become 0, 1, 2, 3). Somebody who walks through
the picture at five frames a second costs about 25 bytes a second.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

VERSION = 1
FULL = 1000
"""The width or height of the picture in the units of a box."""
MAX_UNPACKED_BYTES = 4_000_000

_Sides = tuple[int, int, int, int]
_NOWHERE: _Sides = (0, 0, 0, 0)


class OverlayError(ValueError):
    """The bytes are no packed boxes."""


@dataclass(frozen=True, slots=True)
class OverlayBox:
    """One object in one frame; sides in thousandths of the picture's width and height."""

    identity: int
    label: str
    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class BoxFrame:
    offset_ms: int
    """Since the beginning of the minute."""
    boxes: tuple[OverlayBox, ...]


def pack_boxes(frames: Sequence[BoxFrame]) -> bytes:
    """Pack frames that are in order of time."""
    labels = sorted({box.label for frame in frames for box in frame.boxes})
    out = bytearray()
    _put(out, len(labels))
    for label in labels:
        text = label.encode()
        _put(out, len(text))
        out += text
    _put_frames(out, frames, {label: index for index, label in enumerate(labels)})
    return bytes([VERSION]) + zlib.compress(bytes(out), level=6)


def unpack_boxes(packed: bytes) -> list[BoxFrame]:
    """Return the frames.

    Raises:
        OverlayError: the bytes are cut off, of another version, or no packed boxes at all.

    """
    if not packed or packed[0] != VERSION:
        msg = "packed boxes of an unknown version"
        raise OverlayError(msg)
    numbers = _Numbers(_inflate(packed[1:]))
    labels = [numbers.text() for _ in range(numbers.next())]
    last: dict[int, _Sides] = {}
    frames, offset_ms = [], 0
    for _ in range(numbers.next()):
        offset_ms += numbers.next()
        boxes = tuple(_boxes(numbers, labels, last))
        frames.append(BoxFrame(offset_ms, boxes))
    return frames


def _put_frames(out: bytearray, frames: Sequence[BoxFrame], labels: dict[str, int]) -> None:
    last: dict[int, _Sides] = {}
    before_ms = 0
    _put(out, len(frames))
    for frame in frames:
        _put(out, frame.offset_ms - before_ms)
        _put(out, len(frame.boxes))
        before_ms = frame.offset_ms
        for box in frame.boxes:
            _put(out, box.identity)
            _put(out, labels[box.label])
            sides = (box.left, box.top, box.width, box.height)
            for new, old in zip(sides, last.get(box.identity, _NOWHERE), strict=True):
                _put(out, _zigzag(new - old))
            last[box.identity] = sides


def _boxes(
    numbers: _Numbers, labels: Sequence[str], last: dict[int, _Sides]
) -> Iterator[OverlayBox]:
    for _ in range(numbers.next()):
        identity, label = numbers.next(), numbers.next()
        if label >= len(labels):
            msg = "a box of an unknown label"
            raise OverlayError(msg)
        left, top, width, height = last.get(identity, _NOWHERE)
        sides = (
            left + numbers.signed(),
            top + numbers.signed(),
            width + numbers.signed(),
            height + numbers.signed(),
        )
        last[identity] = sides
        yield OverlayBox(identity, labels[label], *sides)


def _put(out: bytearray, number: int) -> None:
    if number < 0:
        msg = "times must not go back, and identities are not below zero"
        raise OverlayError(msg)
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)


def _zigzag(number: int) -> int:
    return number * 2 if number >= 0 else -number * 2 - 1


def _inflate(packed: bytes) -> bytes:
    inflater = zlib.decompressobj()
    try:
        content = inflater.decompress(packed, MAX_UNPACKED_BYTES)
    except zlib.error as error:
        msg = f"packed boxes are damaged: {error}"
        raise OverlayError(msg) from error
    if not inflater.eof:
        msg = "packed boxes are cut off or too large"
        raise OverlayError(msg)
    return content


class _Numbers:
    """Reads what `_put` wrote."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0

    def next(self) -> int:
        number = shift = 0
        while True:
            byte = self._take(1)[0]
            number |= (byte & 0x7F) << shift
            if byte < 0x80:
                return number
            shift += 7

    def signed(self) -> int:
        number = self.next()
        return number // 2 if number % 2 == 0 else -(number // 2) - 1

    def text(self) -> str:
        try:
            return self._take(self.next()).decode()
        except UnicodeDecodeError as error:
            msg = "a label that is no text"
            raise OverlayError(msg) from error

    def _take(self, length: int) -> bytes:
        taken = self._content[self._at : self._at + length]
        if len(taken) != length:
            msg = "packed boxes end too early"
            raise OverlayError(msg)
        self._at += length
        return taken
