"""Regions, rules, detections and trials as the REST API shows them, and what it takes in."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from rest_framework import serializers

from analytics.explanations import sentence, title
from analytics.models import Detection, Region, Trial, Watch, WatchRule
from archive.engine.timeline import from_us
from cameras.models import Camera

MOST_PARTS = 60
"""Regions, and rules, of one camera."""
MOST_POINTS = 60


class RegionSerializer(serializers.ModelSerializer[Region]):
    class Meta:
        model = Region
        fields = ["id", "camera", "shape", "name", "points", "direction", "length_m"]
        read_only_fields = fields


class WatchRuleSerializer(serializers.ModelSerializer[WatchRule]):
    class Meta:
        model = WatchRule
        fields = [
            "id",
            "camera",
            "kind",
            "region",
            "grade",
            "sensitivity",
            "days",
            "starts",
            "ends",
            "is_enabled",
        ]
        read_only_fields = fields


class DetectionSerializer(serializers.ModelSerializer[Detection]):
    title = serializers.SerializerMethodField()
    sentence = serializers.SerializerMethodField()

    class Meta:
        model = Detection
        fields = [
            "id",
            "camera",
            "rule",
            "kind",
            "title",
            "sentence",
            "grade",
            "place",
            "began_at",
            "raised_at",
            "ended_at",
            "box",
            "score",
            "facts",
            "detector_version",
            "verdict",
            "verdict_at",
        ]
        read_only_fields = fields

    def get_title(self, detection: Detection) -> str:
        return title(detection.kind)

    def get_sentence(self, detection: Detection) -> str:
        return sentence(detection.kind, detection.facts, detection.place)


class VerdictSerializer(serializers.Serializer[Any]):
    verdict = serializers.ChoiceField(choices=Detection.Verdict.choices, allow_blank=True)


# --- the setup of a camera ----------------------------------------------------------------


class RegionDraftSerializer(serializers.Serializer[Any]):
    """`id` is null for a new one; rules name it by `ref`."""

    id = serializers.IntegerField(allow_null=True)
    ref = serializers.CharField(max_length=40)
    shape = serializers.ChoiceField(choices=Region.Shape.choices)
    # An empty name is refused by the action, in a sentence.
    name = serializers.CharField(max_length=60, allow_blank=True)
    points = serializers.ListField(
        child=serializers.ListField(child=serializers.FloatField(), min_length=2, max_length=2),
        max_length=MOST_POINTS,
    )
    direction = serializers.ChoiceField(choices=Region.Direction.choices)
    length_m = serializers.FloatField(allow_null=True)


class RuleDraftSerializer(serializers.Serializer[Any]):
    """`id` is null for a new one; `region` is the `ref` of a region, empty: the whole picture."""

    id = serializers.IntegerField(allow_null=True)
    kind = serializers.CharField(max_length=12)
    region = serializers.CharField(max_length=40, allow_blank=True)
    grade = serializers.ChoiceField(choices=WatchRule.Grade.choices)
    sensitivity = serializers.ChoiceField(choices=WatchRule.Sensitivity.choices)
    days = serializers.ListField(
        child=serializers.IntegerField(min_value=0, max_value=6), max_length=7
    )
    starts = serializers.TimeField(format="%H:%M")
    ends = serializers.TimeField(format="%H:%M")
    is_enabled = serializers.BooleanField()


class DraftSerializer(serializers.Serializer[Any]):
    regions = RegionDraftSerializer(many=True, max_length=MOST_PARTS)  # type: ignore[call-arg]  # -- the stubs lack it
    rules = RuleDraftSerializer(many=True, max_length=MOST_PARTS)  # type: ignore[call-arg]  # -- likewise

    def as_json(self) -> dict[str, Any]:
        """Return what was sent, checked, as `setups.draft_of` takes it."""
        values = self.validated_data
        return {
            "regions": [dict(part) for part in values["regions"]],
            "rules": [
                {**part, "starts": f"{part['starts']:%H:%M}", "ends": f"{part['ends']:%H:%M}"}
                for part in values["rules"]
            ],
        }


class SetupSerializer(DraftSerializer):
    """What is drawn and set on one camera; `revision` is of the state it was made from."""

    revision = serializers.IntegerField(min_value=0)


def setup_json(camera: Camera) -> dict[str, Any]:
    """Return the camera's setup in the form in which the API takes it back."""
    watch = Watch.objects.filter(camera=camera).first()
    return {
        "revision": watch.revision if watch else 0,
        "regions": [_region_json(row) for row in Region.objects.filter(camera=camera)],
        "rules": [_rule_json(row) for row in WatchRule.objects.filter(camera=camera)],
    }


def _region_json(row: Region) -> dict[str, Any]:
    return {
        "id": row.pk,
        "ref": str(row.pk),
        "shape": row.shape,
        "name": row.name,
        "points": row.points,
        "direction": row.direction,
        "length_m": row.length_m,
    }


def _rule_json(row: WatchRule) -> dict[str, Any]:
    return {
        "id": row.pk,
        "kind": row.kind,
        "region": str(row.region_id or ""),
        "grade": row.grade,
        "sensitivity": row.sensitivity,
        "days": row.days,
        "starts": f"{row.starts:%H:%M}",
        "ends": f"{row.ends:%H:%M}",
        "is_enabled": row.is_enabled,
    }


# --- trials -------------------------------------------------------------------------------


class HitSerializer(serializers.Serializer[Any]):
    """What a rule would have raised."""

    at = serializers.DateTimeField()
    kind = serializers.CharField()
    title = serializers.CharField()
    sentence = serializers.CharField()
    grade = serializers.CharField()
    box = serializers.ListField(child=serializers.FloatField(), allow_null=True)
    picture_url = serializers.CharField()


class TrialSerializer(serializers.ModelSerializer[Trial]):
    id = serializers.UUIDField(source="public_id", read_only=True)
    hits = serializers.SerializerMethodField()

    class Meta:
        model = Trial
        fields = [
            "id",
            "camera",
            "started_at",
            "ended_at",
            "state",
            "progress",
            "hits",
            "problems",
            "error",
        ]
        read_only_fields = fields

    def get_hits(self, trial: Trial) -> list[dict[str, Any]]:
        hits = [_hit_json(trial, number, hit) for number, hit in enumerate(trial.hits)]
        return list(HitSerializer(hits, many=True).data)


def _hit_json(trial: Trial, number: int, hit: dict[str, Any]) -> dict[str, Any]:
    return {
        "at": from_us(hit["at_us"]),
        "kind": hit["kind"],
        "title": title(hit["kind"]),
        "sentence": sentence(hit["kind"], hit["facts"], hit["place"]),
        "grade": hit["grade"],
        "box": hit["box"],
        "picture_url": reverse("analysis-trial-picture", args=[trial.public_id, number]),
    }
