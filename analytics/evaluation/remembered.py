"""Networks that remember their answers on disk: a second evaluation of the same clips is cheap."""

from __future__ import annotations

import hashlib
import os
import pickle
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from analytics.engine.frames import Image
from analytics.engine.objects import FoundObject, ObjectFinder
from analytics.engine.poses import Pose, PoseFinder

Answer = TypeVar("Answer")
BUSY_S = 60


class Memory(Generic[Answer]):
    """Answers by the hash of the picture, in a file that several processes may share.

    The file is written and read by this class only, on the machine of whoever evaluates.
    """

    def __init__(self, path: Path, finder: Callable[[Image], Answer]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._finder, self._path = finder, path
        self._rows: sqlite3.Connection | None = None
        os.register_at_fork(before=self.close)

    def close(self) -> None:
        """Let go of the file; it is opened again when it is needed.

        SQLite's locks do not survive a fork, whichever of the two processes goes on with them.
        """
        if self._rows is not None:
            self._rows.close()
            self._rows = None

    def _open(self) -> sqlite3.Connection:
        rows = sqlite3.connect(self._path, timeout=BUSY_S, isolation_level=None)
        rows.execute("PRAGMA journal_mode=WAL")
        rows.execute("PRAGMA synchronous=OFF")
        rows.execute("CREATE TABLE IF NOT EXISTS answer (key BLOB PRIMARY KEY, value BLOB)")
        return rows

    def find(self, image: Image) -> Answer:
        if self._rows is None:
            self._rows = self._open()
        key = hashlib.blake2b(image.tobytes(), digest_size=16, key=str(image.shape).encode())
        row = self._rows.execute("SELECT value FROM answer WHERE key=?", (key.digest(),)).fetchone()
        if row is not None:
            answer: Answer = pickle.loads(row[0])  # noqa: S301 -- our own file, see the docstring
            return answer
        answer = self._finder(image)
        value = pickle.dumps(answer, protocol=5)
        self._rows.execute("INSERT OR REPLACE INTO answer VALUES (?, ?)", (key.digest(), value))
        return answer


def remembered_objects(folder: Path, name: str, finder: ObjectFinder) -> ObjectFinder:
    """Wrap a finder; `name` names its weights and version, so that others' answers are not used."""
    memory: Memory[list[FoundObject]] = Memory(folder / f"objects-{name}.sqlite3", finder.find)
    return memory


def remembered_poses(folder: Path, name: str, finder: PoseFinder) -> PoseFinder:
    memory: Memory[list[Pose]] = Memory(folder / f"poses-{name}.sqlite3", finder.find)
    return memory
