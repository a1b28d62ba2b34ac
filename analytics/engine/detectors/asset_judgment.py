"""Is that by which a look at an asset differs from its reference a change, and which?"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from analytics.engine.appearance import Likeness, Look, compare
from analytics.engine.kinds import Sensitivity

PAINT_HIDES = 0.25
"""Share of the textured cells: what loses more edges is broken, whatever its color is now."""
FAINT_PAINT = 0.3
"""Of its bound: with so much of it among faint signs, it is paint."""
GROSS_SIMILARITY, GROSS_CHANGED = 0.6, 0.75
"""What a change must show in a light that is not known: lamps that go out take all shadows and
the faint edges along, and leave the rest."""


class Change(StrEnum):
    REMOVED = "removed"
    MOVED = "moved"
    DAMAGED = "damaged"
    PAINTED = "painted"


@dataclass(frozen=True)
class AssetParameters:
    sample_every_s: float = 4.0
    learning_samples: float = 20.0
    recent_samples: float = 5.0
    """Their median is the current look."""
    confirm_s: float = 120.0
    confirm_share: float = 0.6
    """Of the samples of that time must say so."""
    min_similarity: float = 0.84
    max_changed: float = 0.25
    max_lost: float = 0.1
    max_group: float = 4.0
    """Neighboring cells of 64: a thin post fills no more of the rectangle that is drawn around
    it, but what is next to it stays as it was."""
    max_painted: float = 0.015
    max_inverted: float = 1.0
    """Cells of 64."""
    max_faint: float = 2.0
    """Signs that are each within their bounds, as shares of these, added up: light and noise make
    one of them large, damage makes several."""


PARAMETERS = {
    Sensitivity.LOW: AssetParameters(
        confirm_s=240.0,
        min_similarity=0.72,
        max_changed=0.35,
        max_lost=0.25,
        max_group=8.0,
        max_painted=0.04,
        max_inverted=3.0,
    ),
    Sensitivity.NORMAL: AssetParameters(),
    Sensitivity.HIGH: AssetParameters(min_similarity=0.88, max_changed=0.15, max_painted=0.01),
}


@dataclass(frozen=True)
class Verdict:
    change: Change | None
    likeness: Likeness


def judge(references: list[Look], current: Look, parameters: AssetParameters) -> Verdict:
    """Compare with one reference after the other, the most alike light first, until one is whole.

    Where none is, the one that is most alike tells; references must not be empty.
    """

    def other_light(look: Look) -> tuple[bool, float]:
        return look.is_gray != current.is_gray, abs(look.brightness - current.brightness)

    verdicts: list[Verdict] = []
    for reference in sorted(references, key=other_light):
        likeness = compare(reference, current)
        verdicts.append(Verdict(change_of(likeness, parameters), likeness))
        if verdicts[-1].change is None:
            return verdicts[-1]
    return max(verdicts, key=_alike)


def _alike(verdict: Verdict) -> float:
    found = verdict.likeness
    return found.similarity - found.changed - 4 * found.painted


def change_of(likeness: Likeness, parameters: AssetParameters) -> Change | None:
    """Name what differs from the reference; None where it is whole."""
    is_broken = (
        likeness.similarity < parameters.min_similarity
        or likeness.changed > parameters.max_changed
        or likeness.lost > parameters.max_lost
        or likeness.group > parameters.max_group
    )
    if not is_broken:
        is_painted = (
            likeness.painted > parameters.max_painted or likeness.inverted > parameters.max_inverted
        )
        return Change.PAINTED if is_painted else _faint_change(likeness, parameters)
    if likeness.painted > parameters.max_painted and likeness.lost < PAINT_HIDES:
        return Change.PAINTED
    if likeness.lost > 0.5:
        return Change.REMOVED
    return Change.MOVED if likeness.changed > 0.5 else Change.DAMAGED


def _faint_change(likeness: Likeness, parameters: AssetParameters) -> Change | None:
    """Judge signs none of which is enough alone."""
    paint = likeness.painted / parameters.max_painted
    edges = (
        (1 - likeness.similarity) / (1 - parameters.min_similarity)
        + likeness.changed / parameters.max_changed
        + likeness.lost / parameters.max_lost
        + likeness.group / (parameters.max_group + 1)
    )
    if paint + edges <= parameters.max_faint:
        return None
    return Change.PAINTED if paint > FAINT_PAINT else Change.DAMAGED


def is_gross(likeness: Likeness) -> bool:
    """Tell whether it is a change in any light."""
    return likeness.similarity < GROSS_SIMILARITY or likeness.changed > GROSS_CHANGED
