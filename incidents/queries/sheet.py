"""The sheet of the shift: what whoever comes must know, collected from the whole portal.

A part is a heading, columns and lines of text, as it is printed. Those who know facts register
here: this app what it keeps itself, atomgrad_site what is known of cameras, clocks and disks.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from django.db import DatabaseError
from django.utils.translation import gettext as _

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SheetPart:
    """One heading of the sheet. `calm`: what is said where there is no line."""

    code: str
    title: str
    head: list[str]
    rows: list[list[str]]
    calm: str
    # Something here asks for an act: drawn with its sign.
    is_warning: bool = False
    # Where a page tells more; never printed.
    url: str = ""
    # Shares of the paper's width; empty: all columns alike.
    widths: list[int] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Span:
    """The shift that comes: from now to its usual end."""

    begin: datetime
    end: datetime


Collector = Callable[[Span], SheetPart]
_collectors: dict[str, tuple[int, Collector]] = {}


def register_part(code: str, place: int, collector: Collector) -> None:
    """Add a part to the sheet; `place` orders the parts, the same code again replaces."""
    _collectors[code] = (place, collector)


def collect_sheet(span: Span) -> list[SheetPart]:
    """Return all parts in their order; one that can not be read is said to be unknown."""
    ordered = sorted(_collectors.items(), key=lambda item: (item[1][0], item[0]))
    return [_collected(code, collector, span) for code, (_place, collector) in ordered]


def _collected(code: str, collector: Collector, span: Span) -> SheetPart:
    try:
        return collector(span)
    except (DatabaseError, OSError):
        # A sheet without one part can be signed; a shift without a sheet can not be handed over.
        logger.exception("shift: the part %s of the sheet can not be read", code)
        return SheetPart(
            code=code,
            title=code,
            head=[],
            rows=[[_("This could not be read: look at the page of health.")]],
            calm="",
            is_warning=True,
        )


def sheet_from_json(parts: Any) -> list[SheetPart]:
    """Return the sheet as it was signed."""
    return [SheetPart(**part) for part in parts]
