"""Numbers on the pages of reports."""

from __future__ import annotations

from django import template

register = template.Library()


@register.filter
def clock(seconds: float | None) -> str:
    """Write a length of time: "0:07", "12:30", "1:02:05"; nothing to tell is a dash."""
    if seconds is None:
        return "—"
    whole = round(seconds)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


@register.filter
def plus(left: int, right: int) -> int:
    """Add pixels."""
    return left + right
