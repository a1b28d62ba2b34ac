"""The structure of CAP 1.2 as its specification writes it, to hold messages against.

The published schema is not ours to hand out, and tests fetch nothing. So this says what section 3.2
and appendix A of the specification say: which elements, in which order, how often, of which values.
"""

from __future__ import annotations

import re
from datetime import datetime
from xml.etree import ElementTree as ET

NAMESPACE = "{urn:oasis:names:tc:emergency:cap:1.2}"
DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d")
# element: (least, most); None: any number. In the order of the schema's sequences.
Rule = list[tuple[str, int, int | None]]
SEQUENCES: dict[str, Rule] = {
    "alert": [
        ("identifier", 1, 1),
        ("sender", 1, 1),
        ("sent", 1, 1),
        ("status", 1, 1),
        ("msgType", 1, 1),
        ("source", 0, 1),
        ("scope", 1, 1),
        ("restriction", 0, 1),
        ("addresses", 0, 1),
        ("code", 0, None),
        ("note", 0, 1),
        ("references", 0, 1),
        ("incidents", 0, 1),
        ("info", 0, None),
    ],
    "info": [
        ("language", 0, 1),
        ("category", 1, None),
        ("event", 1, 1),
        ("responseType", 0, None),
        ("urgency", 1, 1),
        ("severity", 1, 1),
        ("certainty", 1, 1),
        ("audience", 0, 1),
        ("eventCode", 0, None),
        ("effective", 0, 1),
        ("onset", 0, 1),
        ("expires", 0, 1),
        ("senderName", 0, 1),
        ("headline", 0, 1),
        ("description", 0, 1),
        ("instruction", 0, 1),
        ("web", 0, 1),
        ("contact", 0, 1),
        ("parameter", 0, None),
        ("resource", 0, None),
        ("area", 0, None),
    ],
    "eventCode": [("valueName", 1, 1), ("value", 1, 1)],
    "parameter": [("valueName", 1, 1), ("value", 1, 1)],
    "area": [
        ("areaDesc", 1, 1),
        ("polygon", 0, None),
        ("circle", 0, None),
        ("geocode", 0, None),
        ("altitude", 0, 1),
        ("ceiling", 0, 1),
    ],
    "geocode": [("valueName", 1, 1), ("value", 1, 1)],
    "resource": [
        ("resourceDesc", 1, 1),
        ("mimeType", 1, 1),
        ("size", 0, 1),
        ("uri", 0, 1),
        ("derefUri", 0, 1),
        ("digest", 0, 1),
    ],
}
VALUES = {
    "status": {"Actual", "Exercise", "System", "Test", "Draft"},
    "msgType": {"Alert", "Update", "Cancel", "Ack", "Error"},
    "scope": {"Public", "Restricted", "Private"},
    "category": {
        "Geo",
        "Met",
        "Safety",
        "Security",
        "Rescue",
        "Fire",
        "Health",
        "Env",
        "Transport",
        "Infra",
        "CBRNE",
        "Other",
    },
    "responseType": {
        "Shelter",
        "Evacuate",
        "Prepare",
        "Execute",
        "Avoid",
        "Monitor",
        "Assess",
        "AllClear",
        "None",
    },
    "urgency": {"Immediate", "Expected", "Future", "Past", "Unknown"},
    "severity": {"Extreme", "Severe", "Moderate", "Minor", "Unknown"},
    "certainty": {"Observed", "Likely", "Possible", "Unlikely", "Unknown"},
}
MOMENTS = {"sent", "effective", "onset", "expires"}
NAMES = {"identifier", "sender"}
FORBIDDEN_IN_NAMES = set(" \t\r\n,<&")
NUMBERS = {"altitude", "ceiling", "size"}


def faults_of(xml: str) -> list[str]:
    """Return what of a message breaks the specification; nothing: it is valid."""
    alert = ET.fromstring(xml)  # noqa: S314 -- made by the test
    if alert.tag != f"{NAMESPACE}alert":
        return [f"root is {alert.tag}"]
    return [*_faults(alert), *_rules_of_words(alert)]


def _faults(element: ET.Element) -> list[str]:
    name = element.tag.removeprefix(NAMESPACE)
    rule = SEQUENCES.get(name)
    if rule is None:
        return _faults_of_text(name, element)
    found = [child.tag.removeprefix(NAMESPACE) for child in element]
    order = [part for part, _, _ in rule]
    faults = [f"{name}: {part} is unknown" for part in found if part not in order]
    known = [order.index(part) for part in found if part in order]
    if known != sorted(known):
        faults.append(f"{name}: out of order: {found}")
    for part, least, most in rule:
        count = found.count(part)
        if count < least or (most is not None and count > most):
            faults.append(f"{name}: {part} {count} times")
    for child in element:
        faults += _faults(child)
    return faults


def _faults_of_text(name: str, element: ET.Element) -> list[str]:
    text = element.text or ""
    faults = [f"{name} has children"] if len(element) else []
    if name in VALUES and text not in VALUES[name]:
        faults.append(f"{name}: {text!r}")
    if name in MOMENTS and not _is_moment(text):
        faults.append(f"{name}: {text!r}")
    if name in NAMES and (not text or FORBIDDEN_IN_NAMES & set(text)):
        faults.append(f"{name}: {text!r}")
    if name == "language" and not re.fullmatch(r"[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*", text):
        faults.append(f"language: {text!r}")
    if name in NUMBERS and not re.fullmatch(r"[-+]?\d+(\.\d+)?", text):
        faults.append(f"{name}: {text!r}")
    if name == "polygon" and not _is_ring(text):
        faults.append(f"polygon: {text!r}")
    if name == "circle" and not re.fullmatch(r"-?\d+\.?\d*,-?\d+\.?\d* \d+\.?\d*", text):
        faults.append(f"circle: {text!r}")
    return faults


def _is_ring(text: str) -> bool:
    """Tell whether these are at least four points, of which the last is the first."""
    points = text.split()
    are_points = all(re.fullmatch(r"-?\d+\.?\d*,-?\d+\.?\d*", point) for point in points)
    return len(points) >= 4 and are_points and points[0] == points[-1]


def _is_moment(text: str) -> bool:
    if not DATE_TIME.fullmatch(text):  # CAP forbids "Z"
        return False
    return datetime.fromisoformat(text).tzinfo is not None


def _rules_of_words(alert: ET.Element) -> list[str]:
    """Check what the specification says in prose only."""
    faults = []
    texts = {child.tag.removeprefix(NAMESPACE): child.text or "" for child in alert}
    if texts.get("scope") == "Restricted" and not texts.get("restriction"):
        faults.append("restricted without a restriction")
    if texts.get("msgType") in {"Update", "Cancel", "Ack", "Error"}:
        parts = [part.split(",") for part in texts.get("references", "").split()]
        if not parts or any(len(part) != 3 or not _is_moment(part[2]) for part in parts):
            faults.append(f"references: {texts.get('references')!r}")
    return faults
