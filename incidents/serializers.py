"""Alarms and detections as pages, the socket and the REST API show them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.urls import reverse
from rest_framework import serializers

from analytics.explanations import sentence, title
from analytics.models import Detection, WatchRule
from archive.engine.timeline import to_us
from cameras.access import cameras_visible_to
from cameras.models import Location
from incidents.actions.grading import priority_of
from incidents.models import Alarm, AlarmPicture
from incidents.queries import alarm_texts as texts
from incidents.queries.drills import footage_of


class AlarmSerializer(serializers.ModelSerializer[Alarm]):
    """An alarm with all that a desk draws of it, in the reader's language."""

    camera_number = serializers.IntegerField(
        source="camera.number", read_only=True, allow_null=True
    )
    camera_label = serializers.CharField(source="camera.label", read_only=True, allow_null=True)
    camera_name = serializers.CharField(source="camera.name", read_only=True, allow_null=True)
    location_name = serializers.CharField(source="place.name", read_only=True)
    title = serializers.SerializerMethodField()
    sentence = serializers.SerializerMethodField()
    source_text = serializers.CharField(source="get_source_display", read_only=True)
    priority_text = serializers.CharField(source="get_priority_display", read_only=True)
    certainty_text = serializers.CharField(source="get_certainty_display", read_only=True)
    state_text = serializers.CharField(source="get_state_display", read_only=True)
    score = serializers.FloatField(source="detection.score", read_only=True, allow_null=True)
    box = serializers.JSONField(source="detection.box", read_only=True, allow_null=True)
    reason_text = serializers.SerializerMethodField()
    judged_by = serializers.SerializerMethodField()
    judged_us = serializers.SerializerMethodField()
    raised_us = serializers.SerializerMethodField()
    created_us = serializers.SerializerMethodField()
    latest_us = serializers.SerializerMethodField()
    ended_us = serializers.SerializerMethodField()
    acknowledged_us = serializers.SerializerMethodField()
    acknowledged_by = serializers.SerializerMethodField()
    escalated_us = serializers.SerializerMethodField()
    picture_url = serializers.SerializerMethodField()
    second_picture_url = serializers.SerializerMethodField()
    archive_url = serializers.SerializerMethodField()
    incident_url = serializers.SerializerMethodField()
    footage_us = serializers.SerializerMethodField()
    incident_name = serializers.CharField(source="incident.name", read_only=True, allow_null=True)

    class Meta:
        model = Alarm
        fields = [
            *("id", "sequence", "revision", "detection", "source", "source_text", "is_drill"),
            *("place", "camera", "camera_number", "camera_label", "camera_name", "location_name"),
            *("kind", "title", "sentence", "text"),
            *("priority", "priority_text", "certainty", "certainty_text", "score", "box"),
            *("state", "state_text", "raised_us", "created_us", "ended_us"),
            *("group", "group_count", "group_scope", "latest_us"),
            *("acknowledged_us", "acknowledged_by", "acknowledged_by_id"),
            *("escalation", "escalated_us"),
            *("verdict", "verdict_reason", "reason_text", "judged_by", "judged_us"),
            *("picture_url", "second_picture_url", "archive_url", "footage_us"),
            *("incident", "incident_name", "incident_url"),
        ]
        read_only_fields = fields

    @cached_property
    def _category_names(self) -> dict[str, str]:
        return texts.category_names()

    def get_title(self, alarm: Alarm) -> str:
        names = {} if texts.is_of_detectors(alarm.kind) else self._category_names
        return texts.alarm_title(alarm, names)

    def get_sentence(self, alarm: Alarm) -> str:
        return texts.alarm_sentence(alarm)

    def get_reason_text(self, alarm: Alarm) -> str:
        return texts.reason_text(alarm.verdict_reason)

    def get_raised_us(self, alarm: Alarm) -> int:
        return to_us(alarm.raised_at)

    def get_created_us(self, alarm: Alarm) -> int:
        return to_us(alarm.created_at)

    def get_latest_us(self, alarm: Alarm) -> int:
        return to_us(alarm.latest_at)

    def get_ended_us(self, alarm: Alarm) -> int | None:
        told = alarm.detection or texts.report_of(alarm)
        return _us(told.ended_at) if told else None

    def get_acknowledged_us(self, alarm: Alarm) -> int | None:
        return _us(alarm.acknowledged_at)

    def get_acknowledged_by(self, alarm: Alarm) -> str | None:
        return _name(alarm.acknowledged_by)

    def get_escalated_us(self, alarm: Alarm) -> int | None:
        return _us(alarm.escalated_at)

    def get_judged_by(self, alarm: Alarm) -> str | None:
        return _name(alarm.verdict_by)

    def get_judged_us(self, alarm: Alarm) -> int | None:
        return _us(alarm.verdict_at)

    def get_picture_url(self, alarm: Alarm) -> str | None:
        return texts.frame_url(alarm)

    def get_second_picture_url(self, alarm: Alarm) -> str | None:
        return texts.picture_url(alarm.detection, "second") if alarm.detection else None

    def get_incident_url(self, alarm: Alarm) -> str | None:
        return texts.incident_url(alarm.incident_id) if alarm.incident_id else None

    def get_footage_us(self, alarm: Alarm) -> int | None:
        """Return the recorded moment that a drill shows as its own."""
        return _us(footage_of(alarm))

    def get_archive_url(self, alarm: Alarm) -> str | None:
        if alarm.camera_id is None:
            return None
        return texts.archive_url(alarm.camera_id, to_us(alarm.raised_at))


