"""GeoJSON (RFC 7946) of incidents and places. What has no point has the geometry null."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from incidents.engine.outside import OutsideIncident, present, utc_text

MEDIA_TYPE = "application/geo+json"


@dataclass(frozen=True, slots=True)
class OutsidePlace:
    identity: int
    name: str
    address: str
    sign: str
    latitude: float | None
    longitude: float | None


def collection(features: Iterable[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features)}


def incident_feature(incident: OutsideIncident) -> dict[str, Any]:
    moments = {
        "occurredAt": incident.occurred_at,
        "registeredAt": incident.registered_at,
        "confirmedAt": incident.confirmed_at,
        "handedOverAt": incident.handed_over_at,
        "acceptedAt": incident.accepted_at,
        "arrivedAt": incident.arrived_at,
        "resolvedAt": incident.resolved_at,
        "closedAt": incident.closed_at,
    }
    return {
        "type": "Feature",
        "id": incident.name,
        "geometry": _point(incident.latitude, incident.longitude),
        "properties": present(
            {
                "number": incident.name,
                "status": incident.status,
                "category": incident.category,
                "categoryName": incident.category_name,
                "priority": incident.priority,
                "certainty": incident.certainty,
                "summary": incident.summary,
                "place": incident.place,
                "address": incident.address,
                "disposition": incident.disposition,
                **{name: utc_text(moment) for name, moment in moments.items() if moment},
            }
        ),
    }


def place_feature(place: OutsidePlace) -> dict[str, Any]:
    return {
        "type": "Feature",
        "id": place.identity,
        "geometry": _point(place.latitude, place.longitude),
        "properties": present({"name": place.name, "address": place.address, "sign": place.sign}),
    }


def _point(latitude: float | None, longitude: float | None) -> dict[str, Any] | None:
    """Return a point; the standard names the longitude first."""
    if latitude is None or longitude is None:
        return None
    return {"type": "Point", "coordinates": [round(longitude, 6), round(latitude, 6)]}
