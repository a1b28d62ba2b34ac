"""The page of measured figures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from analytics import queries
from analytics.engine.kinds import Kind
from analytics.evaluation.bars import bar_of
from analytics.explanations import title
from analytics.figure_texts import figure_label
from analytics.models import EvaluationRun
from analytics.views.access import for_managers

RUNS_LOOKED_AT = 30
PREFIX = "evaluate."


@dataclass(frozen=True, slots=True)
class ShownFigure:
    """A figure as a row of the table; the texts are in the reader's language."""

    label: str
    name: str
    value: str
    interval: str
    bar: str
    is_reached: bool | None
    """None: nothing was promised."""


@dataclass(frozen=True, slots=True)
class FigureGroup:
    label: str
    ran_at: datetime
    measured_on: str
    figures: list[ShownFigure]


@require_safe
@for_managers
def evaluation_page(request: HttpRequest) -> HttpResponse:
    """Show the newest value of every figure, whichever run measured it."""
    groups = _groups(EvaluationRun.objects.all()[:RUNS_LOOKED_AT])
    context = {"groups": groups, "weights": queries.weights_on_disk()}
    return render(request, "analytics/evaluation.html", context)


def _groups(runs: Iterable[EvaluationRun]) -> list[FigureGroup]:
    """Group by subject; a subject's figures are those of the newest run that measured it."""
    groups: dict[str, FigureGroup] = {}
    for run in runs:
        subjects: dict[str, list[dict[str, Any]]] = {}
        for figure in run.figures:
            subjects.setdefault(_subject_of(figure["name"]), []).append(figure)
        for subject, figures in subjects.items():
            if subject not in groups:
                shown = [_shown(subject, figure) for figure in figures]
                groups[subject] = FigureGroup(
                    _subject_label(subject), run.ran_at, run.subject, shown
                )
    return list(groups.values())


def _subject_of(name: str) -> str:
    return name.removeprefix(PREFIX).split(".")[0]


def _subject_label(subject: str) -> str:
    if subject in set(Kind):
        return title(subject)
    names = {
        "person": _("Persons by height"),
        "staged": _("Staged scenes"),
        "normal": _("Normal life, staged"),
    }
    return names.get(subject, subject)


def _shown(subject: str, figure: dict[str, Any]) -> ShownFigure:
    name, value = figure["name"], float(figure["value"])
    low, high, unit = figure.get("low"), figure.get("high"), figure["unit"]
    bar = bar_of(name)
    return ShownFigure(
        label=figure_label(name.removeprefix(f"{PREFIX}{subject}.")),
        name=name,
        value=_value(value, unit),
        interval="" if low is None or high is None else f"{_value(low, '')} – {_value(high, '')}",
        bar="" if bar is None else _bar_text(bar.at_least, bar.at_most),
        is_reached=None if bar is None else bar.is_reached(value),
    )


def _bar_text(at_least: float | None, at_most: float | None) -> str:
    if at_least is not None:
        return f"≥ {_value(at_least, '')}"
    return "" if at_most is None else f"≤ {_value(at_most, '')}"


def _value(value: float, unit: str) -> str:
    text = number_format(f"{float(value):.4g}") if abs(value) < 1e6 else number_format(round(value))  # noqa: PLR2004 -- beyond, 4 digits lie
    units = {"s": _("s"), "per_hour": _("per hour"), "ms": _("ms"), "h": _("h")}
    shown = units.get(unit, "")
    return f"{text} {shown}".strip()
