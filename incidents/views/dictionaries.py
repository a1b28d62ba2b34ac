"""The page that takes a dictionary from a file: choose, look at what would change, agree."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.core import signing
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from incidents.actions.dictionary_columns import Dictionary, title_of
from incidents.actions.dictionary_files import FileRefusedError, read_table
from incidents.actions.dictionary_import import (
    ImportRefusedError,
    Plan,
    import_table,
    plan_import,
)

_TEMPLATE = "admin/incidents/dictionary_import.html"
_SALT = "dictionary-import"
_AGREED_WITHIN_S = 3600
Table = list[list[str]]


def import_page(
    request: HttpRequest, dictionary: Dictionary, context: dict[str, Any]
) -> HttpResponse:
    """Show the form, the plan of the sent file, or write what was agreed to."""
    shown = {
        **context,
        "title": _("Import: %(what)s") % {"what": dictionary.model._meta.verbose_name_plural},
        "columns": [title_of(dictionary, name) for name in dictionary.columns],
        "key": [title_of(dictionary, name) for name in dictionary.key],
    }
    if request.method != "POST":
        return TemplateResponse(request, _TEMPLATE, shown)
    if "agreed" in request.POST:
        return _agree(request, dictionary, shown)
    file = request.FILES.get("file")
    if not isinstance(file, UploadedFile):
        return TemplateResponse(request, _TEMPLATE, {**shown, "refusal": _("Choose a file.")})
    try:
        table = read_table(file.name or "", file.read())
    except FileRefusedError as error:
        return TemplateResponse(request, _TEMPLATE, {**shown, "refusal": str(error)})
    plan = plan_import(dictionary=dictionary, table=table)
    return _plan_page(request, dictionary, shown, plan, table, file.name or "")


def _plan_page(
    request: HttpRequest,
    dictionary: Dictionary,
    context: dict[str, Any],
    plan: Plan,
    table: Table,
    file_name: str,
) -> HttpResponse:
    agreed = {"dictionary": dictionary.name, "digest": plan.digest, "table": table}
    signed = signing.dumps({**agreed, "file": file_name}, salt=_SALT, compress=True)
    context |= {"plan": plan, "agreed": signed, "file_name": file_name}
    return TemplateResponse(request, _TEMPLATE, context)


def _agree(request: HttpRequest, dictionary: Dictionary, context: dict[str, Any]) -> HttpResponse:
    try:
        agreed = signing.loads(request.POST["agreed"], salt=_SALT, max_age=_AGREED_WITHIN_S)
    except signing.BadSignature:
        agreed = {}
    if agreed.get("dictionary") != dictionary.name:
        text = _("This was looked at too long ago. Choose the file again.")
        return TemplateResponse(request, _TEMPLATE, {**context, "refusal": text})
    try:
        plan = import_table(
            dictionary=dictionary,
            table=agreed["table"],
            digest=agreed["digest"],
            actor=cast("User", request.user),
            at=timezone.now(),
            file_name=agreed["file"],
            address=request.META.get("REMOTE_ADDR") or None,
        )
    except ImportRefusedError as error:
        context["refusal"] = _("The dictionary has been changed since. Look at it again.")
        return _plan_page(request, dictionary, context, error.plan, agreed["table"], agreed["file"])
    count = len(plan.changes)
    text = ngettext("%(count)d row was written.", "%(count)d rows were written.", count)
    messages.success(request, text % {"count": count})
    return redirect(f"admin:incidents_{dictionary.name}_changelist")
