"""The REST API: one router, and its own description."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView
from rest_framework.routers import DefaultRouter

from archive.api import ExportViewSet, GapViewSet, HoldViewSet, RecordingViewSet
from cameras.api import CameraViewSet, LocationViewSet

router = DefaultRouter()
router.register("locations", LocationViewSet)
router.register("cameras", CameraViewSet)
router.register("recordings", RecordingViewSet)
router.register("gaps", GapViewSet)
router.register("holds", HoldViewSet)
router.register("exports", ExportViewSet)

urlpatterns = [
    path("", include(router.urls)),
    path("schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("docs/", SpectacularSwaggerView.as_view(url_name="api-schema"), name="api-docs"),
]
