"""Name what was done to a camera, from the mean of its last looks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from analytics.engine.detectors.tamper_measures import SATURATED, Look, lifted_share
from analytics.engine.detectors.tamper_reference import FOLLOWS, Comparison, Reference
from analytics.engine.detectors.tamper_registration import find_shift


class TamperState(StrEnum):
    COVERED = "covered"
    HALF_COVERED = "half_covered"
    DEFOCUSED = "defocused"
    MOVED = "moved"
    GLARE = "glare"
    BLACK = "black"
    FROZEN = "frozen"
    LOST = "lost"
    """No frames come: raised by whoever reads the stream."""
    BLOCKED = "blocked"
    """Something in focus stands before the camera: a van, a person. Raised as covered, late."""


@dataclass(frozen=True)
class TamperParameters:
    every_s: float = 0.5
    learns_s: float = 3.0
    hold_s: float = 3.0
    half_hold_s: float = 6.0
    blocked_s: float = 60.0
    """A van that stops is not tampering; one that parks there blinds the camera."""
    light_s: float = 10.0
    """When light has changed for so long, the new one is learned beside the old."""
    frozen_s: float = 6.0
    accepts_s: float = 900.0
    """A new view is taken for the usual one after so long; it was raised before."""
    min_correlation: float = 0.35
    """Of a block's edges with the background's, to be recognised."""
    strong_correlation: float = 0.6
    suspected_share: float = 0.27
    """Of the textured blocks, not recognised: look closer."""
    half_share: float = 0.3
    covered_share: float = 0.65
    moved_share: float = 0.85
    max_kept_share: float = 0.08
    """Of all blocks, strongly recognised or flat as before, in another view: by chance."""
    found_share: float = 0.6
    min_shift_share: float = 0.01
    """Of the picture's width."""
    min_sharpness: float = 0.62
    black_gray: float = 20.0
    black_contrast: float = 0.12
    """Share of the usual contrast, under which nobody would recognise anything."""
    lit_gray: float = 35.0
    """A scene that is darker by itself can not turn black."""
    saturated_rise: float = 0.3
    glare_lifted: float = 0.1
    """How far the blinded pixels lie where they were not the brightest, 0 to 0.5."""
    glare_gain: float = 3.0
    """More light than so many times is no switch: dark things shine."""


def is_suspicious(
    look: Look, against: Comparison, reference: Reference, sharpness: float, p: TamperParameters
) -> bool:
    """Say cheaply whether a look deserves a judgment."""
    return (
        against.share(against.gone(p.min_correlation)) >= p.suspected_share
        or sharpness < p.min_sharpness + 0.04
        or look.saturated_share - reference.saturated_share >= p.saturated_rise - 0.05
        or is_dark(look, reference, p)
        or not FOLLOWS[0] <= against.gain <= FOLLOWS[1]
    )


def is_dark(look: Look, reference: Reference, p: TamperParameters) -> bool:
    return look.mean < p.black_gray and reference.mean > p.lit_gray


def judge(
    look: Look, reference: Reference, sharpness: float, p: TamperParameters
) -> TamperState | None:
    """Return what is wrong with the mean of a few looks, or None.

    `sharpness` is the median of the single looks': a mean of moving things is never sharp.
    """
    against = reference.compare(look)
    if look.saturated_share - reference.saturated_share >= p.saturated_rise:
        before = reference.still.coarse
        if (
            lifted_share(before, look.saturated) >= p.glare_lifted
            or np.percentile(before[look.saturated], 10) < SATURATED / p.glare_gain
        ):
            return TamperState.GLARE
    if is_dark(look, reference, p):
        if look.deviation < p.black_contrast * reference.still.deviation:
            return TamperState.BLACK
        if against.share(against.gone(p.min_correlation)) >= p.covered_share:
            return TamperState.BLACK
    if int(against.textured.sum()) < 6:
        return None
    if sharpness < p.min_sharpness:
        return TamperState.DEFOCUSED
    return _judge_structure(look, reference, against, p)


def _judge_structure(
    look: Look, reference: Reference, against: Comparison, p: TamperParameters
) -> TamperState | None:
    gone = against.gone(p.min_correlation)
    share, dull_share = against.share(gone), against.share(gone & against.dull)
    if dull_share >= p.covered_share:
        return TamperState.COVERED
    if share >= p.suspected_share and _is_moved(look, reference, against, share, p):
        return TamperState.MOVED
    if dull_share >= p.half_share:
        return TamperState.HALF_COVERED
    return TamperState.BLOCKED if share >= p.covered_share else None


def _is_moved(
    look: Look, reference: Reference, against: Comparison, share: float, p: TamperParameters
) -> bool:
    strong = against.textured & (against.agreement >= p.strong_correlation)
    if share >= p.moved_share and (strong | against.flat_kept).mean() <= p.max_kept_share:
        return True
    shift = find_shift(reference.background, look, min_correlation=p.strong_correlation)
    if shift is None or shift.agreement < p.found_share:
        return False
    return shift.share >= p.min_shift_share
