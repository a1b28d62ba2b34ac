"""What the pages of incident cards draw."""

from __future__ import annotations

from django import template

register = template.Library()


@register.filter
def span_text(seconds: float) -> str:
    """Write a span of time: "0:24", "12:07", "3:05:40"; scripts keep a running one so."""
    whole = max(0, int(seconds))
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
