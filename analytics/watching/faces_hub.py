"""Faces of all cameras of an analysis worker: switched on or off, with which networks and streams.

Off until the switch of detection is on: then no face is looked for, and no main stream is read.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from django.conf import settings
from django.utils.timezone import now

from analytics.actions.faces.encounters import Passing
from analytics.engine.faces.face import FaceFinder, Recognizer
from analytics.engine.weights import FACES, open_faces, recognizer_weights
from analytics.face_queries import is_compared, is_switched_on
from analytics.failure_texts import Code, Problem
from analytics.models import FaceSwitch
from analytics.watching.camera import WatchedCamera
from analytics.watching.faces import FaceWatch
from analytics.watching.source import LiveSource
from cameras.models import Camera, Stream

logger = logging.getLogger(__name__)

LOOK_AGAIN_SECONDS = 30.0


class FaceNetworks:
    """The networks of this process, opened when first needed, and again when files have come."""

    def __init__(self, folder: Path, recognizer_name: str) -> None:
        self._folder, self._recognizer_name = folder, recognizer_name
        self._weights = (FACES, recognizer_weights(recognizer_name))
        self.finder: FaceFinder | None = None
        self.recognizer: Recognizer | None = None
        self._missing: frozenset[str] = frozenset()
        self._looked_at = float("-inf")

    def open(self) -> bool:
        """Open what is there; return whether anything new was. Looks not too often."""
        is_complete = self.finder is not None and self.recognizer is not None
        if is_complete or time.monotonic() - self._looked_at < LOOK_AGAIN_SECONDS:
            return False
        self._looked_at = time.monotonic()
        had = (self.finder is not None, self.recognizer is not None)
        self.finder, self.recognizer, missing = open_faces(self._folder, self._recognizer_name)
        if frozenset(missing) != self._missing:
            for name in missing:
                logger.warning("faces: %s is missing", name)
        self._missing = frozenset(missing)
        return had != (self.finder is not None, self.recognizer is not None)

    def problems(self) -> list[Problem]:
        return [
            Problem(
                Code.BROKEN_FILE
                if (self._folder / weights.file_name).is_file()
                else Code.MISSING_FILE,
                weights.file_name,
            )
            for weights in self._weights
            if weights.name in self._missing
        ]


class HubFaces:
    """`refresh`, `note_streams` and `problems` are called by the clerk's thread or a task's.

    All else is called by the loop's.
    """

    def __init__(
        self, folder: Path, source: LiveSource, on_passed: Callable[[Passing], None]
    ) -> None:
        self._networks = FaceNetworks(folder, settings.FACE_RECOGNIZER)
        self._source, self._on_passed = source, on_passed
        self._is_on = self._compares = self._raises_alarms = False
        self._excluded: frozenset[int] = frozenset()
        """Cameras of places where faces are found, and not compared."""
        self._mains: dict[int, int] = {}
        """Of each camera: its main stream, where that is not the one that is analyzed."""
        self._joined: dict[int, WatchedCamera] = {}

    # --- other threads ------------------------------------------------------------------------

    def refresh(self) -> None:
        """Read the switches."""
        at = now()
        self._is_on = is_switched_on(name=FaceSwitch.Name.DETECTION, at=at)
        self._compares = self._is_on and is_compared(at=at)
        self._raises_alarms = self._is_on and is_switched_on(name=FaceSwitch.Name.WATCH_LIST, at=at)
        excluded = Camera.objects.filter(location__excludes_faces=True)
        self._excluded = frozenset(excluded.values_list("pk", flat=True) if self._compares else ())

    def note_streams(self, camera: Camera, analyzed_id: int) -> None:
        main_id = main_stream_id(camera)
        if main_id is not None and main_id != analyzed_id:
            self._mains[camera.pk] = main_id
        else:
            self._mains.pop(camera.pk, None)

    def problems(self) -> list[Problem]:
        return self._networks.problems() if self._is_on else []

    # --- the loop's thread --------------------------------------------------------------------

    def keep(self, cameras: Iterable[WatchedCamera]) -> None:
        """Bring the cameras to what the switches say; call each second.

        Raises redis.RedisError or OSError while Redis is away.
        """
        has_new = self._is_on and self._networks.open()
        for camera in cameras:
            if camera.faces is not None and (not self._is_on or has_new):
                self._take_off(camera)
            if self._is_on and camera.faces is None:
                camera.faces = self._face_watch(camera.camera_id)
            self._follow_main(camera)

    def compares(self, camera_id: int) -> bool:
        """Tell whether its faces may be turned into what can be compared."""
        return self._compares and camera_id not in self._excluded

    def _face_watch(self, camera_id: int) -> FaceWatch | None:
        if self._networks.finder is None:
            return None
        return FaceWatch(
            camera_id,
            self._networks.finder,
            self._networks.recognizer,
            self._on_passed,
            has_main=camera_id in self._mains,
            compares=lambda: self.compares(camera_id),
            raises_alarms=lambda: self._raises_alarms,
        )

    def _take_off(self, camera: WatchedCamera) -> None:
        """What is under way is kept only while faces may be looked for."""
        if camera.faces is not None and self._is_on:
            camera.faces.finish()
        camera.faces = None

    def _follow_main(self, camera: WatchedCamera) -> None:
        main_id = self._mains.get(camera.camera_id)
        if main_id is None:
            return
        wants = camera.faces is not None and camera.faces.wants_main
        if wants and self._joined.get(main_id) is not camera:
            self._joined[main_id] = camera
            self._source.join(main_id)
        elif not wants and main_id in self._joined:
            self._leave(main_id)

    def _leave(self, main_id: int) -> None:
        del self._joined[main_id]
        self._source.leave(main_id)

    def camera_of_main(self, stream_id: int) -> WatchedCamera | None:
        return self._joined.get(stream_id)

    def drop(self, camera: WatchedCamera) -> None:
        """Read the main stream of a camera no longer."""
        for main_id in [each for each, owner in self._joined.items() if owner is camera]:
            self._leave(main_id)


def main_stream_id(camera: Camera) -> int | None:
    """The main stream where it is recorded: only then does it come live."""
    streams = Stream.objects.filter(camera=camera, role=Stream.Role.MAIN, is_recorded=True)
    return streams.values_list("pk", flat=True).first()
