"""What face analysis refuses, said to the person."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from analytics.face_queries import is_switched_on
from analytics.models import FaceSwitch
from cameras.access import Act, can


class FacesRefusedError(Exception):
    """Why it is not done, as a sentence for the person."""


class SwitchOffError(FacesRefusedError):
    """A switch is off, or its term is over."""


class NotAllowedError(FacesRefusedError):
    """The person has no right to it."""


def require_right(actor: User, *acts: Act) -> None:
    """Refuse whoever may do none of the acts. Raises NotAllowedError."""
    if not any(can(actor, act) for act in acts):
        raise NotAllowedError(_("You have no right to do this."))


def require_switch(name: FaceSwitch.Name, at: datetime) -> None:
    """Raises SwitchOffError with a sentence that says which switch, and who turns it."""
    if is_switched_on(name=name, at=at):
        return
    raise SwitchOffError(
        {
            FaceSwitch.Name.DETECTION: _(
                "Finding of faces is off: an administrator switches it on by an order."
            ),
            FaceSwitch.Name.SEARCH: _(
                "Search by a face is off: an administrator switches it on by an order."
            ),
            FaceSwitch.Name.WATCH_LIST: _(
                "The watch list is off: two administrators switch it on by an order."
            ),
        }[name]
    )


def stripped(text: str, *, longest: int, refusal: str) -> str:
    """Return the text without blanks around it.

    Raises FacesRefusedError where nothing is left, or more than `longest` characters.
    """
    text = text.strip()
    if not text:
        raise FacesRefusedError(refusal)
    if len(text) > longest:
        raise FacesRefusedError(_("At most %(count)d characters.") % {"count": longest})
    return text
