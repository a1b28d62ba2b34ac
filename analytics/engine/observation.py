"""All that is known of one moment, as every detector gets it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from analytics.engine.boxes import Box, Point
from analytics.engine.frames import Frame
from analytics.engine.likeness import Likeness
from analytics.engine.motion import Motion
from analytics.engine.objects import FoundObject, Label
from analytics.engine.poses import Pose, PoseFinder
from analytics.engine.scene import Scene
from analytics.engine.tracks import Track
from analytics.engine.violence_model import FightModel


@dataclass
class Observation:
    frame: Frame
    scene: Scene
    motion: Motion
    is_moving: bool
    """Something moved within the last second."""
    was_searched: bool
    """The picture was searched for objects; if not, `objects` and `tracks` are empty."""
    objects: tuple[FoundObject, ...] = ()
    """Raw, from objects.MIN_SCORE on; those inside masks are left out."""
    lately: tuple[FoundObject, ...] = ()
    """Those of the last search, this one included, not older than a second."""
    tracks: tuple[Track, ...] = ()
    """Proven and seen in this frame."""
    known: tuple[Track, ...] = ()
    """All that are still followed, those out of sight for some seconds included."""
    ended: tuple[Track, ...] = ()
    """Proven tracks given up since the last observation."""
    pose_finder: PoseFinder | None = None
    fight_model: FightModel | None = None
    """Fitted by this installation; None: the one in the code is used."""
    _likenesses: dict[Box, Likeness] = field(default_factory=dict, init=False, repr=False)

    @property
    def at(self) -> float:
        return self.frame.at

    @cached_property
    def poses(self) -> tuple[Pose, ...]:
        """Found on demand, once for all detectors; empty where the network's file is missing."""
        if self.pose_finder is None:
            return ()
        return tuple(self.pose_finder.find(self.frame.image))

    def likeness(self, box: Box) -> Likeness:
        """What fills a box now, made once for all detectors."""
        if box not in self._likenesses:
            self._likenesses[box] = Likeness(self.frame, box)
        return self._likenesses[box]

    @property
    def persons(self) -> tuple[Track, ...]:
        return tuple(track for track in self.tracks if track.label is Label.PERSON)

    def share(self, point: Point) -> Point:
        """A pixel as shares of the picture, as zones want it."""
        return Point(point.x / self.frame.width, point.y / self.frame.height)

    def share_box(self, box: Box) -> Box:
        return box.scaled(1 / self.frame.width, 1 / self.frame.height)
