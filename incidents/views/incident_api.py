"""REST API of incident cards: read, make, write, move on."""

from __future__ import annotations

from dataclasses import asdict
from http import HTTPStatus
from typing import Any, cast

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils.timezone import now
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from cameras.access import Act, places_visible_to
from cameras.api import ActPermission, Pages
from incidents.access import alarms_visible_to
from incidents.actions.alarm_cards import make_card_of_alarm
from incidents.actions.incident_fields import WRITTEN_FIELDS, change_fields
from incidents.actions.incidents import (
    IncidentRefusedError,
    StaleIncidentError,
    change_status,
    create_incident,
)
from incidents.models import Alarm, Category, Incident
from incidents.queries.incidents import incidents_visible_to
from incidents.queries.story import changes_since


class IncidentSerializer(serializers.ModelSerializer[Incident]):
    """A card with its numbers, names and moments."""

    name = serializers.CharField(read_only=True)
    status_text = serializers.CharField(source="get_status_display", read_only=True)
    place_name = serializers.CharField(source="place.name", read_only=True)
    category_code = serializers.CharField(source="category.code", read_only=True)
    category_name = serializers.CharField(source="category.name", read_only=True)

    class Meta:
        model = Incident
        fields = [
            *("id", "name", "version", "status", "status_text", "source", "is_drill"),
            *("place", "place_name", "category", "category_code", "category_name"),
            *("priority", "certainty", "summary", "description", "where_exactly"),
            *("occurred_at", "detected_at", "registered_at", "reviewed_at", "confirmed_at"),
            *("handed_over_at", "accepted_at", "arrived_at", "resolved_at", "verified_at"),
            *("closed_at", "is_emergency", "is_important", "injured_count"),
            *("has_children", "has_weapon", "has_fire", "ext_112_number"),
            *("caller_name", "caller_phone", "caller_role", "told_text"),
            *("kusp_number", "kusp_at", "kusp_unit", "kusp_officer"),
            *("false_reason", "duplicate_of", "disposition"),
        ]
        read_only_fields = fields


class NewIncidentSerializer(serializers.ModelSerializer[Incident]):
    """A new card: of an alarm, or of a place with a category."""

    alarm = serializers.PrimaryKeyRelatedField(
        queryset=Alarm.objects.all(), required=False, help_text="makes the card of this alarm"
    )

    class Meta:
        model = Incident
        fields = [
            *("alarm", "place", "category", "source", "occurred_at", "summary", "description"),
            *("where_exactly", "caller_name", "caller_phone", "caller_role"),
            *("ext_112_number", "injured_count"),
        ]
        extra_kwargs = {
            name: {"required": False} for name in ("place", "category", "source", "occurred_at")
        }

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "alarm" not in attrs:
            for name in ("place", "category", "occurred_at"):
                if name not in attrs:
                    raise serializers.ValidationError({name: "required without an alarm"})
        return attrs


class IncidentFieldsSerializer(serializers.ModelSerializer[Incident]):
    """Fields to write, and the version of the card that the writer saw."""

    version = serializers.IntegerField()
    category = serializers.PrimaryKeyRelatedField(
        queryset=Category.objects.filter(is_active=True), required=False
    )

    class Meta:
        model = Incident
        fields = ["version", *WRITTEN_FIELDS]


class IncidentStatusSerializer(serializers.ModelSerializer[Incident]):
    """The status that follows, with what it asks for."""

    version = serializers.IntegerField(required=False)
    to = serializers.ChoiceField(choices=Incident.Status.choices)

    class Meta:
        model = Incident
        fields = [
            *("version", "to", "false_reason", "duplicate_of", "told_text"),
            *("kusp_number", "kusp_at", "kusp_unit", "kusp_officer"),
        ]
        extra_kwargs = {"duplicate_of": {"required": False}}


class ChangeSerializer(serializers.Serializer[Any]):
    """What somebody else wrote meanwhile."""

    field = serializers.CharField()
    name = serializers.CharField(source="label", help_text="of the field, for people")
    before = serializers.CharField()
    after = serializers.CharField()
    who = serializers.CharField()
    at = serializers.DateTimeField()


