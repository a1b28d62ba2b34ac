"""REST API of working copies: asked for by POST, how far they are by GET."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth.models import User
from django.utils.timezone import now
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from archive.api import Refused
from cameras.access import Act
from cameras.api import ActPermission
from incidents.actions import working_copies
from incidents.actions.packages import PackageRefusedError
from incidents.models import Incident, WorkingCopy
from incidents.queries.incidents import incidents_visible_to
from incidents.views.package_api import VisibleIncidentField

_SHOWN = 20


class WorkingCopySerializer(serializers.ModelSerializer[WorkingCopy]):
    id = serializers.UUIDField(source="public_id", read_only=True)
    state_text = serializers.CharField(source="get_state_display", read_only=True)
    camera_label = serializers.CharField(source="camera.label", read_only=True)

    class Meta:
        model = WorkingCopy
        fields = [
            *("id", "incident", "camera", "camera_label", "started_at", "ended_at"),
            *("hides_faces", "state", "state_text", "progress", "size_bytes", "sha256", "error"),
        ]
        read_only_fields = fields


class WorkingCopyRequestSerializer(serializers.Serializer[dict[str, Any]]):
    incident = VisibleIncidentField(queryset=Incident.objects.all())
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField()
    hides_faces = serializers.BooleanField(required=False, default=True)


class WorkingCopiesView(APIView):
    """Films of an incident with the time in the picture; they go into later packages."""

    read_act = Act.MAKE_PACKAGES
    write_act = Act.MAKE_PACKAGES
    permission_classes = [ActPermission]

    @extend_schema(
        operation_id="working_copies_list",
        parameters=[OpenApiParameter("incident", int, required=True)],
        responses=WorkingCopySerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        number = request.query_params.get("incident", "")
        incident = (
            incidents_visible_to(request.user)
            .filter(pk=int(number) if number.isdigit() else 0)
            .first()
        )
        if incident is None:
            return Response([])
        working_copies.note_silence(incident=incident, at=now())
        rows = incident.working_copies.exclude(state=WorkingCopy.State.CANCELLED)
        shown = rows.select_related("camera").order_by("-requested_at", "camera__number")[:_SHOWN]
        return Response(WorkingCopySerializer(shown, many=True).data)

    @extend_schema(
        operation_id="working_copies_create",
        request=WorkingCopyRequestSerializer,
        responses={201: WorkingCopySerializer(many=True)},
    )
    def post(self, request: Request) -> Response:
        asked = WorkingCopyRequestSerializer(data=request.data, context={"request": request})
        asked.is_valid(raise_exception=True)
        try:
            copies = working_copies.request_working_copies(
                **asked.validated_data,
                actor=cast("User", request.user),
                at=now(),
                address=request.META.get("REMOTE_ADDR") or None,
            )
        except PackageRefusedError as error:
            raise Refused(str(error)) from error
        shown = WorkingCopySerializer(copies, many=True)
        return Response(shown.data, status=status.HTTP_201_CREATED)
