"""Incident cards: the filters of their list, and what is written into them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cameras.access import AnyUser, places_visible_to
from cameras.models import Location
from incidents.forms.narrowing import NarrowingForm
from incidents.models import (
    Alarm,
    Category,
    ChecklistItem,
    Damage,
    Dispatch,
    Incident,
    Participant,
    Service,
)
from incidents.queries.cards import matching, only_open
from incidents.queries.incidents import incidents_visible_to

OPEN = "open"
_SOURCES = (
    Incident.Source.DISPATCHER,
    Incident.Source.CALL_112,
    Incident.Source.CITIZEN,
    Incident.Source.POLICE,
)


class IncidentFilterForm(NarrowingForm):
    """Fields of the query string of the list of cards; each may be empty."""

    q = forms.CharField(label=_("Number, KUSP, words"), required=False, max_length=100)
    status = forms.ChoiceField(label=_("Status"), required=False)
    place = forms.ModelChoiceField(
        Location.objects.none(), label=_("Place"), required=False, empty_label=_("all")
    )
    category = forms.ModelChoiceField(
        Category.objects.all(), label=_("Category"), required=False, empty_label=_("all")
    )
    priority = forms.ChoiceField(label=_("Priority"), required=False)
    first = forms.DateField(label=_("From"), required=False)
    last = forms.DateField(label=_("Until"), required=False)

    def __init__(self, data: Any, *, user: AnyUser) -> None:
        super().__init__(data)
        self._rows("place", places_visible_to(user))
        self._choices("status", [(OPEN, _("open ones")), *Incident.Status.choices])
        self._choices("priority", Alarm.Priority.choices)

    def narrow(self, incidents: QuerySet[Incident]) -> QuerySet[Incident]:
        asked = self._asked()
        exact = {name: asked[name] for name in ("place", "category", "priority") if name in asked}
        found = incidents.filter(self._days(asked, "occurred_at"), **exact)
        if asked.get("status") == OPEN:
            found = only_open(found)
        elif "status" in asked:
            found = found.filter(status=asked["status"])
        if "q" in asked:
            found = matching(found, asked["q"])
        return found


class NewIncidentForm(forms.ModelForm):  # type: ignore[type-arg]  # -- none at run time
    """What is asked of somebody who makes a card by hand."""

    class Meta:
        model = Incident
        fields = [
            *("place", "category", "source", "occurred_at", "where_exactly", "summary"),
            *("caller_name", "caller_phone", "caller_role", "ext_112_number", "injured_count"),
        ]

    def __init__(
        self, data: Any = None, *, user: AnyUser, initial: dict[str, Any] | None = None
    ) -> None:
        super().__init__(data, initial=initial)
        source, category = self.fields["source"], self.fields["category"]
        place = self.fields["place"]
        assert isinstance(place, forms.ModelChoiceField)  # noqa: S101 -- of the model
        assert isinstance(source, forms.ChoiceField)  # noqa: S101 -- of the model
        assert isinstance(category, forms.ModelChoiceField)  # noqa: S101 -- of the model
        source.choices = [(value.value, value.label) for value in _SOURCES]
        place.queryset = places_visible_to(user)
        place.empty_label = category.empty_label = "—"
        category.queryset = Category.objects.filter(is_active=True)
        self.fields["occurred_at"].required = False
        self.fields["injured_count"].required = False

    def clean_injured_count(self) -> int:
        return self.cleaned_data["injured_count"] or 0


class ParticipantForm(forms.ModelForm):  # type: ignore[type-arg]  # -- none at run time
    class Meta:
        model = Participant
        # no name: that is for the police to write
        fields = ["role", "sex", "age", "marks", "clothes", "items", "left_for", "vehicle"]


class DamageForm(forms.ModelForm):  # type: ignore[type-arg]  # -- none at run time
    class Meta:
        model = Damage
        fields = ["item", "inventory_number", "what", "owner", "estimate_rubles"]


class DispatchForm(forms.ModelForm):  # type: ignore[type-arg]  # -- none at run time
    class Meta:
        model = Dispatch
        fields = ["status", "unit_order_number", "accepted_by", "comment"]


class ServiceForm(forms.Form):
    service = forms.ModelChoiceField(Service.objects.filter(is_active=True), label=_("Service"))


class FollowUpForm(forms.Form):
    """A call that was made: "отработка"."""

    whom = forms.CharField(label=_("Whom"), max_length=120)
    phone = forms.CharField(label=_("Phone"), max_length=60, required=False)
    taken_by = forms.CharField(label=_("Who took it"), max_length=120, required=False)
    text = forms.CharField(label=_("Message"), max_length=300, required=False)


class ReminderForm(forms.Form):
    text = forms.CharField(label=_("What to remember"), max_length=200)
    minutes = forms.IntegerField(label=_("In minutes"), min_value=1, max_value=7 * 24 * 60)


class StepForm(forms.Form):
    item = forms.ModelChoiceField(ChecklistItem.objects.filter(fact=""))
    is_done = forms.BooleanField(required=False)


class OtherCardForm(forms.Form):
    """Another card, by its number: "АГ-2026-000123", or only "123" of this year."""

    card = forms.CharField(label=_("Number of the card"), max_length=40)
    version = forms.IntegerField(required=False)

    def __init__(self, data: Any, *, user: AnyUser) -> None:
        super().__init__(data)
        self._visible = incidents_visible_to(user)

    def clean_card(self) -> Incident:
        text = str(self.cleaned_data["card"]).strip()
        parts = text.split("-")
        number = parts[-1].strip()
        year = parts[-2] if len(parts) > 1 else str(timezone.localdate().year)
        if not (_is_number(number) and _is_number(year)):
            raise forms.ValidationError(
                _("Write a number such as %(sample)s.") % {"sample": "АГ-2026-000123"}
            )
        found = self._visible.filter(year=int(year), number=int(number)).first()
        if found is None:
            raise forms.ValidationError(_("There is no card %(number)s.") % {"number": text})
        return found


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10  # noqa: PLR2004 -- 32 bits
