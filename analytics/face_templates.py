"""Templates of faces: sealed in their rows, found again by an index that every process shares.

The rows are the truth. The index is a file under DATA_DIR that can be deleted at any time: what it
lacks is read from the rows at the next search, and each of its answers is checked against the
row and scored by the row's own template. See docs/design/face_search.md.
"""

from __future__ import annotations

import base64
import threading
from collections.abc import Collection
from datetime import datetime
from functools import lru_cache
from pathlib import Path

import numpy as np
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.timezone import now

from analytics.engine.faces.face import Template
from analytics.engine.faces.index import Bounds, Entry, TemplateIndex
from analytics.models import FaceEncounter
from cameras.secrets import SecretUnreadableError

# Part of the derivation: keys for other purposes can come from the same secret.
_PURPOSE = b"atomgrad faces v1"
_INDEX_PURPOSE = b"atomgrad face index v1"
# What is shipped, by the length of its templates.
_RECOGNIZERS = {256: "retail-0095", 128: "sface"}
_ROWS_AT_ONCE = 5_000
# Transactions end in another order than their rows were numbered: so many numbers are read anew.
_OVERLAP = 500
# More than are answered: the index orders them by 8 bits, their rows by all.
_SPARE = 10

_indexes: dict[tuple[Path, str], TemplateIndex] = {}
_opening = threading.Lock()


# --- sealing -----------------------------------------------------------------------------


def seal(data: bytes) -> bytes:
    """Encrypt a template or a picture of a face for the database or the media storage."""
    return _cipher(settings.FIELD_ENCRYPTION_KEY).encrypt(data)


def unseal(data: bytes, *, within_s: int | None = None) -> bytes:
    """Return what was sealed; `within_s`: not longer ago than that.

    Raises:
        SecretUnreadableError: no key of FIELD_ENCRYPTION_KEY fits, it was changed or is too old.
    """
    try:
        return _cipher(settings.FIELD_ENCRYPTION_KEY).decrypt(data, ttl=within_s)
    except InvalidToken as error:
        raise SecretUnreadableError("no key fits this seal") from error


@lru_cache(maxsize=4)
def _cipher(keys: str) -> MultiFernet:
    """Keys are separated by commas: the first encrypts, the others still decrypt."""
    keys_of_fernet = [base64.urlsafe_b64encode(_derive(key, _PURPOSE)) for key in _split(keys)]
    return MultiFernet([Fernet(key) for key in keys_of_fernet])


def _split(keys: str) -> list[str]:
    return [key.strip() for key in keys.split(",") if key.strip()]


