"""How people are named in what the portal writes."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from incidents.queries.alarm_texts import person_name


def name_of(user: User | None) -> str:
    """Name a person as the head of the page does; None is the portal itself."""
    if user is None:
        return _("the portal")
    return person_name(user)


def recorded_name(user: User | None) -> str:
    """Name a person in what is written once, whatever language it is written in; None: ""."""
    if user is None:
        return ""
    return f"{user.last_name} {user.first_name}".strip() or user.get_username()
