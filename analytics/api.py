"""REST API of analysis: what is drawn and set, what was seen, searches, rules on trial."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import Http404
from django.utils.timezone import now
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import APIException, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics import access, queries
from analytics.actions import backfills, searches, setups, trials
from analytics.actions.regions import RegionRefusedError
from analytics.actions.rules import RuleRefusedError
from analytics.actions.verdicts import record_verdict
from analytics.filters import DetectionFilter, RegionFilter, SearchFilter, WatchRuleFilter
from analytics.models import Backfill, Detection, Region, Trial, WatchRule
from analytics.serializers import (
    DetectionSerializer,
    DraftSerializer,
    FoundSerializer,
    RegionSerializer,
    SearchPlanSerializer,
    SearchRequestSerializer,
    SearchSerializer,
    SetupSerializer,
    TrialSerializer,
    VerdictSerializer,
    WatchRuleSerializer,
    setup_json,
)
from cameras.access import Act, get_camera_for
from cameras.api import ActPermission, Pages
from cameras.models import Camera


class Refused(APIException):
    """The sentence of a domain error, for the person."""

    status_code = status.HTTP_400_BAD_REQUEST


class Conflict(APIException):
    status_code = status.HTTP_409_CONFLICT


REFUSALS = (RegionRefusedError, RuleRefusedError, trials.TrialRefusedError)


def _actor(request: Request) -> User:
    return cast("User", request.user)


def _address(request: Request) -> str | None:
    return request.META.get("REMOTE_ADDR") or None


def _camera(request: Request, camera_id: int) -> Camera:
    try:
        return get_camera_for(request.user, camera_id=camera_id, act=Act.MANAGE_ANALYSIS)
    except Camera.DoesNotExist as error:
        raise Http404 from error


class RegionViewSet(viewsets.ReadOnlyModelViewSet[Region]):
    """Zones, lines, guarded things, masks and measured stretches; changed by a camera's setup."""

    read_act = Act.MANAGE_ANALYSIS
    permission_classes = [ActPermission]
    pagination_class = Pages
    serializer_class = RegionSerializer
    filterset_class = RegionFilter
    queryset = Region.objects.all()

    def get_queryset(self) -> QuerySet[Region]:
        return access.regions_visible_to(self.request.user)


class WatchRuleViewSet(viewsets.ReadOnlyModelViewSet[WatchRule]):
    """Which detector watches where, when and how loud; changed by a camera's setup."""

    read_act = Act.MANAGE_ANALYSIS
    permission_classes = [ActPermission]
    pagination_class = Pages
    serializer_class = WatchRuleSerializer
    filterset_class = WatchRuleFilter
    queryset = WatchRule.objects.all()

    def get_queryset(self) -> QuerySet[WatchRule]:
        return access.rules_visible_to(self.request.user)


class DetectionViewSet(viewsets.ReadOnlyModelViewSet[Detection]):
    """What detectors saw, alarms and hints, the newest first."""

    read_act = Act.VIEW_DETECTIONS
    write_act = Act.JUDGE_DETECTIONS
    permission_classes = [ActPermission]
    pagination_class = Pages
    serializer_class = DetectionSerializer
    filterset_class = DetectionFilter
    queryset = Detection.objects.all()

    def get_queryset(self) -> QuerySet[Detection]:
        return access.detections_visible_to(self.request.user)

    @extend_schema(request=VerdictSerializer, responses=DetectionSerializer)
    @action(detail=True, methods=["post"])
    def verdict(self, request: Request, **kwargs: Any) -> Response:
        """Say whether it was real or false; an empty verdict takes the last one back."""
        del kwargs
        said = VerdictSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        detection = record_verdict(
            detection=self.get_object(),
            verdict=said.validated_data["verdict"],
            actor=_actor(request),
            at=now(),
            address=_address(request),
        )
        return Response(self.get_serializer(detection).data)


