"""Render the whole demo town once, on all cores, with its progress told."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Collection
from concurrent.futures import FIRST_EXCEPTION, Future, ProcessPoolExecutor, wait
from multiprocessing.queues import SimpleQueue
from pathlib import Path

import cv2

from cameras.demo.clips import ClipFolder, render_camera
from cameras.demo.scene.lighting import Mood
from cameras.demo.town import TOWN, DemoCamera, DemoLocation

DEFAULT_SECONDS = 60.0
DEFAULT_FPS = 12
POLL_S = 0.25
REPORT_EVERY_FRAMES = 12

Progress = Callable[[float, str], None]

_reports: SimpleQueue[int] | None = None


def render_town(
    folder: Path,
    *,
    seconds: float = DEFAULT_SECONDS,
    fps: int = DEFAULT_FPS,
    on_progress: Progress,
    mood: Mood | None = None,
    numbers: Collection[int] | None = None,
) -> None:
    """Render the loops of all cameras, or of those with `numbers`, that are not complete yet.

    The stories repeat every 60 s: only then does the end of a loop join its start.
    `on_progress` gets the share that is done, from 0 to 1, and the label of a camera.
    """
    folder.mkdir(parents=True, exist_ok=True)
    clips = ClipFolder(folder, seconds, fps)
    waiting = [
        (location, camera)
        for location in TOWN
        for camera in location.cameras
        if (numbers is None or camera.number in numbers) and not clips.is_complete(camera)
    ]
    if waiting:
        _render_all(waiting, clips, mood, on_progress)
    on_progress(1.0, "")


def _render_all(
    waiting: list[tuple[DemoLocation, DemoCamera]],
    clips: ClipFolder,
    mood: Mood | None,
    on_progress: Progress,
) -> None:
    context = multiprocessing.get_context("spawn")
    reports = context.SimpleQueue()
    workers = min(len(waiting), os.cpu_count() or 1)
    with ProcessPoolExecutor(workers, context, _start_worker, (reports,)) as pool:
        futures = {
            pool.submit(_render_one, camera.number, clips, mood): camera.label
            for _, camera in waiting
        }
        _follow(futures, reports, len(waiting) * clips.frame_count, on_progress)


def _follow(
    futures: dict[Future[None], str],
    reports: SimpleQueue[int],
    total_frames: int,
    on_progress: Progress,
) -> None:
    pending, done_frames = set(futures), 0
    while pending:
        finished, pending = wait(pending, POLL_S, return_when=FIRST_EXCEPTION)
        for future in finished:
            future.result()
        while not reports.empty():
            done_frames += reports.get()
        label = next((label for future, label in futures.items() if not future.done()), "")
        on_progress(min(0.999, done_frames / total_frames), label)


def _start_worker(reports: SimpleQueue[int]) -> None:
    global _reports  # noqa: PLW0603 -- a worker process has one queue for its whole life
    _reports = reports
    cv2.setNumThreads(1)


def _render_one(number: int, clips: ClipFolder, mood: Mood | None) -> None:
    location, camera = camera_by_number(number)
    waiting = 0

    def report() -> None:
        nonlocal waiting
        waiting += 1
        if _reports is not None and waiting == REPORT_EVERY_FRAMES:
            _reports.put(waiting)
            waiting = 0

    render_camera(location, camera, clips, mood=mood, on_frame=report)


def camera_by_number(number: int) -> tuple[DemoLocation, DemoCamera]:
    """Return a camera and its place; raise KeyError if there is none of this number."""
    for location in TOWN:
        for camera in location.cameras:
            if camera.number == number:
                return location, camera
    raise KeyError(number)
