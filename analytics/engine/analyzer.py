"""Lead one camera's frames through gate, network and tracker to its rules."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from analytics.engine.episodes import Episode
from analytics.engine.frames import Frame, fit_for_analysis
from analytics.engine.motion import Motion, MotionGate, MotionParameters
from analytics.engine.objects import FoundObject, ObjectFinder
from analytics.engine.observation import Observation
from analytics.engine.pace import Pace
from analytics.engine.poses import PoseFinder
from analytics.engine.relink import LooksFinder, Relinker
from analytics.engine.rules import Rule
from analytics.engine.scene import Scene
from analytics.engine.statues import Statues
from analytics.engine.tracks import Track, Tracker
from analytics.engine.violence_model import FightModel

logger = logging.getLogger(__name__)

USUAL_FPS = 5.0
LATELY_S = 1.0


@dataclass(frozen=True)
class Finders:
    """The networks, shared by all cameras of a process. None: its file is missing."""

    objects: ObjectFinder | None = None
    poses: PoseFinder | None = None
    looks: LooksFinder | None = None
    fight_model: FightModel | None = None
    """Fitted by this installation; None: the one in the code is used."""


@dataclass(frozen=True)
class Change:
    """An episode of a rule that began, went on or ended at this frame."""

    rule: Rule
    episode: Episode
    is_new: bool
    """As it was at this frame: the episode itself goes on changing."""
    is_over: bool


def _change(rule: Rule, episode: Episode) -> Change:
    is_new = episode.sightings == 1 and not episode.is_over
    return Change(rule, episode, is_new, episode.is_over)


class Analyzer:
    """One camera. A change of the picture's size begins everything anew."""

    def __init__(
        self,
        scene: Scene,
        finders: Finders,
        make_rules: Callable[[], Sequence[Rule]],
        *,
        gate: MotionParameters | None = None,
        make_pace: Callable[[], Pace] = Pace,
    ) -> None:
        self.scene, self.finders = scene, finders
        self._make_rules, self._gate_parameters = make_rules, gate
        self._make_pace = make_pace
        self._size: tuple[int, int] | None = None
        self._at = float("-inf")
        self.searches = 0
        self.frames = 0
        self.observation: Observation | None = None
        """The last one."""
        self._begin()

    def _begin(self) -> None:
        self.rules = tuple(self._make_rules())
        self._gate = MotionGate(self._gate_parameters, self.scene.masks)
        self._tracker = Tracker()
        self._statues = Statues()
        self._relinker = Relinker(self.finders.looks) if self.finders.looks else None
        self._proven: dict[int, Track] = {}
        self._pace = self._make_pace()
        self._last_found: tuple[float, tuple[FoundObject, ...]] = float("-inf"), ()

    @property
    def wanted_fps(self) -> float:
        return max((rule.detector.wanted_fps for rule in self.rules), default=0) or USUAL_FPS

    def wants(self, at: float) -> bool:
        """Say whether a frame of this moment should be decoded into a picture and fed."""
        return at - self._at >= 1 / self.wanted_fps - 0.01

    def feed(self, frame: Frame) -> list[Change]:
        """Analyze one frame, later than the one before; return what changed."""
        frame = Frame(frame.at, fit_for_analysis(frame.image), frame.sound_db)
        changes = list(self._restart(frame)) if self._is_another_picture(frame) else []
        self._at = frame.at
        self.frames += 1
        seen = self._observe(frame)
        self.observation = seen
        for rule in self.rules:
            for episode in rule.episodes.take(frame.at, rule.sightings(seen)):
                changes.append(_change(rule, episode))
        return changes

    def close(self) -> list[Change]:
        """End what is open: the stream is over."""
        return [_change(rule, episode) for rule in self.rules for episode in rule.episodes.close()]

    def _is_another_picture(self, frame: Frame) -> bool:
        size = (frame.width, frame.height)
        was, self._size = self._size, size
        return was is not None and was != size

    def _restart(self, frame: Frame) -> Iterator[Change]:
        logger.info("the picture is now %d x %d: begin anew", frame.width, frame.height)
        yield from self.close()
        self._begin()

    def _observe(self, frame: Frame) -> Observation:
        motion = self._gate.see(frame)
        objects = self._search(frame)
        if objects is not None:
            self._tracker.update(frame.at, objects)
            self._pace.note_search(frame.at, self._tracker.tracks)
            self._last_found = frame.at, objects
        visible = self._visible(frame, motion) if objects is not None else ()
        ended = self._ended(visible)
        if self._relinker is not None:
            self._relinker.link(frame, visible, ended)
        return Observation(
            frame=frame,
            scene=self.scene,
            motion=motion,
            is_moving=self._gate.is_moving(frame.at),
            was_searched=objects is not None,
            objects=objects or (),
            lately=self._lately(frame.at),
            tracks=visible,
            known=self._tracker.tracks,
            ended=ended,
            pose_finder=self.finders.poses,
            fight_model=self.finders.fight_model,
        )

    def _lately(self, at: float) -> tuple[FoundObject, ...]:
        found_at, found = self._last_found
        return found if at - found_at <= LATELY_S else ()

    def _visible(self, frame: Frame, motion: Motion) -> tuple[Track, ...]:
        """The proven tracks of this frame; what never moved is left out."""
        proven = self._tracker.visible(frame.at)
        self._statues.mark(frame.at, proven, motion, (frame.width, frame.height))
        return tuple(track for track in proven if not track.is_static)

    def _search(self, frame: Frame) -> tuple[FoundObject, ...] | None:
        """Return the objects, or None where the picture was not searched."""
        if not self._gate.is_moving(frame.at):
            self._pace.note_stillness(frame.at)
        if self.finders.objects is None or not self._pace.is_due(frame.at):
            return None
        if not self._gate.is_worth_a_search(frame.at, has_tracks=bool(self._proven)):
            return None
        self.searches += 1
        return tuple(
            thing
            for thing in self.finders.objects.find(frame.image)
            if not self._is_masked(thing, frame)
        )

    def _is_masked(self, thing: FoundObject, frame: Frame) -> bool:
        if not self.scene.masks:
            return False
        foot = thing.box.scaled(1 / frame.width, 1 / frame.height).foot
        return self.scene.hides(foot)

    def _ended(self, visible: Sequence[Track]) -> tuple[Track, ...]:
        followed = {track.number for track in self._tracker.tracks}
        ended = [track for number, track in self._proven.items() if number not in followed]
        for track in ended:
            del self._proven[track.number]
        self._proven.update((track.number, track) for track in visible)
        return tuple(ended)
