"""The one thread of a process that writes footage: it drains all recorders in turn.

A fixed beat instead of a wake-up per packet: it is what keeps the cost of a camera at a fraction
of a percent of a core, and it bounds what a killed process loses.
"""

from __future__ import annotations

import logging
import threading

from archive.engine.recorder import StreamRecorder

logger = logging.getLogger(__name__)

WRITE_SECONDS = 0.4


class RecordingWriter:
    def __init__(self, *, interval: float = WRITE_SECONDS) -> None:
        self._interval = interval
        self._recorders: list[StreamRecorder] = []
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._ends = False
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout: float = 10.0) -> None:
        """Drain once more and end."""
        self._ends = True
        self._wake.set()
        self._thread.join(timeout)

    def add(self, recorder: StreamRecorder) -> None:
        with self._lock:
            self._recorders.append(recorder)

    def remove(self, recorder: StreamRecorder) -> None:
        with self._lock:
            self._recorders.remove(recorder)

    def wake(self) -> None:
        """Drain now, not at the next beat."""
        self._wake.set()

    def _run(self) -> None:
        while not self._ends:
            self._wake.wait(self._interval)
            self._wake.clear()
            with self._lock:
                recorders = list(self._recorders)
            for recorder in recorders:
                self._drain(recorder)

    def _drain(self, recorder: StreamRecorder) -> None:
        try:
            recorder.drain()
        except Exception as error:  # one stream's fault must not end the recording of the others
            logger.exception("recorder of stream %d", recorder.stream.stream_id)
            recorder.abandon(error)
