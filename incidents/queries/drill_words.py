"""How a drill is named where it must not be taken for real, and what its alarm says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _

_TITLES: dict[str, Callable[[], str]] = {
    "bench": lambda: _("a bench is being broken"),
    "bag": lambda: _("a thing is left behind"),
    "fight": lambda: _("a fight"),
    "person": lambda: _("a person lies still"),
    "fire": lambda: _("something burns"),
    "crowd": lambda: _("a crowd gathers"),
}
_TEXTS: dict[str, Callable[[], str]] = {
    "bench": lambda: _("Two people kick the bench and tear at its boards"),
    "bag": lambda: _("A bag stands beside the bench, its owner has gone"),
    "fight": lambda: _("Looks like a fight, three people"),
    "person": lambda: _("A person lies on the ground and does not move"),
    "fire": lambda: _("Open flame at the litter bin"),
    "crowd": lambda: _("More than twenty people, and more are coming"),
}


def drill_mark() -> str:
    """Return the words that stand on every paper and in every text of a drill."""
    return _("DRILL ALARM")


def scenario_title(code: str) -> str:
    """Name a scenario; an unknown one keeps its code."""
    name = _TITLES.get(code)
    return name() if name else code


def scenario_text(code: str) -> str:
    """Return what the alarm says of itself, as a real one would."""
    text = _TEXTS.get(code)
    return text() if text else ""


_STEPS: dict[str, Callable[[], str]] = {
    "ACCEPTED": lambda: _("accepted"),
    "JUDGED": lambda: _("verdict"),
    "CARD": lambda: _("card made"),
    "HANDED_OVER": lambda: _("handed over to the police (in play)"),
}


def step_name(code: str) -> str:
    """Name a step of a drill; an unknown one keeps its code."""
    name = _STEPS.get(code)
    return name() if name else code


def step_text(step: Mapping[str, Any]) -> str:
    """Say how long a step took and whether that is within the norm."""
    seconds, norm = step.get("seconds"), step.get("norm")
    if seconds is None:
        return _("not done")
    if norm is None:
        return _("%(seconds)d s") % {"seconds": seconds}
    values = {"seconds": seconds, "norm": norm}
    if seconds > norm:
        return _("%(seconds)d s, over the norm of %(norm)d s") % values
    return _("%(seconds)d s of %(norm)d s") % values
