"""The networks of this process, opened once, and again when a missing file has come."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection
from pathlib import Path

import cv2

from analytics.engine.analyzer import Finders
from analytics.engine.detectors import entries
from analytics.engine.weights import ALL, open_finders
from analytics.failure_texts import Code, Problem

logger = logging.getLogger(__name__)

LOOK_AGAIN_SECONDS = 30.0


class Networks:
    """Not for use by several threads at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        cv2.setNumThreads(1)
        self._open()

    def _open(self) -> None:
        self._looked_at = time.monotonic()
        self._seen = self._files()
        self.finders, self.missing = open_finders(self._folder)
        for name, why in self.missing.items():
            logger.warning("detectors that need %s are off: %s", name, why)

    def problems(self, kinds: Collection[str]) -> list[Problem]:
        """Return which files the detectors of these kinds lack."""
        needed = {
            name for kind, entry in entries().items() if kind in kinds for name in entry.needs
        }
        return [
            Problem(
                Code.BROKEN_FILE if weights.name in self._seen else Code.MISSING_FILE,
                weights.file_name,
            )
            for weights in ALL
            if weights.name in self.missing and weights.name in needed
        ]

    def refresh(self) -> Finders | None:
        """Return new finders when files have come or changed since; look not too often."""
        if not self.missing or time.monotonic() - self._looked_at < LOOK_AGAIN_SECONDS:
            return None
        self._looked_at = time.monotonic()
        if self._files() == self._seen:
            return None
        self._open()
        return self.finders

    def _files(self) -> dict[str, tuple[int, float]]:
        found = {}
        for weights in ALL:
            path = self._folder / weights.file_name
            if path.is_file():
                state = path.stat()
                found[weights.name] = (state.st_size, state.st_mtime)
        return found
