"""Forms of the setup pages. A password goes in and never comes out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from cameras.engine.sources import AddressError
from cameras.failure_texts import address_error_text
from cameras.models import Stream
from cameras.queries import parse_stream_address

if TYPE_CHECKING:  # generic for the type checker only
    _StreamModelForm = forms.ModelForm[Stream]
else:
    _StreamModelForm = forms.ModelForm


class StreamForm(_StreamModelForm):
    """A stream with a write-only password.

    `new_password` of the cleaned data is None when the stored one is to stay.
    """

    password = forms.CharField(
        label=_("password"),
        required=False,
        strip=False,
        max_length=100,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("Leave empty to keep the stored one."),
    )
    clears_password = forms.BooleanField(label=_("no password"), required=False)

    class Meta:
        model = Stream
        fields = ["role", "url", "username", "transport", "is_recorded"]
        widgets = {
            "url": forms.TextInput(
                attrs={
                    "size": 60,
                    "placeholder": "rtsp://192.168.1.10/stream1",
                    "spellcheck": "false",
                }
            ),
            "username": forms.TextInput(attrs={"autocomplete": "off"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.password_encrypted:
            self.fields["password"].widget.attrs["placeholder"] = _("stored")

    def clean_url(self) -> str:
        text = str(self.cleaned_data["url"])
        try:
            parse_stream_address(text)
        except AddressError as error:
            raise ValidationError(address_error_text(error.code), code=error.code) from error
        return text

    @property
    def new_password(self) -> str | None:
        if self.cleaned_data.get("clears_password"):
            return ""
        return self.cleaned_data.get("password") or None
