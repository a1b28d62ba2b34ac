"""Made observations: boxes go through the real tracker, no picture and no network is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from analytics.engine.boxes import Box
from analytics.engine.detector import Detector, Sighting
from analytics.engine.frames import Frame, Image
from analytics.engine.motion import HEIGHT, WIDTH, Motion
from analytics.engine.objects import FoundObject, Label
from analytics.engine.observation import Observation
from analytics.engine.poses import PoseFinder
from analytics.engine.scene import Scene
from analytics.engine.tracks import Track, Tracker


def person_at(x: float, foot: float, height: float = 100.0) -> Box:
    """Make the box of somebody upright who stands at a pixel."""
    return Box(x - height / 5, foot - height, x + height / 5, foot)


def found(label: Label, box: Box, score: float = 0.9) -> FoundObject:
    return FoundObject(label, score, box)


class MadeCamera:
    """A stream of observations: each call is the next frame of one camera."""

    def __init__(
        self,
        *,
        width: int = 640,
        height: int = 360,
        scene: Scene | None = None,
        pose_finder: PoseFinder | None = None,
    ) -> None:
        self.scene, self.pose_finder = scene or Scene(), pose_finder
        self.blank = np.full((height, width, 3), 96, dtype=np.uint8)
        self.tracker = Tracker()
        self._proven: tuple[Track, ...] = ()

    def see(
        self,
        at: float,
        persons: Iterable[Box] = (),
        *,
        others: Iterable[FoundObject] = (),
        image: Image | None = None,
        motion: Motion | None = None,
        was_searched: bool = True,
    ) -> Observation:
        objects = (*(found(Label.PERSON, box) for box in persons), *others)
        if was_searched:
            self.tracker.update(at, objects)
        visible = self.tracker.visible(at) if was_searched else ()
        followed = self.tracker.tracks
        ended = tuple(track for track in self._proven if track not in followed)
        self._proven = tuple({*self._proven, *visible} - set(ended))
        return Observation(
            frame=Frame(at, self.blank if image is None else image),
            scene=self.scene,
            motion=motion or Motion(0, np.zeros((HEIGHT, WIDTH), dtype=np.uint8)),
            is_moving=bool(objects),
            was_searched=was_searched,
            objects=objects if was_searched else (),
            tracks=visible,
            known=followed,
            ended=ended,
            pose_finder=self.pose_finder,
        )

    def watch(
        self,
        seconds: float,
        persons: Callable[[float], Sequence[Box]] = lambda at: (),
        *,
        others: Callable[[float], Sequence[FoundObject]] = lambda at: (),
        fps: float = 5.0,
        start: float = 0.0,
    ) -> Iterator[Observation]:
        """Yield the observations of a while; who is where is asked with each moment."""
        for number in range(round(seconds * fps)):
            at = start + number / fps
            yield self.see(at, persons(at), others=others(at))


def observe(
    at: float, persons: Iterable[Box] = (), *, width: int = 640, height: int = 360
) -> Observation:
    """Make one observation alone, in which the persons were already seen a moment ago."""
    boxes = tuple(persons)
    camera = MadeCamera(width=width, height=height)
    camera.see(at - 0.2, boxes)
    return camera.see(at, boxes)


def sightings(detector: Detector, seen: Iterable[Observation]) -> list[Sighting]:
    """Lead observations through a detector; return all that it says."""
    return [sighting for moment in seen for sighting in detector.observe(moment)]
