"""Fit the fight model to labelled clips, and score each clip by a model that never saw its scene.

Clips of one camera are kept together (column `scene`): a model that knows a scene's walls from
the fit would score high and mean nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from analytics.engine.boxes import Box
from analytics.engine.clips import read_frames
from analytics.engine.frames import Frame, fit_for_analysis
from analytics.engine.objects import Label, ObjectFinder
from analytics.engine.pace import OFTEN_S
from analytics.engine.violence import (
    MIN_PERSON_SCORE,
    WANTED_FPS,
    Summary,
    ViolenceWindow,
    summarize,
)
from analytics.engine.violence_model import FightModel
from analytics.evaluation.clips import Context

SUBJECT = "fights"
FOLDS = 5
SEEDS = range(10)
PENALTY = 0.1
"""Inverse strength of the L2 penalty on standardized numbers: strong, for a hundred clips."""
WHOLE_CLIP_S = 3600.0

Fold = tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]
"""Indexes of the clips to fit on, and of those to score."""


@dataclass(frozen=True, eq=False)
class LabelledClip:
    name: str
    scene: str
    is_fight: bool
    summary: Summary


def read_labelled(context: Context) -> list[LabelledClip]:
    """Read all clips of the table; those that are missing or too short are left out, and said."""
    clips = []
    for row in context.clips.truth(SUBJECT, "labels.csv"):
        path = context.clips.folder / SUBJECT / row["file"]
        summary = read_summary(path, context) if path.is_file() else None
        if summary is None:
            context.say(f"left out: {row['file']}")
            continue
        clips.append(LabelledClip(row["file"], row["scene"], row["label"] == "fight", summary))
    return clips


def read_summary(path: Path, context: Context) -> Summary | None:
    """Summarize a whole clip of a few seconds, sampled as the detector samples a camera."""
    if context.finders.objects is None:
        return None
    window = ViolenceWindow(WHOLE_CLIP_S)
    seen_at = searched_at = float("-inf")
    for frame in read_frames(path, lambda _: True):
        if frame.at - seen_at < 1 / WANTED_FPS - 0.01:
            continue
        seen_at, fitting = frame.at, Frame(frame.at, fit_for_analysis(frame.image))
        people = None
        if frame.at - searched_at >= OFTEN_S:
            searched_at, people = frame.at, _people(fitting, context.finders.objects)
        window.see(fitting, people)
    return summarize(window.steps) if window.steps else None


def _people(frame: Frame, finder: ObjectFinder) -> list[Box]:
    return [
        thing.box
        for thing in finder.find(frame.image)
        if thing.label is Label.PERSON and thing.score >= MIN_PERSON_SCORE
    ]


def fit(clips: Sequence[LabelledClip], *, origin: str = "") -> FightModel:
    """Fit a logistic model; fights and others weigh alike, whatever their number.

    Raises:
        ValueError: there are not both fights and others among the clips.

    """
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 -- slow to import

    table = np.array([clip.summary for clip in clips])
    means, spreads = table.mean(axis=0), np.maximum(table.std(axis=0), 1e-6)
    line = LogisticRegression(C=PENALTY, class_weight="balanced", max_iter=3000)
    line.fit((table - means) / spreads, [clip.is_fight for clip in clips])
    return FightModel(
        means=_rounded(means),
        spreads=_rounded(spreads),
        weights=_rounded(line.coef_[0]),
        intercept=round(float(line.intercept_[0]), 4),
        origin=origin,
    )


def _rounded(values: npt.NDArray[np.float64]) -> tuple[float, ...]:
    return tuple(round(float(value), 4) for value in values)


def folds(clips: Sequence[LabelledClip], seed: int) -> Iterator[Fold]:
    """Split by scene, fights and others spread evenly as far as scenes allow."""
    from sklearn.model_selection import StratifiedGroupKFold  # noqa: PLC0415 -- slow to import

    labels, scenes = [clip.is_fight for clip in clips], [clip.scene for clip in clips]
    splitter = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    yield from splitter.split(np.zeros(len(clips)), labels, scenes)


def unseen_scores(clips: Sequence[LabelledClip], seed: int) -> list[float]:
    """Score each clip by the model that was fitted without its scene."""
    scores = [0.0] * len(clips)
    for known, left_out in folds(clips, seed):
        model = fit([clips[i] for i in known])
        for i in left_out:
            scores[i] = model.score(clips[i].summary)
    return scores
