"""What lists of the REST API can be narrowed by."""

from __future__ import annotations

from django_filters import rest_framework as filters

from archive.models import Export, Gap, Hold, Recording
from cameras.models import Camera


class FootageFilter(filters.FilterSet):  # type: ignore[misc]  # -- django-filter carries no types
    """Rows of a camera that share a moment with the range from `after` to `before`."""

    camera = filters.ModelChoiceFilter(field_name="stream__camera", queryset=Camera.objects.all())
    after = filters.IsoDateTimeFilter(field_name="ended_at", lookup_expr="gt")
    before = filters.IsoDateTimeFilter(field_name="started_at", lookup_expr="lt")
    ordering = filters.OrderingFilter(fields=["started_at"])


class RecordingFilter(FootageFilter):
    role = filters.CharFilter(field_name="stream__role")

    class Meta:
        model = Recording
        fields = ["stream", "run", "place", "is_recovered"]


class GapFilter(FootageFilter):
    is_open = filters.BooleanFilter(field_name="ended_at", lookup_expr="isnull")

    class Meta:
        model = Gap
        fields = ["stream", "cause"]


class HoldFilter(filters.FilterSet):  # type: ignore[misc]  # -- django-filter carries no types
    is_released = filters.BooleanFilter(
        field_name="released_at", lookup_expr="isnull", exclude=True
    )
    ordering = filters.OrderingFilter(fields=["created_at", "started_at"])

    class Meta:
        model = Hold
        fields = ["camera"]


class ExportFilter(filters.FilterSet):  # type: ignore[misc]  # -- django-filter carries no types
    ordering = filters.OrderingFilter(fields=["requested_at", "started_at"])

    class Meta:
        model = Export
        fields = ["camera", "kind", "state"]
