"""OASIS Common Alerting Protocol 1.2: messages, and the Atom feed that carries them.

http://docs.oasis-open.org/emergency/cap/v1.2/CAP-v1.2-os.html, section 3.2 for elements, their
order and their values; the feed after RFC 4287 with the message inside each entry.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from xml.etree import ElementTree as ET

from incidents.engine.outside import OutsideIncident, Speaker, joined, one_line, utc_text, xml_text

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
ATOM = "http://www.w3.org/2005/Atom"
MessageType = Literal["Alert", "Update", "Cancel"]

TERM = timedelta(hours=24)
"""For how long a message stands that nothing updates or cancels."""
_HEADLINE_LENGTH = 160
_OVER = frozenset({"RESOLVED", "VERIFIED", "CLOSED"})
_SEVERITY = {1: "Severe", 2: "Moderate", 3: "Minor", 4: "Minor"}
_URGENCY = {1: "Immediate", 2: "Immediate", 3: "Expected", 4: "Expected"}
_CERTAINTY = {"POSSIBLE": "Possible", "LIKELY": "Likely", "OBSERVED": "Observed"}
_CATEGORIES = {
    "fire": "Fire",
    "person_down": "Health",
    "child_risk": "Rescue",
    "abandoned": "Security",
    "weapon_like": "Security",
    "uav": "Security",
    "camera_tamper": "Infra",
    "infrastructure": "Infra",
    "litter": "Env",
    "parking_green": "Transport",
}
_USUAL_CATEGORY = "Safety"


@dataclass(frozen=True, slots=True)
class Reference:
    """An earlier message on the same matter."""

    sender: str
    identifier: str
    sent_at: datetime

    def __str__(self) -> str:
        return f"{self.sender},{self.identifier},{utc_text(self.sent_at)}"


@dataclass(frozen=True, slots=True)
class Header:
    identifier: str
    sent_at: datetime
    type: MessageType
    references: Sequence[Reference] = ()


def cap_xml(incident: OutsideIncident, speaker: Speaker, header: Header) -> str:
    """Return the message. Never called for a drill: those are told to nobody."""
    ET.register_namespace("", NAMESPACE)
    alert = ET.Element(_name("alert"))
    _add(alert, "identifier", header.identifier)
    _add(alert, "sender", speaker.sender)
    _add(alert, "sent", utc_text(header.sent_at))
    _add(alert, "status", "Actual")
    _add(alert, "msgType", header.type)
    _add(alert, "scope", "Restricted")
    _add(alert, "restriction", "For duty and emergency services")
    if header.references:
        _add(alert, "references", " ".join(str(one) for one in header.references))
    _add(alert, "incidents", incident.name)
    _add_info(alert, incident, speaker, header)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(alert, encoding="unicode")


def _add_info(
    alert: ET.Element, incident: OutsideIncident, speaker: Speaker, header: Header
) -> None:
    is_over = header.type == "Cancel" or incident.status in _OVER
    info = ET.SubElement(alert, _name("info"))
    _add(info, "language", speaker.language)
    _add(info, "category", _CATEGORIES.get(incident.category, _USUAL_CATEGORY))
    _add(info, "event", incident.category_name)
    _add(info, "responseType", "AllClear" if is_over else "Assess")
    _add(info, "urgency", "Past" if is_over else _URGENCY.get(incident.priority, "Unknown"))
    _add(info, "severity", _SEVERITY.get(incident.priority, "Unknown"))
    _add(info, "certainty", _CERTAINTY.get(incident.certainty, "Unknown"))
    _add_pair(info, "eventCode", "atomgrad-category", incident.category)
    if incident.ekp_code:
        _add_pair(info, "eventCode", "ekp-112", incident.ekp_code)
    _add(info, "effective", utc_text(header.sent_at))
    _add(info, "onset", utc_text(incident.occurred_at))
    _add(info, "expires", utc_text(header.sent_at + TERM))
    if speaker.name:
        _add(info, "senderName", speaker.name)
    _add(info, "headline", _headline(incident))
    if incident.description:
        _add(info, "description", incident.description)
    if speaker.contact:
        _add(info, "contact", speaker.contact)
    _add_parameters(info, incident)
    _add_area(info, incident)


def _headline(incident: OutsideIncident) -> str:
    text = joined([incident.category_name, one_line(incident.summary), incident.place], by=": ")
    return text[:_HEADLINE_LENGTH]


def _add_parameters(info: ET.Element, incident: OutsideIncident) -> None:
    pairs = {
        "status": incident.status,
        "priority": f"P{incident.priority}",
        "injured": str(incident.injured_count) if incident.injured_count else "",
        "children": "yes" if incident.has_children else "",
        "weapon": "yes" if incident.has_weapon else "",
        "fire": "yes" if incident.has_fire else "",
        "number-112": incident.outside_number,
        "police-number": incident.police_number,
    }
    for name, value in pairs.items():
        if value:
            _add_pair(info, "parameter", name, value)


def _add_area(info: ET.Element, incident: OutsideIncident) -> None:
    area = ET.SubElement(info, _name("area"))
    _add(area, "areaDesc", joined([incident.place, incident.address]))
    if incident.latitude is not None and incident.longitude is not None:
        _add(area, "circle", f"{incident.latitude:.6f},{incident.longitude:.6f} 0")


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, _name(name)).text = xml_text(text)


def _add_pair(parent: ET.Element, name: str, value_name: str, value: str) -> None:
    pair = ET.SubElement(parent, _name(name))
    _add(pair, "valueName", value_name)
    _add(pair, "value", value)


def _name(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


# --- the feed ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FeedEntry:
    identifier: str
    title: str
    sent_at: datetime
    url: str
    cap: str
    """The message, as `cap_xml` made it."""


def atom_feed(entries: Iterable[FeedEntry], speaker: Speaker, *, url: str) -> bytes:
    """Return the feed, in the order of the entries; the newest should be first."""
    ET.register_namespace("atom", ATOM)
    ET.register_namespace("", NAMESPACE)
    shown = list(entries)
    feed = ET.Element(_atom("feed"))
    _add_atom(feed, "id", url)
    _add_atom(feed, "title", speaker.name or speaker.sender)
    updated = max((entry.sent_at for entry in shown), default=datetime.fromtimestamp(0, UTC))
    _add_atom(feed, "updated", utc_text(updated))
    ET.SubElement(feed, _atom("link"), {"rel": "self", "href": url})
    author = ET.SubElement(feed, _atom("author"))
    _add_atom(author, "name", speaker.name or speaker.sender)
    for entry in shown:
        _add_entry(feed, entry)
    content: bytes = ET.tostring(feed, encoding="utf-8", xml_declaration=True)
    return content


def _add_entry(feed: ET.Element, entry: FeedEntry) -> None:
    item = ET.SubElement(feed, _atom("entry"))
    _add_atom(item, "id", f"urn:cap:{entry.identifier}")
    _add_atom(item, "title", entry.title)
    _add_atom(item, "updated", utc_text(entry.sent_at))
    media_type = "application/cap+xml"
    ET.SubElement(item, _atom("link"), {"rel": "alternate", "type": media_type, "href": entry.url})
    content = ET.SubElement(item, _atom("content"), {"type": media_type})
    content.append(ET.fromstring(entry.cap))  # noqa: S314 -- our own message


def _add_atom(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, _atom(name)).text = xml_text(text)


def _atom(name: str) -> str:
    return f"{{{ATOM}}}{name}"
