"""One camera of an analysis worker: from live fragments to findings, never late for long.

Analysis sheds frames, never video. A worker that falls behind first takes two frames a second
instead of what the detectors want, then keyframes only; what it leaves out it counts.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import av

from analytics.actions.learned import Learned
from analytics.engine.analyzer import Analyzer, Change, Finders
from analytics.engine.decoding import DecodingError, PacketDecoder, PictureConverter
from analytics.engine.episodes import Episode
from analytics.engine.frames import Frame
from analytics.engine.kinds import Kind
from analytics.engine.overlay import OverlayBox
from analytics.engine.rules import Rule
from analytics.engine.sound import Ear
from analytics.failure_texts import Code, Problem
from analytics.setup import CameraSetup
from analytics.watching.boxes import BoxMinutes, Minute, overlay_boxes
from analytics.watching.faces import FaceWatch
from analytics.watching.findings import Finding, finding_of, moment
from analytics.watching.memory import Memory
from cameras.engine.fragments import read_fragment_header
from cameras.engine.tap import LiveFragment
from cameras.live.entries import LiveEntry

logger = logging.getLogger(__name__)

SLOW_LAG_S = 0.8
"""Later than this: two frames per second."""
SKIP_LAG_S = 2.0
"""Later than this: go on with the next keyframe."""
SLOW_INTERVAL_S = 0.5
LOST_AFTER_S = 30.0
MISSED_S = 10.0
"""No frames for so long: what the archive has of that time is caught up."""
CLOCK_JUMP_S = 5.0
EARLY_S = 0.01
"""Cameras are not exact: a frame may be so much too early."""
REOPENS_S = 600.0
"""Longer than any cool-down."""


class Outlet(Protocol):
    """Takes what a camera has to tell; must not block."""

    def raised(self, finding: Finding) -> None: ...

    def ended(self, finding: Finding, at: datetime) -> None: ...

    def minute(self, minute: Minute) -> None: ...

    def seen(self, camera_id: int, at: float, boxes: tuple[OverlayBox, ...]) -> None: ...

    def missed(self, camera_id: int, since: float, until: float) -> None:
        """No frames came for a while: the archive may have them."""

    def learned(self, camera_id: int, learned: Mapping[int, Learned]) -> None: ...

    def began_anew(self, camera_id: int) -> None:
        """What is raised from now on may be what was raised before."""


@dataclass
class Tally:
    """What was done since it was last asked."""

    analyzed: int = 0
    shed: int = 0
    searches: int = 0
    busy_s: float = 0.0
    lag_s: float = 0.0


class WatchedCamera:
    """`take` and `look` are called by the loop's thread only."""

    def __init__(
        self,
        camera_id: int,
        setup: CameraSetup,
        finders: Finders,
        outlet: Outlet,
        *,
        seen_until: float | None = None,
        learned: Mapping[int, Learned] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`seen_until`: Unix time up to which another worker has seen this camera.

        `learned` is what the detectors of its rules, by number, have learned so far.
        """
        self.camera_id = camera_id
        self.setup, self.finders = setup, finders
        self.problem: Problem | None = None
        self.tally = Tally()
        self.faces: FaceWatch | None = None
        """None: no faces are looked for."""
        self.analyzed_until: float | None = None
        self._outlet, self._clock = outlet, clock
        self._boxes = BoxMinutes(camera_id)
        self._memory = Memory(camera_id, learned)
        self._decoder: PacketDecoder | None = None
        self._converter = PictureConverter()
        self._ear = Ear()
        self._run = ""
        self._next_sequence = 0
        self._skips = False
        self.began_at = clock()
        self._frame_at = self.began_at
        """When the last frame was taken by the camera; at first: since when one is waited for."""
        self._seen_until = seen_until
        self._sampled_at = float("-inf")
        """The last frame that the detectors wanted, analyzed or shed."""
        self._lost: Finding | None = None
        self._open: dict[Episode, Finding] = {}
        self._analyzer = self._new_analyzer()

    def _new_analyzer(self) -> Analyzer:
        return Analyzer(self.setup.scene, self.finders, self._make_rules)

    def _make_rules(self) -> list[Rule]:
        return self._memory.make_rules(self.setup)

    # --- frames -----------------------------------------------------------------------------

    def take(self, entries: list[LiveEntry]) -> None:
        """Decode and analyze what came, as far as there is time."""
        began, searches = time.thread_time(), self._analyzer.searches
        for entry in entries:
            self._take(entry)
        self.tally.busy_s += time.thread_time() - began
        self.tally.searches += max(0, self._analyzer.searches - searches)

    def take_main(self, entries: list[LiveEntry]) -> None:
        """Look for faces in what came of the main stream."""
        if self.faces is not None:
            began = time.thread_time()
            self.faces.take_main(entries)
            self.tally.busy_s += time.thread_time() - began

    def _take(self, entry: LiveEntry) -> None:
        fragment = entry.fragment
        if fragment.live_format is not None and fragment.run != self._run:
            self._begin_run(fragment.run, fragment.live_format.initialization)
        if fragment.run != self._run:
            return  # its keyframe is yet to come
        at = fragment.captured_us / 1e6
        self._note_frame(at)
        if fragment.sound is not None and self._listens:
            self._ear.hear(fragment.sound.audio_format, fragment.sound.packets)
        has_hole = fragment.sequence != self._next_sequence
        self._next_sequence = fragment.sequence + 1
        if self._decoder is None:
            return
        if self._must_skip(self._decoder, fragment, at, has_hole=has_hole):
            self.tally.shed += self._is_due(at)
            return
        header = read_fragment_header(fragment.data, 0)
        if header is None:
            return
        data = bytes(memoryview(fragment.data)[header.data_offset : header.end_offset])
        is_keyframe = fragment.is_keyframe
        for picture in self._decoder.decode(data, fragment.captured_us, is_keyframe=is_keyframe):
            self._look_at(picture)

    @property
    def _listens(self) -> bool:
        return any(rule.detector.kind is Kind.SOUND for rule in self._analyzer.rules)

    def _begin_run(self, run: str, initialization: bytes) -> None:
        self._run, self._next_sequence, self._skips = run, 0, False
        self._decoder, self.problem = None, None
        try:
            self._decoder = PacketDecoder(initialization)
        except DecodingError as error:
            self._note_unreadable(error)

    def _note_frame(self, at: float) -> None:
        seen_until, self._seen_until = self._seen_until or self._frame_at, None
        if at - seen_until > MISSED_S:
            self._outlet.missed(self.camera_id, seen_until, at)
        elif at < self._sampled_at - CLOCK_JUMP_S:
            logger.warning("camera %d: the clock went back, analysis begins anew", self.camera_id)
            self._restart(self._sampled_at)
        self._frame_at = at
        if self._lost is not None:
            self._end(self._lost, at)
            self._lost = None

    def _must_skip(
        self, decoder: PacketDecoder, fragment: LiveFragment, at: float, *, has_hole: bool
    ) -> bool:
        """Tell whether to leave out a fragment: what it builds on is missing, or it is too late."""
        if fragment.is_keyframe:
            self._skips = False
        elif not self._skips and (has_hole or self._clock() - at > SKIP_LAG_S):
            self._skips = True
            decoder.skip()
        return self._skips

    def _is_due(self, at: float) -> bool:
        """Tell whether the detectors want a frame of this moment; saying yes counts."""
        if at - self._sampled_at < 1 / self._analyzer.wanted_fps - EARLY_S:
            return False
        self._sampled_at = at
        return True

    def _look_at(self, picture: av.VideoFrame) -> None:
        at = (picture.pts or 0) / 1e6
        if not self._is_due(at):
            return
        self.tally.lag_s = self._clock() - at
        if self.tally.lag_s > SLOW_LAG_S and at - (self.analyzed_until or 0) < SLOW_INTERVAL_S:
            self.tally.shed += 1
            return
        try:
            image = self._converter.image_of(picture)
        except DecodingError as error:
            self._note_unreadable(error)
            return
        frame = Frame(at, image, self._ear.take_level_db())
        self._tell(self._analyzer.feed(frame), frame)
        self.tally.analyzed += 1
        self.analyzed_until = at
        if self.faces is not None and self._analyzer.observation is not None:
            self.faces.see(picture, self._analyzer.observation)
        self._show_boxes(at)

    def _note_unreadable(self, error: DecodingError) -> None:
        if self.problem is None:
            logger.warning("camera %d is not analyzed: %s", self.camera_id, error)
        self.problem = Problem(Code.PICTURE)

    # --- what is seen -----------------------------------------------------------------------

    def _tell(self, changes: list[Change], frame: Frame) -> None:
        for change in changes:
            if change.is_new:
                finding = finding_of(change, camera_id=self.camera_id, frame=frame)
                self._open[change.episode] = finding
                self._outlet.raised(finding)
            elif change.is_over and change.episode in self._open:
                self._end(self._open[change.episode], change.episode.last.at)
        self._forget(frame.at)

    def _forget(self, at: float) -> None:
        """An episode that is over may be seen again for a while, and then ends again."""
        over = [e for e in self._open if e.is_over and at - e.last.at > REOPENS_S]
        for episode in over:
            del self._open[episode]

    def _end(self, finding: Finding, at: float) -> None:
        self._outlet.ended(finding, moment(at))

    def _show_boxes(self, at: float) -> None:
        seen = self._analyzer.observation
        if seen is None or not seen.was_searched:
            return
        boxes = overlay_boxes(seen) + (self.faces.boxes(at) if self.faces else ())
        self._outlet.seen(self.camera_id, at, boxes)
        if minute := self._boxes.add(at, boxes):
            self._outlet.minute(minute)

    # --- silence, change, end ---------------------------------------------------------------

    def check_silence(self) -> None:
        """Raise that the picture is lost when no frame came for a while; call each second."""
        silent_s = self._clock() - self._frame_at
        if self._lost is not None or silent_s < LOST_AFTER_S:
            return
        rule = next((r for r in self._analyzer.rules if r.detector.kind is Kind.TAMPER), None)
        if rule is None or not rule.schedule.is_on(self._clock()):
            return
        self._lost = Finding(
            camera_id=self.camera_id,
            rule_id=rule.number or None,
            kind=Kind.TAMPER,
            grade=rule.grade,
            place=rule.place,
            version=rule.detector.version,
            began_at=moment(self._frame_at),
            raised_at=moment(self._frame_at + LOST_AFTER_S),
            key="lost",
            continues_within=timedelta(seconds=MISSED_S + LOST_AFTER_S),
            facts={"state": "lost", "seconds": round(silent_s)},
        )
        self._outlet.raised(self._lost)

    def change(self, setup: CameraSetup, finders: Finders) -> None:
        """Begin anew with other rules or networks."""
        self._memory.collect(self._analyzer.rules, self.setup)
        self.setup, self.finders = setup, finders
        self._restart(self.analyzed_until or self._clock())

    def fail(self) -> None:
        """Something of the analysis broke: say so, and begin anew with what was kept last."""
        self.problem = Problem(Code.FAILED)
        self._end_open()
        self.faces = None  # the hub gives it new ones
        self._run, self._decoder = "", None
        self._analyzer = self._new_analyzer()

    def keep_learned(self) -> None:
        """Hand on what the detectors learned."""
        learned = self._memory.collect(self._analyzer.rules, self.setup)
        if learned:
            self._outlet.learned(self.camera_id, learned)

    def stop(self) -> None:
        self.keep_learned()
        self._end_open()
        self._end_faces()
        if minute := self._boxes.finish():
            self._outlet.minute(minute)

    def _restart(self, at: float) -> None:
        self._memory.collect(self._analyzer.rules, self.setup)
        self._end_open()
        self._end_faces()
        self._analyzer = self._new_analyzer()
        self._sampled_at = self._frame_at = min(at, self._clock())
        if self._decoder is not None:
            self._decoder.skip()

    def _end_open(self) -> None:
        for episode, finding in self._open.items():
            if not episode.is_over:
                self._end(finding, episode.last.at)
        self._open.clear()
        self._outlet.began_anew(self.camera_id)

    def _end_faces(self) -> None:
        if self.faces is not None:
            self.faces.finish()
