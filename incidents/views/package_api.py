"""REST API of evidence packages: asked for, how far they are, fetched, called off."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, cast
from uuid import UUID

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase, JsonResponse
from django.urls import reverse
from django.utils.timezone import now
from django.views.decorators.http import require_safe
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from archive.api import Conflict, Refused
from archive.engine.timeline import to_us
from archive.serializers import VisibleCameraField
from cameras.access import Act, can
from cameras.api import Pages
from incidents.actions import package_papers, package_receipts, packages
from incidents.models import Incident, Package, PackageReceipt
from incidents.queries.alarm_texts import person_name
from incidents.queries.incidents import incidents_visible_to
from incidents.queries.packages import is_police, packages_visible_to
from incidents.responses import package_response


class PackagePermission(BasePermission):
    """The desk makes packages; the police seat reads those it may see."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        del view
        if can(request.user, Act.MAKE_PACKAGES):
            return True
        return request.method in SAFE_METHODS and can(request.user, Act.USE_POLICE_SEAT)


class ReceiptSerializer(serializers.ModelSerializer[PackageReceipt]):
    person = serializers.SerializerMethodField()
    started_us = serializers.SerializerMethodField()
    is_whole = serializers.SerializerMethodField()

    class Meta:
        model = PackageReceipt
        fields = ["person", "is_police", "address", "started_us", "bytes_sent", "is_whole"]
        read_only_fields = fields

    def get_person(self, receipt: PackageReceipt) -> str:
        return person_name(receipt.person)

    def get_started_us(self, receipt: PackageReceipt) -> int:
        return to_us(receipt.started_at)

    def get_is_whole(self, receipt: PackageReceipt) -> bool:
        return receipt.finished_at is not None


