"""Words for situations on the pages of analysis."""

from __future__ import annotations

from django import template

from analytics.explanations import title

register = template.Library()
register.filter("kind_title", title)


@register.filter
def percent(share: float) -> int:
    return round(100 * share)
