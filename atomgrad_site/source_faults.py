"""Faults of outside sources in the head of the page: silent, gone mad, not listened to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from atomgrad_site.faults import Alarm
from incidents.models import AlarmSource, OnvifDevice

SURPLUS_FOR = timedelta(minutes=10)
"""How long it is said that a source was turned away."""
STATE_EXPIRES = timedelta(seconds=60)
"""A device may take this long to restart before somebody is told."""


def source_alarms(now: datetime) -> list[Alarm]:
    """Two queries, whatever was found."""
    sources = AlarmSource.objects.filter(is_active=True)
    devices = OnvifDevice.objects.filter(is_active=True, camera__is_enabled=True)
    return [
        *(alarm for source in sources for alarm in _of_source(source, now)),
        *(
            alarm
            for device in devices.select_related("camera__location")
            for alarm in _of_device(device, now)
        ),
    ]


def _of_source(source: AlarmSource, now: datetime) -> Iterator[Alarm]:
    heard_at = source.heard_at or source.made_at
    term = source.heartbeat_minutes
    if term is not None and now - heard_at > timedelta(minutes=term):
        yield Alarm(
            key=f"source-{source.pk}-silent-{heard_at.timestamp():.0f}",
            priority=3,
            title=_("A source of alarms is silent"),
            place=ngettext(
                "%(name)s should report every %(count)d minute",
                "%(name)s should report every %(count)d minutes",
                term,
            )
            % {"name": source.name, "count": term},
            short=_("%(name)s is silent") % {"name": source.name},
            since=heard_at,
        )
    if _is_recent(source.surplus_at, now):
        yield _surplus_alarm(
            f"source-{source.pk}", source.name, source.surplus_count, source.surplus_at
        )


def _of_device(device: OnvifDevice, now: datetime) -> Iterator[Alarm]:
    camera = device.camera
    name = f"{camera.label} {camera.location.name}, {camera.name}"
    is_well = device.state in {OnvifDevice.State.LISTENING, OnvifDevice.State.UNKNOWN}
    if not is_well and device.changed_at and now - device.changed_at > STATE_EXPIRES:
        state = str(device.get_state_display())
        yield Alarm(
            key=f"onvif-{device.pk}-{device.state}-{device.changed_at.timestamp():.0f}",
            priority=3,
            title=_("Events of a camera do not come"),
            place=f"{name}: {state}",
            short=_("%(label)s: no events") % {"label": camera.label},
            since=device.changed_at,
        )
    if _is_recent(device.surplus_at, now):
        yield _surplus_alarm(f"onvif-{device.pk}", name, device.surplus_count, device.surplus_at)


def _is_recent(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and now - moment < SURPLUS_FOR


def _surplus_alarm(key: str, name: str, count: int, since: datetime | None) -> Alarm:
    return Alarm(
        key=f"{key}-surplus",
        priority=3,
        title=_("A source reports too much"),
        place=_("%(name)s: %(count)d turned away so far") % {"name": name, "count": count},
        short=_("Too many reports"),
        since=since,
    )
