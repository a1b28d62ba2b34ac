"""Dictionaries as tables: which columns each has, and how a cell is written and read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import override

from incidents.actions.dictionaries import Row
from incidents.models import Category, ChecklistItem, LegalHint, Norm, Service

_SWITCHES = {
    **dict.fromkeys(("yes", "да", "1", "true", "истина", "+"), True),
    **dict.fromkeys(("no", "нет", "0", "false", "ложь", "-", ""), False),
}
_DAYS = ("%Y-%m-%d", "%d.%m.%Y", "%Y-%m-%d %H:%M:%S")
Cell = str


@dataclass(frozen=True, slots=True)
class Dictionary:
    """`key`: what tells one row from another, here and in the file of another town."""

    model: type[Row]
    columns: tuple[str, ...]
    key: tuple[str, ...]

    @property
    def name(self) -> str:
        return str(self.model._meta.model_name)


CATEGORIES = Dictionary(
    Category,
    (
        "code",
        "name",
        "priority",
        "ekp_code",
        "evidence",
        "services",
        "is_counted",
        "is_active",
        "position",
    ),
    key=("code",),
)
SERVICES = Dictionary(
    Service, ("code", "name", "phone", "is_police", "is_active", "position"), key=("code",)
)
LEGAL_HINTS = Dictionary(
    LegalHint,
    ("category", "article", "text", "penalty", "valid_from", "valid_until", "position"),
    key=("category", "article", "valid_from"),
)
CHECKLIST = Dictionary(
    ChecklistItem,
    ("category", "text", "is_required", "fact", "is_active", "position"),
    key=("category", "text"),
)
NORMS = Dictionary(Norm, ("interval", "seconds"), key=("interval",))


class CellError(Exception):
    """What is wrong with a cell; to be shown."""


def title_of(dictionary: Dictionary, column: str) -> str:
    """Return the head of a column as people read it."""
    return str(_field(dictionary, column).verbose_name)


def titles_of(dictionary: Dictionary, column: str) -> set[str]:
    """Return all heads under which a column is known: its own name, and that of each language."""
    found = {column.casefold()}
    for language, _name in settings.LANGUAGES:
        with override(language):
            found.add(title_of(dictionary, column).casefold())
    return found


def text_of(row: Row, column: str) -> Cell:
    """Write a cell."""
    if column == "services":
        assert isinstance(row, Category)  # noqa: S101 -- no other has the column
        return ", ".join(sorted(service.code for service in row.services.all()))
    value = getattr(row, column)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Category):
        return value.code
    if isinstance(value, date):
        return value.isoformat()
    return "" if value is None else str(value)


def value_of(dictionary: Dictionary, column: str, text: Cell) -> Any:
    """Read a cell.

    Raises:
        CellError: no such value.
    """
    field = _field(dictionary, column)
    text = text.strip()
    if isinstance(field, models.ManyToManyField):
        return _services(text)
    if isinstance(field, models.ForeignKey):
        return _category(text)
    if isinstance(field, models.BooleanField):
        return _switch(text)
    if isinstance(field, models.DateField):
        return _day(text) if text else None
    if isinstance(field, models.IntegerField):
        return _number(text)
    return text


def _field(dictionary: Dictionary, column: str) -> Any:
    return dictionary.model._meta.get_field(column)


def _services(text: str) -> list[Service]:
    codes = [part.strip() for part in text.replace(";", ",").split(",") if part.strip()]
    known = {service.code: service for service in Service.objects.filter(code__in=codes)}
    if missing := [code for code in codes if code not in known]:
        raise CellError(_("There is no service %(codes)s.") % {"codes": ", ".join(missing)})
    return [known[code] for code in codes]


def _category(text: str) -> Category | None:
    if not text:
        return None
    found = Category.objects.filter(code=text).first()
    if found is None:
        raise CellError(_("There is no category %(code)s.") % {"code": text})
    return found


def _switch(text: str) -> bool:
    if text.casefold() not in _SWITCHES:
        raise CellError(_("Write yes or no."))
    return _SWITCHES[text.casefold()]


def _day(text: str) -> date:
    for form in _DAYS:
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 -- a day has no zone
        except ValueError:
            continue
    raise CellError(_("Write a day as 2026-11-28 or 28.11.2026."))


def _number(text: str) -> int:
    try:
        return int(text.removesuffix(".0"))
    except ValueError as error:
        raise CellError(_("Write a whole number.")) from error


def faults_of(error: ValidationError) -> list[tuple[str, str]]:
    """Return the column and the text of each fault; an empty column: of the row."""
    if not hasattr(error, "error_dict"):
        return [("", text) for text in error.messages]
    return [
        ("" if name == "__all__" else name, text)
        for name, texts in error.message_dict.items()
        for text in texts
    ]
