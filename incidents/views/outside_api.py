"""REST API for other systems that raise alarms: with a token of their own, not with a session."""

from __future__ import annotations

import io
from datetime import datetime
from http import HTTPStatus
from typing import Any, cast

from django.contrib.auth.models import AnonymousUser
from django.shortcuts import get_object_or_404
from django.utils.timezone import now
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import exceptions, serializers, status
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.parsers import BaseParser, JSONParser
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cameras.models import Camera, Location
from incidents.actions import outside_reports as actions
from incidents.actions.outside_alarms import CLOCKS_DIFFER
from incidents.engine.jpegs import LONGEST_PICTURE, BadPictureError
from incidents.models import Alarm, AlarmSource, OutsideReport
from incidents.queries.sources import kind_choices

LONGEST_BODY = 16_384
LONGEST_TEXT = 500
IDENTIFIER = r"^[A-Za-z0-9._:-]+$"
LONGEST_IDENTIFIER = 80


class SourceToken(BaseAuthentication):
    """`Authorization: Bearer TOKEN`; the source is `request.auth`."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, AlarmSource] | None:
        word, _, token = get_authorization_header(request).partition(b" ")
        if word.lower() != b"bearer":
            return None
        text = token.strip().decode("ascii", errors="replace")
        source = actions.source_of(text)
        if source is None:
            raise exceptions.AuthenticationFailed
        return AnonymousUser(), source

    def authenticate_header(self, request: Request) -> str:
        del request
        return 'Bearer realm="Atomgrad"'


class SourceTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # -- registers itself
    target_class = "incidents.views.outside_api.SourceToken"
    name = "sourceToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        del auto_schema
        return {"type": "http", "scheme": "bearer"}


class IsSource(BasePermission):
    def has_permission(self, request: Request, view: APIView) -> bool:
        del view
        return isinstance(request.auth, AlarmSource)


class TooLargeError(exceptions.APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"


class ConflictError(exceptions.APIException):
    status_code = status.HTTP_409_CONFLICT
    default_code = "conflict"


class SmallJsonParser(JSONParser):
    """Reads no more than a report needs, whatever length the head of the request told."""

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: Any = None
    ) -> dict[str, Any]:
        content = _read(stream, LONGEST_BODY)
        parsed = super().parse(io.BytesIO(content), media_type, parser_context)
        if not isinstance(parsed, dict):
            raise exceptions.ParseError(_("An object is expected."))
        return parsed


class JpegParser(BaseParser):
    """The bytes of a picture, as they are."""

    media_type = "image/jpeg"

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: Any = None
    ) -> dict[str, bytes]:
        del media_type, parser_context
        return {"picture": _read(stream, LONGEST_PICTURE)}


def _read(stream: Any, longest: int) -> bytes:
    content: bytes = stream.read(longest + 1)
    if len(content) > longest:
        raise TooLargeError(_("At most %(count)d bytes.") % {"count": longest})
    return content


class ReportSerializer(serializers.Serializer[OutsideReport]):
    """An alarm that another system raises."""

    external_id = serializers.RegexField(
        IDENTIFIER,
        max_length=LONGEST_IDENTIFIER,
        help_text="Your own name of the alarm. Sent again with the same one, it is the same alarm.",
    )
    place = serializers.PrimaryKeyRelatedField(
        queryset=Location.objects.all(),
        required=False,
        help_text="Number of the place; not needed where a camera is named.",
    )
    camera = serializers.SlugRelatedField(
        slug_field="number",
        queryset=Camera.objects.select_related("location"),
        required=False,
        allow_null=True,
        help_text="Number of the camera, as on its label: 3 for К03.",
    )
    kind = serializers.CharField(max_length=30, help_text="Code of the situation.")
    text = serializers.CharField(
        max_length=LONGEST_TEXT, required=False, allow_blank=True, default=""
    )
    occurred_at = serializers.DateTimeField(
        required=False, help_text="When it happened; else when it arrives."
    )
    priority = serializers.ChoiceField(choices=Alarm.Priority.choices, required=False)
    certainty = serializers.ChoiceField(choices=Alarm.Certainty.choices, required=False)

    def validate_kind(self, value: str) -> str:
        if value not in dict(kind_choices()):
            raise serializers.ValidationError(_("There is no such situation."))
        return value

    def validate_occurred_at(self, value: datetime) -> datetime:
        at = now()
        if value > at + CLOCKS_DIFFER:
            raise serializers.ValidationError(_("It can not have happened in the future."))
        return min(value, at)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        camera, place = attrs.get("camera"), attrs.get("place")
        if camera is None and place is None:
            raise serializers.ValidationError(_("Name a place or a camera."))
        if camera is not None and place is not None and camera.location != place:
            raise serializers.ValidationError(_("This camera is not at this place."))
        return attrs


class ReportAnswerSerializer(serializers.ModelSerializer[OutsideReport]):
    external_id = serializers.CharField(source="key")
    alarm = serializers.IntegerField(source="alarm.sequence", default=None)
    has_picture = serializers.SerializerMethodField()

    class Meta:
        model = OutsideReport
        fields = [
            "external_id",
            "alarm",
            "place",
            "kind",
            "occurred_at",
            "received_at",
            "ended_at",
            "has_picture",
        ]

    def get_has_picture(self, report: OutsideReport) -> bool:
        return bool(report.picture)


class ScopePlaceSerializer(serializers.Serializer[Location]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    cameras = serializers.ListField(child=serializers.IntegerField())


class ScopeSerializer(serializers.Serializer[AlarmSource]):
    """What a source may report."""

    name = serializers.CharField()
    per_minute = serializers.IntegerField()
    heartbeat_minutes = serializers.IntegerField(allow_null=True)
    kinds = serializers.DictField(child=serializers.CharField())
    places = ScopePlaceSerializer(many=True)


class SourceView(APIView):
    """What all endpoints for sources share: the token, the limit, and that refusals are counted."""

    authentication_classes = [SourceToken]
    permission_classes = [IsSource]
    throttle_classes = []
    parser_classes: list[type[BaseParser]] = [SmallJsonParser]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if not actions.may_ask(source=self.source, at=now()):
            raise exceptions.Throttled(wait=60 - now().second)

    def handle_exception(self, exc: Exception) -> Response:
        response = super().handle_exception(exc)
        is_counted = response.status_code not in {
            HTTPStatus.UNAUTHORIZED,
            HTTPStatus.TOO_MANY_REQUESTS,
        }
        if is_counted and isinstance(self.request.auth, AlarmSource):
            reason = f"{response.status_code}: {response.data}"
            actions.note_refusal(source=self.source, reason=reason)
        return response

    @property
    def source(self) -> AlarmSource:
        return cast("AlarmSource", self.request.auth)

    def report(self, external_id: str) -> OutsideReport:
        return get_object_or_404(
            OutsideReport.objects.select_related("alarm"), source=self.source, key=external_id
        )


_REFUSALS = {
    400: OpenApiResponse(OpenApiTypes.OBJECT, description="what is wrong, per field"),
    401: OpenApiResponse(OpenApiTypes.OBJECT, description="no token, or one that is not in use"),
    403: OpenApiResponse(OpenApiTypes.OBJECT, description="the source may not report this"),
    413: OpenApiResponse(OpenApiTypes.OBJECT, description="too large"),
    429: OpenApiResponse(OpenApiTypes.OBJECT, description="too many: see Retry-After"),
}


class OutsideAlarmsView(SourceView):
    @extend_schema(
        operation_id="outside_alarm_create",
        tags=["outside"],
        request=ReportSerializer,
        responses={
            201: ReportAnswerSerializer,
            200: OpenApiResponse(ReportAnswerSerializer, description="known already"),
            409: OpenApiResponse(OpenApiTypes.OBJECT, description="identifier used for another"),
            **_REFUSALS,
        },
    )
    def post(self, request: Request) -> Response:
        """Raise an alarm; sent again with the same `external_id`, it is the same alarm."""
        asked = ReportSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        try:
            report, is_new = actions.accept_report(
                source=self.source,
                told=_told(asked.validated_data),
                at=now(),
                address=request.META.get("REMOTE_ADDR") or None,
            )
        except actions.OutOfScopeError as error:
            raise exceptions.PermissionDenied(str(error)) from error
        except actions.OtherReportError as error:
            raise ConflictError(str(error)) from error
        code = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
        return Response(ReportAnswerSerializer(report).data, status=code)


def _told(values: dict[str, Any]) -> actions.Told:
    camera: Camera | None = values.get("camera")
    place: Location = camera.location if camera is not None else values["place"]
    return actions.Told(
        external_id=values["external_id"],
        place=place,
        camera=camera,
        kind=values["kind"],
        text=" ".join(values["text"].split()),
        occurred_at=values.get("occurred_at") or now(),
        priority=values.get("priority"),
        certainty=values.get("certainty"),
    )


class OutsideEndView(SourceView):
    @extend_schema(
        operation_id="outside_alarm_end",
        tags=["outside"],
        request=None,
        responses={200: ReportAnswerSerializer, **_REFUSALS},
    )
    def post(self, request: Request, external_id: str) -> Response:
        """Say that what was reported is over."""
        del request
        report = actions.end_report(report=self.report(external_id), at=now())
        return Response(ReportAnswerSerializer(report).data)


class OutsidePictureView(SourceView):
    parser_classes = [JpegParser]

    @extend_schema(
        operation_id="outside_alarm_picture",
        tags=["outside"],
        request={"image/jpeg": OpenApiTypes.BINARY},
        responses={200: ReportAnswerSerializer, **_REFUSALS},
    )
    def put(self, request: Request, external_id: str) -> Response:
        """Add a picture to an alarm: a JPEG of at most 2 MB, which is encoded anew."""
        report = self.report(external_id)
        data: Any = request.data  # an empty body is not parsed
        try:
            report = actions.add_picture(report=report, content=data.get("picture", b""), at=now())
        except BadPictureError as error:
            raise exceptions.ValidationError({"picture": [str(error)]}) from error
        return Response(ReportAnswerSerializer(report).data)


class OutsideScopeView(SourceView):
    @extend_schema(
        operation_id="outside_scope",
        tags=["outside"],
        responses={200: ScopeSerializer, **_REFUSALS},
    )
    def get(self, request: Request) -> Response:
        """Tell what this source may report: places with their cameras, situations, the limit.

        Asking counts as a sign of life for a source that should report regularly.
        """
        del request
        source = self.source
        places = source.places.all() if source.places.exists() else Location.objects.all()
        kinds = dict(kind_choices())
        scope: Any = {
            "name": source.name,
            "per_minute": source.per_minute,
            "heartbeat_minutes": source.heartbeat_minutes,
            "kinds": {code: kinds.get(code, code) for code in source.kinds or kinds},
            "places": [
                {
                    "id": place.pk,
                    "name": place.name,
                    "cameras": [camera.number for camera in place.cameras.all()],
                }
                for place in places.prefetch_related("cameras")
            ],
        }
        return Response(ScopeSerializer(scope).data)
