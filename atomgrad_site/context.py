"""What every page's frame shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from atomgrad_site.health import PortalStatus, portal_status
from atomgrad_site.navigation import NavigationItem, sections_for
from cameras.access import Act, Role, acts_of, cameras_visible_to
from incidents.access import alarms_visible_to
from incidents.models import Incident, Shift, TownMode
from incidents.queries.alarms import ToldAlarm, told_alarms
from incidents.queries.importance import told_to_senior
from incidents.queries.incidents import incidents_visible_to
from incidents.queries.people import name_of
from incidents.queries.shifts import current_mode, current_shift, is_forgotten

THEME_CHOICES = ("auto", "night", "day")
NIGHT_FROM, NIGHT_TO = 20, 7  # hours of the town


def role_name(role: str) -> str:
    names = {
        Role.DISPATCHER: _("Dispatcher"),
        Role.SENIOR: _("Senior of the shift"),
        Role.STAFF: _("City staff"),
        Role.POLICE: _("Police"),
        Role.TECHNICIAN: _("Technician"),
        Role.AUDITOR: _("Auditor"),
    }
    return names.get(Role(role), role) if role in set(Role) else role


@dataclass(frozen=True, slots=True)
class Duty:
    """Who is on duty, and in which mode the town is, for those who work shifts."""

    person_id: int
    shift: Shift | None
    changed: TownMode | None  # the last change of the mode
    now: datetime

    @property
    def is_mine(self) -> bool:
        return self.shift is not None and self.shift.opened_by_id == self.person_id

    @property
    def is_forgotten(self) -> bool:
        return self.shift is not None and is_forgotten(self.shift, self.now)

    @property
    def mode(self) -> TownMode.Mode:
        return TownMode.Mode(self.changed.mode) if self.changed else TownMode.Mode.DAILY

    @property
    def is_alert(self) -> bool:
        return self.mode != TownMode.Mode.DAILY

    @property
    def mode_name(self) -> str:
        return capfirst(str(self.mode.label))

    @property
    def mode_title(self) -> str:
        """Say who set the mode, when and why; empty while nobody has."""
        if self.changed is None:
            return ""
        return _("since %(moment)s, %(name)s: %(basis)s") % {
            "moment": f"{timezone.localtime(self.changed.since):%d.%m.%Y %H:%M}",
            "name": name_of(self.changed.changed_by),
            "basis": self.changed.basis,
        }


@dataclass(frozen=True)
class PageFrame:
    """Head of the page. Asks the database only for what a template really shows."""

    request: HttpRequest
    now: datetime

    @property
    def _user(self) -> User | None:
        user = getattr(self.request, "user", None)
        return user if isinstance(user, User) else None

    @property
    def now_us(self) -> int:
        return int(self.now.timestamp() * 1_000_000)

    @property
    def clock(self) -> str:
        return f"{timezone.localtime(self.now):%H:%M:%S}"

    @property
    def date(self) -> str:
        """As the page's own clock writes it: "пн 23.11.2026", "Mon 23.11.2026"."""
        text = date_format(timezone.localtime(self.now), "D d.m.Y")
        return text.lower() if get_language() == "ru" else text

    @property
    def time_zone(self) -> str:
        return settings.TIME_ZONE

    @property
    def zone_text(self) -> str:
        """Name the zone by its offset: "UTC+3"."""
        offset = timezone.localtime(self.now).utcoffset()
        minutes = int(offset.total_seconds() // 60) if offset else 0
        rest = f":{abs(minutes) % 60:02d}" if minutes % 60 else ""
        return f"UTC{'-' if minutes < 0 else '+'}{abs(minutes) // 60}{rest}"

    @property
    def theme_choice(self) -> str:
        choice = self.request.COOKIES.get("theme", "auto")
        return choice if choice in THEME_CHOICES else "auto"

    @property
    def theme(self) -> str:
        if self.theme_choice != "auto":
            return self.theme_choice
        hour = timezone.localtime(self.now).hour
        return "night" if hour >= NIGHT_FROM or hour < NIGHT_TO else "day"

    @property
    def is_demo(self) -> bool:
        """Tell whether drawn cameras are among the real ones: it is said on every page."""
        return self.status is not None and self.status.is_demo

    @property
    def person(self) -> str:
        if self._user is None:
            return ""
        names = {"first": self._user.first_name, "last": self._user.last_name}
        return (_("%(first)s %(last)s") % names).strip() or self._user.username

    @cached_property
    def role(self) -> str:
        if self._user is None:
            return ""
        if self._user.is_superuser:
            return _("Administrator")
        name = self._user.groups.order_by("pk").values_list("name", flat=True).first()
        return role_name(name) if name else _("No role yet")

    @cached_property
    def _acts(self) -> frozenset[Act]:
        return acts_of(self._user) if self._user else frozenset()

    @cached_property
    def duty(self) -> Duty | None:
        """Return the shift and the mode; None for those who work no shifts."""
        if self._user is None or Act.WORK_SHIFT not in self._acts:
            return None
        return Duty(self._user.pk, current_shift(), current_mode(), self.now)

    @cached_property
    def navigation(self) -> Sequence[NavigationItem]:
        return tuple(sections_for(self.request)) if self._user else ()

    @property
    def folded_navigation(self) -> Sequence[NavigationItem]:
        return [item for item in self.navigation if item.is_folded]

    @cached_property
    def status(self) -> PortalStatus | None:
        """Health of the portal; None for those who may not see it."""
        if self._user is None or Act.VIEW_HEALTH not in self._acts:
            return None
        visible = cameras_visible_to(self._user, act=Act.VIEW_HEALTH)
        return portal_status(visible, self.now, reader=self._user)

    @cached_property
    def important_cards(self) -> Sequence[Incident]:
        """Return the cards that raise the senior; none for others, and no query."""
        if self._user is None or Act.VERIFY_INCIDENTS not in self._acts:
            return ()
        return told_to_senior(incidents_visible_to(self._user))

    @property
    def hears_of_alarms(self) -> bool:
        """Tell whether the head says what waits for the senior; the desk has a list of its own."""
        return Act.VERIFY_INCIDENTS in self._acts and self.request.path != reverse("desk")

    @cached_property
    def told_alarms(self) -> Sequence[ToldAlarm]:
        """Return what was told to the senior; nothing for others, and no query."""
        if self._user is None or Act.VERIFY_INCIDENTS not in self._acts:
            return ()
        return told_alarms(alarms_visible_to(self._user), at=self.now)

    @property
    def reminders_url(self) -> str:
        """Where pages ask what is to be remembered; empty for those who handle no incidents."""
        url = reverse("incidents")  # who has the section handles them: no query of its own
        is_at_work = any(item.url == url for item in self.navigation)
        return reverse("incident-reminders") if is_at_work else ""

    @property
    def status_url(self) -> str:
        return reverse("status") if self.status else ""


def page_frame(request: HttpRequest) -> dict[str, PageFrame]:
    return {"frame": PageFrame(request, timezone.now())}
