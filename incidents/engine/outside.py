"""What of an incident leaves the house: plain values, from which all forms are made.

No names, no marks of persons, no pictures: those go to the police alone, in the package.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

# XML 1.0 has no place for these, escaped or not.
_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class OutsideService:
    """A service that was told. `status` is a code of incidents.models.Dispatch.Status."""

    code: str
    name: str
    status: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class OutsideIncident:
    """Moments are aware; None: not yet. Codes are those of incidents.models."""

    name: str
    status: str
    status_name: str
    category: str
    category_name: str
    ekp_code: str
    priority: int
    """1 (urgent) to 4."""
    certainty: str
    summary: str
    description: str
    place: str
    address: str
    latitude: float | None
    longitude: float | None
    occurred_at: datetime
    registered_at: datetime
    confirmed_at: datetime | None
    handed_over_at: datetime | None
    accepted_at: datetime | None
    arrived_at: datetime | None
    resolved_at: datetime | None
    closed_at: datetime | None
    injured_count: int
    has_children: bool
    has_weapon: bool
    has_fire: bool
    outside_number: str
    """Of the emergency number 112."""
    police_number: str
    disposition: str
    disposition_name: str
    services: tuple[OutsideService, ...] = ()


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who tells it. `sender` has no spaces and none of , < & (CAP 1.2)."""

    sender: str
    name: str
    contact: str
    language: str = "ru"


def digest_of(incident: OutsideIncident) -> str:
    """Return the SHA-256 of all that is told: equal for what would be told alike."""
    content = json.dumps(asdict(incident), default=_plain, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(content.encode()).hexdigest()


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return utc_text(value)
    raise TypeError(type(value).__name__)


def utc_text(moment: datetime) -> str:
    """Return RFC 3339 with seconds, in UTC and with a numeric offset, as CAP 1.2 wants it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00")


def one_line(text: str) -> str:
    return " ".join(text.split())


def present(values: dict[str, Any]) -> dict[str, Any]:
    """Leave out what there is nothing of."""
    return {name: value for name, value in values.items() if value not in (None, "", [], ())}


def joined(parts: Sequence[str], *, by: str = ", ") -> str:
    return by.join(part for part in parts if part)


def xml_text(text: str) -> str:
    """Leave out what no XML can hold."""
    return _NOT_XML.sub("", text)
