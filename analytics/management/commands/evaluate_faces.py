"""Measure the recognition of faces on pictures and clips with ground truth."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from analytics.engine.weights import open_faces
from analytics.evaluation.clips import Clips
from analytics.evaluation.faces import Networks, evaluate_faces
from analytics.evaluation.faces_data import FacesFolder


class Command(BaseCommand):
    help = "Measure faces on a folder with ground truth; print name value unit."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--faces", type=Path, default=settings.FACES_DIR)
        parser.add_argument("--clips", type=Path, default=settings.CLIPS_DIR)
        parser.add_argument("--weights", type=Path, default=settings.WEIGHTS_DIR)
        parser.add_argument("--recognizer", default=settings.FACE_RECOGNIZER)

    def handle(self, *args: Any, **options: Any) -> None:
        faces, clips = options["faces"], options["clips"]
        if faces is None or not faces.is_dir():
            msg = "name a folder of faces by --faces or ATOMGRAD_FACES_DIR"
            raise CommandError(msg)
        if clips is None or not clips.is_dir():
            msg = "name a folder of clips by --clips or ATOMGRAD_CLIPS_DIR"
            raise CommandError(msg)
        finder, recognizer, missing = open_faces(options["weights"], options["recognizer"])
        if finder is None or recognizer is None:
            raise CommandError("; ".join(missing.values()))
        networks = Networks(finder, recognizer)
        for figure in evaluate_faces(FacesFolder(faces), Clips(clips), networks, self._say):
            for line in figure.lines():
                self.stdout.write(line)

    def _say(self, text: str) -> None:
        self.stderr.write(text)
