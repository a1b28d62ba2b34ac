"""The entries of the watch list that are in force, as matching wants them."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from datetime import datetime

from analytics.actions.faces.hits import Photo, Wanted
from analytics.face_queries import active_entries, photo_template, threshold_of
from analytics.models import WatchEntry, WatchPhoto
from cameras.secrets import SecretUnreadableError

logger = logging.getLogger(__name__)

CACHED_SECONDS = 5.0


class WantedFaces:
    """Remembers for some seconds whom a place looks for. For one thread."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: dict[tuple[int, str], tuple[float, list[Wanted]]] = {}
        self._thresholds: dict[str, tuple[float, float]] = {}

    def at(self, moment: datetime, *, location_id: int, recognizer: str) -> list[Wanted]:
        """Return the entries in force then and there; templates of another recognizer are none."""
        key = (location_id, recognizer)
        since, wanted = self._known.get(key, (float("-inf"), []))
        if self._clock() - since < CACHED_SECONDS:
            return wanted
        entries = active_entries(at=moment, location_id=location_id)
        wanted = [Wanted(entry, _photos_of(entry, recognizer)) for entry in entries]
        self._known[key] = (self._clock(), wanted)
        return wanted

    def threshold(self, recognizer: str) -> float:
        """Return from which score on a likeness is an alarm here."""
        since, value = self._thresholds.get(recognizer, (float("-inf"), 0.0))
        if self._clock() - since >= CACHED_SECONDS:
            value = threshold_of(recognizer)
            self._thresholds[recognizer] = (self._clock(), value)
        return value


def _photos_of(entry: WatchEntry, recognizer: str) -> Sequence[Photo]:
    photos = [photo for photo in entry.photos.all() if photo.recognizer == recognizer]
    if not photos:
        logger.warning("entry %d has no photo that %s can compare", entry.pk, recognizer)
    return [readable for photo in photos if (readable := _readable(photo))]


def _readable(photo: WatchPhoto) -> Photo | None:
    try:
        return Photo(photo.picture, photo_template(photo))
    except SecretUnreadableError as error:
        logger.warning("photo %d of the watch list: %s", photo.pk, error)
        return None