class AlarmVerdictSerializer(serializers.Serializer[Any]):
    """What a person says of an alarm."""

    verdict = serializers.ChoiceField(choices=Alarm.Verdict.choices, allow_blank=True)
    reason = serializers.CharField(max_length=200, required=False, allow_blank=True)


class MarkSerializer(serializers.Serializer[Any]):
    """Where somebody saw something."""

    def get_fields(self) -> dict[str, Any]:
        """Offer the places and cameras that the person may see; others are absent."""
        cameras = cameras_visible_to(self.context.get("user") or AnonymousUser())
        places = Location.objects.filter(cameras__in=cameras).distinct()
        return {
            "place": serializers.PrimaryKeyRelatedField(queryset=places),
            "camera": serializers.PrimaryKeyRelatedField(
                queryset=cameras, required=False, allow_null=True
            ),
        }


class AlarmPictureSerializer(serializers.ModelSerializer[AlarmPicture]):
    """The frame of one camera at the moment that was marked."""

    camera_label = serializers.CharField(source="camera.label", read_only=True)
    camera_name = serializers.CharField(source="camera.name", read_only=True)
    state_text = serializers.CharField(source="get_state_display", read_only=True)
    taken_us = serializers.SerializerMethodField()
    url = serializers.SerializerMethodField()

    class Meta:
        model = AlarmPicture
        fields = [
            *("id", "camera", "camera_label", "camera_name"),
            *("state", "state_text", "taken_us", "url", "problem"),
        ]
        read_only_fields = fields

    def get_taken_us(self, picture: AlarmPicture) -> int | None:
        return _us(picture.taken_at)

    def get_url(self, picture: AlarmPicture) -> str | None:
        return reverse("alarm-frame", args=[picture.pk]) if picture.path else None


def _us(moment: datetime | None) -> int | None:
    return to_us(moment) if moment else None


def _name(person: User | None) -> str | None:
    return texts.person_name(person) if person else None


@dataclass(frozen=True)
class AlarmRow:
    """A line of the list: an alarm, wherever it came from."""

    alarm: Alarm
    category_names: dict[str, str]
    is_hint = False

    @property
    def said(self) -> Alarm:
        return self.alarm

    @property
    def title(self) -> str:
        return texts.alarm_title(self.alarm, self.category_names)

    @property
    def sentence(self) -> str:
        return texts.alarm_sentence(self.alarm)

    @property
    def source(self) -> str:
        return self.alarm.get_source_display()

    @property
    def priority(self) -> Alarm.Priority:
        return Alarm.Priority(self.alarm.priority)

    @property
    def sign(self) -> str:
        return f"p{self.priority}"

    @property
    def place(self) -> Location:
        return self.alarm.place

    @property
    def is_open(self) -> bool:
        return self.alarm.state == Alarm.State.NEW and not self.alarm.verdict

    @property
    def accepted_by(self) -> str:
        return _name(self.alarm.acknowledged_by) or ""

    @property
    def judged_by(self) -> str:
        return _name(self.alarm.verdict_by) or ""

    @property
    def reason(self) -> str:
        return texts.reason_text(self.alarm.verdict_reason)

    @property
    def picture_url(self) -> str | None:
        return texts.frame_url(self.alarm)

    @property
    def archive_url(self) -> str | None:
        if self.alarm.camera_id is None:
            return None
        return texts.archive_url(self.alarm.camera_id, to_us(self.alarm.raised_at))

    @property
    def incident_url(self) -> str | None:
        return texts.incident_url(self.alarm.incident_id) if self.alarm.incident_id else None


@dataclass(frozen=True)
class DetectionRow:
    """A line of the list: a hint, or what has not become an alarm yet."""

    detection: Detection
    alarm = None
    is_open = False
    accepted_by = ""
    reason = ""
    incident_url = None

    @property
    def said(self) -> Detection:
        return self.detection

    @property
    def title(self) -> str:
        return title(self.detection.kind)

    @property
    def sentence(self) -> str:
        return sentence(self.detection.kind, self.detection.facts, self.detection.place)

    @property
    def source(self) -> str:
        return str(Alarm.Source.DETECTOR.label)

    @property
    def priority(self) -> Alarm.Priority:
        return priority_of(self.detection)

    @property
    def sign(self) -> str:
        return f"p{self.priority}"

    @property
    def place(self) -> Location:
        return self.detection.camera.location

    @property
    def is_hint(self) -> bool:
        return self.detection.grade == WatchRule.Grade.HINT

    @property
    def judged_by(self) -> str:
        return _name(self.detection.verdict_by) or ""

    @property
    def picture_url(self) -> str | None:
        return texts.picture_url(self.detection, texts.PICTURES[0])

    @property
    def archive_url(self) -> str:
        return texts.detection_archive_url(self.detection)


def list_rows(
    found: Iterable[Alarm | Detection], category_names: dict[str, str]
) -> list[AlarmRow | DetectionRow]:
    return [
        AlarmRow(row, category_names) if isinstance(row, Alarm) else DetectionRow(row)
        for row in found
    ]


def mark_json(detection: Detection) -> dict[str, Any]:
    """Describe a detection for the time line."""
    return {
        "id": detection.pk,
        "camera": detection.camera_id,
        "kind": detection.kind,
        "title": title(detection.kind),
        "text": sentence(detection.kind, detection.facts, detection.place),
        "is_alarm": detection.grade == WatchRule.Grade.ALARM,
        "priority": priority_of(detection).value,
        "began_us": to_us(detection.began_at),
        "raised_us": to_us(detection.raised_at),
        "ended_us": to_us(detection.ended_at) if detection.ended_at else None,
    }
