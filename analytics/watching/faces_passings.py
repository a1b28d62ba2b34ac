"""From a track of a face to what is kept of it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence

from analytics.actions.faces.encounters import Passing
from analytics.engine.faces.face import Picture, Recognizer, Template
from analytics.engine.faces.tracks import FaceTrack, Shot
from analytics.engine.frames import resized
from analytics.watching.findings import jpeg_of, moment

SCENE_WIDTH = 960
KEPT_SCENES = 40
LEAST_QUALITY = 0.05
"""Of a worse shot recognition says nothing worth hearing: see docs/design/face_watching.md."""


class Scenes:
    """The last pictures with faces, small, by their moment: the alarm shows the best one's."""

    def __init__(self, is_on: Callable[[], bool]) -> None:
        self._is_on = is_on
        self._kept: OrderedDict[float, bytes] = OrderedDict()

    def keep(self, at: float, picture: Picture, *, is_wanted: bool) -> None:
        if not is_wanted or not self._is_on():
            return
        height, width = picture.shape[:2]
        if width > SCENE_WIDTH:
            picture = resized(picture, SCENE_WIDTH, round(height * SCENE_WIDTH / width))
        self._kept[at] = jpeg_of(picture)
        while len(self._kept) > KEPT_SCENES:
            self._kept.popitem(last=False)

    def find(self, at: float) -> bytes | None:
        return self._kept.get(at)

    def clear(self) -> None:
        self._kept.clear()


def passing_of(
    track: FaceTrack,
    *,
    camera_id: int,
    size: tuple[int, int],
    recognizer: Recognizer | None,
    scenes: Scenes,
    is_over: bool,
) -> Passing:
    """Describe a track: its best shot, and a template of each that can be compared."""
    best = track.shots[0]
    return Passing(
        camera_id=camera_id,
        began_at=moment(track.began_s),
        ended_at=moment(track.ended_s),
        best_at=moment(best.at_s),
        box=_shares(best.box, size),
        eye_distance_px=best.face.eye_distance,
        quality=float(best.quality.value),
        shots=len(track.shots),
        picture=jpeg_of(best.crop),
        scene=scenes.find(best.at_s),
        templates=_templates(track.shots, recognizer),
        recognizer=recognizer.name if recognizer else "",
        is_over=is_over,
    )


def _templates(shots: Sequence[Shot], recognizer: Recognizer | None) -> list[Template]:
    if recognizer is None:
        return []
    good = [shot for shot in shots if shot.quality.value >= LEAST_QUALITY]
    return [recognizer.template(shot.crop, shot.face) for shot in good]


def _shares(
    box: tuple[float, float, float, float], size: tuple[int, int]
) -> tuple[float, float, float, float]:
    width, height = size
    left, top, right, bottom = box
    return (
        _inside(left / width),
        _inside(top / height),
        _inside(right / width),
        _inside(bottom / height),
    )


def _inside(share: float) -> float:
    return min(max(float(share), 0.0), 1.0)
