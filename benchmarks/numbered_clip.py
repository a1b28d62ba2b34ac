"""A clip whose pictures carry their number, and the way back from bytes to numbers.

A recorder that copies keeps each coded slice byte for byte, so a slice found in a recording tells
which picture it is without decoding; that the picture shows this number too is checked on some.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

import av
import numpy as np
import numpy.typing as npt

CELLS = 32
_SLICES = frozenset({1, 5})
Picture = npt.NDArray[np.uint8]


def draw(number: int, noise: list[Picture], *, width: int, height: int) -> Picture:
    """A gray picture with noise that moves, and the number in 32 cells along the top."""
    picture = np.roll(noise[number % len(noise)], number * 4, axis=1).copy()
    cell = width // CELLS
    for bit in range(CELLS):
        picture[:cell, bit * cell : (bit + 1) * cell] = 235 if number >> bit & 1 else 16
    return picture


def read(picture: Picture) -> int:
    """Return the number in a decoded gray picture."""
    cell = picture.shape[1] // CELLS
    cells = picture[cell // 2, cell // 2 : cell * CELLS : cell]
    return sum(1 << bit for bit, shade in enumerate(cells) if shade > 128)


def make_clip(
    path: Path, *, seconds: int, width: int, height: int, rate: int, bits_per_second: int, gop: int
) -> None:
    """Write the clip for rtsp_farm.py: per picture a length, a keyframe flag and Annex B data."""
    generator = np.random.default_rng(1)
    coarse = [generator.integers(60, 190, (height // 8, width // 8), np.uint8) for _ in range(4)]
    noise = [np.kron(tile, np.ones((8, 8), np.uint8)) for tile in coarse]
    context = av.CodecContext.create("libx264", "w")
    context.width, context.height, context.pix_fmt = width, height, "yuv420p"
    context.framerate, context.bit_rate, context.gop_size = Fraction(rate), bits_per_second, gop
    rates = f"vbv-maxrate={bits_per_second // 1000}:vbv-bufsize={bits_per_second // 1000}"
    context.options = {
        "preset": "ultrafast",
        "bf": "0",
        "x264-params": f"keyint={gop}:min-keyint={gop}:scenecut=0:nal-hrd=cbr:{rates}",
    }
    with path.open("wb") as file:
        for number in range(seconds * rate):
            picture = draw(number, noise, width=width, height=height)
            frame = av.VideoFrame.from_ndarray(picture, format="gray").reformat(format="yuv420p")
            frame.pts = number
            _write(file, context.encode(frame))
        _write(file, context.encode(None))


def _write(file: BinaryIO, packets: list[av.Packet[av.VideoStream]]) -> None:
    for packet in packets:
        file.write(struct.pack(">IB", packet.size, packet.is_keyframe) + bytes(packet))


def numbers_by_slice(path: Path) -> dict[bytes, int]:
    """Return the digest of each picture's slices -> the picture's number."""
    data = path.read_bytes()
    known: dict[bytes, int] = {}
    offset = 0
    while offset < len(data):
        size, _ = struct.unpack_from(">IB", data, offset)
        picture = data[offset + 5 : offset + 5 + size]
        known[_digest(_split_annex_b(picture))] = len(known)
        offset += 5 + size
    return known


def numbers_in_samples(samples: Iterator[bytes], known: dict[bytes, int]) -> list[int]:
    """Return the number of each sample (NAL units with lengths); -1 where it is not of the clip."""
    return [known.get(_digest(_split_lengths(sample)), -1) for sample in samples]


def _digest(units: Iterator[bytes]) -> bytes:
    digest = hashlib.blake2b(digest_size=16)
    for unit in units:
        if unit[0] & 31 in _SLICES:
            digest.update(unit)
    return digest.digest()


def _split_annex_b(data: bytes) -> Iterator[bytes]:
    for part in data.split(b"\0\0\1"):
        unit = part.rstrip(b"\0")
        if unit:
            yield unit


def _split_lengths(sample: bytes) -> Iterator[bytes]:
    offset = 0
    while offset < len(sample):
        size = int.from_bytes(sample[offset : offset + 4], "big")
        yield bytes(sample[offset + 4 : offset + 4 + size]).rstrip(b"\0")
        offset += 4 + size
