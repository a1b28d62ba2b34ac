"""Places and cameras as the REST API shows them: never an address, a name or a password."""

from __future__ import annotations

from rest_framework import serializers

from cameras.models import Camera, Location, Stream, StreamStatus


class LocationSerializer(serializers.ModelSerializer[Location]):
    class Meta:
        model = Location
        fields = ["id", "name", "address", "icon", "position", "is_demo"]


class StreamStatusSerializer(serializers.ModelSerializer[StreamStatus]):
    class Meta:
        model = StreamStatus
        fields = [
            "state",
            "changed_at",
            "reported_at",
            "last_frame_at",
            "codec",
            "width",
            "height",
            "frames_per_second",
            "bitrate_bps",
            "reconnect_count",
            "dropped_packet_count",
        ]


class StreamSerializer(serializers.ModelSerializer[Stream]):
    # Null until the recorder has first reported.
    status = StreamStatusSerializer(read_only=True, allow_null=True, default=None)

    class Meta:
        model = Stream
        fields = ["id", "role", "is_recorded", "status"]


class CameraSerializer(serializers.ModelSerializer[Camera]):
    label = serializers.CharField(read_only=True)  # type: ignore[assignment]  # -- hides a name of Field
    location_name = serializers.CharField(source="location.name", read_only=True)
    streams = StreamSerializer(many=True, read_only=True)

    class Meta:
        model = Camera
        fields = [
            "id",
            "number",
            "label",
            "name",
            "location",
            "location_name",
            "is_enabled",
            "records_audio",
            "retention_days",
            "is_demo",
            "plan_x",
            "plan_y",
            "bearing",
            "streams",
        ]
