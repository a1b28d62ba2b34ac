"""Derive the threshold of faces from the town's own pictures."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from django.core.management.base import BaseCommand, CommandError
from django.utils.timezone import now

from analytics import face_templates
from analytics.engine.faces.matching import DEFAULT_THRESHOLD
from analytics.evaluation.faces_calibration import (
    MIN_PAIRS,
    Calibration,
    Passings,
    different_scores,
    draw_det,
)
from analytics.models import FaceEncounter


class Command(BaseCommand):
    help = (
        "Print false accepts of faces by the town's own pictures: those of one moment are of "
        "different people. Prints name value unit; --picture draws the curve."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--hours", type=float, default=72.0, help="look so far back")
        parser.add_argument("--recognizer", default="retail-0095")
        parser.add_argument("--threshold", type=float, default=DEFAULT_THRESHOLD)
        parser.add_argument("--list-size", type=int, default=50, help="people on the watch list")
        parser.add_argument("--least-quality", type=float, default=0.0)
        parser.add_argument("--picture", type=Path, help="a PNG file for the curve")

    def handle(self, *args: Any, **options: Any) -> None:
        scores = different_scores(_passings(options))
        if len(scores) < MIN_PAIRS:
            msg = (
                f"{len(scores)} pairs of faces at one moment; at least {MIN_PAIRS} are needed: "
                "wait for more passers-by, or look back over more hours"
            )
            raise CommandError(msg)
        for figure in Calibration(scores, options["list_size"]).figures(options["threshold"]):
            for line in figure.lines():
                self.stdout.write(line)
        if options["picture"] is not None:
            curve = draw_det(scores, np.empty(0, np.float32), options["threshold"])
            _done, data = cv2.imencode(".png", curve)
            options["picture"].write_bytes(data.tobytes())


def _passings(options: dict[str, Any]) -> Passings:
    """Read the encounters that can be compared; only numbers leave this function."""
    rows = list(
        FaceEncounter.objects.filter(
            recognizer=options["recognizer"],
            best_at__gte=now() - timedelta(hours=options["hours"]),
            quality__gte=options["least_quality"],
        )
        .exclude(template=b"")
        .values_list("template", "camera_id", "began_at", "ended_at")
    )
    templates = [np.frombuffer(face_templates.unseal(bytes(row[0])), np.float32) for row in rows]
    return Passings(
        np.stack(templates) if templates else np.empty((0, 0), np.float32),
        np.array([row[1] for row in rows], np.int64),
        np.array([row[2].timestamp() for row in rows], np.float64),
        np.array([row[3].timestamp() for row in rows], np.float64),
    )
