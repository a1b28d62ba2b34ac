"""Derive the threshold of faces from the town's own pictures, or from labelled ones."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import cv2
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.timezone import now

from analytics.actions.faces.calibrating import LIST_SIZE, calibrate
from analytics.actions.faces.refusals import FacesRefusedError
from analytics.engine.weights import open_faces
from analytics.evaluation.faces import Networks, labelled_pairs
from analytics.evaluation.faces_calibration import Calibration, draw_curves
from analytics.evaluation.faces_data import FacesFolder
from analytics.evaluation.figures import Figure
from analytics.face_queries import threshold_of


class Command(BaseCommand):
    help = (
        "Print false accepts (FAR), how many passers-by resemble somebody of a list (FPIR) and, "
        "where people said who is who, false rejects (FRR) by the town's own pictures: those of "
        "one moment are of different people. Prints name value unit; the curves are shown on the "
        "page Switches and calibration, and written by --picture."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--hours", type=float, default=72.0, help="look so far back")
        parser.add_argument("--recognizer", default=settings.FACE_RECOGNIZER)
        parser.add_argument("--threshold", type=float, help="other than the one in force")
        parser.add_argument("--list-size", type=int, default=LIST_SIZE, help="people on the list")
        parser.add_argument("--least-quality", type=float, default=0.0)
        parser.add_argument("--picture", type=Path, help="a PNG file for the curves")
        parser.add_argument(
            "--faces", type=Path, help="measure a folder of labelled pictures; nothing is kept"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        by = self._of_folder if options["faces"] else self._of_town
        figures, curve = by(options)
        for figure in figures:
            for line in figure.lines():
                self.stdout.write(line)
        if options["picture"] is not None:
            options["picture"].write_bytes(curve)

    def _of_town(self, options: dict[str, Any]) -> tuple[list[Figure], bytes]:
        names = ("recognizer", "hours", "least_quality", "list_size", "threshold")
        try:
            row = calibrate(at=now(), **{name: options[name] for name in names})
        except FacesRefusedError as error:
            raise CommandError(str(error)) from error
        return [Figure(**figure) for figure in row.figures], bytes(row.curve)

    def _of_folder(self, options: dict[str, Any]) -> tuple[list[Figure], bytes]:
        """Measure a recognizer before any camera has seen anybody."""
        finder, recognizer, missing = open_faces(settings.WEIGHTS_DIR, options["recognizer"])
        if finder is None or recognizer is None:
            raise CommandError("; ".join(missing.values()))
        pairs = labelled_pairs(FacesFolder(options["faces"]), Networks(finder, recognizer))
        if not len(pairs.different):
            msg = f"no labelled faces in {options['faces']}: labels.csv names file and identity"
            raise CommandError(msg)
        chosen = options["threshold"] or threshold_of(recognizer.name)
        measured = Calibration(pairs.different, options["list_size"], pairs.same)
        _done, curve = cv2.imencode(".png", draw_curves(measured, chosen))
        return list(measured.figures(chosen)), curve.tobytes()
