from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from incidents.engine.eido import eido_of
from tests.incidents.outside_samples import NOON, SPEAKER, sample

pytestmark = pytest.mark.unit


def made(**changes: Any) -> dict[str, Any]:
    return eido_of(sample(**changes), SPEAKER, identifier="1", at=NOON)


def values_named(name: str, part: object) -> Iterator[Any]:
    if isinstance(part, dict):
        for key, value in part.items():
            if key == name:
                yield value
            yield from values_named(name, value)
    elif isinstance(part, list):
        for value in part:
            yield from values_named(name, value)


def test_every_reference_leads_to_a_component() -> None:
    document = made()
    identifiers = list(values_named("$id", document))

    assert len(identifiers) == len(set(identifiers))
    assert set(values_named("$ref", document)) <= set(identifiers)


def test_required_fields_are_there() -> None:
    document = made()
    incident = document["incidentComponent"]

    assert document["issuingElementIdentification"] == "edds.town.example"
    assert incident["incidentTypeCommonRegistryText"] == "Vandalism"
    assert incident["incidentTrackingIdentifier"].endswith(":АГ-2026-000123:edds.town.example")
    for part in ("agencyComponent", "locationComponent", "notesComponent"):
        assert document[part][0]["lastUpdateTimeStamp"] == "2026-07-10T12:00:00+00:00"


@pytest.mark.parametrize(("priority", "number"), [(1, 10), (2, 7), (3, 4), (4, 1)])
def test_priority_is_of_ten_with_ten_the_highest(priority: int, number: int) -> None:
    incident = made(priority=priority)["incidentComponent"]

    assert incident["incidentCommonPriorityNumber"] == number
    assert incident["incidentPriorityInternalText"] == f"P{priority}"


def test_police_number_and_outcome_go_along() -> None:
    incident = made()["incidentComponent"]

    assert incident["documentIdentification"] == "КУСП 4471"
    assert incident["dispositionComponent"][0]["dispositionCategoryText"] == "PROTOCOL"


def test_without_an_outcome_there_is_no_component_of_it() -> None:
    assert "dispositionComponent" not in made(disposition="")["incidentComponent"]


def test_service_is_a_resource_with_its_status() -> None:
    resource = made()["emergencyResourceComponent"][0]

    assert resource["primaryUnitStatusRegistryText"] == "OnScene"
    assert resource["unitStatusInternal"] == ["ARRIVED"]


def test_location_is_xml_whatever_the_place_is_called() -> None:
    place = made(place="<b>&", latitude=54.15, longitude=33.28)["locationComponent"][0]

    tree = ET.fromstring(place["locationByValue"])  # noqa: S314 -- made by the test

    assert [node.text for node in tree.iter() if node.tag.endswith("}NAM")] == ["<b>&"]
    assert [node.text for node in tree.iter() if node.tag.endswith("}pos")] == [
        "54.150000 33.280000"
    ]
