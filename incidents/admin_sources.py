"""Setup pages of outside sources. Every change goes through the actions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.forms import ModelForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from cameras.admin_rights import RemovedOneByOne, actor_of
from incidents.actions import source_settings as actions
from incidents.actions.device_check import check_device, report_lines
from incidents.actions.report_papers import NoFontError
from incidents.actions.sign_papers import Size, sign_paper
from incidents.admin_interchange import SetByStaff
from incidents.forms.sources import DeviceForm, SourceForm, TopicForm
from incidents.models import AlarmSource, CitizenDesk, OnvifDevice, OnvifTopic, PlaceSign
from incidents.queries.sources import citizen_desk, kind_names

if TYPE_CHECKING:  # generic for the type checker only
    _SourceModelAdmin = admin.ModelAdmin[AlarmSource]
    _DeviceModelAdmin = admin.ModelAdmin[OnvifDevice]
    _TopicModelAdmin = admin.ModelAdmin[OnvifTopic]
    _DeskModelAdmin = admin.ModelAdmin[CitizenDesk]
    _SignModelAdmin = admin.ModelAdmin[PlaceSign]
else:
    _SourceModelAdmin = _DeviceModelAdmin = _TopicModelAdmin = admin.ModelAdmin
    _DeskModelAdmin = _SignModelAdmin = admin.ModelAdmin


# --- other systems ----------------------------------------------------------------------------


@admin.register(AlarmSource)
class AlarmSourceAdmin(SetByStaff, RemovedOneByOne, _SourceModelAdmin):
    form = SourceForm
    list_display = [
        "name",
        "channel",
        "is_active",
        "heard_at",
        "accepted_count",
        "repeated_count",
        "refused_count",
        "surplus_count",
    ]
    list_filter = ["channel", "is_active"]
    search_fields = ["name"]
    filter_horizontal = ["places"]
    readonly_fields = [
        "heard_at",
        "accepted_count",
        "repeated_count",
        "refused_count",
        "last_refusal",
        "surplus_count",
    ]
    fieldsets = [
        (None, {"fields": ["name", "channel", "is_active", "wants_new_token"]}),
        (_("what it may"), {"fields": ["places", "kinds", "top_priority"]}),
        (_("how often"), {"fields": ["per_minute", "heartbeat_minutes"]}),
        (
            _("what came of it"),
            {
                "fields": [
                    "heard_at",
                    "accepted_count",
                    "repeated_count",
                    "refused_count",
                    "last_refusal",
                    "surplus_count",
                ]
            },
        ),
    ]

    def save_model(
        self, request: HttpRequest, obj: AlarmSource, form: ModelForm[AlarmSource], change: Any
    ) -> None:
        del change
        token = actions.save_source(
            row=obj,
            wants_new_token=form.cleaned_data["wants_new_token"],
            actor=actor_of(request),
            at=timezone.now(),
        )
        if token:
            text = gettext("The token, shown this once: %(token)s") % {"token": token}
            messages.warning(request, text)

    def delete_model(self, request: HttpRequest, obj: AlarmSource) -> None:
        actions.remove(row=obj, actor=actor_of(request), at=timezone.now())


# --- ONVIF ------------------------------------------------------------------------------------


@admin.register(OnvifDevice)
class OnvifDeviceAdmin(SetByStaff, RemovedOneByOne, _DeviceModelAdmin):
    form = DeviceForm
    list_display = [
        "__str__",
        "camera",
        "state_text",
        "is_active",
        "heard_at",
        "event_count",
        "raised_count",
        "surplus_count",
    ]
    list_filter = ["state", "is_active"]
    list_select_related = ["camera"]
    search_fields = ["camera__name", "camera__number", "url"]
    readonly_fields = [
        "state_text",
        "check_button",
        "clock_offset_s",
        "heard_at",
        "event_count",
        "raised_count",
        "surplus_count",
        "unmapped_text",
    ]
    fieldsets = [
        (None, {"fields": ["camera", "url", "username", "password", "is_active", "per_minute"]}),
        (
            _("how it does"),
            {
                "fields": [
                    "state_text",
                    "check_button",
                    "clock_offset_s",
                    "heard_at",
                    "event_count",
                    "raised_count",
                    "surplus_count",
                    "unmapped_text",
                ]
            },
        ),
    ]

    @admin.display(description=_("state"), ordering="state")
    def state_text(self, device: OnvifDevice) -> str:
        if not device.is_active:
            return gettext("switched off")
        label = str(device.get_state_display())
        # Of a wrong password there is nothing more to say; the rest is for technicians.
        is_said = device.state == OnvifDevice.State.AUTH_FAILED or not device.detail
        return label if is_said else f"{label}: {device.detail}"

    @admin.display(description=_("events without a topic"))
    def unmapped_text(self, device: OnvifDevice) -> str:
        counts = sorted(device.unmapped.items(), key=lambda pair: -pair[1])
        return ", ".join(f"{topic} ({count})" for topic, count in counts) or "—"

    @admin.display(description=_("check"))
    def check_button(self, device: OnvifDevice | None) -> SafeString | str:
        if device is None or not device.pk:
            return gettext("Save the device first, then check it.")
        return format_html(
            '<button type="submit" class="button" formaction="{}" formnovalidate>{}</button>',
            reverse("admin:incidents_onvifdevice_check", args=[device.pk]),
            _("Check"),
        )

    def save_model(
        self, request: HttpRequest, obj: OnvifDevice, form: ModelForm[OnvifDevice], change: Any
    ) -> None:
        del change
        actions.save_device(
            row=obj,
            password=form.cleaned_data["password"] or None,
            actor=actor_of(request),
            at=timezone.now(),
        )

    def delete_model(self, request: HttpRequest, obj: OnvifDevice) -> None:
        actions.remove(row=obj, actor=actor_of(request), at=timezone.now())

    def get_urls(self) -> list[URLPattern]:
        check: Callable[..., HttpResponse] = self.admin_site.admin_view(
            require_POST(self.check_view)
        )
        name = "incidents_onvifdevice_check"
        return [path("<int:device_id>/check/", check, name=name), *super().get_urls()]

    def check_view(self, request: HttpRequest, device_id: int) -> HttpResponse:
        """Ask the device what it offers; takes up to half a minute."""
        if not self.has_view_permission(request):
            return TemplateResponse(request, "403.html", status=403)
        device = get_object_or_404(OnvifDevice.objects.select_related("camera"), pk=device_id)
        check = check_device(device)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Check of %(camera)s") % {"camera": device.camera},
            "device": device,
            "lines": report_lines(check),
            "topics": check.topics,
            "opts": self.model._meta,
        }
        return TemplateResponse(request, "admin/incidents/device_check.html", context)


@admin.register(OnvifTopic)
class OnvifTopicAdmin(SetByStaff, RemovedOneByOne, _TopicModelAdmin):
    form = TopicForm
    list_display = ["topic", "kind_text", "grade", "priority", "pause_s", "is_active"]
    list_filter = ["grade", "is_active"]
    search_fields = ["topic"]

    @admin.display(description=_("situation"), ordering="kind")
    def kind_text(self, topic: OnvifTopic) -> str:
        return kind_names().get(topic.kind, topic.kind)

    def save_model(
        self, request: HttpRequest, obj: OnvifTopic, form: ModelForm[OnvifTopic], change: Any
    ) -> None:
        del form, change
        actions.save_topic(row=obj, actor=actor_of(request), at=timezone.now())

    def delete_model(self, request: HttpRequest, obj: OnvifTopic) -> None:
        actions.remove(row=obj, actor=actor_of(request), at=timezone.now())


# --- citizens ---------------------------------------------------------------------------------


@admin.register(CitizenDesk)
class CitizenDeskAdmin(SetByStaff, _DeskModelAdmin):
    list_display = ["__str__", "is_open", "accepted_count", "refused_count", "surplus_count"]
    readonly_fields = ["accepted_count", "refused_count", "surplus_count"]
    fieldsets = [
        (None, {"fields": ["is_open", "operator", "phone", "public_url"]}),
        (_("how often"), {"fields": ["per_address_hour", "per_place_hour"]}),
        (
            _("what came of it"),
            {"fields": ["accepted_count", "refused_count", "surplus_count"]},
        ),
    ]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_add_permission(request, obj) and not CitizenDesk.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        del request, obj
        return False  # what is not wanted is closed

    def save_model(
        self, request: HttpRequest, obj: CitizenDesk, form: ModelForm[CitizenDesk], change: Any
    ) -> None:
        del form, change
        actions.save_citizen_desk(row=obj, actor=actor_of(request), at=timezone.now())


@admin.register(PlaceSign)
class PlaceSignAdmin(SetByStaff, _SignModelAdmin):
    """Numbers are made by the portal; here they are looked up and printed."""

    list_display = ["place", "shown_number", "papers"]
    list_display_links = None
    list_select_related = ["place"]
    search_fields = ["place__name", "number"]

    @admin.display(description=_("number on the sign"), ordering="number")
    def shown_number(self, sign: PlaceSign) -> str:
        return sign.shown

    @admin.display(description=_("print"))
    def papers(self, sign: PlaceSign) -> SafeString:
        name = "admin:incidents_placesign_paper"
        return format_html(
            '<a href="{}">A4</a> &nbsp; <a href="{}">A5</a>',
            reverse(name, args=[sign.pk, "A4"]),
            reverse(name, args=[sign.pk, "A5"]),
        )

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if self.has_view_permission(request):
            actions.add_missing_signs(at=timezone.now())  # of a place that was added just now
        title = capfirst(self.opts.verbose_name_plural)
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        del request, obj
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        del request, obj
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        del request, obj
        return False  # it hangs at the place

    def get_urls(self) -> list[URLPattern]:
        paper: Callable[..., HttpResponse] = self.admin_site.admin_view(self.paper_view)
        name = "incidents_placesign_paper"
        return [path("<int:sign_id>/<str:size>.pdf", paper, name=name), *super().get_urls()]

    def paper_view(self, request: HttpRequest, sign_id: int, size: str) -> HttpResponse:
        """The sign as PDF."""
        if not self.has_view_permission(request):
            return TemplateResponse(request, "403.html", status=403)
        if size not in {"A4", "A5"}:
            raise Http404
        sign = get_object_or_404(PlaceSign.objects.select_related("place"), pk=sign_id)
        desk = citizen_desk()
        route = reverse("citizen-report", args=[sign.number])
        base = desk.public_url.rstrip("/")
        url = f"{base}{route}" if base else request.build_absolute_uri(route)
        try:
            content = sign_paper(sign=sign, desk=desk, url=url, size=cast("Size", size))
        except NoFontError as error:
            messages.error(request, str(error))
            return self.changelist_view(request)
        headers = {"Content-Disposition": f'inline; filename="sign-{sign.number}-{size}.pdf"'}
        return HttpResponse(content, content_type="application/pdf", headers=headers)
