"""The chain of the log book: each entry's hash covers the entry and the hash before it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Page:
    """What of an entry is covered; numbers of rows stand for people, shifts and entries."""

    number: int
    digest: str
    kind: str
    written_at: datetime
    author: int | None
    shift: int | None
    text: str
    detail: Any
    until: datetime | None
    corrects: int | None


def digest_of(page: Page, previous: str) -> str:
    """Return the hash of an entry; `page.digest` is not looked at."""
    covered = [
        *(previous, page.number, page.kind, _moment(page.written_at), page.author, page.shift),
        *(page.text, page.detail, _moment(page.until), page.corrects),
    ]
    text = json.dumps(covered, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def first_fault(pages: Iterable[Page]) -> int | None:
    """Return the number of the first entry that is missing or is not as it was written."""
    previous, expected = "", 1
    for page in pages:
        if page.number != expected or page.digest != digest_of(page, previous):
            return expected
        previous, expected = page.digest, expected + 1
    return None


def _moment(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat(timespec="microseconds") if moment else None
