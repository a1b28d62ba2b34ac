from __future__ import annotations

import pytest

from incidents.engine.geojson import OutsidePlace, collection, incident_feature, place_feature
from tests.incidents.outside_samples import sample

pytestmark = pytest.mark.unit


def test_what_has_no_point_has_the_geometry_null() -> None:
    assert incident_feature(sample())["geometry"] is None


def test_point_is_longitude_first() -> None:
    feature = incident_feature(sample(latitude=54.15, longitude=33.28))

    assert feature["geometry"] == {"type": "Point", "coordinates": [33.28, 54.15]}


def test_properties_leave_out_what_there_is_nothing_of() -> None:
    properties = incident_feature(sample())["properties"]

    assert properties["number"] == "АГ-2026-000123"
    assert properties["handedOverAt"] == "2026-07-10T12:00:00+00:00"
    assert "closedAt" not in properties


def test_collection_of_places() -> None:
    found = collection([place_feature(OutsidePlace(7, "Солнышко", "", "playground", None, None))])

    assert found == {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "id": 7,
                "geometry": None,
                "properties": {"name": "Солнышко", "sign": "playground"},
            }
        ],
    }
