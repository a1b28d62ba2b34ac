"""The filters of the list of alarms and hints."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from analytics.models import WatchRule
from cameras.access import Act, AnyUser, cameras_visible_to, places_visible_to
from cameras.models import Camera, Location
from incidents.forms.narrowing import NarrowingForm
from incidents.models import Alarm
from incidents.queries.alarm_list import Wanted, kind_choices

HINT = WatchRule.Grade.HINT.value
UNJUDGED = "NONE"
_NOTHING = Q(pk__in=[])


class AlarmListForm(NarrowingForm):
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

    def wanted(self) -> Wanted:
        asked = self._asked()
        both = self._days(asked, "raised_at") & self._exact(asked, "kind", "camera")
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
