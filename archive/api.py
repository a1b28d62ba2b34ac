"""REST API of footage: recordings, gaps, holds, exports, saved frames."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils.timezone import now
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import APIException, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from archive import access
from archive.actions import export_jobs, exports, holds
from archive.engine.frames import FrameNotFoundError
from archive.engine.timeline import from_us
from archive.filters import ExportFilter, GapFilter, HoldFilter, RecordingFilter
from archive.models import Export, Gap, Hold, Recording
from archive.serializers import (
    ExportSerializer,
    FrameRequestSerializer,
    GapSerializer,
    HoldSerializer,
    RecordingSerializer,
)
from cameras.access import Act
from cameras.api import ActPermission, Pages


class Refused(APIException):
    """The sentence of a domain error, for the person."""

    status_code = status.HTTP_400_BAD_REQUEST


class Conflict(APIException):
    status_code = status.HTTP_409_CONFLICT


class Absent(APIException):
    status_code = status.HTTP_404_NOT_FOUND


def _actor(request: Request) -> User:
    return cast("User", request.user)


def _address(request: Request) -> str | None:
    return request.META.get("REMOTE_ADDR") or None


class RecordingViewSet(viewsets.ReadOnlyModelViewSet[Recording]):
    """Files of about a minute each, with their hash."""

    read_act = Act.VIEW_ARCHIVE
    permission_classes = [ActPermission]
    pagination_class = Pages
    serializer_class = RecordingSerializer
    filterset_class = RecordingFilter
    queryset = Recording.objects.all()

    def get_queryset(self) -> QuerySet[Recording]:
        recordings = access.recordings_visible_to(self.request.user)
        return recordings.select_related("stream", "video_format").defer(
            "gop_index", "video_format__initialization"
        )


class GapViewSet(viewsets.ReadOnlyModelViewSet[Gap]):
    """Intervals without footage, and why."""

    read_act = Act.VIEW_ARCHIVE
    permission_classes = [ActPermission]
    pagination_class = Pages
    serializer_class = GapSerializer
    filterset_class = GapFilter
    queryset = Gap.objects.all()

    def get_queryset(self) -> QuerySet[Gap]:
        return access.gaps_visible_to(self.request.user).select_related("stream")


class HoldViewSet(mixins.CreateModelMixin, viewsets.ReadOnlyModelViewSet[Hold]):
    """Ranges kept from deletion."""

    read_act = Act.VIEW_ARCHIVE
    write_act = Act.HOLD
    permission_classes = [ActPermission]
    pagination_class = Pages
    serializer_class = HoldSerializer
    filterset_class = HoldFilter
    queryset = Hold.objects.all()

    def get_queryset(self) -> QuerySet[Hold]:
        return access.holds_visible_to(self.request.user).select_related(
            "created_by", "released_by"
        )

    def perform_create(self, serializer: serializers.BaseSerializer[Hold]) -> None:
        values = serializer.validated_data
        try:
            serializer.instance = holds.create_hold(
                actor=_actor(self.request), at=now(), address=_address(self.request), **values
            )
        except holds.HoldRefusedError as error:
            raise Refused(str(error)) from error

    @extend_schema(request=None, responses=HoldSerializer)
    @action(detail=True, methods=["post"])
    def release(self, request: Request, **kwargs: Any) -> Response:
        """Let go of the range: retention may delete it again."""
        del kwargs
        try:
            hold = holds.release_hold(
                hold=self.get_object(), actor=_actor(request), at=now(), address=_address(request)
            )
        except holds.HoldReleasedError as error:
            raise Conflict from error
        return Response(self.get_serializer(hold).data)


class ExportViewSet(
    mixins.CreateModelMixin, mixins.DestroyModelMixin, viewsets.ReadOnlyModelViewSet[Export]
):
    """Copies of footage: asked for by POST, called off by DELETE."""

    read_act = Act.EXPORT
    write_act = Act.EXPORT
    permission_classes = [ActPermission]
    pagination_class = Pages
    serializer_class = ExportSerializer
    filterset_class = ExportFilter
    queryset = Export.objects.all()
    lookup_field = "public_id"
    lookup_url_kwarg = "id"
    lookup_value_converter = "uuid"

    def get_queryset(self) -> QuerySet[Export]:
        visible = access.exports_visible_to(self.request.user)
        return visible.select_related("camera__location", "requested_by").defer("manifest")

    def perform_create(self, serializer: serializers.BaseSerializer[Export]) -> None:
        values = serializer.validated_data
        try:
            serializer.instance = exports.request_export(
                actor=_actor(self.request), at=now(), address=_address(self.request), **values
            )
        except exports.ExportRefusedError as error:
            raise Refused(str(error)) from error

    def perform_destroy(self, instance: Export) -> None:
        request = self.request
        if not access.may_cancel(request.user, instance):
            raise PermissionDenied
        try:
            exports.cancel_export(
                export=instance, actor=_actor(request), at=now(), address=_address(request)
            )
        except exports.ExportFinishedError as error:
            raise Conflict from error


class FrameView(APIView):
    """Save the very frame shown at a moment as JPEG; it is listed among the exports."""

    read_act = None
    write_act = Act.EXPORT
    permission_classes = [ActPermission]

    @extend_schema(
        operation_id="frames_create",
        request=FrameRequestSerializer,
        responses={201: ExportSerializer, 404: OpenApiResponse(description="no footage there")},
    )
    def post(self, request: Request) -> Response:
        asked = FrameRequestSerializer(data=request.data, context={"request": request})
        asked.is_valid(raise_exception=True)
        try:
            export = export_jobs.save_frame(
                camera=asked.validated_data["camera"],
                moment=from_us(asked.validated_data["at_us"]),
                actor=_actor(request),
                at=now(),
                address=_address(request),
            )
        except FrameNotFoundError as error:
            raise Absent(str(error)) from error
        shown = ExportSerializer(export, context={"request": request})
        return Response(shown.data, status=status.HTTP_201_CREATED)
