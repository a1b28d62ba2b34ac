"""Regions, rules, detections, searches and trials as the REST API shows them and takes them in."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.urls import reverse
from django.utils.timezone import now
from rest_framework import serializers

from analytics import access
from analytics.explanations import sentence, title
from analytics.models import Backfill, Detection, Region, Trial, Watch, WatchRule
from analytics.queries import SearchPlan
from archive.engine.timeline import from_us, to_us
from archive.serializers import VisibleCameraField
from cameras.access import Act
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


# --- searches in the archive --------------------------------------------------------------

MOST_CAMERAS = 200
LEAD_US = 8_000_000
"""The archive opens so long before the moment."""


class SearchRequestSerializer(serializers.Serializer[Any]):
    """What to search. No kinds: whatever the cameras' rules watch for."""

    cameras = serializers.ListField(
        child=VisibleCameraField(act=Act.VIEW_ARCHIVE), max_length=MOST_CAMERAS
    )
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField()
    kinds = serializers.ListField(
        child=serializers.CharField(max_length=12), max_length=40, default=list
    )

    def validate_cameras(self, cameras: list[Camera]) -> list[Camera]:
        return list(dict.fromkeys(cameras))


class SearchPlanSerializer(serializers.Serializer[SearchPlan]):
    """What a search would have before it; lengths in seconds, of all cameras together."""

    length_seconds = serializers.FloatField(source="length_s")
    footage_seconds = serializers.FloatField(source="footage_s")
    cameras_without_footage = serializers.SerializerMethodField()
    unwatched = serializers.SerializerMethodField()

    def get_cameras_without_footage(self, plan: SearchPlan) -> list[int]:
        return [pk for pk, seconds in plan.footage_by_camera.items() if not seconds]

    def get_unwatched(self, plan: SearchPlan) -> list[dict[str, Any]]:
        """Kinds for which nothing is drawn on some cameras; an empty kind: by their rules."""
        return [
            {"kind": kind, "title": title(kind) if kind else "", "cameras": cameras}
            for kind, cameras in plan.unwatched.items()
        ]


class SearchSerializer(serializers.ModelSerializer[Backfill]):
    """A search and how far it is. Needs `queries.with_progress`."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    titles = serializers.SerializerMethodField()
    requested_by = serializers.SerializerMethodField()
    state_text = serializers.CharField(source="get_state_display", read_only=True)
    progress = serializers.SerializerMethodField()
    footage_seconds = serializers.FloatField(source="footage_s", read_only=True)
    elapsed_seconds = serializers.SerializerMethodField()
    new_count = serializers.IntegerField(read_only=True)
    may_cancel = serializers.SerializerMethodField()

    class Meta:
        model = Backfill
        fields = [
            *("id", "cameras", "started_at", "ended_at", "kinds", "titles"),
            *("requested_at", "requested_by", "state", "state_text", "finished_at", "error"),
            *("progress", "footage_seconds", "elapsed_seconds", "new_count", "may_cancel"),
        ]
        read_only_fields = fields

    def get_titles(self, search: Backfill) -> list[str]:
        return [title(kind) for kind in search.kinds]

    def get_requested_by(self, search: Backfill) -> str | None:
        """Null: the portal itself, to catch up an outage."""
        person = search.requested_by
        return _name_of(person) if person else None

    def get_progress(self, search: Backfill) -> float:
        """Of the range that is through, 0 to 1; holes in the footage count as seen."""
        if search.state == Backfill.State.DONE:
            return 1.0
        wanted, done, begun = (getattr(search, f"{name}_s") for name in ("wanted", "done", "begun"))
        # SQLite reckons lengths in days: a tenth of a millisecond more or less.
        return round(min((done + begun) / wanted, 1.0), 4) if wanted else 0.0

    def get_elapsed_seconds(self, search: Backfill) -> float:
        """Since it was asked for, until it ended."""
        return ((search.finished_at or now()) - search.requested_at).total_seconds()

    def get_may_cancel(self, search: Backfill) -> bool:
        is_open = search.state in {Backfill.State.WAITING, Backfill.State.RUNNING}
        request = self.context.get("request")
        return is_open and request is not None and access.may_cancel(request.user, search)


class FoundSerializer(DetectionSerializer):
    """What a search came upon, with all that its page draws of it."""

    camera_label = serializers.CharField(source="camera.label", read_only=True)
    camera_name = serializers.CharField(source="camera.name", read_only=True)
    location_name = serializers.CharField(source="camera.location.name", read_only=True)
    raised_us = serializers.SerializerMethodField()
    verdict_text = serializers.CharField(source="get_verdict_display", read_only=True)
    judged_by = serializers.SerializerMethodField()
    is_new = serializers.SerializerMethodField()
    picture_url = serializers.SerializerMethodField()
    archive_url = serializers.SerializerMethodField()

    class Meta(DetectionSerializer.Meta):
        fields = [
            *DetectionSerializer.Meta.fields,
            *("camera_label", "camera_name", "location_name", "raised_us"),
            *("verdict_text", "judged_by", "is_new", "picture_url", "archive_url"),
        ]
        read_only_fields = fields

    def get_raised_us(self, detection: Detection) -> int:
        return to_us(detection.raised_at)

    def get_judged_by(self, detection: Detection) -> str | None:
        return _name_of(detection.verdict_by) if detection.verdict_by else None

    def get_is_new(self, detection: Detection) -> bool:
        """Found by this search; else it was known before, live or by another."""
        search: Backfill | None = self.context.get("search")
        return search is not None and detection.backfill_id == search.pk

    def get_picture_url(self, detection: Detection) -> str | None:
        return reverse("alarm-picture", args=[detection.pk, "first"]) if detection.picture else None

    def get_archive_url(self, detection: Detection) -> str:
        """A little before the moment."""
        at_us = to_us(detection.raised_at) - LEAD_US
        return f"{reverse('archive')}?{urlencode({'camera': detection.camera_id, 'at_us': at_us})}"


def _name_of(user: User) -> str:
    return user.get_full_name() or user.get_username()
