"""Small pieces that every page draws."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.templatetags.static import static
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

from cameras.failure_texts import failure_text

register = template.Library()
register.filter("failure_text", failure_text)


@register.simple_tag
def icon(name: str, classes: str = "", label: str = "") -> SafeString:
    """Draw a symbol of `img/icons.svg`; without a label it is hidden from screen readers."""
    says = format_html('role="img" aria-label="{}"', label) if label else 'aria-hidden="true"'
    return format_html(
        '<svg class="{}" {}><use href="{}#{}"/></svg>',
        f"i {classes}".strip(),
        SafeString(says),
        static("img/icons.svg"),
        name,
    )


@register.filter
def micros(moment: datetime) -> int:
    """Microseconds since the epoch, as scripts take times."""
    return int(moment.timestamp() * 1_000_000)


@register.filter
def elapsed(since: datetime, now: datetime) -> str:
    """Write how long ago it was: "0:24", "12:07", "3:05:40"; scripts keep it running."""
    seconds = max(0, int((now - since).total_seconds()))
    hours, minutes, rest = seconds // 3600, seconds // 60 % 60, seconds % 60
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


@register.filter
def megabits(bits_per_second: float) -> str:
    return number_format(bits_per_second / 1e6, 2)


@register.filter
def codec(name: str) -> str:
    """Name a codec as people do; FFmpeg's own name where there is no other."""
    return {"h264": "H.264", "hevc": "H.265", "mjpeg": "MJPEG"}.get(name, name)
