"""Measure whether faces are gone from redacted copies."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from analytics.engine.faces.redaction_seeking import open_seeker
from analytics.engine.networks import NetworkError, read_pinned
from analytics.evaluation.blur import Witness, evaluate_blur, has_faces
from analytics.evaluation.clips import Clips

SUBJECT = "faces"
WITNESS_FILE = "face_detection_yunet_n_640.onnx"
WITNESS_SHA256 = "25a606a145a5b6d7271ae138fbd00eba91dad8b83222ae3f2c7ecd0f4a7b0e31"


class Command(BaseCommand):
    help = "Redact the clips with faces and look for faces with other detectors, frame by frame."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="*", type=Path, help="clips; default: CLIPS/faces")
        parser.add_argument("--clips", type=Path, help="the folder; see docs/design/evaluation.md")
        parser.add_argument(
            "--all", action="store_true", help="every clip in which a second detector finds a face"
        )
        parser.add_argument("--weights", type=Path, default=settings.WEIGHTS_DIR)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            seeker = open_seeker(options["weights"])
            witness = Witness(read_pinned(options["weights"] / WITNESS_FILE, WITNESS_SHA256))
        except NetworkError as error:
            raise CommandError(str(error)) from error
        clips = self._clips(options, witness)
        if not clips:
            msg = "no clip with faces"
            raise CommandError(msg)
        for figure in evaluate_blur(clips, seeker, witness, self._say):
            for line in figure.lines():
                self.stdout.write(line)

    def _clips(self, options: dict[str, Any], witness: Witness) -> list[Path]:
        if options["files"]:
            return list(options["files"])
        folder = options["clips"] or settings.CLIPS_DIR
        if folder is None or not folder.is_dir():
            msg = "name a folder of clips by --clips or ATOMGRAD_CLIPS_DIR"
            raise CommandError(msg)
        clips = Clips(folder)
        if not options["all"]:
            return clips.of(SUBJECT)
        return [path for path in clips.all() if has_faces(path, witness)]

    def _say(self, text: str) -> None:
        self.stderr.write(text)
