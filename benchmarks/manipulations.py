"""What a forger may do to footage: each kind with the name that a verifier must give it."""

from __future__ import annotations

import io
import json
import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from archive.engine.proof import Signer
from archive.engine.proof_boxes import iter_file_boxes
from archive.engine.proof_jpeg import embed_proof, extract_proof, is_jpeg, split_proof


@dataclass(frozen=True, slots=True)
class Specimen:
    """A file with what stands beside it, in a folder of its own."""

    kind: str  # MP4, JPG, ARCHIVE
    file: Path
    manifest: Path
    signature: Path
    other: Specimen | None = None  # another of the same kind, to swap with


@dataclass(frozen=True, slots=True)
class Foreign:
    """Keys that are not the town's."""

    signer: Signer


_SHARED = [
    ("flip", "changed"),
    ("cut", "cut"),
    ("truncate", "cut"),
    ("append", "trailing"),
    ("reencode", "rewritten"),
    ("edit_manifest", "manifest_changed"),
    ("damage_signature", "proof_damaged"),
    ("resign", "foreign_key"),
]
KINDS: dict[str, list[tuple[str, str]]] = {
    "MP4": [
        *_SHARED,
        ("drop_second", "cut"),
        ("swap_parts", "changed"),
        ("swap_manifest", "manifest_swapped"),
        ("swap_proof", "manifest_swapped"),
    ],
    "JPG": [*_SHARED, ("swap_proof", "manifest_swapped")],
    "ARCHIVE": [
        *_SHARED,
        ("drop_fragment", "cut"),
        ("swap_files", "file_swapped"),
        ("swap_manifest", "manifest_swapped"),
        ("swap_proof", "manifest_swapped"),
    ],
}


def manipulate(
    kind: str, source: Specimen, generator: random.Random, folder: Path, foreign: Foreign
) -> Specimen:
    """Return a manipulated copy of the specimen."""
    folder.mkdir()
    copy = replace(
        source,
        file=folder / source.file.name,
        manifest=folder / "manifest.json",
        signature=folder / "manifest.sig",
    )
    for old, new in (
        (source.file, copy.file),
        (source.manifest, copy.manifest),
        (source.signature, copy.signature),
    ):
        shutil.copyfile(old, new)
    if kind in _ON_DATA:
        data = _ON_DATA[kind](copy.file.read_bytes(), generator)
        assert data != source.file.read_bytes()  # noqa: S101 -- or nothing would be tried
        copy.file.write_bytes(data)
    else:
        _ON_PROOF[kind](copy, generator, foreign)
    return copy


# --- on the file ------------------------------------------------------------------------


def _inner_start(data: bytes) -> int:
    """Where the picture begins again behind its proof; a flip in the proof is another kind."""
    if not is_jpeg(data):
        return 0
    picture, proof = extract_proof(data)
    return len(data) - len(picture) + 64 if proof else 64


def _flip(data: bytes, generator: random.Random) -> bytes:
    position = generator.randrange(_inner_start(data), len(data))
    changed = bytearray(data)
    changed[position] ^= 1 << generator.randrange(8)
    return bytes(changed)


