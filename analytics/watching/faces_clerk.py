"""What the clerk of an analysis worker writes of faces: who passed, and alarms."""

from __future__ import annotations

import logging
from dataclasses import replace

from django.utils.timezone import now

from analytics.actions.faces.encounters import Passing, record_encounter
from analytics.actions.faces.hits import likenesses, raise_hit
from analytics.face_queries import is_compared, is_switched_on
from analytics.models import FaceEncounter, FaceSwitch
from analytics.watching.faces_entries import WantedFaces
from cameras.models import Camera

logger = logging.getLogger(__name__)


class FaceClerk:
    """For the clerk's thread."""

    def __init__(self) -> None:
        self._wanted = WantedFaces()

    def write(self, passing: Passing) -> None:
        """Write what passed, unless it was switched off meanwhile; raises DatabaseError.

        Where, or while, faces are not compared nothing is kept that could be.
        """
        at = now()
        camera = Camera.objects.select_related("location").filter(pk=passing.camera_id).first()
        if camera is None or not is_switched_on(name=FaceSwitch.Name.DETECTION, at=at):
            return
        if camera.location.excludes_faces or not is_compared(at=at):
            passing = replace(passing, templates=(), recognizer="")
        encounter = None
        if passing.is_over:
            encounter, is_new = record_encounter(camera=camera, passing=passing, at=at)
            if not is_new:
                return
        if is_switched_on(name=FaceSwitch.Name.WATCH_LIST, at=at):
            self._compare(camera, passing, encounter)

    def _compare(self, camera: Camera, passing: Passing, encounter: FaceEncounter | None) -> None:
        """Raise the alarm of the entry that is resembled most; one face is one person."""
        wanted = self._wanted.at(
            now(), location_id=camera.location_id, recognizer=passing.recognizer
        )
        threshold = self._wanted.threshold(passing.recognizer)
        for likeness in likenesses(passing, wanted, threshold)[:1]:
            raise_hit(camera=camera, passing=passing, likeness=likeness, encounter=encounter)
