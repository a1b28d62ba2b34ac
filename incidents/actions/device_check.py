"""What a device offers, asked when staff press the button."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.conf import settings
from django.utils.translation import gettext as _

from cameras.secrets import SecretUnreadableError, decrypt_secret
from incidents.actions.device_events import topics_in_use
from incidents.engine.onvif.device import Device, Identity, offers
from incidents.engine.onvif.events import best_topic
from incidents.engine.onvif.soap import (
    Door,
    OnvifError,
    RefusedError,
    UnreachableError,
    parse_address,
)
from incidents.models import OnvifDevice

_CLOCK_MATTERS_S = 2.0


@dataclass(slots=True)
class OfferedTopic:
    name: str
    # Of the row that speaks of it; empty: none does.
    kind: str


@dataclass(slots=True)
class DeviceCheck:
    """What was learned, as far as it went."""

    error: OnvifError | None = None
    offset_s: float | None = None
    identity: Identity | None = None
    event_url: str = ""
    is_subscribed: bool = False
    topics: list[OfferedTopic] = field(default_factory=list)


def device_of(row: OnvifDevice) -> Device:
    """Return the client for a row.

    Raises:
        UnusableError: the address is none.
        SecretUnreadableError: the password was encrypted with another key.

    """
    door = Door(
        row.username,
        decrypt_secret(row.password_encrypted),
        verifies_certificate=settings.VERIFY_CAMERA_CERTIFICATES,
    )
    return Device(parse_address(row.url), door)


def check_device(row: OnvifDevice) -> DeviceCheck:
    """Ask for the clock, the name, the events, and try a subscription."""
    check = DeviceCheck()
    try:
        _ask(device_of(row), check)
    except OnvifError as error:
        check.error = error
    except SecretUnreadableError as error:
        check.error = OnvifError(str(error))
    return check


def _ask(device: Device, check: DeviceCheck) -> None:
    check.offset_s = device.set_clock()
    check.identity = device.identity()
    check.event_url = device.find_events().url
    known = topics_in_use()
    for name in offers(device):
        best = best_topic(name, known)
        check.topics.append(OfferedTopic(name, known[best].kind if best else ""))
    subscription = device.subscribe()
    check.is_subscribed = True
    device.unsubscribe(subscription)


def report_lines(check: DeviceCheck) -> list[str]:
    """Return what was learned, a sentence per line."""
    lines = []
    if check.error is not None:
        lines.append(_("Wrong: %(what)s") % {"what": error_text(check.error)})
    if check.identity is not None:
        names = (check.identity.maker, check.identity.model, check.identity.firmware)
        lines.append(" ".join(name for name in names if name))
    if check.offset_s is not None:
        lines.append(_clock_line(check.offset_s))
    if check.event_url:
        lines.append(_("Events are asked at %(address)s") % {"address": check.event_url})
    if check.is_subscribed:
        lines.append(_("A subscription was made and given back."))
    return lines


def _clock_line(offset_s: float) -> str:
    if abs(offset_s) <= _CLOCK_MATTERS_S:
        return _("Its clock is right.")
    text = (
        _("Its clock is ahead by %(seconds)s s")
        if offset_s > 0
        else _("Its clock is behind by %(seconds)s s")
    )
    return text % {"seconds": round(abs(offset_s))}


def error_text(error: OnvifError) -> str:
    if isinstance(error, RefusedError):
        return _("the device refuses user name and password")
    if isinstance(error, UnreachableError):
        return _("the device does not answer: %(detail)s") % {"detail": error}
    return str(error)
