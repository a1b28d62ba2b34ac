"""Faces of one camera of an analysis worker: where to look, in which stream, and what passed.

Faces are looked for at most twice a second, only while the finder of objects sees a person, and
only where it sees one. The stream that is analyzed anyway serves where faces in it are large
enough; else keyframes of the main stream do.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import av
import numpy as np

from analytics.actions.faces.encounters import Passing
from analytics.engine.boxes import Box, Point, union_of
from analytics.engine.decoding import DecodingError, PacketDecoder, PictureConverter
from analytics.engine.faces.face import Face, FaceFinder, Picture, Recognizer
from analytics.engine.faces.tracks import MAX_GAP_S, FaceTrack, FaceTracks
from analytics.engine.objects import Label
from analytics.engine.observation import Observation
from analytics.engine.overlay import FULL, OverlayBox
from analytics.watching.faces_areas import face_area, pixels_of
from analytics.watching.faces_passings import Scenes, passing_of
from cameras.engine.fragments import read_fragment_header
from cameras.live.entries import LiveEntry

logger = logging.getLogger(__name__)

INTERVAL_S = 0.5
EARLY_S = 0.02
PERSON_SCORE = 0.35
PERSON_LASTS_S = 2.0
"""A person lost for a moment is still looked at; so is one whom another stream shows later."""
WIDEST_PX = 1920
"""A wider main stream is shrunk to this first."""
ENOUGH_PX = 28.0
"""Between the eyes: from here on recognition gains little by a larger picture."""
LARGER = 1.3
"""So much wider than the analyzed stream the main one must be to be worth its cost."""
MAIN_LOST_S = 10.0
"""No keyframe of the main stream for so long: the analyzed stream serves meanwhile."""
MOST_DAMAGED = 20
MOST_GAP_S = 5.0
GAP_CHANGE_S = 0.5
EARLY_AFTER_S = 3.0
"""A face that has been there for so long is compared at once, and again when it is gone."""
EARLY_SHOTS = 3
REMEMBERED_FACES = 12
SHOWN_S = 0.4
IDENTITIES_FROM = 1 << 20
"""Numbers of face tracks in the overlay begin here: those of objects are below."""


@dataclass
class FaceTally:
    searches: int = 0
    faces: int = 0
    busy_s: float = 0.0


class FaceWatch:
    """All methods are called by the loop's thread only."""

    def __init__(
        self,
        camera_id: int,
        finder: FaceFinder,
        recognizer: Recognizer | None,
        on_passed: Callable[[Passing], None],
        *,
        has_main: bool = False,
        compares: Callable[[], bool] = lambda: True,
        raises_alarms: Callable[[], bool] = lambda: True,
    ) -> None:
        """`has_main`: the camera has a main stream besides the one that is analyzed.

        `compares` says whether faces may be turned into what can be compared, `raises_alarms`
        whether the watch list is on: an alarm shows the whole picture.
        """
        self.camera_id = camera_id
        self.tally = FaceTally()
        self.wants_main = has_main
        self._has_main = has_main
        self._finder, self._recognizer, self._on_passed = finder, recognizer, on_passed
        self._scenes = Scenes(raises_alarms)
        self._persons: list[tuple[float, Box]] = []
        self._searched_at = self._main_at = float("-inf")
        self._hides: Callable[[Point], bool] = lambda _point: False
        self._analyzed_width = 0
        self._gap_s = MAX_GAP_S
        self._size = (0, 0)
        self._eyes: list[float] = []
        """Eye distances of the last faces, in pixels of the analyzed stream."""
        self._decoder: PacketDecoder | None = None
        self._converter = PictureConverter(WIDEST_PX)
        self._run = ""
        self._boxes: tuple[OverlayBox, ...] = ()
        self._boxes_at = float("-inf")
        self._compares, self._raises_alarms = compares, raises_alarms
        self._told: set[int] = set()
        """Tracks under way that were compared with the watch list already."""
        self._tracks = FaceTracks()

    # --- the analyzed stream ------------------------------------------------------------------

    def see(self, picture: av.VideoFrame, seen: Observation) -> None:
        """Take a frame that was analyzed, in its full size, and what was seen in it."""
        self._note_persons(seen)
        self._hides = seen.scene.hides
        self._analyzed_width = picture.width
        if self._uses_main(seen.at) or not self._is_due(seen.at):
            return
        with _Timed(self.tally):
            self._search(picture, seen.at)

    def _note_persons(self, seen: Observation) -> None:
        self._persons = [p for p in self._persons if seen.at - p[0] <= PERSON_LASTS_S]
        if not seen.was_searched:
            return
        found = [
            thing.box
            for thing in seen.objects
            if thing.label is Label.PERSON and thing.score >= PERSON_SCORE
        ]
        found += [track.box for track in seen.persons]
        self._persons += [(seen.at, seen.share_box(face_area(box))) for box in found]

    # --- the main stream ----------------------------------------------------------------------

    def take_main(self, entries: Sequence[LiveEntry]) -> None:
        """Take what came of the main stream; only keyframes are decoded."""
        for entry in entries:
            fragment = entry.fragment
            live_format = fragment.live_format
            if live_format is None or not self.wants_main:
                continue
            if live_format.width < self._analyzed_width * LARGER:
                self._give_main_up("it is no larger than the analyzed one")
                return
            at = fragment.captured_us / 1e6
            self._note_interval(at)
            if fragment.run != self._run:
                self._begin_run(fragment.run, live_format.initialization)
            if self._decoder is not None and self._is_due(at):
                with _Timed(self.tally):
                    self._search_keyframe(self._decoder, fragment.data, fragment.captured_us)

    def _note_interval(self, at: float) -> None:
        """A face must be followed from keyframe to keyframe, however seldom they come."""
        interval, self._main_at = at - self._main_at, at
        gap_s = max(MAX_GAP_S, min(MOST_GAP_S, interval * 1.25))
        if math.isfinite(interval) and abs(gap_s - self._gap_s) > GAP_CHANGE_S:
            self._gap_s = gap_s
            self.finish()

    def _begin_run(self, run: str, initialization: bytes) -> None:
        self._run, self._decoder = run, None
        try:
            self._decoder = PacketDecoder(initialization)
        except DecodingError as error:
            self._give_main_up(str(error))

    def _give_main_up(self, why: str) -> None:
        logger.info(
            "camera %d: faces are not looked for in the main stream: %s", self.camera_id, why
        )
        self._has_main = self.wants_main = False

    def _search_keyframe(self, decoder: PacketDecoder, fragment: bytes, at_us: int) -> None:
        header = read_fragment_header(fragment, 0)
        if header is None:
            return
        data = bytes(memoryview(fragment)[header.data_offset : header.end_offset])
        picture = decoder.decode_alone(data, at_us)
        if picture is not None:
            try:
                self._search(picture, at_us / 1e6)
            except DecodingError as error:  # it has grown too large since it began
                self._give_main_up(str(error))
        elif decoder.damaged > MOST_DAMAGED:
            self._give_main_up("its keyframes are damaged")

    def _uses_main(self, at: float) -> bool:
        return self.wants_main and at - self._main_at < MAIN_LOST_S

    def _note_eyes(self, faces: Sequence[Face], width: int) -> None:
        """Choose the stream by how large faces are, or would be, in the analyzed one."""
        if not self._has_main:
            return
        scale = self._analyzed_width / width
        self._eyes = [*self._eyes, *(face.eye_distance * scale for face in faces)]
        self._eyes = self._eyes[-REMEMBERED_FACES:]
        if len(self._eyes) == REMEMBERED_FACES:
            # Most are: a face far away is worth no stream of its own, one passing close is.
            smaller = float(np.quantile(self._eyes, 0.25))
            self.wants_main = smaller < ENOUGH_PX * (LARGER if self.wants_main else 1)

    # --- searching ----------------------------------------------------------------------------

    def _is_due(self, at: float) -> bool:
        """Tell whether to look for faces now; saying yes counts."""
        self._end_lost(at)
        if not self._persons or abs(at - self._persons[-1][0]) > PERSON_LASTS_S:
            return False
        if 0 <= at - self._searched_at < INTERVAL_S - EARLY_S:
            return False
        self._searched_at = at
        return True

    def _end_lost(self, at: float) -> None:
        """End the tracks of a picture in which nobody is any more."""
        if at - self._searched_at > max(PERSON_LASTS_S, self._gap_s) and self._boxes_at > float(
            "-inf"
        ):
            self.finish()

    def _search(self, frame: av.VideoFrame, at: float) -> None:
        picture = self._converter.image_of(frame)
        height, width = picture.shape[:2]
        if self._size != (width, height):
            self.finish()
            self._size = (width, height)
        faces = self._find(picture)
        self.tally.searches += 1
        self.tally.faces += len(faces)
        self._note_eyes(faces, width)
        ended = self._tracks.update(faces, picture, at)
        self._scenes.keep(at, picture, is_wanted=bool(faces))
        self._show(faces, at)
        self._tell(ended)
        if self._raises_alarms():
            self._tell_early(at)

    def _find(self, picture: Picture) -> list[Face]:
        """Look only where persons are; what is masked is left out."""
        left, top, right, bottom = pixels_of(union_of([area for _, area in self._persons]), picture)
        part = picture[top:bottom, left:right]
        found = [_moved(face, left, top) for face in self._finder.find(part)]
        return [face for face in found if not self._hides(_middle(face, picture))]

    def _tell(self, ended: Sequence[FaceTrack]) -> None:
        for track in ended:
            self._told.discard(track.identity)
            self._pass_on(track, is_over=True)

    def _tell_early(self, at: float) -> None:
        """Who stays is compared with the watch list before leaving."""
        for track in self._tracks.under_way:
            is_due = track.identity not in self._told and at - track.began_s >= EARLY_AFTER_S
            if is_due and len(track.shots) >= EARLY_SHOTS:
                self._told.add(track.identity)
                self._pass_on(track, is_over=False)

    def _pass_on(self, track: FaceTrack, *, is_over: bool) -> None:
        self._on_passed(
            passing_of(
                track,
                camera_id=self.camera_id,
                size=self._size,
                recognizer=self._recognizer if self._compares() else None,
                scenes=self._scenes,
                is_over=is_over,
            )
        )

    def finish(self) -> None:
        """End all tracks: nobody is there, the picture has another size, or the watch ends."""
        if self._boxes_at > float("-inf"):
            self._tell(self._tracks.finish())
        self._tracks = FaceTracks(max_gap_s=self._gap_s)
        self._told.clear()
        self._boxes, self._boxes_at = (), float("-inf")
        self._scenes.clear()

    # --- what is drawn ------------------------------------------------------------------------

    def boxes(self, at: float) -> tuple[OverlayBox, ...]:
        """Return the faces to be drawn over a picture of this moment."""
        return self._boxes if abs(at - self._boxes_at) <= SHOWN_S else ()

    def _show(self, faces: Sequence[Face], at: float) -> None:
        boxes = (_overlay_box(number, face, self._size) for number, face in enumerate(faces))
        self._boxes, self._boxes_at = tuple(boxes), at


