"""Setup page of users' places, and the way to it from the page of a user."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cameras.access import Act
from cameras.actions.places import give_places, refusal_of
from cameras.admin_rights import NeitherMadeNorRemoved, actor_of
from cameras.audit import target_of, write_audit_entry
from cameras.models import AuditEntry, Location, PlacedUser

if TYPE_CHECKING:  # generic for the type checker only
    _PlacedUserModelAdmin = admin.ModelAdmin[PlacedUser]
    _PlacedUserModelForm = forms.ModelForm[PlacedUser]
    _UserAdmin = UserAdmin[User]
else:
    _PlacedUserModelAdmin, _PlacedUserModelForm, _UserAdmin = (
        admin.ModelAdmin,
        forms.ModelForm,
        UserAdmin,
    )


class PlacedUserForm(_PlacedUserModelForm):
    actor: User | None = None  # whoever fills it in
    places = forms.ModelMultipleChoiceField(
        Location.objects.all(),
        label=_("Places"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_(
            "None: all of them. Cameras, footage, alarms and incidents of others are gone."
        ),
    )

    class Meta:
        model = PlacedUser
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        given = self.instance.given_places.values_list("location", flat=True)
        self.initial["places"] = list(given)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        assert self.actor is not None  # noqa: S101 -- the admin lets nobody else in
        if reason := refusal_of(actor=self.actor, user=self.instance):
            raise ValidationError(reason)
        return values


@admin.register(PlacedUser)
class PlacedUserAdmin(NeitherMadeNorRemoved, _PlacedUserModelAdmin):
    """Lists everybody but administrators, who see all places; users are made on their own page."""

    act = Act.MANAGE_DICTIONARIES

    form = PlacedUserForm
    list_display = ["username", "full_name", "roles", "place_names", "is_active"]
    list_filter = ["groups", "given_places__location", "is_active"]
    search_fields = ["username", "first_name", "last_name", "given_places__location__name"]
    ordering = ["username"]
    fields = ["login", "roles", "places"]
    readonly_fields = ["login", "roles"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[PlacedUser]:
        users = super().get_queryset(request).filter(is_superuser=False)
        return users.prefetch_related("groups", "given_places__location")

    @admin.display(description=User._meta.get_field("username").verbose_name)
    def login(self, user: PlacedUser) -> str:
        return user.username  # without the advice that the field gives to whoever makes users

    @admin.display(description=_("name"))
    def full_name(self, user: PlacedUser) -> str:
        return user.get_full_name()

    @admin.display(description=_("roles"))
    def roles(self, user: PlacedUser) -> str:
        return ", ".join(group.name for group in user.groups.all())

    @admin.display(description=_("places"))
    def place_names(self, user: PlacedUser) -> str:
        names = [given.location.name for given in user.given_places.all()]
        return ", ".join(names) or gettext("all")

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        form = super().get_form(request, *args, **kwargs)
        return type(form.__name__, (form,), {"actor": request.user})

    def save_model(
        self, request: HttpRequest, obj: PlacedUser, form: forms.ModelForm[PlacedUser], change: Any
    ) -> None:
        del change
        assert isinstance(request.user, User)  # noqa: S101 -- the admin lets nobody else in
        give_places(
            actor=request.user,
            user=User.objects.get(pk=obj.pk),
            places=form.cleaned_data["places"],
            at=timezone.now(),
            address=request.META.get("REMOTE_ADDR") or None,
        )

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """Show who gave which places, out of the log."""
        del extra_context
        user = get_object_or_404(self.get_queryset(request), pk=object_id)
        if not self.has_view_permission(request, user):
            raise PermissionDenied
        entries = AuditEntry.objects.filter(
            target=target_of(User(pk=user.pk)), action="user.places"
        )
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Change history: %s") % user,
            "opts": self.model._meta,
            "object": user,
            "steps": [_step(entry) for entry in entries.select_related("actor")],
        }
        return TemplateResponse(request, "admin/incidents/dictionary_history.html", context)


def _step(entry: AuditEntry) -> dict[str, Any]:
    before, after = (", ".join(entry.detail.get(name, [])) for name in ("before", "after"))
    everywhere = gettext("all")
    change = {
        "title": gettext("places"),
        "before": before or everywhere,
        "after": after or everywhere,
    }
    return {"at": entry.occurred_at, "actor": entry.actor, "act": "change", "fields": [change]}


admin.site.unregister(User)


@admin.register(User)
class AuditedUserAdmin(_UserAdmin):
    """Django's page of a user, for administrators: what is changed is noted, the places named."""

    readonly_fields = ["places"]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        return fieldsets if obj is None else [*fieldsets, (_("places"), {"fields": ["places"]})]

    @admin.display(description=_("places"))
    def places(self, user: User) -> SafeString | str:
        if user.is_superuser:
            return gettext("Administrators see all places.")
        given = user.given_places.select_related("location")
        names = ", ".join(row.location.name for row in given) or gettext("all")
        url = reverse("admin:cameras_placeduser_change", args=[user.pk])
        return format_html('{} · <a href="{}">{}</a>', names, url, _("Change"))

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        self._note(request, "user.create", obj, message)
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        self._note(request, "user.change", obj, message)
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        for user in queryset:
            self._note(request, "user.delete", user, user.username)
        return super().log_deletions(request, queryset)

    def _note(self, request: HttpRequest, action: str, user: User, message: Any) -> None:
        write_audit_entry(
            actor=actor_of(request),
            action=action,
            target=user,
            at=timezone.now(),
            detail={"username": user.username, "changes": message},
            address=request.META.get("REMOTE_ADDR") or None,
        )
