"""A picture that carries its proof: APP15 segments with manifest and signature.

A comment names the export. What is signed is the picture without the APP15 segments, so that they
can be taken out and the rest hashed.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from uuid import UUID

_MARKER = 0xEF  # APP15
_IDENTIFIER = b"Atomgrad proof\0"
_COMMENT_MARKER, _COMMENT = 0xFE, b"Atomgrad export "
_MOST = 60_000
_START, _SCAN = b"\xff\xd8", 0xDA


def is_jpeg(data: bytes) -> bool:
    return data[:2] == _START


def mark_picture(picture: bytes, identity: UUID) -> bytes:
    """Return the picture with a comment that ties it to its export; it is signed as well."""
    comment = _COMMENT + str(identity).encode()
    segment = struct.pack(">BBH", 0xFF, _COMMENT_MARKER, 2 + len(comment)) + comment
    place = _after_opening(picture)
    return picture[:place] + segment + picture[place:]


def picture_identity(data: bytes) -> str | None:
    for marker, content, _segment in _segments(data):
        if marker == _COMMENT_MARKER and content.startswith(_COMMENT):
            return content[len(_COMMENT) :].decode("ascii", "replace")
    return None


def embed_proof(picture: bytes, *, manifest: bytes, signature: bytes) -> bytes:
    """Return the picture with its proof, after the segment that makes it a JFIF file."""
    proof = json.dumps({"manifest": manifest.decode(), "signature": signature.decode()}).encode()
    pieces = [proof[start : start + _MOST] for start in range(0, len(proof), _MOST)]
    segments = b"".join(
        struct.pack(">BBH", 0xFF, _MARKER, 2 + len(_IDENTIFIER) + len(piece)) + _IDENTIFIER + piece
        for piece in pieces
    )
    place = _after_opening(picture)
    return picture[:place] + segments + picture[place:]


def _after_opening(picture: bytes) -> int:
    """After the marker that begins a picture, and the segment that makes it a JFIF file."""
    if picture[2:4] != b"\xff\xe0":
        return 2
    return 4 + int(struct.unpack_from(">H", picture, 4)[0])


def extract_proof(data: bytes) -> tuple[bytes, bytes | None]:
    """Return the picture without its proof, and the proof (None: there is none)."""
    found: list[bytes] = []
    kept = [data[:2]]
    position = 2
    for marker, content, segment in _segments(data):
        if marker == _MARKER and content.startswith(_IDENTIFIER):
            found.append(content[len(_IDENTIFIER) :])
        else:
            kept.append(segment)
        position += len(segment)
    kept.append(data[position:])
    return b"".join(kept), b"".join(found) if found else None


def _segments(data: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Yield marker, content and the whole of each segment before the scan."""
    position = 2
    while position + 4 <= len(data) and data[position] == 0xFF and data[position + 1] != _SCAN:
        marker, length = struct.unpack_from(">xBH", data, position)
        segment = data[position : position + 2 + length]
        if length < 2 or len(segment) < 2 + length:
            return
        yield marker, segment[4:], segment
        position += len(segment)


def split_proof(proof: bytes) -> tuple[bytes, bytes]:
    """Return manifest and signature. Raises ValueError where the proof is damaged."""
    content = json.loads(proof)
    try:
        return content["manifest"].encode(), content["signature"].encode()
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("the proof in the picture is damaged") from error
