"""What the list of alarms is narrowed by; anything wrong in the query is left out."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from analytics.engine.kinds import Kind
from analytics.explanations import title
from analytics.models import Detection, WatchRule
from cameras.access import Act, AnyUser, cameras_visible_to
from cameras.models import Camera
from incidents.models import Alarm

ANYTHING = ("", _("all"))
HINT = WatchRule.Grade.HINT.value


class DetectionFilterForm(forms.Form):
    """Fields of the query string; each may be empty."""

    grade = forms.ChoiceField(label=_("What"), required=False)
    kind = forms.ChoiceField(label=_("Situation"), required=False)
    camera = forms.ModelChoiceField(
        Camera.objects.none(), label=_("Camera"), required=False, empty_label=_("all")
    )
    state = forms.ChoiceField(label=_("State"), required=False)
    first = forms.DateField(label=_("From"), required=False)
    last = forms.DateField(label=_("Until"), required=False)

    def __init__(self, data: Any, *, user: AnyUser) -> None:
        super().__init__(data)
        self._choices("grade", [("ALARM", _("alarms")), (HINT, _("hints"))])
        self._choices("kind", sorted(((k, title(k)) for k in Kind), key=lambda pair: pair[1]))
        self._choices("state", Alarm.State.choices)
        cameras = self.fields["camera"]
        assert isinstance(cameras, forms.ModelChoiceField)  # noqa: S101 -- declared above
        cameras.queryset = cameras_visible_to(user, act=Act.VIEW_DETECTIONS)

    def _choices(self, name: str, choices: list[tuple[str, Any]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 -- declared above
        field.choices = [ANYTHING, *choices]

    def narrow(self, detections: QuerySet[Detection]) -> QuerySet[Detection]:
        self.full_clean()
        asked = {name: value for name, value in self.cleaned_data.items() if value}
        columns = {
            "grade": "grade",
            "kind": "kind",
            "camera": "camera",
            "state": "alarm__state",
        }
        exact = {columns[name]: value for name, value in asked.items() if name in columns}
        found = detections.filter(**exact)
        if "first" in asked:
            found = found.filter(raised_at__gte=_midnight(asked["first"]))
        if "last" in asked:
            found = found.filter(raised_at__lt=_midnight(asked["last"] + timedelta(days=1)))
        return found

    @property
    def is_narrowed(self) -> bool:
        return any(self.cleaned_data.values())


def _midnight(day: Any) -> datetime:
    """The beginning of a day of the town."""
    return timezone.make_aware(datetime.combine(day, time.min), timezone.get_default_timezone())
