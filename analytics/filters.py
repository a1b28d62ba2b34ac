"""What lists of the REST API can be narrowed by."""

from __future__ import annotations

from django.db.models import QuerySet
from django_filters import rest_framework as filters

from analytics.models import Backfill, Detection, Region, WatchRule


class RegionFilter(filters.FilterSet):  # type: ignore[misc]  # -- django-filter carries no types
    class Meta:
        model = Region
        fields = ["camera", "shape"]


class WatchRuleFilter(filters.FilterSet):  # type: ignore[misc]  # -- django-filter carries no types
    class Meta:
        model = WatchRule
        fields = ["camera", "kind", "grade", "is_enabled"]


class DetectionFilter(filters.FilterSet):  # type: ignore[misc]  # -- django-filter carries no types
    """Detections raised from `after` (inclusive) to `before`."""

    after = filters.IsoDateTimeFilter(field_name="raised_at", lookup_expr="gte")
    before = filters.IsoDateTimeFilter(field_name="raised_at", lookup_expr="lt")
    is_judged = filters.BooleanFilter(method="filter_judged")
    ordering = filters.OrderingFilter(fields=["raised_at"])

    class Meta:
        model = Detection
        fields = ["camera", "kind", "grade", "verdict", "backfill"]

    def filter_judged(
        self,
        rows: QuerySet[Detection],
        name: str,
        value: bool,  # noqa: FBT001 -- django-filter calls it by position
    ) -> QuerySet[Detection]:
        del name
        unjudged = Detection.Verdict.NONE
        return rows.exclude(verdict=unjudged) if value else rows.filter(verdict=unjudged)


class SearchFilter(filters.FilterSet):  # type: ignore[misc]  # -- django-filter carries no types
    """`by_portal`: those by which the portal catches up outages, or those of people."""

    by_portal = filters.BooleanFilter(field_name="requested_by", lookup_expr="isnull")

    class Meta:
        model = Backfill
        fields = ["state"]
