"""REST API of places and cameras, and what every endpoint of the portal shares."""

from __future__ import annotations

from django.db.models import QuerySet
from rest_framework import viewsets
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from cameras.access import Act, cameras_visible_to, can
from cameras.models import Camera, Location
from cameras.serializers import CameraSerializer, LocationSerializer


class Pages(LimitOffsetPagination):
    default_limit = 100
    max_limit = 1000


class ActPermission(BasePermission):
    """Asks cameras.access for the view's `read_act` and, to change something, `write_act`."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        is_read = request.method in SAFE_METHODS
        act: Act | None = getattr(view, "read_act" if is_read else "write_act", None)
        return act is not None and can(request.user, act)


class LocationViewSet(viewsets.ReadOnlyModelViewSet[Location]):
    """Places with at least one camera that the user may watch."""

    read_act = Act.WATCH
    permission_classes = [ActPermission]
    pagination_class = Pages
    serializer_class = LocationSerializer
    queryset = Location.objects.all()

    def get_queryset(self) -> QuerySet[Location]:
        visible = cameras_visible_to(self.request.user)
        return Location.objects.filter(cameras__in=visible).distinct()


class CameraViewSet(viewsets.ReadOnlyModelViewSet[Camera]):
    """Cameras that the user may watch, with the state of their streams."""

    read_act = Act.WATCH
    permission_classes = [ActPermission]
    pagination_class = Pages
    serializer_class = CameraSerializer
    filterset_fields = ["location", "is_enabled", "number"]
    queryset = Camera.objects.all()

    def get_queryset(self) -> QuerySet[Camera]:
        visible = cameras_visible_to(self.request.user)
        return visible.select_related("location").prefetch_related("streams__status")
