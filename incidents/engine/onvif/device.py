"""A device and its pull point: asked, renewed, given back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

from incidents.engine.onvif.events import (
    Notification,
    moment_of,
    notifications_of,
    offered_topics,
    unreadable_in,
)
from incidents.engine.onvif.soap import (
    ADDRESSING,
    Address,
    Door,
    FaultError,
    OnvifError,
    UnusableError,
    ask,
    child,
    text_of,
)

_DEVICE = "http://www.onvif.org/ver10/device/wsdl"
_EVENTS = "http://www.onvif.org/ver10/events/wsdl"
_NOTIFICATION = "http://docs.oasis-open.org/wsn/b-2"
_PULL_ACTION = f"{_EVENTS}/PullPointSubscription/PullMessagesRequest"
_MANAGER = "http://docs.oasis-open.org/wsn/bw-2/SubscriptionManager"

TERM = timedelta(seconds=60)
"""For how long a subscription is asked: a portal that is killed leaves it for no longer."""
PULL_S = 10
"""For how long the device holds its answer back while nothing happens."""
MOST_MESSAGES = 100
_MOST_PARAMETERS = 10


@dataclass(frozen=True, slots=True)
class Identity:
    """What the device says of itself."""

    maker: str
    model: str
    firmware: str


@dataclass(slots=True)
class Subscription:
    address: Address
    parameters: list[ET.Element]
    # By our own clock.
    ends_at: datetime

    def is_due(self, now: datetime) -> bool:
        """Tell whether it should be renewed: when half of its term is left."""
        return self.ends_at - now < TERM / 2


@dataclass(slots=True)
class Pulled:
    notifications: list[Notification]
    unreadable_count: int


@dataclass(slots=True)
class Device:
    """One device; every call raises OnvifError."""

    address: Address
    door: Door
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    events: Address | None = field(default=None, init=False)

    def set_clock(self) -> float:
        """Learn how far the device's clock is ahead, in seconds; signed questions need it."""
        began = self.now()
        answer = self._ask(
            self.address, _element(_DEVICE, "GetSystemDateAndTime"), is_secured=False
        )
        ours = began + (self.now() - began) / 2
        theirs = _utc_of(child(answer, "SystemDateAndTime", "UTCDateTime"))
        self.door.clock_offset_s = (theirs - ours).total_seconds() if theirs else 0.0
        return self.door.clock_offset_s

    def identity(self) -> Identity:
        answer = self._ask(self.address, _element(_DEVICE, "GetDeviceInformation"))
        return Identity(
            *(text_of(answer, name)[:60] for name in ("Manufacturer", "Model", "FirmwareVersion"))
        )

    def find_events(self) -> Address:
        """Find the event service. Raises UnusableError where the device has none."""
        question = _element(_DEVICE, "GetCapabilities")
        _element(_DEVICE, "Category", within=question).text = "Events"
        answer = self._ask(self.address, question)
        told = text_of(answer, "Capabilities", "Events", "XAddr")
        if not told:
            raise UnusableError("the device has no event service")
        self.events = self.address.at(told)
        return self.events

    def topics(self) -> list[str]:
        answer = self._ask(
            self._events(),
            _element(_EVENTS, "GetEventProperties"),
            action=f"{_EVENTS}/EventPortType/GetEventPropertiesRequest",
        )
        return offered_topics(answer)

    def subscribe(self) -> Subscription:
        question = _element(_EVENTS, "CreatePullPointSubscription")
        _element(_EVENTS, "InitialTerminationTime", within=question).text = _duration(TERM)
        answer = self._ask(
            self._events(),
            question,
            action=f"{_EVENTS}/EventPortType/CreatePullPointSubscriptionRequest",
        )
        told = text_of(answer, "SubscriptionReference", "Address")
        if not told:
            raise UnusableError("the device tells no address of its subscription")
        return Subscription(self._events().at(told), _parameters_of(answer), self._end_of(answer))

    def pull(self, subscription: Subscription, *, wait_s: int = PULL_S) -> Pulled:
        """Fetch what happened; returns empty after `wait_s` in which nothing did."""
        question = _element(_EVENTS, "PullMessages")
        _element(_EVENTS, "Timeout", within=question).text = f"PT{wait_s}S"
        _element(_EVENTS, "MessageLimit", within=question).text = str(MOST_MESSAGES)
        answer = self._ask(
            subscription.address,
            question,
            action=_PULL_ACTION,
            parameters=subscription.parameters,
            wait_s=wait_s,
        )
        return Pulled(list(notifications_of(answer)), unreadable_in(answer))

    def renew(self, subscription: Subscription) -> None:
        question = _element(_NOTIFICATION, "Renew")
        _element(_NOTIFICATION, "TerminationTime", within=question).text = _duration(TERM)
        answer = self._ask(
            subscription.address,
            question,
            action=f"{_MANAGER}/RenewRequest",
            parameters=subscription.parameters,
        )
        subscription.ends_at = self._end_of(answer)

    def unsubscribe(self, subscription: Subscription) -> bool:
        """Give the subscription back: a device has few. False: it could not be."""
        try:
            self._ask(
                subscription.address,
                _element(_NOTIFICATION, "Unsubscribe"),
                action=f"{_MANAGER}/UnsubscribeRequest",
                parameters=subscription.parameters,
            )
        except OnvifError:
            return False  # it ends by itself within TERM
        return True

    def _events(self) -> Address:
        return self.events or self.find_events()

    def _end_of(self, answer: ET.Element) -> datetime:
        """When the subscription ends by our clock; devices differ in theirs, so by the length."""
        now = self.now()
        start = moment_of(text_of(answer, "CurrentTime"))
        end = moment_of(text_of(answer, "TerminationTime"))
        if start is None or end is None or end <= start:
            return now + TERM
        return now + min(end - start, TERM * 10)

    def _ask(
        self,
        address: Address,
        question: ET.Element,
        *,
        action: str = "",
        is_secured: bool = True,
        parameters: list[ET.Element] | None = None,
        wait_s: float = 0.0,
    ) -> ET.Element:
        name = question.tag.rpartition("}")[2]
        return ask(
            address,
            question,
            action=action or f"{_DEVICE}/{name}",
            door=self.door,
            now=self.now(),
            is_secured=is_secured,
            parameters=parameters or (),
            wait_s=wait_s,
        )


def offers(device: Device) -> list[str]:
    """Return the topics; empty where the device does not tell them."""
    try:
        return device.topics()
    except FaultError:
        return []


def _element(namespace: str, name: str, *, within: ET.Element | None = None) -> ET.Element:
    tag = f"{{{namespace}}}{name}"
    return ET.Element(tag) if within is None else ET.SubElement(within, tag)


def _parameters_of(answer: ET.Element) -> list[ET.Element]:
    """What a device wants to be told back with each question about the subscription."""
    node = child(answer, "SubscriptionReference", "ReferenceParameters")
    found = list(node)[:_MOST_PARAMETERS] if node is not None else []
    for parameter in found:
        parameter.set(f"{{{ADDRESSING}}}IsReferenceParameter", "true")
    return found


def _duration(term: timedelta) -> str:
    return f"PT{int(term.total_seconds())}S"


def _utc_of(node: ET.Element | None) -> datetime | None:
    if node is None:
        return None
    names = (("Date", "Year"), ("Date", "Month"), ("Date", "Day"))
    times = (("Time", "Hour"), ("Time", "Minute"), ("Time", "Second"))
    try:
        year, month, day, hour, minute, second = (
            int(text_of(node, *path)) for path in (*names, *times)
        )
        return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
    except ValueError:
        return None
