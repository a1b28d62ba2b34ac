"""What people fill in on the pages of faces. What it means is checked by the actions."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from analytics.face_queries import encounters_visible_to, recognizable_cameras
from analytics.models import FaceEncounter, WatchEntry
from cameras.access import Act, AnyUser, places_visible_to
from cameras.models import Camera, Location

_MINUTES = "%Y-%m-%dT%H:%M"  # as a browser's field writes it
FAIR_QUALITY, GOOD_QUALITY = 0.35, 0.65
QUALITIES = [
    ("", pgettext_lazy("quality", "any")),
    (str(FAIR_QUALITY), pgettext_lazy("quality", "fair and better")),
    (str(GOOD_QUALITY), pgettext_lazy("quality", "good only")),
]


def _moment(label: Any) -> forms.DateTimeField:
    return forms.DateTimeField(label=label, required=False, widget=_moment_input())


class _MomentInput(forms.DateTimeInput):
    """A browser's field for a moment; one with its zone, as a link holds it, is shown as local."""

    def format_value(self, value: Any) -> str | None:
        if isinstance(value, str):
            value = _zoned(value) or value
        return super().format_value(value)


def _zoned(text: str) -> datetime | None:
    """Return the local time of an ISO 8601 moment that names its zone; None: it is none."""
    try:
        moment = parse_datetime(text)
    except ValueError:  # written as a moment, but there is no such day or hour
        return None
    return timezone.localtime(moment) if moment and timezone.is_aware(moment) else None


def _moment_input() -> forms.DateTimeInput:
    return _MomentInput(attrs={"class": "inp", "type": "datetime-local"}, format=_MINUTES)


def _day(label: Any, *, required: bool) -> forms.DateField:
    day_input = forms.DateInput(attrs={"class": "inp", "type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=required, widget=day_input)


def _choice(label: Any, choices: Any, *, required: bool = False) -> forms.ChoiceField:
    select = forms.Select(attrs={"class": "inp"})
    return forms.ChoiceField(label=label, choices=choices, required=required, widget=select)


def _text(label: Any, length: int) -> forms.CharField:
    line = forms.TextInput(attrs={"class": "inp", "autocomplete": "off"})
    return forms.CharField(label=label, max_length=length, widget=line)


def _places(user: AnyUser) -> QuerySet[Location]:
    return places_visible_to(user).filter(excludes_faces=False)


class _OfPlacesForm(forms.Form):
    """A form whose lists hold the places and cameras on which faces are recognized."""

    def _offer(self, name: str, rows: QuerySet[Any]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 -- declared as one
        field.queryset = rows


class FaceFilterForm(_OfPlacesForm):
    """What the page of faces is narrowed by; anything wrong in the query is left out."""

    place = forms.ModelChoiceField(
        Location.objects.none(), label=_("Place"), required=False, empty_label=_("all")
    )
    camera = forms.ModelChoiceField(
        Camera.objects.none(), label=_("Camera"), required=False, empty_label=_("all")
    )
    begin = _moment(_("From"))
    end = _moment(_("Until"))
    quality = _choice(_("Quality"), QUALITIES)

    def __init__(self, data: Any, *, user: AnyUser) -> None:
        super().__init__(data)
        self._offer("place", _places(user))
        self._offer("camera", recognizable_cameras(user, act=Act.VIEW_FACES))
        for name in ("place", "camera"):
            self.fields[name].widget.attrs["class"] = "inp"

    def narrow(self, encounters: QuerySet[FaceEncounter]) -> QuerySet[FaceEncounter]:
        self.full_clean()
        columns = {
            "place": "camera__location",
            "camera": "camera",
            "begin": "best_at__gte",
            "end": "best_at__lte",
            "quality": "quality__gte",
        }
        asked = {name: value for name, value in self.cleaned_data.items() if value}
        return encounters.filter(**{columns[name]: value for name, value in asked.items()})

    @property
    def is_narrowed(self) -> bool:
        return any(self.cleaned_data.values())


class FaceSearchForm(_OfPlacesForm):
    """A search by a face: a photo, or a face that a camera saw."""

    photo = forms.FileField(label=_("Photo"), required=False)
    encounter = forms.ModelChoiceField(
        FaceEncounter.objects.none(), required=False, widget=forms.HiddenInput
    )
    reason = _text(_("Reason of the search"), 300)
    places = forms.ModelMultipleChoiceField(
        Location.objects.none(),
        label=_("Places"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    camera = forms.ModelChoiceField(
        Camera.objects.none(), label=_("Camera"), required=False, empty_label=_("all of the places")
    )
    begin = _moment(_("From"))
    end = _moment(_("Until"))
    quality = _choice(_("Quality of the faces"), QUALITIES)

    def __init__(self, data: Any, files: Any, *, user: AnyUser, initial: Any = None) -> None:
        super().__init__(data, files, initial=initial)
        self._offer("encounter", encounters_visible_to(user))
        self._offer("places", _places(user))
        self._offer("camera", recognizable_cameras(user, act=Act.SEARCH_FACES))
        self.fields["camera"].widget.attrs["class"] = "inp"
        self._cameras = recognizable_cameras(user, act=Act.SEARCH_FACES)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if not cleaned.get("photo") and not cleaned.get("encounter"):
            self.add_error("photo", _("Choose a photo, or a face of the page Faces."))
        return cleaned

    def cameras(self) -> list[Camera]:
        """Name the cameras to be searched; empty: all."""
        if self.cleaned_data["camera"]:
            return [self.cleaned_data["camera"]]
        places = self.cleaned_data["places"]
        return list(self._cameras.filter(location__in=places)) if places else []

    def term(self, at: datetime) -> tuple[datetime, datetime]:
        """Return the range; what is left empty is all that is kept."""
        begin = self.cleaned_data["begin"] or at - timedelta(hours=settings.FACE_RETENTION_HOURS)
        return begin, self.cleaned_data["end"] or at

    def minimum_quality(self) -> float:
        return float(self.cleaned_data["quality"] or 0)


class _PhotosInput(forms.FileInput):
    allow_multiple_selected = True


class _PhotosField(forms.FileField):
    """Several files; each is checked as one would be."""

    widget = _PhotosInput

    def clean(self, data: Any, initial: Any = None) -> Any:
        return [super(_PhotosField, self).clean(each, initial) for each in data or [None]]


class WatchEntryForm(_OfPlacesForm):
    """An entry of the watch list; its photos are read from the request one by one."""

    kind = _choice(_("Who is looked for"), WatchEntry.Kind.choices, required=True)
    name = _text(_("Name, as in the ground"), 200)
    ground = _choice(_("Ground"), WatchEntry.Ground.choices, required=True)
    ground_number = _text(_("Number of the ground"), 100)
    until = _day(_("Looked for until, that day included"), required=True)
    places = forms.ModelMultipleChoiceField(
        Location.objects.none(),
        label=_("Places"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    photos = _PhotosField(
        label=_("Photos, up to ten"),
        widget=_PhotosInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
    )

    def __init__(self, data: Any = None, files: Any = None, *, user: AnyUser) -> None:
        super().__init__(data, files)
        self._offer("places", _places(user))


class SwitchForm(forms.Form):
    """What a switch needs to be turned: an order, and when it ends."""

    order_number = _text(_("Number of the order"), 100)
    until = _day(_("On until, that day included"), required=True)


def end_of(day: Any) -> datetime:
    """Return the last second of a day of the town."""
    return timezone.make_aware(
        datetime.combine(day, time(23, 59, 59)), timezone.get_default_timezone()
    )
