"""Setup pages of places and cameras. Every change goes through cameras.actions."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db.models import ForeignKey, QuerySet
from django.forms import BaseModelFormSet, ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from cameras import admin_places
from cameras.access import Act, can, in_places_of, places_visible_to
from cameras.actions import cameras as actions
from cameras.actions.probing import check_stream, report_lines
from cameras.admin_rights import AskedOfAccess, RemovedOneByOne, actor_of
from cameras.failure_texts import failure_text
from cameras.forms import StreamForm
from cameras.models import AuditEntry, Camera, Location, Stream, StreamStatus

__all__ = ["admin_places"]

if TYPE_CHECKING:  # generic for the type checker only
    _LocationModelAdmin = admin.ModelAdmin[Location]
    _CameraModelAdmin = admin.ModelAdmin[Camera]
    _AuditModelAdmin = admin.ModelAdmin[AuditEntry]
    _StreamStackedInline = admin.StackedInline[Stream, Camera]
else:
    _LocationModelAdmin = _CameraModelAdmin = _AuditModelAdmin = admin.ModelAdmin
    _StreamStackedInline = admin.StackedInline


class ManagedByStaff(AskedOfAccess):
    act = Act.MANAGE_CAMERAS


@admin.register(Location)
class LocationAdmin(ManagedByStaff, RemovedOneByOne, _LocationModelAdmin):
    list_display = ["name", "address", "icon", "position", "excludes_faces"]
    fields = ["name", "address", "icon", "position", "excludes_faces"]
    search_fields = ["name", "address"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Location]:
        return super().get_queryset(request).filter(in_places_of(request.user, "pk"))

    def save_model(
        self, request: HttpRequest, obj: Location, form: ModelForm[Location], change: Any
    ) -> None:
        del form, change
        actions.save_location(actor=actor_of(request), location=obj, at=timezone.now())

    def delete_model(self, request: HttpRequest, obj: Location) -> None:
        actions.remove(actor=actor_of(request), row=obj, at=timezone.now())


class StreamInline(ManagedByStaff, _StreamStackedInline):
    model = Stream
    form = StreamForm
    extra = 0
    min_num = 1
    max_num = len(Stream.Role)
    fields = [
        ("role", "transport", "is_recorded"),
        "url",
        ("username", "password", "clears_password"),
        "check_button",
    ]
    readonly_fields = ["check_button"]

    @admin.display(description=_("check"))
    def check_button(self, stream: Stream | None) -> SafeString | str:
        if stream is None or not stream.pk:
            return gettext("Save the camera first, then check it.")
        return format_html(
            '<button type="submit" class="button" formaction="{}" formnovalidate>{}</button>',
            reverse("admin:cameras_stream_check", args=[stream.pk]),
            _("Check"),
        )


@admin.register(Camera)
class CameraAdmin(ManagedByStaff, RemovedOneByOne, _CameraModelAdmin):
    list_display = ["picture", "label", "name", "location", "state", "is_enabled"]
    list_display_links = ["label", "name"]
    list_filter = [
        ("location", admin.RelatedOnlyFieldListFilter),
        "is_enabled",
        "streams__status__state",
    ]
    list_select_related = ["location"]
    search_fields = ["name", "number", "location__name"]
    inlines = [StreamInline]
    fieldsets = [
        (None, {"fields": ["location", "number", "name", "is_enabled"]}),
        (_("Recording"), {"fields": ["records_audio", "retention_days"]}),
        (_("On the plan"), {"fields": ["plan_x", "plan_y", "bearing"], "classes": ["collapse"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Camera]:
        cameras = super().get_queryset(request).filter(in_places_of(request.user))
        return cameras.prefetch_related("streams__status")

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        if db_field.name == "location":
            kwargs["queryset"] = places_visible_to(request.user)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @admin.display(description=_("picture"))
    def picture(self, camera: Camera) -> SafeString:
        now_us = int(timezone.now().timestamp() * 1e6)
        return format_html(
            '<img class="camera-picture" width="96" height="54" loading="lazy" alt="" src="{}">',
            f"{reverse('archive-frame')}?camera={camera.pk}&at_us={now_us}&width=192",
        )

    @admin.display(description=_("number"), ordering="number")
    def label(self, camera: Camera) -> str:
        return camera.label

    @admin.display(description=_("state"))
    def state(self, camera: Camera) -> SafeString | str:
        if not camera.is_enabled:
            return gettext("switched off")
        for stream in camera.streams.all():
            if stream.role == Stream.Role.MAIN:
                return _state_text(stream)
        return gettext("no stream")

    def save_model(
        self, request: HttpRequest, obj: Camera, form: ModelForm[Camera], change: Any
    ) -> None:
        del form, change
        actions.save_camera(actor=actor_of(request), camera=obj, at=timezone.now())

    def save_formset(
        self,
        request: HttpRequest,
        form: ModelForm[Camera],
        formset: BaseModelFormSet[Any, Any],
        change: Any,
    ) -> None:
        del form, change
        actor, now = actor_of(request), timezone.now()
        formset.save(commit=False)
        for row in formset.deleted_objects:
            actions.remove(actor=actor, row=row, at=now)
        for stream_form in formset.forms:
            if stream_form in formset.deleted_forms or not stream_form.has_changed():
                continue
            actions.save_stream(
                actor=actor,
                stream=stream_form.instance,
                at=now,
                password=stream_form.new_password,
            )

    def delete_model(self, request: HttpRequest, obj: Camera) -> None:
        actions.remove(actor=actor_of(request), row=obj, at=timezone.now())

    def get_urls(self) -> list[URLPattern]:
        check: Callable[..., HttpResponse] = self.admin_site.admin_view(
            require_POST(self.check_view)
        )
        route = path("stream/<int:stream_id>/check/", check, name="cameras_stream_check")
        return [route, *super().get_urls()]

    def check_view(self, request: HttpRequest, stream_id: int) -> HttpResponse:
        """Connect to the camera and show what it sends; takes up to ten seconds."""
        if not self.has_view_permission(request):
            return TemplateResponse(request, "403.html", status=403)
        streams = Stream.objects.filter(in_places_of(request.user, "camera__location"))
        stream = get_object_or_404(streams.select_related("camera"), pk=stream_id)
        report = check_stream(stream)
        if report.failure:
            messages.warning(request, failure_text(report.failure.detail))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Check of %(camera)s") % {"camera": stream.camera},
            "stream": stream,
            "lines": report_lines(report),
            "picture": base64.b64encode(report.picture).decode(),
            "opts": self.model._meta,
        }
        return TemplateResponse(request, "admin/cameras/check.html", context)


def _state_text(stream: Stream) -> str | SafeString:
    status = getattr(stream, "status", None)
    if not isinstance(status, StreamStatus):
        return str(StreamStatus.State.UNKNOWN.label)
    if not status.detail or status.state == StreamStatus.State.ONLINE:
        return status.get_state_display()
    return format_html(
        '<span title="{}">{}</span>', failure_text(status.detail), status.get_state_display()
    )


@admin.register(AuditEntry)
class AuditEntryAdmin(_AuditModelAdmin):
    """For reading only."""

    list_display = ["occurred_at", "actor", "action", "target", "address"]
    list_filter = ["action"]
    search_fields = ["target", "action"]
    date_hierarchy = "occurred_at"

    def has_module_permission(self, request: HttpRequest) -> bool:
        return can(request.user, Act.VIEW_AUDIT)

    def has_view_permission(self, request: HttpRequest, obj: AuditEntry | None = None) -> bool:
        del obj
        return can(request.user, Act.VIEW_AUDIT)

    def has_add_permission(self, request: HttpRequest) -> bool:
        del request
        return False

    def has_change_permission(self, request: HttpRequest, obj: AuditEntry | None = None) -> bool:
        del request, obj
        return False

    def has_delete_permission(self, request: HttpRequest, obj: AuditEntry | None = None) -> bool:
        del request, obj
        return False
