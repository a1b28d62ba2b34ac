"""What a device's event becomes: an alarm, a note, or a number in a counter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from analytics.models import WatchRule
from incidents.actions.outside_alarms import raise_outside_alarm
from incidents.actions.outside_changes import end_reports
from incidents.actions.rates import is_within, note_surplus
from incidents.engine.onvif.events import Notification, best_topic
from incidents.models import Alarm, OnvifDevice, OnvifTopic, OutsideReport

WINDOW = timedelta(minutes=1)
OLDEST = timedelta(hours=1)
"""What a device tells from before that was kept by it while nobody listened."""
_MOST_UNMAPPED = 40


def topics_in_use() -> dict[str, OnvifTopic]:
    return {row.topic: row for row in OnvifTopic.objects.filter(is_active=True)}


def take_events(
    *,
    device: OnvifDevice,
    notifications: Sequence[Notification],
    topics: Mapping[str, OnvifTopic],
    offset_s: float,
    at: datetime,
) -> int:
    """Raise and end what the events say; return how many alarms were raised.

    Args:
        offset_s: by which the device's clock is ahead.

    """
    raised, unknown = 0, dict(device.unmapped)
    for notification in notifications:
        name = best_topic(notification.topic, topics)
        if name is None:
            _count_unmapped(unknown, notification.topic)
        elif _take(device, notification, topics[name], _moment(notification, offset_s, at), at):
            raised += 1
    if notifications:
        OnvifDevice.objects.filter(pk=device.pk).update(
            event_count=F("event_count") + len(notifications),
            raised_count=F("raised_count") + raised,
            heard_at=at,
            unmapped=unknown,
        )
        device.unmapped = unknown
    return raised


def _count_unmapped(unknown: dict[str, int], topic: str) -> None:
    if topic in unknown or len(unknown) < _MOST_UNMAPPED:
        unknown[topic] = unknown.get(topic, 0) + 1


def _moment(notification: Notification, offset_s: float, at: datetime) -> datetime:
    """When it happened by our clock; a time that can not be is that of the arrival."""
    told = notification.occurred_at
    if told is None:
        return at
    moment = told - timedelta(seconds=offset_s)
    return moment if at - OLDEST <= moment <= at else at


def _take(
    device: OnvifDevice,
    notification: Notification,
    topic: OnvifTopic,
    occurred_at: datetime,
    at: datetime,
) -> bool:
    """Tell whether an alarm was raised."""
    reports = OutsideReport.objects.filter(device=device, key=notification.key)
    last = reports.order_by("-pk").first()
    state = notification.state(topic.item)
    if notification.is_over(topic.item):
        end_reports(reports=reports, at=occurred_at)
        return False
    if last is not None and _is_same(last, topic, has_state=state is not None, at=occurred_at):
        return False
    is_alarm = topic.grade == WatchRule.Grade.ALARM
    if is_alarm and not is_within(
        key=f"device:{device.pk}", limit=device.per_minute, term=WINDOW, at=at
    ):
        note_surplus(row=device, at=at)
        return False
    _write(device, notification, topic, occurred_at, at)
    return is_alarm


def _is_same(last: OutsideReport, topic: OnvifTopic, *, has_state: bool, at: datetime) -> bool:
    """A state that lasts, or the next of a row of events."""
    if has_state and last.ended_at is None:
        return True
    return at - last.occurred_at < timedelta(seconds=topic.pause_s)


@transaction.atomic
def _write(
    device: OnvifDevice,
    notification: Notification,
    topic: OnvifTopic,
    occurred_at: datetime,
    at: datetime,
) -> OutsideReport:
    camera = device.camera
    report = OutsideReport.objects.create(
        device=device,
        key=notification.key,
        place_id=camera.location_id,
        camera=camera,
        kind=topic.kind,
        text=text_of(notification),
        occurred_at=occurred_at,
        received_at=at,
        # An event of one moment is over when it comes.
        ended_at=None if notification.state(topic.item) else occurred_at,
    )
    if topic.grade == WatchRule.Grade.ALARM:
        report.alarm = raise_outside_alarm(
            source=Alarm.Source.ONVIF,
            place=camera.location,
            camera=camera,
            kind=topic.kind,
            text=report.text,
            occurred_at=occurred_at,
            at=at,
            priority=topic.priority,
            external_id=f"onvif:{report.pk}",
        )
        report.save(update_fields=["alarm"])
    return report


def text_of(notification: Notification) -> str:
    """What the device calls it: the topic's last words and the rule's name."""
    rule = notification.source.get("Rule", "")
    name = notification.topic.rpartition("/")[2]
    return f"ONVIF {name}: {rule}" if rule else f"ONVIF {name}"
