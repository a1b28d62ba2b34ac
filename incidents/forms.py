"""What people type: filters of lists, citizens' reports, calls to 112, setup of sources."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.core import signing
from django.core.validators import RegexValidator
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cameras.access import AnyUser
from cameras.models import Location
from incidents.engine.onvif.soap import UnusableError, parse_address
from incidents.engine.sign_numbers import read_sign
from incidents.models import Alarm, AlarmSource, OnvifDevice, OnvifTopic
from incidents.queries.sources import call_choices, citizen_choices, kind_choices

if TYPE_CHECKING:  # generic for the type checker only
    _SourceModelForm = forms.ModelForm[AlarmSource]
    _DeviceModelForm = forms.ModelForm[OnvifDevice]
    _TopicModelForm = forms.ModelForm[OnvifTopic]
else:
    _SourceModelForm = _DeviceModelForm = _TopicModelForm = forms.ModelForm
from cameras.access import places_visible_to
from incidents.models import (
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
from incidents.queries.town_days import midnight

ANYTHING = ("", _("all"))


# --- what citizens write ----------------------------------------------------------------------

LONGEST_TEXT = 500
PHONE = RegexValidator(r"^\+?[0-9 ()\-]{5,25}$", _("This is no phone number."))
_SALT = "citizen report"
_FILLED_IN_LEAST = timedelta(seconds=2)
"""No person reads and fills in the form sooner."""
_FILLED_IN_MOST = timedelta(hours=12)


class SignForm(forms.Form):
    """The number on the sign."""

    number = forms.CharField(
        label=_("Number on the sign"),
        max_length=12,
        error_messages={"required": _("Type the five digits that stand on the sign.")},
    )

    def clean_number(self) -> str:
        digits = read_sign(self.cleaned_data["number"])
        if digits is None:
            raise forms.ValidationError(_("This number is mistyped: look at the sign once more."))
        return digits


class CitizenForm(forms.Form):
    """What happens at a place. `key` says when the form was opened, and tells it from others."""

    what = forms.ChoiceField(
        label=_("What happens?"), error_messages={"required": _("Choose what happens.")}
    )
    text = forms.CharField(
        label=_("In your own words"), required=False, max_length=LONGEST_TEXT, strip=True
    )
    phone = forms.CharField(
        label=_("Your phone"), required=False, max_length=40, validators=[PHONE]
    )
    consent = forms.BooleanField(
        required=False,
        label=_("I agree that my phone number is kept for thirty days so that I can be called."),
    )
    key = forms.CharField(max_length=200)
    # People do not see this field; machines fill it in.
    website = forms.CharField(required=False, max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["what"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 -- declared above
        field.choices = citizen_choices()
        self.is_by_a_machine = False

    @staticmethod
    def new_key() -> str:
        return signing.TimestampSigner(salt=_SALT).sign(uuid.uuid4().hex)

    def key_to_go_on(self) -> str:
        """The same key where it is good, so that the form is still the same one."""
        return str(self.data.get("key")) if "key" in self.cleaned_data else self.new_key()

    def clean_key(self) -> uuid.UUID:
        signer = signing.TimestampSigner(salt=_SALT)
        value = self.cleaned_data["key"]
        try:
            key = uuid.UUID(signer.unsign(value, max_age=_FILLED_IN_MOST))
        except (signing.BadSignature, ValueError) as error:
            text = gettext("The page was open for too long. Please send it once more.")
            raise forms.ValidationError(text) from error
        try:
            signer.unsign(value, max_age=_FILLED_IN_LEAST)
        except signing.SignatureExpired:
            return key  # old enough
        self.is_by_a_machine = True
        raise forms.ValidationError(gettext("That was too quick. Please send it once more."))

    def clean_text(self) -> str:
        return " ".join(self.cleaned_data["text"].split())

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("website"):
            self.is_by_a_machine = True
            text = gettext("The report could not be taken. Please call.")
            self.add_error(None, text)
        if values.get("phone") and not values.get("consent"):
            text = gettext(
                "Without your consent the phone number can not be kept: agree, or leave it out."
            )
            self.add_error("consent", text)
        return values


# --- a call to 112 ----------------------------------------------------------------------------


class CallForm(forms.Form):
    """What the caller says, in the order in which a dispatcher asks."""

    ext_112_number = forms.CharField(
        label=_("Number of 112"),
        max_length=40,
        validators=[RegexValidator(r"^[\w./-]+$", _("Digits, letters and the signs . / - only."))],
    )
    place = forms.ModelChoiceField(
        Location.objects.none(), label=_("Place"), empty_label=_("choose")
    )
    kind = forms.ChoiceField(label=_("What happened"))
    text = forms.CharField(
        label=_("In the words of the caller"),
        required=False,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea,
    )
    phone = forms.CharField(
        label=_("Caller's phone"), required=False, max_length=40, validators=[PHONE]
    )
    minutes_ago = forms.TypedChoiceField(
        label=_("When"),
        coerce=int,
        empty_value=None,
        required=False,
        choices=[(0, _("now"))]
        + [(number, _("%(count)d min ago") % {"count": number}) for number in (5, 15, 30, 60)],
    )

    def __init__(self, *args: Any, places: QuerySet[Location], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        place = self.fields["place"]
        assert isinstance(place, forms.ModelChoiceField)  # noqa: S101 -- declared above
        place.queryset = places
        field = self.fields["kind"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 -- declared above
        field.choices = [("", _("choose")), *call_choices()]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        minutes = values.pop("minutes_ago", 0) or 0
        values["occurred_at"] = timezone.now() - timedelta(minutes=minutes)
        return values


# --- setup of sources --------------------------------------------------------------------------


class SourceForm(_SourceModelForm):
    kinds = forms.MultipleChoiceField(
        label=_("situations"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Which it may report. None: all."),
    )
    wants_new_token = forms.BooleanField(
        label=_("make a new token"), required=False, help_text=_("The old one is then refused.")
    )

    class Meta:
        model = AlarmSource
        fields = [
            "name",
            "channel",
            "is_active",
            "places",
            "kinds",
            "top_priority",
            "per_minute",
            "heartbeat_minutes",
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["kinds"]
        assert isinstance(field, forms.MultipleChoiceField)  # noqa: S101 -- declared above
        field.choices = kind_choices()


class DeviceForm(_DeviceModelForm):
    password = forms.CharField(
        label=_("password"),
        required=False,
        strip=False,
        max_length=100,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("Empty: the present one stays."),
    )

    class Meta:
        model = OnvifDevice
        fields = ["camera", "url", "username", "is_active", "per_minute"]
        widgets = {"url": forms.TextInput(attrs={"size": 60, "spellcheck": "false"})}

    def clean_url(self) -> str:
        text = str(self.cleaned_data["url"]).strip()
        try:
            return parse_address(text).url
        except UnusableError as error:
            reason = gettext("Nothing can be asked there: %(reason)s") % {"reason": error}
            raise forms.ValidationError(reason) from error


class TopicForm(_TopicModelForm):
    kind = forms.ChoiceField(label=_("situation"))

    class Meta:
        model = OnvifTopic
        fields = ["topic", "item", "kind", "grade", "priority", "pause_s", "is_active"]
        widgets = {"topic": forms.TextInput(attrs={"size": 60, "spellcheck": "false"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["kind"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 -- declared above
        field.choices = kind_choices()


# --- incident cards ---------------------------------------------------------------------------

OPEN = "open"
_SOURCES = (
    Incident.Source.DISPATCHER,
    Incident.Source.CALL_112,
    Incident.Source.CITIZEN,
    Incident.Source.POLICE,
)


class IncidentFilterForm(forms.Form):
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
        place = self.fields["place"]
        assert isinstance(place, forms.ModelChoiceField)  # noqa: S101 -- declared above
        place.queryset = places_visible_to(user)
        status, priority = self.fields["status"], self.fields["priority"]
        assert isinstance(status, forms.ChoiceField)  # noqa: S101 -- declared above
        assert isinstance(priority, forms.ChoiceField)  # noqa: S101 -- declared above
        status.choices = [ANYTHING, (OPEN, _("open ones")), *Incident.Status.choices]
        priority.choices = [ANYTHING, *Alarm.Priority.choices]

    def narrow(self, incidents: QuerySet[Incident]) -> QuerySet[Incident]:
        self.full_clean()
        asked = {name: value for name, value in self.cleaned_data.items() if value}
        exact = {name: asked[name] for name in ("place", "category", "priority") if name in asked}
        found = incidents.filter(**exact)
        if asked.get("status") == OPEN:
            found = only_open(found)
        elif "status" in asked:
            found = found.filter(status=asked["status"])
        if "q" in asked:
            found = matching(found, asked["q"])
        if "first" in asked:
            found = found.filter(occurred_at__gte=midnight(asked["first"]))
        if "last" in asked:
            found = found.filter(occurred_at__lt=midnight(asked["last"] + timedelta(days=1)))
        return found

    @property
    def is_narrowed(self) -> bool:
        return any(self.cleaned_data.values())


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
