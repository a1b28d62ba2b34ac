"""A fault of the portal itself that asks a person to act."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.urls import reverse
from django.utils.translation import gettext as _

from cameras.models import Camera

Priority = Literal[2, 3]
PRIORITY_NAMES: dict[Priority, Callable[[], str]] = {
    2: lambda: _("P2 Important"),
    3: lambda: _("P3 Ordinary"),
}


@dataclass(frozen=True, slots=True)
class Alarm:
    """A fault that asks a person to act. The key stays the same while the fault lasts."""

    key: str
    priority: Priority
    title: str
    place: str
    short: str  # for the head, where there is room for three words
    since: datetime | None = None
    camera: Camera | None = None
    # Where to act, and what the link is called; empty: the camera, or the page of health.
    page: str = ""
    page_text: str = ""

    @property
    def sign(self) -> str:
        return f"p{self.priority}"

    @property
    def priority_text(self) -> str:
        return PRIORITY_NAMES[self.priority]()

    @property
    def since_us(self) -> int:
        return int(self.since.timestamp() * 1_000_000) if self.since else 0

    @property
    def url(self) -> str:
        if self.page:
            return self.page
        if self.camera is None:
            return reverse("health")
        return f"{reverse('desk')}?camera={self.camera.number}"

    @property
    def link_text(self) -> str:
        return self.page_text or (_("Show the camera") if self.camera else _("Show health"))
