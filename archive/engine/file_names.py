"""Names of files that are handed out: place, camera and local time, Cyrillic kept."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime

# Refused by Windows, by shells, by people: everything but letters, digits, dot and hyphen.
_UNSAFE = re.compile(r"[^\w.-]+")
_LONGEST_PART = 60


def safe_name_part(text: str) -> str:
    """Return text that every file system takes as part of a name; spaces become hyphens."""
    plain = unicodedata.normalize("NFC", text)
    return _UNSAFE.sub("-", plain).strip("-._")[:_LONGEST_PART] or "-"


def footage_file_name(*, place: str, camera: str, moment: datetime, suffix: str) -> str:
    """Return a name such as `Солнышко_К01_2026-07-10_21-12-11.mp4`; `moment` in local time.

    A picture's name carries milliseconds too: there are many in a second.
    """
    stamp = f"{moment:%Y-%m-%d_%H-%M-%S}"
    if suffix == "jpg":
        stamp += f"-{moment.microsecond // 1000:03d}"
    return f"{safe_name_part(place)}_{safe_name_part(camera)}_{stamp}.{suffix}"
