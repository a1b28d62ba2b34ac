"""The moov box of a plain MP4 file, written by hand from sample tables (ISO/IEC 14496-12).

It stands before the data, so that the file plays while it is still being fetched.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import numpy as np
import numpy.typing as npt

from archive.engine.export_boxes import ExportOrigin, origin_box
from archive.engine.proof_boxes import identity_box
from archive.engine.reader import TrackDescription
from archive.engine.samples import Layout, Track
from cameras.engine.initialization import box, full_box
from cameras.engine.packets import VIDEO_CLOCK

FILE_TYPE = box(b"ftyp", b"isom", struct.pack(">I", 512), b"isomiso2mp41")
# A chunk is what a player reads at once.
_CHUNK_BYTES = 1 << 20
_MATRIX = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
# Seconds from 1904, where QuickTime's calendar begins, to 1970.
_MAC_EPOCH = 2_082_844_800


@dataclass(frozen=True, slots=True)
class _Chunks:
    """Where the samples of a track lie, by chunks."""

    offsets: npt.NDArray[np.uint64]  # from the beginning of the data
    counts: npt.NDArray[np.int64]


def movie_header(
    layout: Layout,
    *,
    video: TrackDescription,
    audio: TrackDescription | None,
    created_at: datetime,
    identity: UUID | None = None,
    origin: ExportOrigin | None = None,
) -> bytes:
    """Return all that stands before the data: ftyp, identity, origin, moov, the head of mdat."""
    opening = FILE_TYPE + (identity_box(identity) if identity else b"")
    if origin:
        tracks = (1, 2) if layout.audio and audio else (1,)
        opening += origin_box(origin, tracks=tracks, started_us=layout.stretches[0].started_us)
    data_size = int(layout.samples["size"].sum(dtype=np.int64))
    mdat = struct.pack(">I4sQ", 1, b"mdat", data_size + 16)
    moov = _movie(layout, video, audio, created_at, data_start=0)
    # co64 has one width, so the second time the size is the same.
    start = len(opening) + len(moov) + len(mdat)
    moov = _movie(layout, video, audio, created_at, data_start=start)
    return opening + moov + mdat


def _movie(
    layout: Layout,
    video: TrackDescription,
    audio: TrackDescription | None,
    created_at: datetime,
    *,
    data_start: int,
) -> bytes:
    stamp = int(created_at.timestamp()) + _MAC_EPOCH
    chunk_of = _chunk_numbers(layout)
    tracks = [_track(layout, layout.video, 1, video, chunk_of, data_start, stamp)]
    if layout.audio and audio:
        tracks.append(_track(layout, layout.audio, 2, audio, chunk_of, data_start, stamp))
    header = _version_1(
        b"mvhd",
        0,
        struct.pack(">QQIQ", stamp, stamp, VIDEO_CLOCK, layout.video.shown_duration),
        struct.pack(">IH10x", 0x10000, 0x100),
        _MATRIX,
        bytes(24),
        struct.pack(">I", len(tracks) + 1),
    )
    return box(b"moov", header, *tracks)


def _version_1(kind: bytes, flags: int, *parts: bytes) -> bytes:
    return box(kind, struct.pack(">I", 0x01000000 | flags), *parts)


def _chunk_numbers(layout: Layout) -> npt.NDArray[np.int64]:
    """Return for each sample of the export the number of its chunk."""
    samples = layout.samples
    megabyte = np.cumsum(samples["size"], dtype=np.int64) // _CHUNK_BYTES
    changes = np.zeros(len(samples), bool)
    for column in (samples["track"], samples["file"], megabyte):
        changes[1:] |= np.diff(column) != 0
    return np.cumsum(changes, dtype=np.int64)


def _track(
    layout: Layout,
    track: Track,
    number: int,
    description: TrackDescription,
    chunk_of: npt.NDArray[np.int64],
    data_start: int,
    stamp: int,
) -> bytes:
    shown = round(track.shown_duration * VIDEO_CLOCK / description.timescale)
    lead_in = round(track.lead_in * VIDEO_CLOCK / description.timescale)
    header = _version_1(
        b"tkhd",
        3,  # enabled, in the movie
        struct.pack(">QQII", stamp, stamp, number, 0),
        struct.pack(">Q8xHHHxx", shown + lead_in, 0, 0, 0 if description.width else 0x100),
        _MATRIX,
        struct.pack(">II", description.width << 16, description.height << 16),
    )
    chunks = _chunks(layout, track, chunk_of, data_start)
    return box(
        b"trak",
        header,
        _edit_list(track, shown=shown, lead_in=lead_in),
        _media(track, description, chunks, stamp),
    )


def _edit_list(track: Track, *, shown: int, lead_in: int) -> bytes:
    """Hide what is there only for decoding; begin later where the track has nothing yet."""
    edits = [(lead_in, -1)] if lead_in else []
    edits.append((shown, track.media_start))
    content = b"".join(struct.pack(">QqI", duration, at, 0x10000) for duration, at in edits)
    return box(b"edts", _version_1(b"elst", 0, struct.pack(">I", len(edits)), content))


def _chunks(
    layout: Layout, track: Track, chunk_of: npt.NDArray[np.int64], data_start: int
) -> _Chunks:
    ends = np.cumsum(layout.samples["size"], dtype=np.int64)
    starts = (ends - layout.samples["size"])[track.indices] + data_start
    _numbers, first, counts = np.unique(
        chunk_of[track.indices], return_index=True, return_counts=True
    )
    return _Chunks(
        offsets=starts[first].astype(np.uint64),
        counts=counts.astype(np.int64),
    )


def _media(track: Track, description: TrackDescription, chunks: _Chunks, stamp: int) -> bytes:
    samples = track.samples
    duration = int(samples["dts"][-1]) + int(samples["duration"][-1])
    is_video = description.handler == b"vide"
    media_header = full_box(b"vmhd", 1, bytes(8)) if is_video else full_box(b"smhd", 0, bytes(4))
    data_here = full_box(b"dref", 0, struct.pack(">I", 1), full_box(b"url ", 1))
    tables = [
        full_box(b"stsd", 0, struct.pack(">I", 1), description.sample_entry),
        *_time_tables(track, is_video=is_video),
        *_place_tables(samples["size"], chunks),
    ]
    return box(
        b"mdia",
        _version_1(
            b"mdhd",
            0,
            struct.pack(">QQIQHH", stamp, stamp, description.timescale, duration, 0x55C4, 0),
        ),
        full_box(b"hdlr", 0, bytes(4), description.handler, bytes(12), b"Atomgrad\0"),
        box(b"minf", media_header, box(b"dinf", data_here), box(b"stbl", *tables)),
    )


def _time_tables(track: Track, *, is_video: bool) -> list[bytes]:
    samples = track.samples
    steps = np.append(np.diff(samples["dts"]), samples["duration"][-1])
    tables = [full_box(b"stts", 0, _run_lengths(steps, ">u4"))]
    if not is_video:
        return tables
    if samples["offset_to_pts"].any():
        tables.append(_version_1(b"ctts", 0, _run_lengths(samples["offset_to_pts"], ">i4")))
    keys = np.flatnonzero(samples["is_key"]) + 1
    tables.append(full_box(b"stss", 0, struct.pack(">I", len(keys)), _packed(keys, ">u4")))
    return tables


def _run_lengths(values: npt.NDArray[np.signedinteger], kind: str) -> bytes:
    """Return a table of (count, value), its length first."""
    starts = np.append(0, np.flatnonzero(np.diff(values)) + 1)
    counts = np.diff(np.append(starts, len(values)))
    table = np.empty(len(starts), dtype=[("count", ">u4"), ("value", kind)])
    table["count"], table["value"] = counts, values[starts]
    return struct.pack(">I", len(table)) + table.tobytes()


def _place_tables(sizes: npt.NDArray[np.uint32], chunks: _Chunks) -> list[bytes]:
    starts = np.append(0, np.flatnonzero(np.diff(chunks.counts)) + 1)
    # First chunk of a run of like ones, samples in each, sample entry.
    runs = np.column_stack([starts + 1, chunks.counts[starts], np.ones_like(starts)])
    return [
        full_box(b"stsc", 0, struct.pack(">I", len(runs)), _packed(runs, ">u4")),
        full_box(b"stsz", 0, struct.pack(">II", 0, len(sizes)), _packed(sizes, ">u4")),
        full_box(
            b"co64", 0, struct.pack(">I", len(chunks.offsets)), _packed(chunks.offsets, ">u8")
        ),
    ]


def _packed(values: npt.NDArray[np.integer], kind: str) -> bytes:
    return values.astype(kind).tobytes()