class SearchViewSet(mixins.DestroyModelMixin, viewsets.ReadOnlyModelViewSet[Backfill]):
    """Searches in the archive: asked for by POST, called off by DELETE; what was found stays."""

    read_act = Act.VIEW_ARCHIVE
    write_act = Act.VIEW_ARCHIVE
    permission_classes = [ActPermission]
    pagination_class = Pages
    serializer_class = SearchSerializer
    filterset_class = SearchFilter
    queryset = Backfill.objects.all()
    lookup_field = "public_id"
    lookup_url_kwarg = "id"
    lookup_value_converter = "uuid"

    def get_queryset(self) -> QuerySet[Backfill]:
        visible = access.searches_visible_to(self.request.user)
        rows = queries.with_progress(visible).select_related("requested_by")
        return rows.prefetch_related("cameras").order_by("-requested_at", "-pk")

    @extend_schema(request=SearchRequestSerializer, responses={201: SearchSerializer})
    def create(self, request: Request) -> Response:
        try:
            search = searches.request_search(
                **self._asked(request), actor=_actor(request), at=now(), address=_address(request)
            )
        except backfills.BackfillRefusedError as error:
            raise Refused(str(error)) from error
        shown = self.get_serializer(self.get_queryset().get(pk=search.pk))
        return Response(shown.data, status=status.HTTP_201_CREATED)

    def perform_destroy(self, instance: Backfill) -> None:
        if not access.may_cancel(self.request.user, instance):
            raise PermissionDenied
        try:
            backfills.cancel_backfill(
                backfill=instance,
                actor=_actor(self.request),
                at=now(),
                address=_address(self.request),
            )
        except backfills.BackfillFinishedError as error:
            raise Conflict from error

    @extend_schema(request=SearchRequestSerializer, responses=SearchPlanSerializer)
    @action(detail=False, methods=["post"], filterset_class=None, pagination_class=None)
    def plan(self, request: Request) -> Response:
        """Tell how much footage there is to search, without starting anything."""
        try:
            plan = searches.plan_search(**self._asked(request), at=now())
        except backfills.BackfillRefusedError as error:
            raise Refused(str(error)) from error
        return Response(SearchPlanSerializer(plan).data)

    @extend_schema(responses=FoundSerializer(many=True), filters=False)
    @action(detail=True, filterset_class=None)
    def found(self, request: Request, **kwargs: Any) -> Response:
        """List what there is of its kinds, cameras and range, in order of time."""
        del kwargs
        search = self.get_object()
        rows = queries.found_by(search, access.detections_visible_to(request.user))
        context = {**self.get_serializer_context(), "search": search}
        pages = Pages()
        page = pages.paginate_queryset(rows, request, view=self)
        shown = FoundSerializer(page or [], many=True, context=context)
        return pages.get_paginated_response(shown.data)

    def _asked(self, request: Request) -> dict[str, Any]:
        asked = SearchRequestSerializer(data=request.data, context={"request": request})
        asked.is_valid(raise_exception=True)
        return dict(asked.validated_data)


class SetupView(APIView):
    """All that is drawn and set on a camera, read and saved as a whole."""

    read_act = Act.MANAGE_ANALYSIS
    write_act = Act.MANAGE_ANALYSIS
    permission_classes = [ActPermission]

    @extend_schema(operation_id="camera_setup_retrieve", responses=SetupSerializer)
    def get(self, request: Request, camera_id: int) -> Response:
        return Response(setup_json(_camera(request, camera_id)))

    @extend_schema(
        operation_id="camera_setup_update", request=SetupSerializer, responses=SetupSerializer
    )
    def put(self, request: Request, camera_id: int) -> Response:
        """Save; 409 when somebody else has saved since `revision`."""
        camera = _camera(request, camera_id)
        sent = SetupSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        try:
            setups.save_setup(
                camera=camera,
                draft=setups.draft_of(sent.as_json()),
                revision=sent.validated_data["revision"],
                actor=_actor(request),
                at=now(),
                address=_address(request),
            )
        except setups.SetupChangedError as error:
            raise Conflict from error
        except REFUSALS as error:
            raise Refused(str(error)) from error
        return Response(setup_json(camera))


class CameraTrialsView(APIView):
    """Try a setup that is not saved on the camera's last hour."""

    read_act = None
    write_act = Act.MANAGE_ANALYSIS
    permission_classes = [ActPermission]

    @extend_schema(
        operation_id="camera_trials_create",
        request=DraftSerializer,
        responses={201: TrialSerializer},
    )
    def post(self, request: Request, camera_id: int) -> Response:
        camera = _camera(request, camera_id)
        sent = DraftSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        try:
            trial = trials.request_trial(
                camera=camera,
                draft=sent.as_json(),
                actor=_actor(request),
                at=now(),
                address=_address(request),
            )
        except REFUSALS as error:
            raise Refused(str(error)) from error
        return Response(TrialSerializer(trial).data, status=status.HTTP_201_CREATED)


class TrialView(APIView):
    """How far a trial is and what it found; DELETE calls it off."""

    read_act = Act.MANAGE_ANALYSIS
    write_act = Act.MANAGE_ANALYSIS
    permission_classes = [ActPermission]

    @extend_schema(operation_id="trials_retrieve", responses=TrialSerializer)
    def get(self, request: Request, public_id: UUID) -> Response:
        return Response(TrialSerializer(self._trial(request, public_id)).data)

    @extend_schema(operation_id="trials_destroy", responses={204: None})
    def delete(self, request: Request, public_id: UUID) -> Response:
        trials.cancel_trial(trial=self._trial(request, public_id))
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _trial(self, request: Request, public_id: UUID) -> Trial:
        try:
            trial = access.get_trial_for(request.user, public_id=public_id)
        except Trial.DoesNotExist as error:
            raise Http404 from error
        trials.note_death(trial=trial, at=now())
        return trial
