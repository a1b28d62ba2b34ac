"""Setup pages of the dictionaries: categories, hints at the law, checklists, services, norms.

Whatever is written goes through incidents.actions, so that the log says who changed what.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.forms import BaseModelFormSet, ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cameras.admin_rights import RemovedOneByOne, actor_of
from incidents.actions.dictionaries import RESERVED, Row, remove_row, save_row
from incidents.actions.dictionary_columns import (
    CATEGORIES,
    CHECKLIST,
    LEGAL_HINTS,
    NORMS,
    SERVICES,
    Dictionary,
)
from incidents.actions.dictionary_files import dictionary_csv, dictionary_xlsx
from incidents.admin_interchange import SetByStaff
from incidents.models import Category, ChecklistItem, LegalHint, Norm, Service
from incidents.queries.history import history_of
from incidents.views.dictionaries import import_page

if TYPE_CHECKING:  # generic for the type checker only
    _RowModelAdmin = admin.ModelAdmin[Any]
    _HintTabularInline = admin.TabularInline[LegalHint, Category]
    _ItemTabularInline = admin.TabularInline[ChecklistItem, Category]
    _DayFilter = admin.SimpleListFilter
else:
    _RowModelAdmin = admin.ModelAdmin
    _HintTabularInline = _ItemTabularInline = admin.TabularInline
    _DayFilter = admin.SimpleListFilter

FORMATS: dict[str, tuple[Callable[[Dictionary, Any], bytes], str]] = {
    "csv": (dictionary_csv, "text/csv; charset=utf-8"),
    "xlsx": (
        dictionary_xlsx,
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
}


def _written_by(request: HttpRequest) -> dict[str, Any]:
    return {
        "actor": actor_of(request),
        "at": timezone.now(),
        "address": request.META.get("REMOTE_ADDR") or None,
    }


class DictionaryAdmin(SetByStaff, RemovedOneByOne, _RowModelAdmin):
    """What the pages of all dictionaries share: files out and in, history, writing by actions."""

    dictionary: Dictionary
    change_list_template = "admin/incidents/dictionary_list.html"
    object_history_template = "admin/incidents/dictionary_history.html"
    list_per_page = 50

    # --- writing -----------------------------------------------------------------------

    def save_model(self, request: HttpRequest, obj: Row, form: ModelForm[Any], change: Any) -> None:
        del change
        services = form.cleaned_data.get("services")
        save_row(row=obj, services=services, **_written_by(request))

    def save_related(
        self, request: HttpRequest, form: ModelForm[Any], formsets: Any, change: Any
    ) -> None:
        """Leave out what Django would do beside the formsets: `save_model` has set the services."""
        for formset in formsets:
            self.save_formset(request, form, formset, change=change)

    def save_formset(
        self,
        request: HttpRequest,
        form: ModelForm[Any],
        formset: BaseModelFormSet[Any, Any],
        change: Any,
    ) -> None:
        del form, change
        changed = formset.save(commit=False)
        for row in formset.deleted_objects:
            remove_row(row=row, **_written_by(request))
        for row in changed:
            save_row(row=row, **_written_by(request))

    def delete_model(self, request: HttpRequest, obj: Row) -> None:
        remove_row(row=obj, **_written_by(request))

    # --- history -----------------------------------------------------------------------

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """Show who changed which field from what to what, out of the log."""
        del extra_context
        row = get_object_or_404(self.get_queryset(request), pk=object_id)
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Change history: %s") % row,
            "opts": self.model._meta,
            "object": row,
            "steps": history_of(row),
        }
        return TemplateResponse(request, self.object_history_template, context)

    # --- files -------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        name = self.dictionary.name
        return [
            path(
                "export.<str:extension>",
                self.admin_site.admin_view(self.export_view),
                name=f"incidents_{name}_export",
            ),
            path(
                "import/",
                self.admin_site.admin_view(self.import_view),
                name=f"incidents_{name}_import",
            ),
            *super().get_urls(),
        ]

    def export_view(self, request: HttpRequest, extension: str) -> HttpResponse:
        """Send the rows that the list shows, all pages of them."""
        if not self.has_view_permission(request) or extension not in FORMATS:
            raise PermissionDenied
        write, content_type = FORMATS[extension]
        rows = self.get_changelist_instance(request).get_queryset(request)
        name = f"{self.dictionary.name}_{timezone.localdate():%Y%m%d}.{extension}"
        headers = {
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        }
        content = write(self.dictionary, rows)
        return HttpResponse(content, content_type=content_type, headers=headers)

    def import_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_change_permission(request):
            raise PermissionDenied
        context = {**self.admin_site.each_context(request), "opts": self.model._meta}
        return import_page(request, self.dictionary, context)


class LegalHintInline(SetByStaff, _HintTabularInline):
    model = LegalHint
    extra = 0


class ChecklistInline(SetByStaff, _ItemTabularInline):
    model = ChecklistItem
    extra = 0


class _CodeStays(DictionaryAdmin):
    """Cards and other systems know a row by its code."""

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        del request
        return ["code"] if obj else []


@admin.register(Category)
class CategoryAdmin(_CodeStays):
    dictionary = CATEGORIES
    fields = [*CATEGORIES.columns]
    list_display = ["name", "code", "priority", "hints", "steps", "is_counted", "is_active"]
    list_filter = ["priority", "is_active", "is_counted", "services"]
    search_fields = ["name", "code", "ekp_code", "evidence"]
    filter_horizontal = ["services"]
    inlines = [LegalHintInline, ChecklistInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = (
            super()
            .get_queryset(request)
            .annotate(
                hint_count=Count("legal_hints", distinct=True),
                step_count=Count("checklist", distinct=True),
            )
        )
        return rows.prefetch_related("services")

    @admin.display(description=_("articles"), ordering="hint_count")
    def hints(self, category: Any) -> int:
        return int(category.hint_count)

    @admin.display(description=_("checklist"), ordering="step_count")
    def steps(self, category: Any) -> int:
        return int(category.step_count)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        is_reserved = obj is not None and obj.code in RESERVED
        return super().has_delete_permission(request, obj) and not is_reserved

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Name categories that the portal itself needs beside those that cards need."""
        deleted, counts, lacking, protected = super().get_deleted_objects(objs, request)
        kept = [str(row) for row in objs if row.code in RESERVED]
        return deleted, counts, lacking, [*protected, *kept]


