"""What lists of alarms can be narrowed by."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_filters import rest_framework as filters

from analytics.models import WatchRule
from cameras.access import Act, AnyUser, cameras_visible_to, places_visible_to
from cameras.models import Camera, Location
from incidents.models import Alarm
from incidents.queries.alarm_list import Wanted, kind_choices
from incidents.queries.town_days import midnight

ANYTHING = ("", _("all"))
HINT = WatchRule.Grade.HINT.value
UNJUDGED = "NONE"
_NOTHING = Q(pk__in=[])


class AlarmFilter(filters.FilterSet):  # type: ignore[misc]  # -- django-filter carries no types
    after = filters.IsoDateTimeFilter(field_name="raised_at", lookup_expr="gte")
    before = filters.IsoDateTimeFilter(field_name="raised_at", lookup_expr="lt")
    revision_after = filters.NumberFilter(field_name="revision", lookup_expr="gt")
    ordering = filters.OrderingFilter(fields=["raised_at", "sequence", "revision", "priority"])

    class Meta:
        model = Alarm
        fields = ["camera", "place", "kind", "state", "priority", "source", "group", "verdict"]


class AlarmListForm(forms.Form):
    """What the list of alarms and hints is narrowed by; each field may be empty."""

    grade = forms.ChoiceField(label=_("What"), required=False)
    source = forms.ChoiceField(label=_("Source"), required=False)
    kind = forms.ChoiceField(label=_("Situation"), required=False)
    place = forms.ModelChoiceField(
        Location.objects.none(), label=_("Place"), required=False, empty_label=_("all")
    )
    camera = forms.ModelChoiceField(
        Camera.objects.none(), label=_("Camera"), required=False, empty_label=_("all")
    )
    state = forms.ChoiceField(label=_("State"), required=False)
    verdict = forms.ChoiceField(label=_("Verdict"), required=False)
    first = forms.DateField(label=_("From"), required=False)
    last = forms.DateField(label=_("Until"), required=False)

    def __init__(self, data: Any, *, user: AnyUser) -> None:
        super().__init__(data)
        self._choices("grade", [("ALARM", _("alarms")), (HINT, _("hints"))])
        self._choices("source", Alarm.Source.choices)
        self._choices("kind", kind_choices())
        self._choices("state", Alarm.State.choices)
        judged = [choice for choice in Alarm.Verdict.choices if choice[0]]
        self._choices("verdict", [(UNJUDGED, Alarm.Verdict.NONE.label), *judged])
        self._rows("place", places_visible_to(user))
        self._rows("camera", cameras_visible_to(user, act=Act.VIEW_DETECTIONS))

    def _choices(self, name: str, choices: list[tuple[str, Any]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 -- declared above
        field.choices = [ANYTHING, *choices]

    def _rows(self, name: str, rows: Any) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 -- declared above
        field.queryset = rows

    def wanted(self) -> Wanted:
        self.full_clean()
        asked = {name: value for name, value in self.cleaned_data.items() if value}
        both = self._days(asked) & self._exact(asked, "kind", "camera")
        verdict = asked.get("verdict")
        if verdict:
            both &= Q(verdict="" if verdict == UNJUDGED else verdict)
        alarms = both & self._exact(asked, "source", "place", "state")
        detections = both & self._exact(asked, "grade")
        if "place" in asked:
            detections &= Q(camera__location=asked["place"])
        if asked.get("grade") == HINT:
            alarms = _NOTHING
        if "state" in asked or asked.get("source", Alarm.Source.DETECTOR) != Alarm.Source.DETECTOR:
            detections = _NOTHING
        return Wanted(alarms, detections)

    @staticmethod
    def _exact(asked: dict[str, Any], *names: str) -> Q:
        return Q(**{name: asked[name] for name in names if name in asked})

    @staticmethod
    def _days(asked: dict[str, Any]) -> Q:
        days = Q()
        if "first" in asked:
            days &= Q(raised_at__gte=midnight(asked["first"]))
        if "last" in asked:
            days &= Q(raised_at__lt=midnight(asked["last"] + timedelta(days=1)))
        return days

    @property
    def is_narrowed(self) -> bool:
        return any(self.cleaned_data.values())
