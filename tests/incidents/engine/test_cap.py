from __future__ import annotations

from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest

from incidents.engine.cap import ATOM, FeedEntry, Header, MessageType, Reference, atom_feed, cap_xml
from tests.incidents.cap_schema import NAMESPACE, faults_of
from tests.incidents.outside_samples import NOON, SPEAKER, sample

pytestmark = pytest.mark.unit

ALERT = Header("urn:uuid:1", NOON, "Alert")


def text_of(xml: str, path: str) -> str | None:
    alert = ET.fromstring(xml)  # noqa: S314 -- made by the test
    return alert.findtext("/".join(NAMESPACE + part for part in path.split("/")))


@pytest.mark.parametrize("kind", ["Alert", "Update", "Cancel"])
def test_every_kind_of_message_keeps_the_specification(kind: MessageType) -> None:
    earlier = [] if kind == "Alert" else [Reference(SPEAKER.sender, "urn:uuid:0", NOON)]

    assert faults_of(cap_xml(sample(), SPEAKER, Header("urn:uuid:1", NOON, kind, earlier))) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"latitude": 54.15, "longitude": 33.28},
        {"description": "", "summary": "", "address": "", "ekp_code": ""},
        {"priority": 9, "certainty": "", "category": "none-of-ours"},
    ],
)
def test_whatever_is_missing_the_message_is_valid(changes: dict[str, object]) -> None:
    assert faults_of(cap_xml(sample(**changes), SPEAKER, ALERT)) == []


@pytest.mark.parametrize(
    ("broken", "fault"),
    [
        ("<status>Actual</status>", "alert: status 0 times"),
        ("<urgency>Immediate</urgency>", "info: urgency 0 times"),
        ("<areaDesc>Солнышко, 3-й мкр, 12</areaDesc>", "area: areaDesc 0 times"),
    ],
)
def test_the_check_finds_what_is_left_out(broken: str, fault: str) -> None:
    xml = cap_xml(sample(), SPEAKER, ALERT)

    assert fault in faults_of(xml.replace(broken, ""))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<language>ru</language>", "<language>по-русски</language>"),
        ("</areaDesc>", "</areaDesc><polygon>54.1,33.2 54.2,33.3 54.1,33.2</polygon>"),
        ("</areaDesc>", "</areaDesc><geocode><value>1</value></geocode>"),
        ("<area>", "<resource><resourceDesc>x</resourceDesc></resource><area>"),
        ("Actual", "Real"),
        ("+00:00</sent>", "Z</sent>"),
        ("urn:uuid:1", "urn uuid,1"),
    ],
)
def test_the_check_finds_wrong_values(before: str, after: str) -> None:
    xml = cap_xml(sample(), SPEAKER, ALERT)

    assert faults_of(xml.replace(before, after)) != []


def test_an_update_without_references_is_found() -> None:
    xml = cap_xml(sample(), SPEAKER, Header("urn:uuid:1", NOON, "Update"))

    assert faults_of(xml) == ["references: None"]


def test_texts_with_markup_and_control_signs_survive() -> None:
    xml = cap_xml(sample(), SPEAKER, ALERT)

    assert text_of(xml, "info/description") == "Первая строка\nвторая ]]> строка"
    headline = text_of(xml, "info/headline")
    assert headline is not None
    assert "<скамью> & урну у входа" in headline


def test_references_name_sender_message_and_moment() -> None:
    earlier = [Reference("edds", "a", NOON), Reference("edds", "b", NOON + timedelta(seconds=1))]

    xml = cap_xml(sample(), SPEAKER, Header("c", NOON, "Update", earlier))

    assert text_of(xml, "references") == (
        "edds,a,2026-07-10T12:00:00+00:00 edds,b,2026-07-10T12:00:01+00:00"
    )


def test_what_is_over_is_past_and_all_clear() -> None:
    xml = cap_xml(sample(status="CLOSED"), SPEAKER, ALERT)

    assert text_of(xml, "info/urgency") == "Past"
    assert text_of(xml, "info/responseType") == "AllClear"


def test_point_is_latitude_first() -> None:
    xml = cap_xml(sample(latitude=54.15, longitude=33.28), SPEAKER, ALERT)

    assert text_of(xml, "info/area/circle") == "54.150000,33.280000 0"


def test_feed_carries_the_messages_themselves() -> None:
    xml = cap_xml(sample(), SPEAKER, ALERT)
    entry = FeedEntry("1", "АГ-2026-000123", NOON, "https://town.example/api/cap/1.xml", xml)

    content = atom_feed([entry], SPEAKER, url="https://town.example/api/cap/")
    feed = ET.fromstring(content)  # noqa: S314 -- made by the test

    names = [child.tag.removeprefix(f"{{{ATOM}}}") for child in feed]
    assert names == ["id", "title", "updated", "link", "author", "entry"]
    assert feed.findtext(f"{{{ATOM}}}updated") == "2026-07-10T12:00:00+00:00"
    alert = feed.find(f"{{{ATOM}}}entry/{{{ATOM}}}content/{NAMESPACE}alert")
    assert alert is not None
    assert faults_of(ET.tostring(alert, encoding="unicode")) == []


def test_feed_of_nothing_is_a_feed() -> None:
    content = atom_feed([], SPEAKER, url="https://town.example/api/cap/")
    feed = ET.fromstring(content)  # noqa: S314 -- made by the test

    assert feed.findtext(f"{{{ATOM}}}updated") == "1970-01-01T00:00:00+00:00"
