"""The REST API: one router, and its own description."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView
from rest_framework.routers import DefaultRouter

from analytics.api import (
    CameraTrialsView,
    DetectionViewSet,
    RegionViewSet,
    SearchViewSet,
    SetupView,
    TrialView,
    WatchRuleViewSet,
)
from analytics.views.redacted_copies import RedactedCopyView, RedactedFileView
from archive.api import ExportViewSet, GapViewSet, HoldViewSet, RecordingViewSet
from cameras.api import CameraViewSet, LocationViewSet
from incidents.api import AlarmViewSet
from incidents.views import interchange, outside_api
from incidents.views.incident_api import IncidentViewSet
from incidents.views.package_api import PackageFileView, PackageViewSet
from incidents.views.working_copy_api import WorkingCopiesView

router = DefaultRouter()
router.register("locations", LocationViewSet)
router.register("cameras", CameraViewSet)
router.register("recordings", RecordingViewSet)
router.register("gaps", GapViewSet)
router.register("holds", HoldViewSet)
router.register("exports", ExportViewSet)
router.register("regions", RegionViewSet)
router.register("rules", WatchRuleViewSet)
router.register("detections", DetectionViewSet)
router.register("searches", SearchViewSet, basename="search")
router.register("alarms", AlarmViewSet)
router.register("packages", PackageViewSet)
router.register("incidents", IncidentViewSet)

urlpatterns = [
    # for other systems; before the router, which would take ".json" for a format
    path("cap/", interchange.cap_feed, name="cap-feed"),
    path("cap/<uuid:public_id>.xml", interchange.cap_message, name="cap-message"),
    path(
        "incidents/<int:incident_id>.eido.json",
        interchange.eido_document,
        name="incident-eido",
    ),
    path("incidents.geojson", interchange.incidents_geojson, name="incidents-geojson"),
    path("places.geojson", interchange.places_geojson, name="places-geojson"),
    # for systems that raise alarms
    path("outside/", outside_api.OutsideScopeView.as_view(), name="outside-scope"),
    path("outside/alarms/", outside_api.OutsideAlarmsView.as_view(), name="outside-alarms"),
    path(
        "outside/alarms/<str:external_id>/end/",
        outside_api.OutsideEndView.as_view(),
        name="outside-alarm-end",
    ),
    path(
        "outside/alarms/<str:external_id>/picture/",
        outside_api.OutsidePictureView.as_view(),
        name="outside-alarm-picture",
    ),
    path("", include(router.urls)),
    path("cameras/<int:camera_id>/setup/", SetupView.as_view(), name="camera-setup"),
    path("cameras/<int:camera_id>/trials/", CameraTrialsView.as_view(), name="camera-trials"),
    path("trials/<uuid:public_id>/", TrialView.as_view(), name="trial"),
    path("exports/<uuid:public_id>/redacted/", RedactedCopyView.as_view(), name="export-redacted"),
    path(
        "exports/<uuid:public_id>/redacted/file/",
        RedactedFileView.as_view(),
        name="export-redacted-file",
    ),
    path("packages/<uuid:public_id>/file/", PackageFileView.as_view(), name="package-file"),
    path("working-copies/", WorkingCopiesView.as_view(), name="working-copies"),
    path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("docs/", SpectacularSwaggerView.as_view(url_name="api-schema"), name="api-docs"),
]
