"""One module per situation; each ends with its ENTRY for the catalog."""

from __future__ import annotations

from analytics.engine.catalog import Entry
from analytics.engine.detectors import (
    abandoned,
    asset,
    crossing,
    crowd,
    dog,
    fall,
    fight,
    fire,
    group,
    intrusion,
    loitering,
    motion,
    running,
    smoke,
    sound,
    tamper,
    unusual,
    vehicle,
)
from analytics.engine.kinds import Kind

ENTRIES: tuple[Entry, ...] = (
    tamper.ENTRY,
    motion.ENTRY,
    intrusion.ENTRY,
    crossing.ENTRY,
    loitering.ENTRY,
    crowd.ENTRY,
    group.ENTRY,
    running.ENTRY,
    fall.ENTRY,
    fight.ENTRY,
    vehicle.ENTRY,
    dog.ENTRY,
    fire.ENTRY,
    smoke.ENTRY,
    abandoned.ENTRY,
    asset.ENTRY,
    unusual.ENTRY,
    sound.ENTRY,
)


def entries() -> dict[Kind, Entry]:
    """Return all detectors by their kind, in the order in which staff are shown them."""
    return {entry.kind: entry for entry in ENTRIES}
