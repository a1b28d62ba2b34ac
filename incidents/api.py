"""REST API of alarms."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils.timezone import now
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from cameras.access import Act
from cameras.api import ActPermission, Pages
from incidents import access
from incidents.actions import alarms
from incidents.filters import AlarmFilter
from incidents.models import Alarm
from incidents.serializers import AlarmSerializer


class AlarmViewSet(viewsets.ReadOnlyModelViewSet[Alarm]):
    """Detections that came to the desk; one person accepts each."""

    read_act = Act.VIEW_DETECTIONS
    write_act = Act.ACKNOWLEDGE
    permission_classes = [ActPermission]
    pagination_class = Pages
    serializer_class = AlarmSerializer
    filterset_class = AlarmFilter
    queryset = Alarm.objects.all()

    def get_queryset(self) -> QuerySet[Alarm]:
        visible = access.alarms_visible_to(self.request.user)
        return visible.select_related(
            "detection__verdict_by", "camera__location", "acknowledged_by"
        )

    @extend_schema(
        request=None,
        responses={
            200: AlarmSerializer,
            409: OpenApiResponse(AlarmSerializer, description="another person was first"),
        },
    )
    @action(detail=True, methods=["post"])
    def acknowledge(self, request: Request, **kwargs: Any) -> Response:
        """Take the alarm on: one wins, the other is told who did."""
        del kwargs
        code: int = status.HTTP_200_OK
        try:
            alarm = alarms.acknowledge_alarm(
                alarm=self.get_object(),
                actor=cast("User", request.user),
                at=now(),
                address=request.META.get("REMOTE_ADDR") or None,
            )
        except alarms.AlarmTakenError as error:
            alarm, code = error.alarm, status.HTTP_409_CONFLICT
        return Response(self.get_serializer(alarm).data, status=code)
