"""Templates in one memory-mapped file, each record encrypted; several processes share it.

Layout: a header of 4096 bytes, then records of one length. A record is its id in the clear
(little-endian, 0: deleted or not yet written) and an encrypted rest. Records are only appended;
a deleted one is overwritten with zeros and its place is not used again. So each place of one
file is written once, and counter mode stays safe with the place as the counter. `rewrite` makes
a new file, with a new salt and so a new key, without the holes.

Writers hold a lock on a file beside it. Readers hold none: a record counts once its id stands.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import secrets
import struct
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from numpy.typing import NDArray

HEADER = 4096
# Magic, bytes of a record's encrypted part, salt, proof of the key, places used, places deleted.
_FIELDS = struct.Struct("<8sQ16s16sQQ")
_COUNTS = struct.Struct("<QQ")
_COUNTS_AT = _FIELDS.size - _COUNTS.size
_MAGIC = b"ATGFACE1"
_GROWTH = 16_384
_BLOCK = 16

Bytes = NDArray[np.uint8]
Ids = NDArray[np.int64]


class ForeignFileError(Exception):
    """The file is of another key, another recognizer or another version: make it anew."""


class TemplateFile:
    """Records of `size` bytes (a multiple of 16) beside their ids.

    Raises:
        ForeignFileError: the file was made with another key or for records of another size.
    """

    def __init__(self, path: Path, *, secret: bytes, size: int) -> None:
        if size % _BLOCK:
            raise ValueError("a record is a whole number of AES blocks")
        self._path = path
        self._lock_path = path.with_name(path.name + ".lock")
        self._secret = secret
        self._size = size
        self.opened = 0
        """How many files were opened under this path: another count, other places."""
        with self._lock():
            if not path.exists():
                self._create(path)
        self._open()

    @property
    def used(self) -> int:
        """Places that are taken, deleted ones among them."""
        return self._counts()[0]

    @property
    def deleted(self) -> int:
        return self._counts()[1]

    def close(self) -> None:
        self._close()

    def reopen(self) -> None:
        """Take the file that lies under the path now; a new one where there is none."""
        with self._lock():
            self._reopen()

    def _reopen(self) -> None:
        self.close()
        if not self._path.exists():
            self._create(self._path)
        self._open()

    def is_replaced(self) -> bool:
        """Another process rewrote the file: what this object reads is the old one."""
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return True
        return (status.st_dev, status.st_ino) != self._identity

    def ids(self, begin: int, end: int) -> Ids:
        """Ids of places begin..end; 0 where nothing is."""
        places: Bytes = self._records(end)[begin:end, :8]
        return np.ascontiguousarray(places).view(np.int64)[:, 0]

    def read(self, places: NDArray[np.int64]) -> tuple[Ids, Bytes]:
        """Return ids and decrypted records (n x size) of places."""
        end = int(places.max()) + 1 if len(places) else 0
        stored = self._records(end)[places]
        ids = np.ascontiguousarray(stored[:, :8]).view(np.int64)[:, 0]
        return ids, stored[:, 8:] ^ self._keystream(places)

    def append(self, ids: Ids, records: Bytes) -> None:
        """Write records at the end; safe against a crash: an id is written last."""
        with self._writing():
            used, deleted = self._counts()
            end = used + len(ids)
            self._reserve(end)
            # Taken before it is written: no place ever sees a second plain text.
            self._set_counts(end, deleted)
            places = np.arange(used, end, dtype=np.int64)
            target = self._records(end)
            target[used:end, 8:] = records ^ self._keystream(places)
            target[used:end, :8] = ids.astype("<i8").reshape(-1, 1).view(np.uint8)

    def remove(self, ids: Ids) -> int:
        """Overwrite the records of these ids; return how many there were."""
        with self._writing():
            used, deleted = self._counts()
            places = np.flatnonzero(np.isin(self.ids(0, used), ids))
            self._records(used)[places] = 0
            self._set_counts(used, deleted + len(places))
            self._map.flush()
            return len(places)

    def rewrite(self) -> None:
        """Leave the holes behind: what remains goes into a new file under a new key."""
        with self._writing():
            new_path = self._path.with_name(self._path.name + ".new")
            new_path.unlink(missing_ok=True)
            new = TemplateFile(new_path, secret=self._secret, size=self._size)
            for begin in range(0, self.used, _GROWTH):
                places = np.arange(begin, min(begin + _GROWTH, self.used), dtype=np.int64)
                ids, records = self.read(places)
                new.append(ids[ids != 0], records[ids != 0])
            new._map.flush()
            new._lock_path.unlink()
            new.close()
            new_path.replace(self._path)
            self._reopen()

    # --- the file --------------------------------------------------------------------------

    @contextmanager
    def _lock(self) -> Iterator[None]:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self._lock_path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._lock():
            if self.is_replaced():
                self._reopen()
            yield

    def _create(self, path: Path) -> None:
        salt = secrets.token_bytes(16)
        fields = _FIELDS.pack(_MAGIC, self._size, salt, _proof(self._derive(salt)), 0, 0)
        # Under its name only when whole: a crash leaves no file without a header.
        draft = path.with_name(path.name + ".draft")
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(fields.ljust(HEADER, b"\0"))
        draft.replace(path)

    def _open(self) -> None:
        # Kept open: the path may name another file by the time this one is mapped again.
        self._descriptor = os.open(self._path, os.O_RDWR)
        self._close = weakref.finalize(self, os.close, self._descriptor)
        self._map = mmap.mmap(self._descriptor, 0)
        status = os.fstat(self._descriptor)
        self._identity = (status.st_dev, status.st_ino)
        self.opened += 1
        magic, size, salt, proof, _, _ = _FIELDS.unpack(self._map[: _FIELDS.size])
        self._key = self._derive(salt)
        if magic != _MAGIC or size != self._size or proof != _proof(self._key):
            raise ForeignFileError(self._path.name)

    def _reserve(self, places: int) -> None:
        if HEADER + places * (8 + self._size) <= len(self._map):
            return
        capacity = places + _GROWTH
        os.ftruncate(self._descriptor, HEADER + capacity * (8 + self._size))
        self._map = mmap.mmap(self._descriptor, 0)

    def _records(self, places: int) -> Bytes:
        """Return the first places as rows of bytes; writing into them writes the file."""
        length = 8 + self._size
        if HEADER + places * length > len(self._map):
            self._map = mmap.mmap(self._descriptor, 0)
        flat = np.frombuffer(self._map, np.uint8)[HEADER : HEADER + places * length]
        return flat.reshape(places, length)

    def _counts(self) -> tuple[int, int]:
        used, deleted = _COUNTS.unpack_from(self._map, _COUNTS_AT)
        return int(used), int(deleted)

    def _set_counts(self, used: int, deleted: int) -> None:
        _COUNTS.pack_into(self._map, _COUNTS_AT, used, deleted)

    # --- the cipher ------------------------------------------------------------------------

    def _derive(self, salt: bytes) -> bytes:
        info = b"atomgrad face index v1"
        derivation = HKDF(algorithm=SHA256(), length=32, salt=salt, info=info)
        return derivation.derive(self._secret)

    def _keystream(self, places: NDArray[np.int64]) -> Bytes:
        """AES-256 in counter mode; the counter is (place, block), so places are read at random."""
        blocks = self._size // _BLOCK
        counters = np.empty((len(places), blocks, 2), "<u8")
        counters[:, :, 0] = places.reshape(-1, 1)
        counters[:, :, 1] = np.arange(blocks)
        stream = _encryptor(self._key).update(counters.tobytes())
        return np.frombuffer(stream, np.uint8).reshape(len(places), self._size)


def _encryptor(key: bytes) -> CipherContext:
    mode = modes.ECB()  # noqa: S305 -- over counters that never repeat: this is counter mode
    return Cipher(algorithms.AES(key), mode).encryptor()


def _proof(key: bytes) -> bytes:
    """Tell one key from another; no counter of a record reaches this block."""
    return bytes(_encryptor(key).update(b"\xff" * _BLOCK))
