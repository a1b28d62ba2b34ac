"""Search among a million templates: two bits of each number are scanned, the best compared in full.

A template is turned by a fixed rotation (signs and a Hadamard matrix), so that its numbers are
spread like a normal distribution, whatever the recognizer. Of each turned number two bits stay in
memory, as planes of bits; the question keeps three. Their product is then a sum of counted bits
(planes of bits as in RaBitQ: Gao and Long, 2024), some milliseconds for a million. There is no
built structure, so what is added or removed counts at once, and bounds take part in the search.
The best are then compared by their whole templates, read from the encrypted file.
docs/design/face_search.md has the measurements.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analytics.engine.faces.face import Template
from analytics.engine.faces.template_file import ForeignFileError, Ids, TemplateFile

# So many of the nearest codes are compared in full; measured in docs/design/face_search.md.
COMPARED_IN_FULL = 2_000
_AT_ONCE = 65_536
_GROWTH = 65_536
_PIECE = 32_768
# The file is rewritten without its holes when there are so many, and a quarter of all.
_HOLES = 16_384
# Of scores that are summed up in 16 bits.
_WIDEST = 512
_OUT = np.iinfo(np.int16).min
_STORED_BITS = 2
_ASKED_BITS = 3
# Steps of the best even quantizers of a normal distribution (Max, 1960), in its deviations.
_STORED_STEP = 0.996
_ASKED_STEP = 0.586


class Entry(NamedTuple):
    """One template and what a search may ask of it."""

    id: int
    """Above 0."""
    template: Template
    camera_id: int
    at: float
    """Unix time, seconds."""
    quality: float


@dataclass(frozen=True)
class Bounds:
    """What a search is narrowed to; times in Unix seconds, both ends belong to it."""

    camera_ids: frozenset[int] | None = None
    begin: float = -np.inf
    end: float = np.inf
    minimum_quality: float = 0.0


class TemplateIndex:
    """Templates of one recognizer; safe to use from several threads and processes."""

    def __init__(self, path: Path, *, secret: bytes, dimensions: int) -> None:
        self._turn = _Rotation(dimensions)
        self._dimensions = dimensions
        self._record = _record_type(self._turn.width)
        self._lock = threading.RLock()
        self._file = _open_or_remake(path, secret, self._record.itemsize)
        self._opened = self._file.opened
        self._columns = _Columns(self._turn.width)
        self.refresh()

    def __len__(self) -> int:
        with self._lock:
            return int(np.count_nonzero(self._columns.ids))

    @property
    def bytes_in_memory(self) -> int:
        return self._columns.nbytes

    def ids(self) -> Ids:
        """Ids that are in it, in no order."""
        with self._lock:
            self.refresh()
            ids = self._columns.ids
            present: Ids = ids[ids != 0]
            return present

    def moments(self) -> list[tuple[int, float]]:
        """Id and Unix time of each entry."""
        with self._lock:
            self.refresh()
            present = self._columns.ids != 0
            ids, at = self._columns.ids[present], self._columns.at[present]
        return list(zip(ids.tolist(), at.tolist(), strict=True))

    @property
    def last_id(self) -> int:
        with self._lock:
            self.refresh()
            return self._columns.last_id

    def lacks(self, ids: Sequence[int]) -> list[int]:
        """Return those that are not in it."""
        with self._lock:
            self.refresh()
            known = self._columns.ids
            lacking = np.asarray(ids, np.int64)
            # Each search asks for the newest, and they were added last.
            for part in (known[-_AT_ONCE:], known[:-_AT_ONCE]):
                if len(lacking):
                    lacking = lacking[~np.isin(lacking, part)]
        result: list[int] = lacking.tolist()
        return result

    def add(self, entries: Sequence[Entry]) -> None:
        """Add entries whose ids are not in it yet; the others stay as they are."""
        with self._lock:
            lacking = set(self.lacks([entry.id for entry in entries]))
            new = [entry for entry in entries if entry.id in lacking]
            for begin in range(0, len(new), _AT_ONCE):
                self._append(new[begin : begin + _AT_ONCE])
            self.refresh()

    def remove(self, ids: Collection[int]) -> int:
        """Erase entries, on disk and here; return how many there were."""
        with self._lock:
            count = self._file.remove(np.fromiter(ids, np.int64, len(ids)))
            if self._file.deleted > max(_HOLES, self._file.used // 4):
                self._file.rewrite()
            self.refresh()
            return count

    def refresh(self) -> None:
        """Take over what other processes added and removed."""
        with self._lock:
            if self._file.is_replaced():
                self._file.reopen()
            if self._file.opened != self._opened:
                self._opened = self._file.opened
                self._columns = _Columns(self._turn.width)
            self._drop_removed()
            for begin in range(self._columns.count, self._file.used, _AT_ONCE):
                self._load(begin, min(begin + _AT_ONCE, self._file.used))

    def search(
        self, template: Template, *, bounds: Bounds, limit: int, compared: int = COMPARED_IN_FULL
    ) -> list[tuple[int, float]]:
        """Return ids and cosines (by templates of 8 bits: within 0.01), best first."""
        if len(template) != self._dimensions:
            raise ValueError(f"a template here has {self._dimensions} numbers, not {len(template)}")
        with self._lock:
            self.refresh()
            query = self._turn(template[np.newaxis])[0]
            places = self._columns.nearest(query, bounds, max(compared, limit))
            ids, scores = self._compare(places, query)
        order = np.argsort(-scores, kind="stable")[:limit]
        return [(int(ids[i]), float(scores[i])) for i in order if ids[i]]

    def _compare(
        self, places: NDArray[np.int64], query: NDArray[np.float32]
    ) -> tuple[Ids, NDArray[np.float32]]:
        ids, stored = self._file.read(places)
        records = stored.view(self._record)[:, 0]
        scores = (records["numbers"].astype(np.float32) @ query) * records["scale"]
        return ids, np.where(ids != 0, scores, -np.inf).astype(np.float32)

    def _append(self, entries: Sequence[Entry]) -> None:
        records = np.zeros(len(entries), self._record)
        records["camera"] = [entry.camera_id for entry in entries]
        records["at"] = [entry.at for entry in entries]
        records["quality"] = [entry.quality for entry in entries]
        turned = self._turn(np.stack([entry.template for entry in entries]))
        scale = np.maximum(np.abs(turned).max(axis=1), 1e-12) / 127
        records["scale"] = scale
        records["numbers"] = np.rint(turned / scale[:, np.newaxis])
        ids = np.array([entry.id for entry in entries], np.int64)
        self._file.append(ids, records.view(np.uint8).reshape(len(entries), -1))

    def _load(self, begin: int, end: int) -> None:
        ids, stored = self._file.read(np.arange(begin, end, dtype=np.int64))
        self._columns.put(begin, ids, stored.view(self._record)[:, 0])

    def _drop_removed(self) -> None:
        """Places whose id another process set (it was writing) or zeroed since."""
        columns = self._columns
        if columns.holes == self._file.deleted:
            return
        now = self._file.ids(0, columns.count)
        for place in np.flatnonzero((now != 0) & (columns.ids == 0)).tolist():
            self._load(place, place + 1)
        columns.clear(np.flatnonzero((now == 0) & (columns.ids != 0)))


class _Rotation:
    """Spread what a template says over all its components: signs, then a Hadamard matrix."""

    def __init__(self, dimensions: int) -> None:
        self.width = max(64, 1 << (dimensions - 1).bit_length())
        if self.width > _WIDEST:
            raise ValueError(f"a template has at most {_WIDEST} numbers")
        # Slow to import, and most processes never search.
        from scipy.linalg import hadamard  # noqa: PLC0415

        draw = hashlib.shake_256(b"atomgrad face index").digest(self.width)
        signs = 1.0 - 2.0 * (np.frombuffer(draw, np.uint8) & 1)
        matrix = signs[:, np.newaxis] * hadamard(self.width) / np.sqrt(self.width)
        self._matrix = np.ascontiguousarray(matrix[:dimensions], np.float32)

    def __call__(self, templates: NDArray[np.float32]) -> NDArray[np.float32]:
        """Turn n x dimensions into n x width; lengths and angles stay."""
        return templates @ self._matrix


class _Columns:
    """Codes and what bounds ask of, of all places, in memory."""

    def __init__(self, width: int) -> None:
        self._width = width
        self.count = 0
        self._codes = np.zeros((_STORED_BITS, width // 64, 0), np.uint64)
        self._sums = np.zeros(0, np.int16)
        self._ids = np.zeros(0, np.int64)
        self._cameras = np.zeros(0, np.int64)
        self._at = np.zeros(0, np.float64)
        self._quality = np.zeros(0, np.float32)
        # Of all ids; counted anew once they have changed.
        self._holes: int | None = None
        self._last_id: int | None = None

    @property
    def ids(self) -> Ids:
        """By place; 0 where nothing is."""
        return self._ids[: self.count]

    @property
    def at(self) -> NDArray[np.float64]:
        return self._at[: self.count]

    @property
    def holes(self) -> int:
        if self._holes is None:
            self._holes = self.count - int(np.count_nonzero(self.ids))
        return self._holes

    @property
    def last_id(self) -> int:
        if self._last_id is None:
            self._last_id = int(self.ids.max(initial=0))
        return self._last_id

    @property
    def nbytes(self) -> int:
        columns = (self._codes, self._sums, self._ids, self._cameras, self._at, self._quality)
        return sum(column.nbytes for column in columns)

    def put(self, begin: int, ids: Ids, records: NDArray[np.void]) -> None:
        """Set the places from begin on; codes are made of the records' numbers."""
        end = begin + len(ids)
        self._reserve(end)
        # Deleted places are noise once decrypted, too large for any number: cleared below.
        scale = np.where(ids > 0, records["scale"], 0)[:, np.newaxis]
        levels = _levels(records["numbers"] * scale, _STORED_BITS)
        self._codes[:, :, begin:end] = _planes(levels, _STORED_BITS)
        self._sums[begin:end] = levels.sum(axis=1, dtype=np.int16)
        self._ids[begin:end] = ids
        self._cameras[begin:end] = records["camera"]
        self._at[begin:end] = records["at"]
        self._quality[begin:end] = records["quality"]
        self.count = max(self.count, end)
        self.clear(begin + np.flatnonzero(ids == 0))

    def clear(self, places: NDArray[np.int64]) -> None:
        self._holes = self._last_id = None
        for column in (self._sums, self._ids, self._cameras, self._at, self._quality):
            column[places] = 0
        self._codes[:, :, places] = 0

    def nearest(self, query: NDArray[np.float32], bounds: Bounds, enough: int) -> NDArray[np.int64]:
        """Return the places within bounds whose codes are nearest, about `enough` of them."""
        chosen = self._within(bounds)
        if np.count_nonzero(chosen) <= enough:
            return np.flatnonzero(chosen)
        scores = self._scores(query)
        scores[~chosen] = _OUT
        low, high = _OUT + 1, -_OUT
        while low + 1 < high:
            middle = (low + high) // 2
            if np.count_nonzero(scores >= middle) >= enough:
                low = middle
            else:
                high = middle
        places = np.flatnonzero(scores >= low)
        # Many of one face may share the last score; the answer stays bounded all the same.
        return places[np.argsort(-scores[places], kind="stable")[: 2 * enough]]

    def _within(self, bounds: Bounds) -> NDArray[np.bool_]:
        chosen: NDArray[np.bool_] = self.ids != 0
        chosen &= self.at >= bounds.begin
        chosen &= self.at <= bounds.end
        chosen &= self._quality[: self.count] >= bounds.minimum_quality
        if bounds.camera_ids is not None:
            cameras = np.fromiter(bounds.camera_ids, np.int64, len(bounds.camera_ids))
            chosen &= np.isin(self._cameras[: self.count], cameras)
        return chosen

    def _scores(self, query: NDArray[np.float32]) -> NDArray[np.int16]:
        """Twice the product of levels, both counted from their middle, less what all share.

        With levels u (stored) and c (asked) from 0: 2 * sum((c - 7/2) * u).
        """
        levels = _levels(query[np.newaxis], _ASKED_BITS)
        asked = _planes(levels, _ASKED_BITS)[:, :, 0]
        scores = np.empty(self.count, np.int16)
        # Piece by piece: what is added up stays in the processor's cache.
        for begin in range(0, self.count, _PIECE):
            piece = slice(begin, min(begin + _PIECE, self.count))
            product = _product(self._codes[:, :, piece], asked)
            scores[piece] = 2 * product - (2**_ASKED_BITS - 1) * self._sums[piece]
        return scores

    def _reserve(self, places: int) -> None:
        if places <= len(self._ids):
            return
        more = places + _GROWTH - len(self._ids)
        self._codes = np.pad(self._codes, ((0, 0), (0, 0), (0, more)))
        self._sums = np.pad(self._sums, (0, more))
        self._ids = np.pad(self._ids, (0, more))
        self._cameras = np.pad(self._cameras, (0, more))
        self._at = np.pad(self._at, (0, more))
        self._quality = np.pad(self._quality, (0, more))


