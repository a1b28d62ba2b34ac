"""What the forms share that narrow a list."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from incidents.queries.town_days import midnight

_ANYTHING = ("", _("all"))


class NarrowingForm(forms.Form):
    """Fields of a query string; each may be empty."""

    def _choices(self, name: str, choices: Iterable[tuple[Any, Any]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 -- declared above
        field.choices = [_ANYTHING, *choices]

    def _rows(self, name: str, rows: Any) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 -- declared above
        field.queryset = rows

    def _asked(self) -> dict[str, Any]:
        self.full_clean()
        return {name: value for name, value in self.cleaned_data.items() if value}

    @staticmethod
    def _days(asked: dict[str, Any], field: str) -> Q:
        """From the first until the last day, both whole, by the town's clock."""
        days = Q()
        if "first" in asked:
            days &= Q(**{f"{field}__gte": midnight(asked["first"])})
        if "last" in asked:
            days &= Q(**{f"{field}__lt": midnight(asked["last"] + timedelta(days=1))})
        return days

    @property
    def is_narrowed(self) -> bool:
        return any(self.cleaned_data.values())