class StaleSerializer(serializers.Serializer[Any]):
    """Somebody else was first: the card as it stands now, and what has changed."""

    incident = IncidentSerializer()
    changes = ChangeSerializer(many=True)


REFUSED = OpenApiResponse(description="refused; the sentence says why")
STALE = OpenApiResponse(StaleSerializer, description="somebody else changed the card first")


class IncidentViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Incident]
):
    """Incident cards."""

    read_act = Act.VIEW_INCIDENTS
    write_act = Act.HANDLE_INCIDENTS
    permission_classes = [ActPermission]
    pagination_class = Pages
    serializer_class = IncidentSerializer
    filterset_fields = ["status", "place", "category", "priority", "source", "is_drill"]
    queryset = Incident.objects.all()

    def get_queryset(self) -> QuerySet[Incident]:
        return incidents_visible_to(self.request.user).select_related("place", "category")

    @extend_schema(request=NewIncidentSerializer, responses={201: IncidentSerializer, 400: REFUSED})
    def create(self, request: Request) -> Response:
        """Make a card, of an alarm or by hand; a second card of an alarm is the first one."""
        told = _checked(NewIncidentSerializer(data=request.data))
        _require_visible(request, told)
        return self._answer(lambda: self._make(request, told), code=HTTPStatus.CREATED)

    @extend_schema(
        request=IncidentFieldsSerializer,
        responses={200: IncidentSerializer, 400: REFUSED, 409: STALE},
    )
    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        """Write fields; each change is a line of the chronology."""
        del kwargs
        incident = self.get_object()
        told = _checked(IncidentFieldsSerializer(incident, data=request.data, partial=True))
        if "version" not in told:
            raise serializers.ValidationError({"version": "required"})
        return self._answer(lambda: change_fields(incident=incident, **_by(request), **told))

    @extend_schema(
        request=IncidentStatusSerializer,
        responses={200: IncidentSerializer, 400: REFUSED, 409: STALE},
    )
    @action(detail=True, methods=["post"])
    def status(self, request: Request, **kwargs: Any) -> Response:
        """Move the card on; the same step sent twice is done once."""
        del kwargs
        incident = self.get_object()
        told = _checked(IncidentStatusSerializer(data=request.data))
        return self._answer(lambda: change_status(incident=incident, **_by(request), **told))

    def _make(self, request: Request, told: dict[str, Any]) -> Incident:
        if alarm := told.pop("alarm", None):
            return make_card_of_alarm(alarm=alarm, **_by(request))
        source = told.pop("source", Incident.Source.DISPATCHER)
        return create_incident(source=source, **_by(request), **told)

    def _answer(self, act: Any, *, code: int = HTTPStatus.OK) -> Response:
        try:
            incident = act()
        except IncidentRefusedError as error:
            return Response({"detail": str(error)}, status=HTTPStatus.BAD_REQUEST)
        except StaleIncidentError as error:
            return Response(_stale(error), status=HTTPStatus.CONFLICT)
        return Response(IncidentSerializer(incident).data, status=code)


def _by(request: Request) -> dict[str, Any]:
    """Name who acts, when and from where."""
    return {
        "actor": cast("User", request.user),
        "at": now(),
        "address": request.META.get("REMOTE_ADDR") or None,
    }


def _require_visible(request: Request, told: dict[str, Any]) -> None:
    """Refuse what is not of the user's places as if it did not exist."""
    alarm, place = told.get("alarm"), told.get("place")
    if alarm and not alarms_visible_to(request.user).filter(pk=alarm.pk).exists():
        raise serializers.ValidationError({"alarm": "absent"})
    if place and not places_visible_to(request.user).filter(pk=place.pk).exists():
        raise serializers.ValidationError({"place": "absent"})


def _checked(serializer: serializers.ModelSerializer[Incident]) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def _stale(error: StaleIncidentError) -> dict[str, Any]:
    changes = [asdict(change) for change in changes_since(error.incident, error.seen)]
    return {
        "incident": IncidentSerializer(error.incident).data,
        "changes": ChangeSerializer(changes, many=True).data,
    }
