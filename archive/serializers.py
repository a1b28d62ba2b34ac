"""Footage as the REST API shows it, and what it takes in."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from django.urls import reverse
from rest_framework import serializers

from archive.access import may_cancel
from archive.engine.timeline import LATEST_US
from archive.models import Export, Gap, Hold, Recording
from cameras.access import Act, cameras_visible_to
from cameras.models import Camera

MANIFEST_NAME = "manifest.json"


class VisibleCameraField(serializers.PrimaryKeyRelatedField[Camera]):
    """A camera by its id, among those on which the user may do the act."""

    def __init__(self, *, act: Act, **kwargs: Any) -> None:
        self._act = act
        super().__init__(queryset=Camera.objects.all(), **kwargs)

    def get_queryset(self) -> Any:
        request = self.context.get("request")
        if request is None:  # the description of the API is being made
            return Camera.objects.none()
        return cameras_visible_to(request.user, act=self._act)


class RecordingSerializer(serializers.ModelSerializer[Recording]):
    camera = serializers.IntegerField(source="stream.camera_id", read_only=True)
    role = serializers.CharField(source="stream.role", read_only=True)
    codec = serializers.CharField(source="video_format.codec", read_only=True)
    width = serializers.IntegerField(source="video_format.width", read_only=True)
    height = serializers.IntegerField(source="video_format.height", read_only=True)
    url = serializers.SerializerMethodField()

    class Meta:
        model = Recording
        fields = [
            "id",
            "camera",
            "stream",
            "role",
            "run",
            "started_at",
            "ended_at",
            "size_bytes",
            "sha256",
            "frame_count",
            "codec",
            "width",
            "height",
            "place",
            "is_recovered",
            "url",
        ]

    def get_url(self, recording: Recording) -> str:
        return reverse("archive-recording", args=[recording.pk])


class GapSerializer(serializers.ModelSerializer[Gap]):
    camera = serializers.IntegerField(source="stream.camera_id", read_only=True)
    cause_text = serializers.CharField(source="get_cause_display", read_only=True)

    class Meta:
        model = Gap
        fields = [
            "id",
            "camera",
            "stream",
            "started_at",
            "ended_at",
            "cause",
            "cause_text",
        ]


class HoldSerializer(serializers.ModelSerializer[Hold]):
    camera = VisibleCameraField(act=Act.HOLD)
    reason = serializers.CharField(max_length=300)
    expires_at = serializers.DateTimeField(required=False, allow_null=True, default=None)
    created_by = serializers.CharField(source="created_by.get_username", read_only=True)
    released_by = serializers.SerializerMethodField()

    class Meta:
        model = Hold
        fields = [
            "id",
            "camera",
            "started_at",
            "ended_at",
            "reason",
            "expires_at",
            "created_at",
            "created_by",
            "released_at",
            "released_by",
        ]
        read_only_fields = ["created_at", "released_at"]

    def get_released_by(self, hold: Hold) -> str | None:
        return hold.released_by.get_username() if hold.released_by else None


class ExportSerializer(serializers.ModelSerializer[Export]):
    """An export: what was asked for, how far it is, and where its file lies."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    camera = VisibleCameraField(act=Act.EXPORT)
    camera_label = serializers.CharField(source="camera.label", read_only=True)
    location_name = serializers.CharField(source="camera.location.name", read_only=True)
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")
    requested_by = serializers.CharField(source="requested_by.get_username", read_only=True)
    state_text = serializers.CharField(source="get_state_display", read_only=True)
    file_name = serializers.SerializerMethodField()
    url = serializers.SerializerMethodField()
    manifest_url = serializers.SerializerMethodField()
    can_cancel = serializers.SerializerMethodField()

    class Meta:
        model = Export
        fields = [
            "id",
            "kind",
            "camera",
            "camera_label",
            "location_name",
            "started_at",
            "ended_at",
            "reason",
            "requested_at",
            "requested_by",
            "state",
            "state_text",
            "done_bytes",
            "total_bytes",
            "finished_at",
            "size_bytes",
            "sha256",
            "gap_seconds",
            "error",
            "file_name",
            "url",
            "manifest_url",
            "can_cancel",
        ]
        read_only_fields = [
            *("kind", "requested_at", "state", "done_bytes", "total_bytes", "finished_at"),
            *("size_bytes", "sha256", "gap_seconds", "error"),
        ]

    def get_file_name(self, export: Export) -> str | None:
        return PurePosixPath(export.path).name if export.state == Export.State.DONE else None

    def get_url(self, export: Export) -> str | None:
        name = self.get_file_name(export)
        return reverse("archive-export", args=[export.public_id, name]) if name else None

    def get_manifest_url(self, export: Export) -> str | None:
        if export.state != Export.State.DONE:
            return None
        return reverse("archive-export", args=[export.public_id, MANIFEST_NAME])

    def get_can_cancel(self, export: Export) -> bool:
        is_active = export.state in {Export.State.WAITING, Export.State.RUNNING}
        return is_active and may_cancel(self.context["request"].user, export)


class FrameRequestSerializer(serializers.Serializer[Any]):
    """The frame to be saved as JPEG."""

    camera = VisibleCameraField(act=Act.EXPORT)
    at_us = serializers.IntegerField(
        min_value=0, max_value=LATEST_US, help_text="microseconds since 1970, UTC"
    )
