"""Alarms and detections as pages, the socket and the REST API show them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.urls import reverse
from django.utils.translation import gettext as _
from rest_framework import serializers

from analytics.explanations import sentence, title
from analytics.models import Detection, WatchRule
from archive.engine.timeline import to_us
from incidents.actions.grading import priority_of
from incidents.models import Alarm

LEAD_US = 8_000_000
"""Footage opens so long before the moment that it is about."""
PICTURES = ("first", "second")


class AlarmSerializer(serializers.ModelSerializer[Alarm]):
    """An alarm with all that a desk draws of it, in the reader's language."""

    camera_number = serializers.IntegerField(source="camera.number", read_only=True)
    camera_label = serializers.CharField(source="camera.label", read_only=True)
    camera_name = serializers.CharField(source="camera.name", read_only=True)
    location_name = serializers.CharField(source="camera.location.name", read_only=True)
    title = serializers.SerializerMethodField()
    sentence = serializers.SerializerMethodField()
    priority_text = serializers.CharField(source="get_priority_display", read_only=True)
    certainty_text = serializers.CharField(source="get_certainty_display", read_only=True)
    state_text = serializers.CharField(source="get_state_display", read_only=True)
    score = serializers.FloatField(source="detection.score", read_only=True)
    box = serializers.JSONField(source="detection.box", read_only=True)
    verdict = serializers.CharField(source="detection.verdict", read_only=True)
    judged_by = serializers.SerializerMethodField()
    raised_us = serializers.SerializerMethodField()
    ended_us = serializers.SerializerMethodField()
    acknowledged_us = serializers.SerializerMethodField()
    acknowledged_by = serializers.SerializerMethodField()
    picture_url = serializers.SerializerMethodField()
    second_picture_url = serializers.SerializerMethodField()
    archive_url = serializers.SerializerMethodField()

    class Meta:
        model = Alarm
        fields = [
            *("id", "sequence", "revision", "detection", "camera", "camera_number"),
            *("camera_label", "camera_name", "location_name", "kind", "title", "sentence"),
            *("priority", "priority_text", "certainty", "certainty_text", "score", "box"),
            *("state", "state_text", "raised_us", "ended_us"),
            *("acknowledged_us", "acknowledged_by", "acknowledged_by_id"),
            *("verdict", "judged_by"),
            *("picture_url", "second_picture_url", "archive_url"),
        ]
        read_only_fields = fields

    def get_title(self, alarm: Alarm) -> str:
        return title(alarm.kind)

    def get_sentence(self, alarm: Alarm) -> str:
        return sentence(alarm.kind, alarm.detection.facts, alarm.detection.place)

    def get_raised_us(self, alarm: Alarm) -> int:
        return to_us(alarm.raised_at)

    def get_ended_us(self, alarm: Alarm) -> int | None:
        return to_us(alarm.detection.ended_at) if alarm.detection.ended_at else None

    def get_acknowledged_us(self, alarm: Alarm) -> int | None:
        return to_us(alarm.acknowledged_at) if alarm.acknowledged_at else None

    def get_acknowledged_by(self, alarm: Alarm) -> str | None:
        return person_name(alarm.acknowledged_by) if alarm.acknowledged_by else None

    def get_judged_by(self, alarm: Alarm) -> str | None:
        judge = alarm.detection.verdict_by
        return person_name(judge) if judge else None

    def get_picture_url(self, alarm: Alarm) -> str | None:
        return picture_url(alarm.detection, "first")

    def get_second_picture_url(self, alarm: Alarm) -> str | None:
        return picture_url(alarm.detection, "second")

    def get_archive_url(self, alarm: Alarm) -> str:
        return archive_url(alarm.detection)


@dataclass(frozen=True)
class DetectionRow:
    """A line of the list: an alarm, or a hint, which has no alarm of its own."""

    detection: Detection

    @property
    def alarm(self) -> Alarm | None:
        return getattr(self.detection, "alarm", None)

    @property
    def title(self) -> str:
        return title(self.detection.kind)

    @property
    def sentence(self) -> str:
        return sentence(self.detection.kind, self.detection.facts, self.detection.place)

    @property
    def priority(self) -> Alarm.Priority:
        alarm = self.alarm
        return Alarm.Priority(alarm.priority) if alarm else priority_of(self.detection.kind)

    @property
    def sign(self) -> str:
        return f"p{self.priority}"

    @property
    def is_hint(self) -> bool:
        return self.detection.grade == WatchRule.Grade.HINT

    @property
    def is_open(self) -> bool:
        return self.alarm is not None and self.alarm.state == Alarm.State.NEW

    @property
    def accepted_by(self) -> str:
        alarm = self.alarm
        return person_name(alarm.acknowledged_by) if alarm and alarm.acknowledged_by else ""

    @property
    def picture_url(self) -> str | None:
        return picture_url(self.detection, PICTURES[0])

    @property
    def archive_url(self) -> str:
        return archive_url(self.detection)


def mark_json(detection: Detection) -> dict[str, Any]:
    """Describe a detection for the time line."""
    return {
        "id": detection.pk,
        "camera": detection.camera_id,
        "kind": detection.kind,
        "title": title(detection.kind),
        "text": sentence(detection.kind, detection.facts, detection.place),
        "is_alarm": detection.grade == WatchRule.Grade.ALARM,
        "priority": priority_of(detection.kind).value,
        "began_us": to_us(detection.began_at),
        "raised_us": to_us(detection.raised_at),
        "ended_us": to_us(detection.ended_at) if detection.ended_at else None,
    }


def person_name(user: User) -> str:
    """Name a person as the head of the page does."""
    names = {"first": user.first_name, "last": user.last_name}
    return (_("%(first)s %(last)s") % names).strip() or user.get_username()


def picture_url(detection: Detection, which: str) -> str | None:
    path = detection.picture if which == PICTURES[0] else detection.second_picture
    return reverse("alarm-picture", args=[detection.pk, which]) if path else None


def archive_url(detection: Detection) -> str:
    """Open the archive a little before the moment."""
    at_us = to_us(detection.raised_at) - LEAD_US
    query = urlencode({"camera": detection.camera_id, "at_us": at_us})
    return f"{reverse('archive')}?{query}"
