"""REST API of alarms."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils.timezone import now
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from cameras.access import Act
from cameras.api import ActPermission, Pages
from incidents import access
from incidents.actions import alarm_cards, alarm_verdicts, alarms, marks
from incidents.filters import AlarmFilter
from incidents.models import Alarm
from incidents.queries.alarms import with_relations
from incidents.serializers import (
    AlarmPictureSerializer,
    AlarmSerializer,
    AlarmVerdictSerializer,
    MarkSerializer,
)


class AlarmViewSet(viewsets.ReadOnlyModelViewSet[Alarm]):
    """What came to the desk; one person accepts each and says what it was."""

    read_act = Act.VIEW_DETECTIONS
    write_act = Act.ACKNOWLEDGE
    permission_classes = [ActPermission]
    pagination_class = Pages
    serializer_class = AlarmSerializer
    filterset_class = AlarmFilter
    queryset = Alarm.objects.all()

    def get_queryset(self) -> QuerySet[Alarm]:
        return with_relations(access.alarms_visible_to(self.request.user))

    @extend_schema(request=MarkSerializer, responses={201: AlarmSerializer})
    @action(detail=False, methods=["post"])
    def mark(self, request: Request, **kwargs: Any) -> Response:
        """Mark this moment at a place: an alarm of one's own, with frames and a hold."""
        del kwargs
        asked = MarkSerializer(data=request.data, context={"user": request.user})
        asked.is_valid(raise_exception=True)
        try:
            alarm = marks.mark_moment(
                actor=cast("User", request.user),
                at=now(),
                address=_address(request),
                **asked.validated_data,
            )
        except marks.MarkRefusedError as error:
            raise ValidationError({"camera": [str(error)]}) from error
        return Response(self.get_serializer(alarm).data, status=status.HTTP_201_CREATED)

    @extend_schema(responses=AlarmPictureSerializer(many=True))
    @action(detail=True, methods=["get"])
    def pictures(self, request: Request, **kwargs: Any) -> Response:
        """List the frames of all cameras of the place at the moment that was marked."""
        del request, kwargs
        rows = self.get_object().pictures.select_related("camera").order_by("camera__number")
        return Response(AlarmPictureSerializer(rows, many=True).data)

    @extend_schema(
        request=AlarmVerdictSerializer,
        responses={
            200: AlarmSerializer,
            409: OpenApiResponse(AlarmSerializer, description="another person has it in hand"),
        },
    )
    @action(detail=True, methods=["post"], write_act=Act.JUDGE_DETECTIONS)
    def verdict(self, request: Request, **kwargs: Any) -> Response:
        """Say whether it is real, false or to be watched; an empty verdict takes it back."""
        del kwargs
        said = AlarmVerdictSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        code: int = status.HTTP_200_OK
        try:
            alarm = alarm_cards.decide_alarm(
                alarm=self.get_object(),
                actor=cast("User", request.user),
                at=now(),
                address=_address(request),
                **said.validated_data,
            )
        except alarms.AlarmTakenError as error:
            alarm, code = error.alarm, status.HTTP_409_CONFLICT
        except alarm_verdicts.VerdictRefusedError as error:
            raise ValidationError({"reason": [str(error)]}) from error
        return Response(self.get_serializer(alarm).data, status=code)

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
                address=_address(request),
            )
        except alarms.AlarmTakenError as error:
            alarm, code = error.alarm, status.HTTP_409_CONFLICT
        return Response(self.get_serializer(alarm).data, status=code)


def _address(request: Request) -> str | None:
    return request.META.get("REMOTE_ADDR") or None