def _cut(data: bytes, generator: random.Random) -> bytes:
    begin = _inner_start(data)
    length = len(data) - begin
    start = begin + generator.randrange(length // 2, length * 9 // 10)
    return data[:start] + data[start + generator.randrange(1, length // 20) :]


def _truncate(data: bytes, generator: random.Random) -> bytes:
    begin = _inner_start(data)
    return data[: generator.randrange((begin + len(data)) // 2, len(data))]


def _append(data: bytes, generator: random.Random) -> bytes:
    return data + generator.randbytes(generator.randrange(1, 5000))


def _reencode(data: bytes, _generator: random.Random) -> bytes:
    if is_jpeg(data):
        picture: Any = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        return bytes(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 85])[1])
    target = io.BytesIO()
    with av.open(io.BytesIO(data), "r") as source, av.open(target, "w", format="mp4") as output:
        stream = output.add_stream("libx264", rate=25)
        stream.width, stream.height = source.streams.video[0].width, source.streams.video[0].height
        stream.pix_fmt, stream.options = "yuv420p", {"preset": "ultrafast", "crf": "30"}
        for number, frame in enumerate(source.decode(video=0)):
            fresh = av.VideoFrame.from_ndarray(frame.to_ndarray(format="gray"), format="gray")
            fresh.pts = number
            output.mux(stream.encode(fresh))
        output.mux(stream.encode(None))
    return target.getvalue()


def _drop_second(data: bytes, generator: random.Random) -> bytes:
    """Copy the encoded pictures into a new file, one GOP left out, as an editor does."""
    target = io.BytesIO()
    with av.open(io.BytesIO(data), "r") as source, av.open(target, "w", format="mp4") as output:
        track = source.streams.video[0]
        stream = output.add_stream_from_template(track)
        packets = [packet for packet in source.demux(track) if packet.size]
        keys = [n for n, packet in enumerate(packets) if packet.is_keyframe]
        gone = generator.randrange(1, len(keys) - 1)
        del packets[keys[gone] : keys[gone + 1]]
        for number, packet in enumerate(packets):
            packet.dts = packet.pts = number * 3600
            packet.stream = stream
            output.mux(packet)
    return target.getvalue()


def _swap_parts(data: bytes, generator: random.Random) -> bytes:
    """Let two stretches of the same length change places."""
    length = len(data) // 20
    first = generator.randrange(len(data) // 3, len(data) // 2)
    second = first + length + generator.randrange(length, 4 * length)
    return b"".join(
        (
            data[:first],
            data[second : second + length],
            data[first + length : second],
            data[first : first + length],
            data[second + length :],
        )
    )


def _drop_fragment(data: bytes, generator: random.Random) -> bytes:
    boxes = list(iter_file_boxes(io.BytesIO(data)))
    starts = [box.start for box in boxes if box.kind == b"moof"]
    number = generator.randrange(1, len(starts) - 1)
    return data[: starts[number]] + data[starts[number + 1] :]


_ON_DATA: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "flip": _flip,
    "cut": _cut,
    "truncate": _truncate,
    "append": _append,
    "reencode": _reencode,
    "drop_second": _drop_second,
    "swap_parts": _swap_parts,
    "drop_fragment": _drop_fragment,
}


# --- on the proof -----------------------------------------------------------------------


def _write_proof(copy: Specimen, manifest: bytes, signature: bytes) -> None:
    copy.manifest.write_bytes(manifest)
    copy.signature.write_bytes(signature)
    if copy.kind == "JPG":
        picture, _proof = extract_proof(copy.file.read_bytes())
        copy.file.write_bytes(embed_proof(picture, manifest=manifest, signature=signature))


def _edited(manifest: bytes) -> bytes:
    return manifest.replace(b'"created_at": "20', b'"created_at": "19', 1)


def _edit_manifest(copy: Specimen, _generator: random.Random, _foreign: Foreign) -> None:
    manifest = copy.manifest.read_bytes()
    assert _edited(manifest) != manifest  # noqa: S101 -- or nothing would be tried
    _write_proof(copy, _edited(manifest), copy.signature.read_bytes())


def _damage_signature(copy: Specimen, generator: random.Random, _foreign: Foreign) -> None:
    content = json.loads(copy.signature.read_bytes())
    text = content["signature"]
    position = generator.randrange(80)
    letter = "A" if text[position] != "A" else "B"
    content["signature"] = text[:position] + letter + text[position + 1 :]
    _write_proof(copy, copy.manifest.read_bytes(), json.dumps(content).encode())


def _resign(copy: Specimen, _generator: random.Random, foreign: Foreign) -> None:
    manifest = _edited(copy.manifest.read_bytes())
    subject = json.loads(manifest)["export"]["id"]
    signed = foreign.signer.sign_manifest(
        manifest, subject=subject, signed_at="2026-07-10T12:00:00Z"
    )
    _write_proof(copy, manifest, signed)


def _other_of(copy: Specimen) -> Specimen:
    assert copy.other is not None  # noqa: S101 -- each specimen has its neighbor
    return copy.other


def _swap_manifest(copy: Specimen, _generator: random.Random, _foreign: Foreign) -> None:
    copy.manifest.write_bytes(_other_of(copy).manifest.read_bytes())


def _swap_proof(copy: Specimen, _generator: random.Random, _foreign: Foreign) -> None:
    other = _other_of(copy)
    if copy.kind == "JPG":
        _picture, proof = extract_proof(other.file.read_bytes())
        _write_proof(copy, *split_proof(proof or b""))
        return
    _write_proof(copy, other.manifest.read_bytes(), other.signature.read_bytes())


def _swap_files(copy: Specimen, generator: random.Random, _foreign: Foreign) -> None:
    """Give one file of the chain the content of another: its links name all files."""
    links = [
        link
        for part in json.loads(copy.manifest.read_bytes())["chain"]["segments"]
        for link in part["links"]
    ]
    folder = _other_of(copy).file.parent.parent
    others = [link["path"].rpartition("/")[2] for link in links]
    name = generator.choice([name for name in others if name != copy.file.name])
    (source,) = folder.glob(f"*/{name}")
    shutil.copyfile(source, copy.file)


_ON_PROOF: dict[str, Callable[[Specimen, random.Random, Foreign], None]] = {
    "edit_manifest": _edit_manifest,
    "damage_signature": _damage_signature,
    "resign": _resign,
    "swap_manifest": _swap_manifest,
    "swap_proof": _swap_proof,
    "swap_files": _swap_files,
}