@admin.register(Service)
class ServiceAdmin(_CodeStays):
    dictionary = SERVICES
    fields = [*SERVICES.columns]
    list_display = ["name", "code", "phone", "is_police", "is_active"]
    list_filter = ["is_active", "is_police"]
    search_fields = ["name", "code", "phone"]


class InForceFilter(_DayFilter):
    title = _("in force today")
    parameter_name = "in_force"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        del request, model_admin
        return [("yes", _("yes")), ("no", _("no"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        del request
        today = timezone.localdate()
        still = Q(valid_until=None) | Q(valid_until__gte=today)
        in_force = Q(valid_from__lte=today) & still
        if self.value() == "yes":
            return queryset.filter(in_force)
        return queryset.exclude(in_force) if self.value() == "no" else queryset


@admin.register(LegalHint)
class LegalHintAdmin(DictionaryAdmin):
    dictionary = LEGAL_HINTS
    list_display = ["article", "category", "text", "penalty", "valid_from", "valid_until"]
    list_filter = [InForceFilter, "category"]
    list_select_related = ["category"]
    search_fields = ["article", "text", "penalty", "category__name", "category__code"]


@admin.register(ChecklistItem)
class ChecklistItemAdmin(DictionaryAdmin):
    dictionary = CHECKLIST
    list_display = ["text", "of_category", "is_required", "fact", "is_active", "position"]
    list_filter = ["is_active", "is_required", "fact", "category"]
    list_select_related = ["category"]
    search_fields = ["text", "category__name", "category__code"]

    @admin.display(description=_("category"), ordering="category")
    def of_category(self, item: ChecklistItem) -> str:
        return item.category.name if item.category else gettext("all")


@admin.register(Norm)
class NormAdmin(DictionaryAdmin):
    dictionary = NORMS
    list_display = ["interval", "seconds"]
    list_filter = ["interval"]
    search_fields = ["interval"]
