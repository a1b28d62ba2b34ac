"""The one thread of a process that makes footage durable: syncs files, finishes closed ones."""

from __future__ import annotations

import errno
import logging
import queue
import threading
import time
from collections.abc import Callable
from pathlib import Path

from archive.engine.files import LostDataError, PartFile
from archive.engine.manifest import Manifest, OpeningNote, write_manifest
from archive.engine.recovery import recover_noted
from archive.engine.volume import VolumeFolder

logger = logging.getLogger(__name__)

SYNC_SECONDS = 1.0
RETRY_SECONDS = 2.0
NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT})

Job = Callable[[], None]


class Finisher:
    """Syncs each open file once a second, and turns closed ones into recordings.

    `on_finished` hears the path of each manifest, on this object's thread.
    """

    def __init__(
        self, *, volume: VolumeFolder, on_finished: Callable[[Path], None] = lambda _: None
    ) -> None:
        self._volume = volume
        self._on_finished = on_finished
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._waiting: list[Job] = []
        self._open: set[PartFile] = set()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="finisher", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout: float = 10.0) -> None:
        """Do what is queued, then end. What the disk refuses is left to recovery."""
        self._jobs.put(None)
        self._thread.join(timeout)

    def watch(self, file: PartFile) -> None:
        """Sync this file from now on."""
        with self._lock:
            self._open.add(file)

    def finish(self, file: PartFile, manifest: Manifest, on_done: Job = lambda: None) -> None:
        """Make the file, which is written to its end, a recording."""
        self._jobs.put(lambda: self._finish(file, manifest, on_done))

    def salvage(self, file: PartFile, note: OpeningNote, on_done: Job = lambda: None) -> None:
        """Make a recording of what is left of a file that could not be written or synced."""
        self._jobs.put(lambda: self._salvage(file, note, on_done))

    def _run(self) -> None:
        next_sync = next_retry = time.monotonic()
        is_running = True
        while is_running:
            try:
                job = self._jobs.get(timeout=max(0.0, next_sync - time.monotonic()))
            except queue.Empty:
                pass
            else:
                is_running = job is not None
                self._do(job or self._retry)
            now = time.monotonic()
            if now >= next_sync:
                self._sync_open_files()
                next_sync = time.monotonic() + SYNC_SECONDS
            if now >= next_retry:
                self._retry()
                next_retry = now + RETRY_SECONDS

    def _retry(self) -> None:
        waiting, self._waiting = self._waiting, []
        for job in waiting:
            self._do(job)

    def _do(self, job: Job) -> None:
        try:
            job()
        except OSError as error:
            if error.errno not in NO_SPACE:
                logger.exception("a recording could not be finished")
            self._waiting.append(job)

    def _sync_open_files(self) -> None:
        with self._lock:
            files = list(self._open)
        for file in files:
            try:
                file.sync()
            except LostDataError as error:
                # The recorder sees file.sync_error and begins another file.
                self._forget(file)
                logger.error("sync of %s failed: %s", file.path, error)  # noqa: TRY400 -- the trace says nothing more

    def _forget(self, file: PartFile) -> None:
        with self._lock:
            self._open.discard(file)

    def _finish(self, file: PartFile, manifest: Manifest, on_done: Job) -> None:
        self._forget(file)
        try:
            file.rename_to_final()
        except LostDataError:
            self._salvage(file, manifest.opening, on_done)
            return
        path = write_manifest(self._volume.pending, manifest)
        file.close()
        self._on_finished(path)
        on_done()

    def _salvage(self, file: PartFile, note: OpeningNote, on_done: Job) -> None:
        """Read back by a fresh descriptor what the disk has kept."""
        self._forget(file)
        file.close()
        path = recover_noted(self._volume, note)
        if path is not None:
            self._on_finished(path)
        on_done()
