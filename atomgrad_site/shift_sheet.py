"""The parts of the shift's sheet that the whole portal knows: cameras, clocks, disks, analysis."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from analytics.explanations import title
from analytics.models import Watch, WatchRule
from analytics.queries import lacking_weights
from archive.engine.host_clock import read_host_clock
from atomgrad_site.health import portal_status
from atomgrad_site.storage import StorageView, span_text, storage_view
from cameras.models import Camera
from incidents.queries.sheet import SheetPart, Span, register_part

MOST_CLOCK_ERROR_S = 1.0
"""What a court would ask about: footage is right to the second."""


def register_site_parts() -> None:
    register_part("cameras", 50, cameras)
    register_part("analysis", 60, analysis)
    register_part("clock", 70, clock)
    register_part("disk", 80, disk)


def cameras(span: Span) -> SheetPart:
    """Every fault that the head of the page shows, and the cameras that are switched off."""
    status = portal_status(Camera.objects.all(), span.begin)
    rows = [[alarm.title, alarm.place, _since(alarm.since, span)] for alarm in status.alarms]
    is_warning = bool(rows)
    rows += [
        [_("recording is off"), f"{health.camera} ({health.camera.location.name})", ""]
        for health in status.cameras
        if health.level == "off"
    ]
    return SheetPart(
        code="cameras",
        title=_("Cameras and faults"),
        head=[_("fault"), _("where"), _("since")],
        rows=rows,
        calm=_("All cameras are online."),
        widths=[4, 6, 5],
        is_warning=is_warning,
        url=reverse("health"),
    )


def _since(since: datetime | None, span: Span) -> str:
    if since is None:
        return ""
    moment = f"{timezone.localtime(since):%d.%m.%Y %H:%M}"
    return f"{moment} ({span_text(max(span.begin - since, timedelta()))})"


def analysis(span: Span) -> SheetPart:
    """Who does not watch: cameras without analysis, rules that are off, networks without files."""
    del span
    without = Watch.objects.filter(is_enabled=False, camera__is_enabled=True)
    rows = [
        [_("all detectors"), _camera_name(watch.camera)]
        for watch in without.select_related("camera__location").order_by("camera__number")
    ]
    off = WatchRule.objects.filter(is_enabled=False, camera__is_enabled=True)
    for rule in off.select_related("camera__location").order_by("camera__number", "kind"):
        rows.append([title(rule.kind), _camera_name(rule.camera)])
    for lacking in lacking_weights():
        names = ", ".join(title(kind) for kind in lacking.kinds)
        rows.append([names, _("the network's file is missing")])
    until = _("until somebody switches it on")
    return SheetPart(
        code="analysis",
        title=_("Detectors that are off"),
        head=[_("detector"), _("where"), _("until")],
        rows=[[*row, until] for row in rows],
        calm=_("All detectors that have a rule are on."),
        widths=[6, 6, 3],
        is_warning=bool(rows),
        url=reverse("health"),
    )


def _camera_name(camera: Camera) -> str:
    return f"{camera} ({camera.location.name})"


def clock(span: Span) -> SheetPart:
    """Whether the server's clock can be believed: every time on record is its time."""
    del span
    state = read_host_clock()
    text = ""
    if state.is_synchronized is None:
        text = _("The system does not say whether its clock is right.")
    elif not state.is_synchronized:
        text = _("The server's clock is not synchronized.")
    elif (state.most_error_seconds or 0) > MOST_CLOCK_ERROR_S:
        text = _("The server's clock may be off by %(seconds).1f s.") % {
            "seconds": state.most_error_seconds or 0
        }
    return SheetPart(
        code="clock",
        title=_("Clock"),
        head=[],
        rows=[[text]] if text else [],
        calm=_("The server's clock is synchronized."),
        is_warning=bool(text),
        url=reverse("health"),
    )


def disk(span: Span) -> SheetPart:
    """How long the space lasts, and whether the term of keeping is held."""
    view = storage_view(span.begin)
    rows = [
        [
            str(item.volume),
            filesizeformat(item.volume.free_bytes),
            _days(item.days_until_deletion),
            _days(item.depth_days),
        ]
        for item in view.overview.volumes
    ]
    return SheetPart(
        code="disk",
        title=_("Disk: %(forecast)s") % {"forecast": _forecast(view)},
        head=[_("volume"), _("free"), _("days until deletion begins"), _("days it holds")],
        rows=rows,
        calm=_("No volume has been measured yet."),
        is_warning=view.is_full or view.is_short,
        url=reverse("health"),
    )


def _forecast(view: StorageView) -> str:
    asked = max((camera.kept_days for camera in view.cameras), default=0)
    depth = _("footage reaches back %(span)s") % {"span": view.depth_text}
    if view.depth is None:
        depth = view.depth_text
    if view.forecast_days is None:
        return depth
    return _("%(depth)s, it holds %(days)d of %(asked)d days") % {
        "depth": depth,
        "days": view.forecast_days,
        "asked": asked,
    }


def _days(days: float | None) -> str:
    return "—" if days is None else f"{days:.0f}"
