"""Rules that are not saved yet, led over recorded footage: pictures of what they would raise."""

from __future__ import annotations

import logging
import time
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.timezone import now

from analytics.actions import trials
from analytics.actions.setups import draft_of, unsaved_rows
from analytics.engine.analyzer import Analyzer
from analytics.engine.detectors import entries
from analytics.engine.frames import Frame
from analytics.failure_texts import problem_text
from analytics.models import Trial, WatchRule
from analytics.setup import CameraSetup
from analytics.watching.findings import Finding, finding_of
from analytics.watching.footage import Footage
from analytics.watching.networks import Networks
from archive.engine.timeline import to_us

logger = logging.getLogger(__name__)

FRAME_INTERVAL_S = 0.5
"""Half of what a live camera gives: an hour must not take minutes."""
MOST_HITS = 30
"""Enough to see that rules cry too often."""
REPORT_EVERY_S = 1.0


class TrialOverError(Exception):
    """It was called off, or has shown enough."""


def run_trial(trial_id: int) -> None:
    """Run a trial that waits; what goes wrong stands in its row."""
    trial = trials.claim_trial(trial_id=trial_id, at=now())
    if trial is None:
        return
    try:
        _TrialRun(trial).run()
    except TrialOverError:
        return
    except Exception as error:
        # Whatever a detector stumbles over in footage: the person must be told.
        logger.exception("trial %s failed", trial)
        trials.fail_trial(trial=trial, error=f"{type(error).__name__}: {error}", at=now())


class _TrialRun:
    def __init__(self, trial: Trial) -> None:
        self.trial = trial
        self.hits: list[dict[str, Any]] = []
        regions, rules = unsaved_rows(trial.camera, draft_of(trial.draft))
        switched_on = [rule for rule in rules if rule.is_enabled]
        networks = Networks(settings.WEIGHTS_DIR)
        self._setup = CameraSetup(regions, switched_on)
        self._lacking = _lacking(switched_on, networks)
        self._analyzer = Analyzer(self._setup.scene, networks.finders, self._setup.make_rules)
        self._sampled_at = float("-inf")
        self._reported_at = time.monotonic()

    def run(self) -> None:
        """Raises TrialOverError: it was called off."""
        trial = self.trial
        footage = Footage(trial.camera, trial.started_at, trial.ended_at)
        for frame in footage.frames(self._wants):
            self._look_at(frame)
            if len(self.hits) >= MOST_HITS:
                break
            self._report(frame.at)
        problems = [*self._lacking, *map(problem_text, self._setup.problems), *footage.problems[:3]]
        trials.finish_trial(trial=trial, hits=self.hits, problems=problems, at=now())

    def _wants(self, at: float) -> bool:
        if at - self._sampled_at < FRAME_INTERVAL_S - 0.01:
            return False
        self._sampled_at = at
        return True

    def _look_at(self, frame: Frame) -> None:
        for change in self._analyzer.feed(frame):
            if change.is_new and len(self.hits) < MOST_HITS:
                finding = finding_of(change, camera_id=self.trial.camera_id, frame=frame)
                self.hits.append(self._hit(finding))

    def _hit(self, finding: Finding) -> dict[str, Any]:
        name = f"trials/{self.trial.public_id}/{len(self.hits)}.jpg"
        return {
            "at_us": to_us(finding.raised_at),
            "kind": finding.kind,
            "grade": finding.grade,
            "place": finding.place,
            "facts": {key: _plain(value) for key, value in finding.facts.items()},
            "box": finding.box,
            "picture": default_storage.save(name, ContentFile(finding.picture or b"")),
        }

    def _report(self, at: float) -> None:
        """Tell the page how far it is, once a second."""
        if time.monotonic() - self._reported_at < REPORT_EVERY_S:
            return
        self._reported_at = time.monotonic()
        started, ended = self.trial.started_at.timestamp(), self.trial.ended_at.timestamp()
        progress = min(1.0, max(0.0, (at - started) / (ended - started)))
        if not trials.report_trial(trial=self.trial, hits=self.hits, progress=progress, at=now()):
            raise TrialOverError


def _lacking(rules: list[WatchRule], networks: Networks) -> list[str]:
    """Name what stays off for want of a file."""
    lacking = []
    for kind, entry in entries().items():
        missing = [networks.missing[name] for name in entry.needs if name in networks.missing]
        if missing and any(rule.kind == kind for rule in rules):
            lacking.append(f"{kind}: {missing[0]}")
    return lacking


def _plain(value: Any) -> float | int | str:
    """As JSON knows it: detectors count in numpy's numbers."""
    plain: float | int | str = value.item() if hasattr(value, "item") else value
    return plain
