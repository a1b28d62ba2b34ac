"""Fit the fight model to a folder of labelled clips."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from analytics.engine.weights import FIGHT_MODEL_FILE, open_finders
from analytics.evaluation.clips import Clips, Context
from analytics.evaluation.fight_fitting import (
    SEEDS,
    SUBJECT,
    LabelledClip,
    fit,
    read_labelled,
    unseen_scores,
)
from analytics.evaluation.figures import area_under_curve

MIN_SCENES = 10
"""Fewer can not say how the model does where it has never been."""


class Command(BaseCommand):
    help = (
        f"Fit the fight model to CLIPS/{SUBJECT} (labels.csv: file, label, scene) and write it "
        "beside the weights, where analysis finds it at its next start."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--clips", type=Path, help="the folder; see docs/design/fight.md")
        parser.add_argument("--weights", type=Path, default=settings.WEIGHTS_DIR)
        parser.add_argument("--dry-run", action="store_true", help="write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        folder = options["clips"] or settings.CLIPS_DIR
        if folder is None or not folder.is_dir():
            msg = "name a folder of clips by --clips or ATOMGRAD_CLIPS_DIR"
            raise CommandError(msg)
        finders, missing = open_finders(options["weights"])
        if finders.objects is None:
            raise CommandError(missing["objects"])
        clips = read_labelled(Context(Clips(folder), finders, self.stderr.write))
        self._check(clips)
        model = fit(clips, origin=f"{len(clips)} clips of {len(_scenes(clips))} scenes")
        for name, weight in zip(model.names, model.weights, strict=True):
            self.stdout.write(f"{name} {weight:+.3f}")
        self.stdout.write(f"area under the curve, unseen scenes: {_area(clips):.3f}")
        if not options["dry_run"]:
            model.save(options["weights"] / FIGHT_MODEL_FILE)
            self.stdout.write(f"written: {options['weights'] / FIGHT_MODEL_FILE}")

    def _check(self, clips: list[LabelledClip]) -> None:
        kinds = {clip.is_fight for clip in clips}
        if len(_scenes(clips)) < MIN_SCENES or kinds != {True, False}:
            msg = f"clips with and without fights from at least {MIN_SCENES} scenes are needed"
            raise CommandError(msg)


def _scenes(clips: list[LabelledClip]) -> set[str]:
    return {clip.scene for clip in clips}


def _area(clips: list[LabelledClip]) -> float:
    labels = [clip.is_fight for clip in clips]
    areas = [area_under_curve(unseen_scores(clips, seed), labels) for seed in SEEDS]
    return float(np.mean(areas))
