"""What leaves the house, with awkward texts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from incidents.engine.outside import OutsideIncident, OutsideService, Speaker

NOON = datetime(2026, 7, 10, 12, 0, tzinfo=UTC)
SPEAKER = Speaker("edds.town.example", "ЕДДС города", "+7 48153 00000")
_SAMPLE = OutsideIncident(
    name="АГ-2026-000123",
    status="HANDED_OVER",
    status_name="передана",
    category="vandalism",
    category_name="Вандализм, порча имущества",
    ekp_code="07.03",
    priority=2,
    certainty="OBSERVED",
    summary="Двое ломают <скамью> & урну\nу входа",
    description="Первая строка\x0b\nвторая ]]> строка",
    place="Солнышко",
    address="3-й мкр, 12",
    latitude=None,
    longitude=None,
    occurred_at=NOON,
    registered_at=NOON,
    confirmed_at=NOON,
    handed_over_at=NOON,
    accepted_at=None,
    arrived_at=None,
    resolved_at=None,
    closed_at=None,
    injured_count=1,
    has_children=True,
    has_weapon=False,
    has_fire=False,
    outside_number="112-7",
    police_number="КУСП 4471",
    disposition="PROTOCOL",
    disposition_name="протокол составлен",
    services=(OutsideService("police", "ОМВД", "ARRIVED", NOON),),
)


def sample(**changes: Any) -> OutsideIncident:
    return replace(_SAMPLE, **changes)