class _Timed:
    """Adds the time of this thread to a tally."""

    def __init__(self, tally: FaceTally) -> None:
        self._tally = tally

    def __enter__(self) -> None:
        self._began = time.thread_time()

    def __exit__(self, *_: object) -> None:
        self._tally.busy_s += time.thread_time() - self._began


def _moved(face: Face, left: int, top: int) -> Face:
    """Return a face of a part of the picture in pixels of the whole."""
    x0, y0, x1, y1 = face.box
    landmarks = np.asarray(face.landmarks + np.array([left, top], np.float32), dtype=np.float32)
    return Face((x0 + left, y0 + top, x1 + left, y1 + top), landmarks, face.score)


def _middle(face: Face, picture: Picture) -> Point:
    height, width = picture.shape[:2]
    left, top, right, bottom = face.box
    return Point((left + right) / 2 / width, (top + bottom) / 2 / height)


def _overlay_box(number: int, face: Face, size: tuple[int, int]) -> OverlayBox:
    width, height = size
    left, top, right, bottom = face.box
    return OverlayBox(
        IDENTITIES_FROM + number,
        "face",
        round(left / width * FULL),
        round(top / height * FULL),
        max(0, round((right - left) / width * FULL)),
        max(0, round((bottom - top) / height * FULL)),
    )