class PackageSerializer(serializers.ModelSerializer[Package]):
    """A package with all that a page draws of it, in the reader's language."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    state_text = serializers.CharField(source="get_state_display", read_only=True)
    created_by = serializers.SerializerMethodField()
    created_us = serializers.SerializerMethodField()
    started_us = serializers.SerializerMethodField()
    ended_us = serializers.SerializerMethodField()
    camera_labels = serializers.SerializerMethodField()
    missing_lines = serializers.SerializerMethodField()
    receipts = ReceiptSerializer(many=True, read_only=True)
    url = serializers.SerializerMethodField()
    can_cancel = serializers.SerializerMethodField()

    class Meta:
        model = Package
        fields = [
            *("id", "incident", "name", "state", "state_text", "reason", "error"),
            *("created_by", "created_us", "started_us", "ended_us", "camera_labels"),
            *("size_bytes", "done_bytes", "manifest_sha256", "missing_lines"),
            *("receipts", "url", "can_cancel"),
        ]
        read_only_fields = fields

    def get_created_by(self, package: Package) -> str:
        return person_name(package.created_by)

    def get_created_us(self, package: Package) -> int:
        return to_us(package.created_at)

    def get_started_us(self, package: Package) -> int:
        return to_us(package.started_at)

    def get_ended_us(self, package: Package) -> int:
        return to_us(package.ended_at)

    def get_camera_labels(self, package: Package) -> list[str]:
        return [camera.label for camera in package.cameras.all()]

    def get_missing_lines(self, package: Package) -> list[str]:
        """What of the range is not in the package; empty when nothing is missing."""
        return package_papers.missing_lines(package.missing)[1:] if package.missing else []

    def get_url(self, package: Package) -> str:
        """Where the ZIP is fetched; empty when there is none."""
        return reverse("package-file", args=[package.public_id]) if package.is_open else ""

    def get_can_cancel(self, package: Package) -> bool:
        return package.state in {Package.State.PREPARING, Package.State.READY}


class VisibleIncidentField(serializers.PrimaryKeyRelatedField[Incident]):
    """An incident by its id, among those that the user may see."""

    def get_queryset(self) -> QuerySet[Incident]:
        request = self.context.get("request")
        if request is None:  # the description of the API is being made
            return Incident.objects.none()
        return incidents_visible_to(request.user)


class PackageRequestSerializer(serializers.Serializer[dict[str, Any]]):
    """Without a range it is from a minute before to a minute after; without cameras all."""

    incident = VisibleIncidentField(queryset=Incident.objects.all())
    started_at = serializers.DateTimeField(required=False)
    ended_at = serializers.DateTimeField(required=False)
    cameras = VisibleCameraField(act=Act.VIEW_ARCHIVE, many=True, required=False)
    reason = serializers.CharField(required=False, max_length=300, allow_blank=True)
    accepts_missing = serializers.BooleanField(
        required=False, default=False, help_text="pack the rest, though some footage is gone"
    )


class MissingSerializer(serializers.Serializer[dict[str, Any]]):
    """Footage is gone: ask again with `accepts_missing`, unless all of it is."""

    detail = serializers.CharField()
    missing_lines = serializers.ListField(child=serializers.CharField())
    is_all = serializers.BooleanField()


class PackageViewSet(mixins.DestroyModelMixin, viewsets.ReadOnlyModelViewSet[Package]):
    """Evidence packages of incidents."""

    permission_classes = [PackagePermission]
    pagination_class = Pages
    serializer_class = PackageSerializer
    queryset = Package.objects.all()
    filterset_fields = ["incident", "state"]
    lookup_field = "public_id"
    lookup_url_kwarg = "id"
    lookup_value_converter = "uuid"

    def get_queryset(self) -> QuerySet[Package]:
        rows = packages_visible_to(self.request.user)
        return rows.prefetch_related("cameras", "receipts__person").defer("facts")

    @extend_schema(
        request=PackageRequestSerializer,
        responses={201: PackageSerializer, 409: MissingSerializer},
    )
    def create(self, request: Request) -> Response:
        """Make a package; its file can be fetched at once, and is made while it is."""
        asked = PackageRequestSerializer(data=request.data, context={"request": request})
        asked.is_valid(raise_exception=True)
        try:
            package = packages.create_package(
                **asked.validated_data,
                actor=cast("User", request.user),
                at=now(),
                address=request.META.get("REMOTE_ADDR") or None,
            )
        except packages.FootageMissingError as error:
            return Response(_missing(error), status=status.HTTP_409_CONFLICT)
        except packages.PackageRefusedError as error:
            raise Refused(str(error)) from error
        return Response(self.get_serializer(package).data, status=status.HTTP_201_CREATED)

    def perform_destroy(self, instance: Package) -> None:
        """Call the package off; a download that runs breaks off."""
        try:
            packages.cancel_package(
                package=instance,
                actor=cast("User", self.request.user),
                at=now(),
                address=self.request.META.get("REMOTE_ADDR") or None,
            )
        except packages.PackageRefusedError as error:
            raise Conflict(str(error)) from error


def _missing(error: packages.FootageMissingError) -> dict[str, Any]:
    holes = [hole.as_json() for hole in error.absences]
    return {
        "detail": str(error),
        "missing_lines": package_papers.missing_lines(holes)[1:],
        "is_all": error.is_all,
    }


class PackageFileView(APIView):
    """The ZIP, in whole or in ranges; each retrieval is noted."""

    permission_classes = [PackagePermission]

    @extend_schema(
        operation_id="packages_file",
        parameters=[OpenApiParameter("Range", str, OpenApiParameter.HEADER)],
        responses={
            (200, "application/zip"): OpenApiTypes.BINARY,
            (206, "application/zip"): OpenApiTypes.BINARY,
            410: OpenApiResponse(description="it was cancelled or could not be made"),
        },
    )
    def get(self, request: Request, public_id: UUID) -> HttpResponseBase:
        return package_file(request._request, public_id)  # noqa: SLF001 -- Django's request

    head = get


@require_safe
def package_file(request: HttpRequest, public_id: UUID) -> HttpResponseBase:
    package = packages_visible_to(request.user).filter(public_id=public_id).first()
    if package is None:
        raise Http404
    if not package.is_open:
        answer = {"detail": package.error or package.get_state_display()}
        return JsonResponse(answer, status=HTTPStatus.GONE)
    receipt = None
    if request.method == "GET":
        receipt = package_receipts.begin_receipt(
            package=package,
            person=cast("User", request.user),
            is_police=is_police(request.user),
            at=now(),
            address=request.META.get("REMOTE_ADDR") or None,
        )
    return package_response(request, package, receipt)
