"""Measure the detectors on clips with ground truth."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.timezone import now

from analytics.actions.evaluations import save_evaluation
from analytics.engine.analyzer import Finders
from analytics.engine.weights import OBJECTS, POSES, open_finders
from analytics.evaluation.clips import Clips, Context
from analytics.evaluation.remembered import remembered_objects, remembered_poses
from analytics.evaluation.subjects import SUBJECTS


class Command(BaseCommand):
    help = "Measure the detectors on a folder of clips with ground truth; print name value unit."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("subject", nargs="*", help=f"one or more of: {', '.join(SUBJECTS)}")
        parser.add_argument("--clips", type=Path, help="the folder; see docs/design/evaluation.md")
        parser.add_argument("--weights", type=Path, default=settings.WEIGHTS_DIR)
        parser.add_argument(
            "--memory", type=Path, help="keep the networks' answers here: the next run is faster"
        )
        parser.add_argument(
            "--save",
            metavar="WORDS",
            help="keep the figures for the page of the portal; say what they were measured on",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        names = options["subject"] or list(SUBJECTS)
        unknown = set(names) - set(SUBJECTS)
        if unknown:
            msg = f"no such subject: {', '.join(sorted(unknown))}"
            raise CommandError(msg)
        context = self._context(options)
        figures = []
        for name in names:
            for figure in SUBJECTS[name](context):
                figures.append(figure)
                for line in figure.lines():
                    self.stdout.write(line)
        if options["save"] is not None:
            save_evaluation(figures=figures, measured_on=options["save"], at=now())

    def _context(self, options: dict[str, Any]) -> Context:
        folder = options["clips"] or settings.CLIPS_DIR
        if folder is None or not folder.is_dir():
            msg = "name a folder of clips by --clips or ATOMGRAD_CLIPS_DIR"
            raise CommandError(msg)
        finders, missing = open_finders(options["weights"])
        for text in missing.values():
            self.stderr.write(f"left out: {text}")
        return Context(Clips(folder), self._remembered(finders, options["memory"]), self._say)

    def _say(self, text: str) -> None:
        self.stderr.write(text)

    def _remembered(self, finders: Finders, memory: Path | None) -> Finders:
        if memory is None:
            return finders
        objects, poses = finders.objects, finders.poses
        return Finders(
            objects=objects and remembered_objects(memory, f"{OBJECTS.sha256[:12]}-1", objects),
            poses=poses and remembered_poses(memory, f"{POSES.sha256[:12]}-1", poses),
            looks=finders.looks,
        )
