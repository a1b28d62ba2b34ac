"""The truth beside a clip: who is seen where in each frame, and what happens when."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from cameras.demo.frames import Sighting
from cameras.demo.scene.painter import corners_of
from cameras.demo.scene.projection import PinholeCamera
from cameras.demo.story import Event

MIN_EVENT_PX = 8


class TruthRecorder:
    """Collects the sightings of a clip frame by frame."""

    def __init__(self, camera: PinholeCamera, fps: int) -> None:
        self.camera, self.fps = camera, fps
        self._kinds: dict[str, str] = {}
        self._frames: dict[str, list[list[int]]] = defaultdict(list)

    def add(self, frame: int, sightings: tuple[Sighting, ...]) -> None:
        for seen in sightings:
            self._kinds[seen.track] = seen.kind
            self._frames[seen.track].append([frame, *seen.box])

    def document(self, events: tuple[Event, ...], seconds: float) -> dict[str, Any]:
        """Return the whole truth; boxes are left, top, width, height in pixels of the main clip."""
        seen = ((event, event_box(event, self.camera)) for event in events)
        return {
            "fps": self.fps,
            "size": [self.camera.width, self.camera.height],
            "seconds": seconds,
            "events": [
                {"kind": event.kind, "start_s": event.start_s, "end_s": event.end_s, "box": box}
                for event, box in seen
                if box is not None and event.start_s < seconds
            ],
            "tracks": [
                {"id": track, "kind": self._kinds[track], "frames": frames}
                for track, frames in sorted(self._frames.items())
            ],
        }


def event_box(event: Event, camera: PinholeCamera) -> list[int] | None:
    """Return the box around an event, or None where the camera does not see all of it."""
    x, y, z = event.spot
    width, depth, _ = event.size_m
    low = np.array([x - width / 2, y - depth / 2, z])
    pixels, away = camera.project(corners_of(low, low + np.array(event.size_m)))
    if (away < 1).any():
        return None
    left, top = np.floor(pixels.min(axis=0)).astype(int)
    right, bottom = np.ceil(pixels.max(axis=0)).astype(int)
    if left < 0 or top < 0 or right > camera.width or bottom > camera.height:
        return None
    if right - left < MIN_EVENT_PX:
        return None
    return [int(left), int(top), int(right - left), int(bottom - top)]


def write_truth(path: Path, document: dict[str, Any]) -> None:
    path.write_text(json.dumps(document, ensure_ascii=False, separators=(",", ":")))
