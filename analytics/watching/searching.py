"""A piece of a search: recorded footage through the detectors, and what they find into rows.

An analyzer has memory (tracks, backgrounds, how long somebody has been there), so a piece begins
some time before its start, and goes on a moment after its end; only what is raised in it, or so
near that its neighbor might see it on the other side, becomes a row.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from functools import cache

from django.conf import settings
from django.db import Error as DatabaseError
from django.utils.timezone import now

from analytics.actions import backfills
from analytics.actions.boxes import write_box_minute
from analytics.actions.detections import end_detection
from analytics.engine.analyzer import Analyzer
from analytics.engine.detector import Detector
from analytics.engine.episodes import Episode
from analytics.engine.frames import Frame
from analytics.engine.rules import Rule
from analytics.models import BackfillPiece
from analytics.setup import setup_of
from analytics.watching.boxes import BoxMinutes, Minute, overlay_boxes
from analytics.watching.findings import Finding, finding_of, moment, record_finding
from analytics.watching.footage import Footage
from analytics.watching.networks import Networks

logger = logging.getLogger(__name__)

CALM_INTERVAL_S = 0.5
"""While nothing moves two frames a second are enough; a live camera's motion gate sees no more."""
LEAST_WARM_UP_S, MOST_WARM_UP_S = 20.0, 180.0
BEYOND_S = 2.0
"""The same event, seen from another beginning, may be raised on the other side of a border."""
PROGRESS_SECONDS = 3.0
NICENESS = 15


class PieceLostError(Exception):
    """The search was called off, or another worker has the piece."""


class StoppedError(Exception):
    """The worker is to end."""


_must_stop = threading.Event()


def request_stop() -> None:
    """Leave the piece in the middle, to be begun again by another worker."""
    _must_stop.set()


@cache
def _networks() -> Networks:
    os.nice(NICENESS)
    return Networks(settings.WEIGHTS_DIR)


def search_open_pieces() -> None:
    """Search piece after piece until none is left."""
    holder = backfills.holder_name()
    while (
        not _must_stop.is_set()
        and (piece := backfills.claim_piece(holder=holder, at=now())) is not None
    ):
        search_piece(piece)


def search_piece(piece: BackfillPiece) -> None:
    """Search one piece; what goes wrong with it stands in its row."""
    search = PieceSearch(piece)
    try:
        search.run()
    except PieceLostError:
        return
    except StoppedError:
        backfills.leave_piece(piece=piece)
        return
    except DatabaseError:
        raise
    except Exception as error:
        # Whatever a detector stumbles over: the other pieces must not pay for it.
        logger.exception("piece %s of search %d failed", piece, piece.backfill_id)
        problem = f"{type(error).__name__}: {error}"
        backfills.retry_piece(piece=piece, error=problem, at=now())
        return
    backfills.finish_piece(piece=piece, footage_seconds=search.footage_seconds, at=now())


