"""What the packages section of a card asks for."""

from __future__ import annotations

from datetime import datetime

from django import template

from incidents.models import Incident
from incidents.queries.packages import usual_range

register = template.Library()


@register.simple_tag
def usual_package_range(incident: Incident) -> tuple[datetime, datetime]:
    """Return the range that a package has unless another is chosen."""
    return usual_range(incident)
