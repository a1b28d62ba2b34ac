"""What a device tells: notifications taken apart, and which rows speak of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from xml.etree import ElementTree as ET

from incidents.engine.onvif.soap import child, local, text_of

Operation = Literal["Initialized", "Changed", "Deleted", ""]
_OPERATIONS: dict[str, Operation] = {
    "Initialized": "Initialized",
    "Changed": "Changed",
    "Deleted": "Deleted",
}
_TRUE = frozenset({"true", "1"})
_FALSE = frozenset({"false", "0"})
_LONGEST_TOPIC, _LONGEST_VALUE, _MOST_ITEMS = 200, 100, 20
_TOPIC = re.compile(r"[\w.:/*|-]+\Z")


@dataclass(frozen=True, slots=True)
class Notification:
    """One event. Items are as the device names them: {"IsMotion": "true"}."""

    topic: str  # without prefixes: RuleEngine/CellMotionDetector/Motion
    operation: Operation  # empty: the event is no property, it has no state
    source: Mapping[str, str]
    data: Mapping[str, str]
    occurred_at: datetime | None  # by the device's own clock

    @property
    def key(self) -> str:
        """The same for all events of one thing: topic and what it is about."""
        about = ";".join(f"{name}={value}" for name, value in sorted(self.source.items()))
        return f"{self.topic}?{about}"[:300]

    def state(self, item: str = "") -> bool | None:
        """Tell whether it begins (true) or ends; None: it is an event of one moment."""
        values = [self.data.get(item, "")] if item else list(self.data.values())
        for value in values:
            if value.lower() in _TRUE:
                return True
            if value.lower() in _FALSE:
                return False
        return None

    def is_over(self, item: str = "") -> bool:
        return self.operation == "Deleted" or self.state(item) is False


def notifications_of(answer: ET.Element) -> Iterator[Notification]:
    """Take a PullMessagesResponse apart; what can not be read is left out."""
    for node in answer:
        if local(node.tag) != "NotificationMessage":
            continue
        topic = plain_topic(text_of(node, "Topic"))
        message = child(node, "Message", "Message")
        if topic and message is not None:
            yield Notification(
                topic=topic,
                operation=_OPERATIONS.get(message.get("PropertyOperation", ""), ""),
                source=_items(child(message, "Source")),
                data=_items(child(message, "Data")),
                occurred_at=moment_of(message.get("UtcTime", "")),
            )


def unreadable_in(answer: ET.Element) -> int:
    """How many notifications were left out."""
    told = sum(1 for node in answer if local(node.tag) == "NotificationMessage")
    return told - sum(1 for _ in notifications_of(answer))


def plain_topic(text: str) -> str:
    """Strip the prefixes of a topic, which every device chooses itself; empty: it is none."""
    text = text.strip()
    if not text or len(text) > _LONGEST_TOPIC or not _TOPIC.match(text):
        return ""
    return "/".join(part.rpartition(":")[2] for part in text.strip("/").split("/"))


def _items(node: ET.Element | None) -> dict[str, str]:
    items = (
        [found for found in node if local(found.tag) == "SimpleItem"] if node is not None else []
    )
    return {
        item.get("Name", "")[:_LONGEST_VALUE]: " ".join(item.get("Value", "").split())[
            :_LONGEST_VALUE
        ]
        for item in items[:_MOST_ITEMS]
    }


def moment_of(text: str) -> datetime | None:
    """Read a time of XML; None: it is none."""
    try:
        moment = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def best_topic(topic: str, known: Iterable[str]) -> str | None:
    """Return the longest of the known topics that the topic is, or begins with."""
    fitting = [name for name in known if topic == name or topic.startswith(f"{name}/")]
    return max(fitting, key=len, default=None)


def offered_topics(answer: ET.Element) -> list[str]:
    """Return the topics of a GetEventPropertiesResponse."""
    found: list[str] = []
    roots = child(answer, "TopicSet")
    stack = [(node, local(node.tag)) for node in roots] if roots is not None else []
    while stack:
        node, name = stack.pop()
        is_topic = any(local(key) == "topic" and value in _TRUE for key, value in node.items())
        if is_topic:
            found.append(name[:_LONGEST_TOPIC])
        if name.count("/") < _MOST_ITEMS:
            stack += [
                (below, f"{name}/{local(below.tag)}")
                for below in node
                if local(below.tag) != "MessageDescription"
            ]
    return sorted(set(found))