class PieceSearch:
    def __init__(self, piece: BackfillPiece) -> None:
        self.piece = piece
        self.footage_seconds = 0.0
        self._setup = setup_of(piece.camera, kinds=piece.backfill.kinds)
        networks = _networks()
        networks.refresh()
        self._analyzer = Analyzer(self._setup.scene, networks.finders, self._setup.make_rules)
        self._boxes = BoxMinutes(piece.camera_id)
        self._known: list[int] = []
        self._open: dict[Episode, Finding] = {}
        self._sampled_at = float("-inf")
        self._told_at = time.monotonic()

    def run(self) -> None:
        """Raises PieceLostError or StoppedError."""
        warm_up = timedelta(seconds=warm_up_s(self._analyzer.rules))
        beyond = timedelta(seconds=BEYOND_S)
        footage = Footage(
            self.piece.camera, self.piece.started_at - warm_up, self.piece.ended_at + beyond
        )
        last_at: float | None = None
        for frame in footage.frames(self._wants):
            self._look_at(frame)
            self._count(frame.at, last_at)
            last_at = frame.at
            self._tell_progress()
        for change in self._analyzer.close():
            self._end(change.episode)
        self._write_boxes(self._boxes.finish())

    def _wants(self, at: float) -> bool:
        """As live, but calmer while nothing moves."""
        seen = self._analyzer.observation
        interval = 1 / self._analyzer.wanted_fps - 0.01
        if (seen is None or not seen.is_moving) and not self._is_hurried():
            interval = max(interval, CALM_INTERVAL_S - 0.01)
        if at - self._sampled_at < interval:
            return False
        self._sampled_at = at
        return True

    def _is_hurried(self) -> bool:
        return any(rule.detector.wanted_fps > 0 for rule in self._analyzer.rules)

    def _look_at(self, frame: Frame) -> None:
        for change in self._analyzer.feed(frame):
            if change.is_new and self._is_ours(moment(change.episode.raised_at)):
                camera = self.piece.camera
                finding = finding_of(change, camera_id=camera.pk, frame=frame)
                detection, _is_new = record_finding(
                    finding, camera, apart_from=self._known, backfill=self.piece.backfill
                )
                self._known.append(detection.pk)
                self._open[change.episode] = finding
            elif change.is_over:
                self._end(change.episode)

        self._keep_boxes(frame.at)

    def _keep_boxes(self, at: float) -> None:
        """Boxes of what the portal itself catches up: live analysis has left none."""
        seen = self._analyzer.observation
        is_wanted = self.piece.backfill.requested_by_id is None and not self.piece.backfill.kinds
        if not is_wanted or seen is None or not seen.was_searched:
            return
        if self.piece.started_at <= moment(at) < self.piece.ended_at:
            self._write_boxes(self._boxes.add(at, overlay_boxes(seen)))

    def _write_boxes(self, minute: Minute | None) -> None:
        if minute is not None:
            write_box_minute(
                camera_id=minute.camera_id, started_at=minute.started_at, boxes=minute.boxes
            )

    def _is_ours(self, raised_at: datetime) -> bool:
        beyond = timedelta(seconds=BEYOND_S)
        backfill = self.piece.backfill
        low = max(self.piece.started_at - beyond, backfill.started_at)
        high = min(self.piece.ended_at + beyond, backfill.ended_at)
        return low <= raised_at < high

    def _end(self, episode: Episode) -> None:
        finding = self._open.get(episode)
        if finding is not None:
            end_detection(identity=finding.identity, ended_at=moment(episode.last.at))

    def _count(self, at: float, last_at: float | None) -> None:
        """Count what lies in the piece, without the holes in the footage."""
        start, end = self.piece.started_at.timestamp(), self.piece.ended_at.timestamp()
        if last_at is not None and start <= at < end:
            self.footage_seconds += min(at - last_at, 2 * CALM_INTERVAL_S)

    def _tell_progress(self) -> None:
        if _must_stop.is_set():
            raise StoppedError
        if time.monotonic() - self._told_at < PROGRESS_SECONDS:
            return
        self._told_at = time.monotonic()
        is_ours = backfills.renew_piece(
            piece=self.piece, footage_seconds=self.footage_seconds, at=now()
        )
        if not is_ours:
            raise PieceLostError


def warm_up_s(rules: tuple[Rule, ...]) -> float:
    """How long the detectors need to know what they would know live."""
    longest = max((_memory_s(rule.detector) for rule in rules), default=0.0)
    return min(max(longest + LEAST_WARM_UP_S / 2, LEAST_WARM_UP_S), MOST_WARM_UP_S)


def _memory_s(detector: Detector) -> float:
    """The longest of the detector's parameters in seconds: their names end with their units."""
    return max(_seconds_in(getattr(detector, "parameters", None)), default=0.0)


def _seconds_in(parameters: object) -> Iterator[float]:
    if not is_dataclass(parameters):
        return
    for parameter in fields(parameters):
        value = getattr(parameters, parameter.name)
        if parameter.name.endswith("_s") and isinstance(value, int | float):
            yield float(value)
