"""What the detectors of one camera learned, handed on whenever its rules are made anew."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any

from analytics.actions.learned import Learned
from analytics.engine.learning import StateError, restore, state_of
from analytics.engine.rules import Rule
from analytics.setup import CameraSetup

logger = logging.getLogger(__name__)


class Memory:
    """By the number of the rule. Used by the loop's thread only."""

    def __init__(self, camera_id: int, learned: Mapping[int, Learned] | None = None) -> None:
        self._camera_id = camera_id
        self._learned = dict(learned or {})

    def collect(self, rules: Iterable[Rule], setup: CameraSetup) -> dict[int, Learned]:
        """Note what these rules have learned; return it."""
        places = _places(setup)
        found = {
            rule.number: Learned(
                rule.detector.kind, rule.detector.version, places.get(rule.number), state
            )
            for rule in rules
            if rule.number and (state := state_of(rule.detector)) is not None
        }
        self._learned.update(found)
        return found

    def make_rules(self, setup: CameraSetup) -> list[Rule]:
        """Make the rules, each with what it learned before; what does not fit is left out."""
        rules, places = setup.make_rules(), _places(setup)
        for rule in rules:
            learned = self._learned.get(rule.number)
            if learned is None:
                continue
            try:
                _restore(rule, learned, places.get(rule.number))
            except StateError as error:
                logger.warning(
                    "camera %d: rule %d learns anew: %s", self._camera_id, rule.number, error
                )
                del self._learned[rule.number]
                return self.make_rules(setup)  # half restored, it is of no use
        return rules


def _restore(rule: Rule, learned: Learned, points: Any) -> None:
    made = (rule.detector.kind, rule.detector.version)
    if (learned.kind, learned.version) != made:
        msg = f"kept of {learned.kind} version {learned.version}, it is {made[0]} version {made[1]}"
        raise StateError(msg)
    if learned.points != points:
        msg = "its region was drawn anew"
        raise StateError(msg)
    restore(rule.detector, learned.state)


def _places(setup: CameraSetup) -> dict[int, Any]:
    return {row.pk: row.region.points if row.region else None for row in setup.rows if row.pk}