def _derive(key: str, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(key.encode())


# --- the store ---------------------------------------------------------------------------


def remember(
    *,
    encounter_id: int,
    template: Template,
    camera_id: int,
    best_at: datetime,
    quality: float,
    recognizer: str = "",
) -> None:
    """Make a row that is committed findable at once; a search would read it anyway."""
    entry = Entry(encounter_id, template, camera_id, best_at.timestamp(), quality)
    _index(recognizer or _RECOGNIZERS[len(template)], len(template)).add([entry])


def forget(*, encounter_ids: Collection[int]) -> None:
    """Erase templates from every index; their rows are deleted before, or a search reads them."""
    for recognizer, dimensions in _recognizers().items():
        _index(recognizer, dimensions).remove(encounter_ids)


def find_similar(
    *,
    template: Template,
    camera_ids: Collection[int] | None,
    begin: datetime | None,
    end: datetime | None,
    minimum_quality: float = 0.0,
    limit: int = 50,
    recognizer: str = "",
) -> list[tuple[int, float]]:
    """Return the encounters most like a template: id and cosine, best first.

    All bounds take part in the search itself: `limit` answers come back where so many rows lie
    within them. camera_ids None: every camera. Rows whose time is over are not found.
    """
    name = recognizer or _RECOGNIZERS[len(template)]
    index = _index(name, len(template))
    _read_new_rows(name, index)
    bounds = Bounds(
        camera_ids=None if camera_ids is None else frozenset(camera_ids),
        begin=-np.inf if begin is None else begin.timestamp(),
        end=np.inf if end is None else end.timestamp(),
        minimum_quality=minimum_quality,
    )
    within = _within(camera_ids=camera_ids, begin=begin, end=end, minimum_quality=minimum_quality)
    asked = limit + _SPARE
    while True:
        nearest = index.search(template, bounds=bounds, limit=asked)
        rows = _rows(name).filter(pk__in=[number for number, _ in nearest])
        found = _score_by_rows(rows.filter(within), template)
        if len(found) >= limit or len(nearest) < asked:
            return found[:limit]
        # Rows were over or gone before the index heard of it: more are asked for.
        asked *= 2


def rebuild() -> None:
    """Make the indexes agree with the rows: erase what has no row, add what is missing."""
    for recognizer, dimensions in _recognizers().items():
        index = _index(recognizer, dimensions)
        # Before the rows: what is remembered meanwhile is not taken for an orphan.
        entries = index.moments()
        moments = _rows(recognizer).values_list("pk", "best_at")
        rows = {pk: best_at.timestamp() for pk, best_at in moments.iterator()}
        # Another moment under the same number: the database was restored from a backup.
        index.remove([pk for pk, at in entries if rows.get(pk) != at])
        missing = index.lacks(list(rows))
        for begin in range(0, len(missing), _ROWS_AT_ONCE):
            numbers = missing[begin : begin + _ROWS_AT_ONCE]
            index.add(_entries(_rows(recognizer).filter(pk__in=numbers)))


# --- rows --------------------------------------------------------------------------------


def _rows(recognizer: str) -> QuerySet[FaceEncounter]:
    return FaceEncounter.objects.filter(recognizer=recognizer).exclude(template=b"").order_by("pk")


def _entries(rows: QuerySet[FaceEncounter]) -> list[Entry]:
    columns = rows.values_list("pk", "template", "camera_id", "best_at", "quality")
    return [
        Entry(pk, _unseal_template(sealed), camera_id, best_at.timestamp(), quality)
        for pk, sealed, camera_id, best_at, quality in columns
    ]


def _unseal_template(sealed: bytes | memoryview) -> Template:
    return np.frombuffer(unseal(bytes(sealed)), "<f4")


def _read_new_rows(recognizer: str, index: TemplateIndex) -> None:
    last = max(0, index.last_id - _OVERLAP)
    while True:
        rows = _rows(recognizer).filter(pk__gt=last)
        numbers = list(rows.values_list("pk", flat=True)[:_ROWS_AT_ONCE])
        missing = index.lacks(numbers)
        if missing:
            index.add(_entries(rows.filter(pk__in=missing)))
        if len(numbers) < _ROWS_AT_ONCE:
            return
        last = numbers[-1]


def _within(
    *,
    camera_ids: Collection[int] | None,
    begin: datetime | None,
    end: datetime | None,
    minimum_quality: float,
) -> Q:
    """Return what a row itself must fulfil, whatever the index says."""
    within = Q(delete_after__gt=now(), quality__gte=minimum_quality)
    if camera_ids is not None:
        within &= Q(camera__in=list(camera_ids))
    if begin is not None:
        within &= Q(best_at__gte=begin)
    return within if end is None else within & Q(best_at__lte=end)


def _score_by_rows(rows: QuerySet[FaceEncounter], template: Template) -> list[tuple[int, float]]:
    """Best first; the seal of a row proves that its template is the one that was written."""
    scored = [
        (pk, float(_unseal_template(sealed) @ template))
        for pk, sealed in rows.values_list("pk", "template")
    ]
    return sorted(scored, key=lambda answer: -answer[1])


# --- the index of this process -----------------------------------------------------------


def _index(recognizer: str, dimensions: int) -> TemplateIndex:
    """Return the index; opened once in a process, and anew for another key or folder."""
    path = settings.DATA_DIR / "faces" / f"{recognizer}-{dimensions}.index"
    key = _split(settings.FIELD_ENCRYPTION_KEY)[0]
    with _opening:
        if (path, key) not in _indexes:
            secret = _derive(key, _INDEX_PURPOSE)
            _indexes[path, key] = TemplateIndex(path, secret=secret, dimensions=dimensions)
        return _indexes[path, key]


def _recognizers() -> dict[str, int]:
    """Names and lengths of templates: those shipped, and those that have an index already."""
    known = {name: dimensions for dimensions, name in _RECOGNIZERS.items()}
    for path in (settings.DATA_DIR / "faces").glob("*.index"):
        name, _, dimensions = path.stem.rpartition("-")
        known[name] = int(dimensions)
    return known
