"""REST API of working copies of exports with faces hidden: ask for one, how far it is, its file."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import User
from django.http import Http404
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.timezone import now
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics import queries
from analytics.actions.faces import redacting
from analytics.models import RedactedCopy
from archive.access import get_export_for
from archive.engine.reader import LocalFile
from archive.models import Export
from archive.responses import accelerated_response, content_response
from cameras.access import Act
from cameras.api import ActPermission

BOX_SIDES = 4


class RedactionRefused(APIException):
    """The sentence of a domain error, for the person."""

    status_code = status.HTTP_400_BAD_REQUEST


class ChosenFaceSerializer(serializers.Serializer[dict[str, Any]]):
    at_s = serializers.FloatField(min_value=0, max_value=1e6, help_text="seconds of the film")
    box = serializers.ListField(
        child=serializers.FloatField(min_value=-1e5, max_value=1e5),
        min_length=BOX_SIDES,
        max_length=BOX_SIDES,
        help_text="left, top, right, bottom in pixels of the film",
    )


class RedactionRequestSerializer(serializers.Serializer[dict[str, Any]]):
    keep = ChosenFaceSerializer(many=True, required=False, default=list)
    with_sound = serializers.BooleanField(required=False, default=False)


class RedactedCopySerializer(serializers.ModelSerializer[RedactedCopy]):
    id = serializers.UUIDField(source="public_id", read_only=True)
    state_text = serializers.CharField(source="get_state_display", read_only=True)
    file_name = serializers.SerializerMethodField()
    url = serializers.SerializerMethodField()

    class Meta:
        model = RedactedCopy
        fields = [
            "id",
            "state",
            "state_text",
            "progress",
            "with_sound",
            "requested_at",
            "file_name",
            "url",
            "size_bytes",
            "sha256",
            "manifest",
            "error",
        ]
        read_only_fields = fields

    def get_file_name(self, copy: RedactedCopy) -> str:
        return Path(copy.path).name

    def get_url(self, copy: RedactedCopy) -> str:
        """Where the file is; empty until it is ready."""
        if copy.state != RedactedCopy.State.DONE:
            return ""
        return reverse("export-redacted-file", args=[copy.export.public_id])


def _export(request: Request, public_id: UUID) -> Export:
    try:
        return get_export_for(request.user, public_id=public_id)
    except Export.DoesNotExist as error:
        raise Http404 from error


class RedactedCopyView(APIView):
    """The newest copy of an export with faces hidden: POST asks for one, GET says how far it is."""

    read_act = Act.EXPORT
    write_act = Act.EXPORT
    permission_classes = [ActPermission]

    @extend_schema(operation_id="exports_redacted_retrieve", responses=RedactedCopySerializer)
    def get(self, request: Request, public_id: UUID) -> Response:
        copy = queries.newest_redacted_copy(_export(request, public_id))
        if copy is None:
            raise Http404
        redacting.note_silence(copy=copy, at=now())
        return Response(RedactedCopySerializer(copy).data)

    @extend_schema(
        operation_id="exports_redacted_create",
        request=RedactionRequestSerializer,
        responses={201: RedactedCopySerializer},
    )
    def post(self, request: Request, public_id: UUID) -> Response:
        export = _export(request, public_id)
        asked = RedactionRequestSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        try:
            copy = redacting.request_redacted_copy(
                export=export,
                actor=cast("User", request.user),
                at=now(),
                address=request.META.get("REMOTE_ADDR") or None,
                chosen=[dict(one) for one in asked.validated_data["keep"]],
                with_sound=asked.validated_data["with_sound"],
            )
        except redacting.RedactionRefusedError as error:
            raise RedactionRefused(str(error)) from error
        return Response(RedactedCopySerializer(copy).data, status=status.HTTP_201_CREATED)


class RedactedFileView(APIView):
    """The film of the newest finished copy, in whole or in ranges."""

    read_act = Act.EXPORT
    permission_classes = [ActPermission]

    @extend_schema(
        operation_id="exports_redacted_file",
        responses={(200, "video/mp4"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, public_id: UUID) -> HttpResponseBase:
        copy = queries.newest_redacted_copy(
            _export(request, public_id), state=RedactedCopy.State.DONE
        )
        if copy is None:
            raise Http404
        name, kind = Path(copy.path).name, "video/mp4"
        if accelerated := accelerated_response(
            internal_path=f"exports/{copy.path}",
            content_type=kind,
            etag=copy.sha256,
            file_name=name,
        ):
            return accelerated
        try:
            source = LocalFile(settings.EXPORT_DIR / copy.path)
        except FileNotFoundError as error:
            raise Http404 from error
        return content_response(
            request._request,  # noqa: SLF001 -- REST framework's way to Django's request
            source=source,
            content_type=kind,
            etag=copy.sha256,
            file_name=name,
        )
