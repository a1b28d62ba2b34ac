"""The town's own threshold: measured on its pictures, set by an administrator with a reason."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta

import cv2
import numpy as np
from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from analytics import face_templates
from analytics.actions.faces.refusals import FacesRefusedError, require_right, stripped
from analytics.engine.faces.face import Template
from analytics.engine.faces.matching import HIGHEST, LOWEST
from analytics.evaluation.faces_calibration import (
    MIN_PAIRS,
    Calibration,
    Passings,
    different_scores,
    draw_curves,
)
from analytics.evaluation.faces_scores import Scores
from analytics.face_queries import photo_template, threshold_of
from analytics.models import Detection, FaceCalibration, FaceEncounter, FaceThreshold, WatchPhoto
from cameras.access import Act
from cameras.audit import write_audit_entry

LIST_SIZE = 50
"""People on the watch list, for the share of passers-by who resemble one of them."""
MOST_ENCOUNTERS = 50_000
"""The newest; a page waits some seconds for so many."""


def calibrate(
    *,
    at: datetime,
    recognizer: str = "retail-0095",
    hours: float = 72.0,
    least_quality: float = 0.0,
    list_size: int = LIST_SIZE,
    threshold: float | None = None,
) -> FaceCalibration:
    """Measure false accepts on the faces of the last hours, and keep figures and curve.

    Raises:
        FacesRefusedError: too few people passed at one moment.

    """
    different = different_scores(_passings(recognizer, at - timedelta(hours=hours), least_quality))
    if len(different) < MIN_PAIRS:
        raise FacesRefusedError(
            _(
                "%(count)d pairs of faces at one moment; at least %(least)d are needed: "
                "wait for more passers-by."
            )
            % {"count": len(different), "least": MIN_PAIRS}
        )
    measured = Calibration(different, list_size, town_same_scores(recognizer))
    chosen = threshold_of(recognizer) if threshold is None else threshold
    _done, curve = cv2.imencode(".png", draw_curves(measured, chosen))
    return FaceCalibration.objects.create(
        recognizer=recognizer,
        measured_at=at,
        figures=[asdict(figure) for figure in measured.figures(chosen)],
        curve=curve.tobytes(),
    )


def _passings(recognizer: str, since: datetime, least_quality: float) -> Passings:
    """Read the encounters that can be compared; only numbers leave this function."""
    found = FaceEncounter.objects.filter(
        recognizer=recognizer, best_at__gte=since, quality__gte=least_quality
    ).exclude(template=b"")
    columns = found.order_by("-best_at").values_list(
        "template", "camera_id", "began_at", "ended_at", "box"
    )
    rows = list(columns[:MOST_ENCOUNTERS])
    templates = [_template(row[0]) for row in rows]
    return Passings(
        np.stack(templates) if templates else np.empty((0, 0), np.float32),
        np.array([row[1] for row in rows], np.int64),
        np.array([row[2].timestamp() for row in rows], np.float64),
        np.array([row[3].timestamp() for row in rows], np.float64),
        np.array([row[4] for row in rows], np.float64).reshape(-1, 4),
    )


def town_same_scores(recognizer: str) -> Scores:
    """Score faces that people say are of one person.

    They are the photos of one entry with each other, and the faces of hits judged real with the
    entry's photos. Where no list is kept there are none.
    """
    photos: dict[int, list[Template]] = {}
    for photo in WatchPhoto.objects.filter(recognizer=recognizer):
        photos.setdefault(photo.entry_id, []).append(photo_template(photo))
    scores = [
        float(one @ other)
        for templates in photos.values()
        for place, one in enumerate(templates)
        for other in templates[:place]
    ]
    real = FaceEncounter.objects.filter(
        watchhit__detection__verdict=Detection.Verdict.REAL, recognizer=recognizer
    ).exclude(template=b"")
    for sealed, entry in real.values_list("template", "watchhit__entry"):
        template = _template(sealed)
        scores += [float(template @ photo) for photo in photos.get(entry, ())]
    return np.array(scores, np.float32)


def _template(sealed: bytes | memoryview) -> Template:
    return np.frombuffer(face_templates.unseal(bytes(sealed)), np.float32)


@transaction.atomic
def set_threshold(
    *,
    actor: User,
    recognizer: str,
    value: float,
    reason: str,
    at: datetime,
    address: str | None = None,
) -> FaceThreshold:
    """Let hits be shown from this score on.

    Raises:
        FacesRefusedError: no right, no reason, or a threshold that can't be meant.

    """
    require_right(actor, Act.SWITCH_FACES)
    why = stripped(reason, longest=300, refusal=_("Give the reason."))
    if not LOWEST <= value <= HIGHEST:
        raise FacesRefusedError(
            _("The threshold lies between %(low).2f and %(high).2f.")
            % {"low": LOWEST, "high": HIGHEST}
        )
    before = threshold_of(recognizer)
    row = FaceThreshold.objects.create(
        recognizer=recognizer, value=value, reason=why, set_by=actor, set_at=at
    )
    write_audit_entry(
        actor=actor,
        action="faces.set_threshold",
        target=row,
        at=at,
        detail={"recognizer": recognizer, "from": before, "to": value, "reason": why},
        address=address,
    )
    return row
