"""Setup pages of the exchange with other systems. Every change goes through the actions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cameras.access import Act
from cameras.admin_rights import AskedOfAccess, RemovedOneByOne, actor_of
from incidents.actions import interchange_settings as actions
from incidents.engine.posting import AddressRefusedError, parse_target
from incidents.models import Exchange, Reader, Subscriber

if TYPE_CHECKING:  # generic for the type checker only
    _ExchangeModelAdmin = admin.ModelAdmin[Exchange]
    _ReaderModelAdmin = admin.ModelAdmin[Reader]
    _SubscriberModelAdmin = admin.ModelAdmin[Subscriber]
    _ExchangeModelForm = forms.ModelForm[Exchange]
    _ReaderModelForm = forms.ModelForm[Reader]
    _SubscriberModelForm = forms.ModelForm[Subscriber]
else:
    _ExchangeModelAdmin = _ReaderModelAdmin = _SubscriberModelAdmin = admin.ModelAdmin
    _ExchangeModelForm = _ReaderModelForm = _SubscriberModelForm = forms.ModelForm


class SetByStaff(AskedOfAccess):
    act = Act.MANAGE_DICTIONARIES


class ExchangeForm(_ExchangeModelForm):
    password = forms.CharField(
        label=_("password of the mail"),
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("Empty: the present one stays."),
    )

    class Meta:
        model = Exchange
        fields = [
            "sender",
            "sender_name",
            "contact",
            "has_cap_feed",
            "has_documents",
            "sends_webhooks",
            "sends_mail",
            "since",
            "mail_host",
            "mail_port",
            "mail_security",
            "mail_username",
            "mail_from",
        ]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        switches = ("has_cap_feed", "has_documents", "sends_webhooks", "sends_mail")
        if any(values.get(name) for name in switches) and not values.get("sender"):
            self.add_error("sender", gettext("Name the sender before you switch anything on."))
        if values.get("sends_mail") and not (values.get("mail_host") and values.get("mail_from")):
            self.add_error("sends_mail", gettext("Mail needs a server and a from address."))
        return values


@admin.register(Exchange)
class ExchangeAdmin(SetByStaff, _ExchangeModelAdmin):
    form = ExchangeForm
    list_display = ["__str__", "has_cap_feed", "has_documents", "sends_webhooks", "sends_mail"]
    fieldsets = [
        (None, {"fields": ["sender", "sender_name", "contact", "since"]}),
        (
            _("switched on"),
            {"fields": ["has_cap_feed", "has_documents", "sends_webhooks", "sends_mail"]},
        ),
        (
            _("mail"),
            {
                "fields": [
                    "mail_host",
                    "mail_port",
                    "mail_security",
                    "mail_username",
                    "password",
                    "mail_from",
                ]
            },
        ),
    ]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        del obj
        return super().has_add_permission(request) and not Exchange.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        del request, obj
        return False  # what is not wanted is switched off

    def save_model(
        self, request: HttpRequest, obj: Exchange, form: ModelForm[Exchange], change: Any
    ) -> None:
        del change
        actions.save_exchange(
            row=obj,
            password=form.cleaned_data["password"] or None,
            actor=actor_of(request),
            at=timezone.now(),
        )


class ReaderForm(_ReaderModelForm):
    wants_new_token = forms.BooleanField(
        label=_("make a new token"), required=False, help_text=_("The old one is then refused.")
    )

    class Meta:
        model = Reader
        fields = ["name", "is_active"]


@admin.register(Reader)
class ReaderAdmin(SetByStaff, RemovedOneByOne, _ReaderModelAdmin):
    form = ReaderForm
    list_display = ["name", "is_active", "read_at"]
    list_filter = ["is_active"]
    search_fields = ["name"]

    def save_model(
        self, request: HttpRequest, obj: Reader, form: ModelForm[Reader], change: Any
    ) -> None:
        del change
        token = actions.save_reader(
            row=obj,
            wants_new_token=form.cleaned_data["wants_new_token"],
            actor=actor_of(request),
            at=timezone.now(),
        )
        if token:
            text = gettext("The token, shown this once: %(token)s") % {"token": token}
            messages.warning(request, text)

    def delete_model(self, request: HttpRequest, obj: Reader) -> None:
        actions.remove(row=obj, actor=actor_of(request), at=timezone.now())


class SubscriberForm(_SubscriberModelForm):
    wants_new_secret = forms.BooleanField(
        label=_("make a new key"),
        required=False,
        help_text=_("Messages are then signed with it: give it to the receiver first."),
    )

    class Meta:
        model = Subscriber
        fields = [
            "name",
            "channel",
            "url",
            "format",
            "mail_address",
            "categories",
            "least_priority",
            "is_active",
        ]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("channel") == Subscriber.Channel.MAIL:
            if not values.get("mail_address"):
                self.add_error("mail_address", gettext("Mail needs an address."))
            return values
        try:
            target = parse_target(values.get("url", ""))
        except AddressRefusedError as error:
            text = gettext("Nothing can be sent there: %(reason)s") % {"reason": error}
            self.add_error("url", text)
        else:
            if not target.is_tls and not settings.OUTSIDE_NETWORKS:
                text = gettext(
                    "Without TLS only to networks that ATOMGRAD_OUTSIDE_NETWORKS names: use https."
                )
                self.add_error("url", text)
        return values


@admin.register(Subscriber)
class SubscriberAdmin(SetByStaff, RemovedOneByOne, _SubscriberModelAdmin):
    form = SubscriberForm
    list_display = ["name", "channel", "format", "least_priority", "is_active"]
    list_filter = ["channel", "format", "is_active"]
    search_fields = ["name", "url", "mail_address"]
    filter_horizontal = ["categories"]

    def save_model(
        self, request: HttpRequest, obj: Subscriber, form: ModelForm[Subscriber], change: Any
    ) -> None:
        del change
        secret = actions.save_subscriber(
            row=obj,
            wants_new_secret=form.cleaned_data["wants_new_secret"],
            actor=actor_of(request),
            at=timezone.now(),
        )
        if secret:
            text = gettext("The key, shown this once: %(key)s") % {"key": secret}
            messages.warning(request, text)

    def delete_model(self, request: HttpRequest, obj: Subscriber) -> None:
        actions.remove(row=obj, actor=actor_of(request), at=timezone.now())