def _levels(numbers: NDArray[np.float32], bits: int) -> NDArray[np.uint8]:
    """Even steps around 0 for turned templates of unit length (n x width), from 0."""
    step = (_STORED_STEP if bits == _STORED_BITS else _ASKED_STEP) / np.sqrt(numbers.shape[1])
    half = 1 << (bits - 1)
    levels = np.clip(np.floor(numbers / step) + half, 0, 2 * half - 1)
    return np.asarray(levels, np.uint8)


def _planes(levels: NDArray[np.uint8], bits: int) -> NDArray[np.uint64]:
    """Bits of n x width levels as bits x words x n."""
    planes = [np.packbits((levels >> bit) & 1, axis=1).view(np.uint64).T for bit in range(bits)]
    return np.ascontiguousarray(np.stack(planes))


def _product(stored: NDArray[np.uint64], asked: NDArray[np.uint64]) -> NDArray[np.int16]:
    """Sum of the products of levels, by the weight of their bits from high to low."""
    product = np.zeros(stored.shape[2], np.int16)
    common = np.empty(stored.shape[2], np.uint64)
    counts = np.empty(stored.shape[2], np.uint8)
    for weight in reversed(range(_STORED_BITS + _ASKED_BITS - 1)):
        product <<= 1
        for bit in range(max(0, weight - _ASKED_BITS + 1), min(weight, _STORED_BITS - 1) + 1):
            for word, mask in zip(stored[bit], asked[weight - bit], strict=True):
                np.bitwise_and(word, mask, out=common)
                np.bitwise_count(common, out=counts)
                product += counts
    return product


def _record_type(width: int) -> np.dtype[np.void]:
    # 32 bytes before the numbers: whole blocks of the cipher.
    return np.dtype(
        [
            ("camera", "<i8"),
            ("at", "<f8"),
            ("quality", "<f4"),
            ("scale", "<f4"),
            ("reserved", "<i8"),
            ("numbers", "i1", (width,)),
        ]
    )


def _open_or_remake(path: Path, secret: bytes, size: int) -> TemplateFile:
    """A file of an old key is of no use to anyone: it makes room for a new one."""
    try:
        return TemplateFile(path, secret=secret, size=size)
    except ForeignFileError:
        path.unlink()
        return TemplateFile(path, secret=secret, size=size)
