"""What the API's list of alarms can be narrowed by."""

from __future__ import annotations

from django_filters import rest_framework as filters

from incidents.models import Alarm


class AlarmFilter(filters.FilterSet):  # type: ignore[misc]  # -- django-filter carries no types
    after = filters.IsoDateTimeFilter(field_name="raised_at", lookup_expr="gte")
    before = filters.IsoDateTimeFilter(field_name="raised_at", lookup_expr="lt")
    revision_after = filters.NumberFilter(field_name="revision", lookup_expr="gt")
    ordering = filters.OrderingFilter(fields=["raised_at", "sequence", "revision", "priority"])

    class Meta:
        model = Alarm
        fields = ["camera", "place", "kind", "state", "priority", "source", "group", "verdict"]
