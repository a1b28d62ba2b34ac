"""Verification and identification on plain arrays of templates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.engine.faces.face import Template
from analytics.engine.faces.matching import match_score
from analytics.evaluation.faces_data import UNKNOWN

Scores = NDArray[np.float32]


@dataclass(frozen=True)
class PairScores:
    same: Scores
    different: Scores


def all_pairs(templates: Sequence[Template], identities: Sequence[str]) -> PairScores:
    """Compare each with each."""
    if not len(templates):
        return PairScores(np.empty(0, np.float32), np.empty(0, np.float32))
    matrix = np.stack(list(templates))
    who = np.array(identities)
    first, second = np.triu_indices(len(who), 1)
    scores = (matrix @ matrix.T)[first, second]
    is_same = who[first] == who[second]
    return PairScores(scores[is_same], scores[~is_same])


def threshold_at_far(different: Scores, far: float) -> float:
    """Return the score above which no more than this share of different pairs lies."""
    if not len(different):
        return -1.0
    descending = np.sort(different)[::-1]
    allowed = min(int(far * len(descending)), len(descending) - 1)
    return float(descending[allowed])


@dataclass(frozen=True)
class Identification:
    known: int
    known_right: int
    strangers: int
    strangers_accepted: int


def identify(
    gallery: Mapping[str, Sequence[Template]],
    probes: Sequence[tuple[Sequence[Template], str]],
    threshold: float,
) -> Identification:
    """Ask for each probe who of the gallery it is, or nobody: an open set."""
    known = right = strangers = accepted = 0
    for templates, expected in probes:
        name, score = best_match(gallery, templates)
        is_accepted = score >= threshold
        if expected == UNKNOWN:
            strangers += 1
            accepted += is_accepted
        else:
            known += 1
            right += is_accepted and name == expected
    return Identification(known, right, strangers, accepted)


def best_match(
    gallery: Mapping[str, Sequence[Template]], templates: Sequence[Template]
) -> tuple[str, float]:
    scores = {name: match_score(templates, photos) for name, photos in gallery.items()}
    return max(scores.items(), key=lambda entry: entry[1], default=("", -1.0))
