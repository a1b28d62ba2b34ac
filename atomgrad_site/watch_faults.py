"""Faults of analysis in the head of the page, beside those of recording."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from analytics.failure_texts import FILE_CODES, Problem, problem_text, problems_of
from analytics.models import Watch
from atomgrad_site.faults import Alarm
from cameras.models import Camera

SILENT_FOR = timedelta(seconds=60)
"""Without a report: a worker reports each 5 s, and its cameras move within 10 s if it dies."""


def watch_alarms(online: Sequence[tuple[Camera, datetime | None]], now: datetime) -> list[Alarm]:
    """Judge the analysis of cameras that are recorded now.

    Args:
        online: cameras with their `watch` selected, and since when they are recorded. A camera
            without pictures has an alarm of its own already.

    """
    watches = [
        (camera, watch, since)
        for camera, since in online
        if (watch := _watch_of(camera)) is not None and watch.reported_at is not None
    ]
    silent = [(camera, watch) for camera, watch, since in watches if _is_silent(watch, since, now)]
    if len(silent) > 1 and len(silent) == len(watches):
        return [_no_worker(silent)]
    speaking = [pair for camera, watch, _ in watches if (pair := (camera, watch)) not in silent]
    alarms = [_silent_alarm(camera, watch) for camera, watch in silent]
    return [*alarms, *_problem_alarms(speaking)]


def _watch_of(camera: Camera) -> Watch | None:
    watch: Watch | None = getattr(camera, "watch", None)
    return watch if watch is not None and watch.is_enabled else None


def _is_silent(watch: Watch, online_since: datetime | None, now: datetime) -> bool:
    """A camera that has just come back is given its time."""
    moments = [moment for moment in (watch.reported_at, online_since) if moment is not None]
    return now - max(moments) > SILENT_FOR


def _no_worker(silent: Sequence[tuple[Camera, Watch]]) -> Alarm:
    title = _("No camera is analyzed")
    since = max((watch.reported_at for _camera, watch in silent if watch.reported_at), default=None)
    return Alarm(
        key="analysis-workers",
        priority=2,
        title=title,
        place=_("no worker of the analysis reports: no alarms will come"),
        short=title,
        since=since,
    )


def _silent_alarm(camera: Camera, watch: Watch) -> Alarm:
    return Alarm(
        key=f"analysis-{camera.pk}-silent",
        priority=3,
        title=_("The camera is not analyzed"),
        place=_place(camera),
        short=_("%(label)s is not analyzed") % {"label": camera.label},
        since=watch.reported_at,
        camera=camera,
    )


def _problem_alarms(watched: Sequence[tuple[Camera, Watch]]) -> Iterator[Alarm]:
    """Say of a file once that it is missing; what is wrong with a camera is said of it."""
    files: dict[Problem, list[Camera]] = defaultdict(list)
    for camera, watch in watched:
        problems = problems_of(watch.problems)
        for problem in problems:
            if problem.code in FILE_CODES:
                files[problem].append(camera)
        own = [problem for problem in problems if problem.code not in FILE_CODES]
        if own:
            yield _camera_alarm(camera, own)
    for problem, cameras in files.items():
        yield _file_alarm(problem, cameras)


def _camera_alarm(camera: Camera, problems: Sequence[Problem]) -> Alarm:
    return Alarm(
        key=f"analysis-{camera.pk}-{'-'.join(sorted({p.code for p in problems}))}",
        priority=3,
        title=_("The camera is not analyzed in full"),
        place="; ".join([_place(camera), *map(problem_text, problems)]),
        short=_("%(label)s is not analyzed in full") % {"label": camera.label},
        camera=camera,
    )


def _file_alarm(problem: Problem, cameras: Sequence[Camera]) -> Alarm:
    labels = ", ".join(camera.label for camera in cameras)
    title = _("Some situations are not seen")
    return Alarm(
        key=f"analysis-{problem.code}-{problem.what}",
        priority=3,
        title=title,
        place=f"{problem_text(problem)}: {labels}",
        short=title,
    )


def _place(camera: Camera) -> str:
    return f"{camera.label} {camera.location.name}, {camera.name}"
