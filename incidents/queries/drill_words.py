"""How a drill is named where it must not be taken for real, and what its alarm says."""

from __future__ import annotations

from collections.abc import Callable

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
