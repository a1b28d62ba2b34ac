from __future__ import annotations

import numpy as np
import pytest

from analytics.engine.analyzer import Finders
from analytics.engine.detectors.smoke import SmokeDetector
from analytics.engine.frames import Image
from analytics.engine.rules import Rule
from analytics.evaluation import simulated
from analytics.evaluation.clips import run_rules
from tests.analytics.engine.detectors.test_tamper import frames

pytestmark = pytest.mark.unit

STARTS_S = 10.0


def raised_by(change: simulated.Change, *, lasts_s: float = 20.0) -> list[float]:
    """Return the seconds from the change to each hint."""
    end = STARTS_S + lasts_s
    shown = simulated.with_change(frames(end), change, start_s=STARTS_S, end_s=end)
    outcome = run_rules(shown, Finders(), lambda: [Rule(SmokeDetector())])
    return [at - STARTS_S for at in outcome.raised]


def shadow(image: Image, seconds: float, random: np.random.Generator) -> Image:
    """A cloud's shadow that grows over the left half: all of its light is halved."""
    edge = int(image.shape[1] / 2 * min(1.0, seconds / 10))
    dark = image.copy()
    dark[:, :edge] = dark[:, :edge] // 2
    return dark


def fog(image: Image, seconds: float, random: np.random.Generator) -> Image:
    """The same veil everywhere, denser from second to second."""
    veil = 0.6 * min(1.0, seconds / 10)
    return np.asarray(image * (1 - veil) + 165 * veil, dtype=np.uint8)


def test_rising_smoke_is_a_hint_within_half_a_minute() -> None:
    raised = raised_by(simulated.smoke)

    assert len(raised) == 1
    assert 0 < raised[0] <= 20


@pytest.mark.parametrize(
    "change",
    [shadow, fog, simulated.light_halved, simulated.half_cover, simulated.defocus, simulated.rain],
)
def test_what_is_no_smoke_is_silent(change: simulated.Change) -> None:
    assert raised_by(change) == []
