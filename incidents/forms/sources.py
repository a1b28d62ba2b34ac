"""Citizens' reports, calls to 112, setup of sources."""

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

from cameras.models import Location
from incidents.engine.onvif.soap import UnusableError, parse_address
from incidents.engine.sign_numbers import read_sign
from incidents.models import AlarmSource, OnvifDevice, OnvifTopic
from incidents.queries.sources import call_choices, citizen_choices, kind_choices

if TYPE_CHECKING:  # generic for the type checker only
    _SourceModelForm = forms.ModelForm[AlarmSource]
    _DeviceModelForm = forms.ModelForm[OnvifDevice]
    _TopicModelForm = forms.ModelForm[OnvifTopic]
else:
    _SourceModelForm = _DeviceModelForm = _TopicModelForm = forms.ModelForm

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
