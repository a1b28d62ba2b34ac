"""One module per situation; each ends with its ENTRY for the catalog."""

from __future__ import annotations

from analytics.engine.catalog import Entry
from analytics.engine.detectors import crossing

ENTRIES: tuple[Entry, ...] = (crossing.ENTRY,)
