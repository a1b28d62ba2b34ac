"""Faces in clips: known persons are found in each, strangers are not named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from analytics.engine.clips import read_frames
from analytics.engine.faces.face import FaceFinder, Recognizer, Template
from analytics.engine.faces.matching import DEFAULT_THRESHOLD
from analytics.engine.faces.quality import yaw_of
from analytics.engine.faces.tracks import FaceTrack, FaceTracks
from analytics.evaluation.clips import Clips
from analytics.evaluation.faces_data import FacesFolder
from analytics.evaluation.faces_scores import best_match
from analytics.evaluation.figures import Figure, share

TABLE = "faces_events.csv"
TOLERANCE_FRAMES = 5
MIN_SHOTS = 2
"""One picture proves nothing."""
YAW_BINS = (0, 15, 30, 45, 90)
FRONTAL_YAW = 12.0
REFERENCES = 3


@dataclass(frozen=True)
class Named:
    """A track, and who of the gallery it resembles enough."""

    track: FaceTrack
    identity: str
    score: float


def evaluate_video(
    folder: FacesFolder,
    clips: Clips,
    finder: FaceFinder,
    recognizer: Recognizer,
    templates: Mapping[str, Template],
) -> Iterator[Figure]:
    """Enroll every labelled person; lead each clip through tracks; see who is named."""
    gallery: dict[str, list[Template]] = {}
    for file, (who, _) in folder.identities().items():
        if file in templates:
            gallery.setdefault(who, []).append(templates[file])
    events = [row for row in clips.truth("faces", TABLE) if row["identity"] in gallery]
    known = found = wrong = tracks = 0
    for clip in clips.of("faces"):
        rows = [row for row in events if row["file"] == clip.name]
        named, fps = name_tracks(clip, finder, recognizer, gallery)
        people = {row["identity"] for row in rows}
        known += len(people)
        found += len(people & {each.identity for each in named if _is_true(each, rows, fps)})
        wrong += sum(bool(each.identity) and not _is_true(each, rows, fps) for each in named)
        tracks += len(named)
    if known:
        yield share("faces.video_known_found", found, known)
    if tracks:
        yield Figure("faces.video_strangers_named", wrong, "tracks")
        yield Figure("faces.video_tracks", tracks, "tracks")


def name_tracks(
    clip: Path, finder: FaceFinder, recognizer: Recognizer, gallery: Mapping[str, list[Template]]
) -> tuple[list[Named], float]:
    """Return all tracks with their names (empty: nobody), and the clip's frames per second."""
    tracks, ended = FaceTracks(), list[FaceTrack]()
    count, last = 0, 0.0
    for frame in read_frames(clip, lambda _: True):
        ended += tracks.update(finder.find(frame.image), frame.image, frame.at)
        count, last = count + 1, frame.at
    ended += tracks.finish()
    named = [_named(track, recognizer, gallery) for track in ended]
    return named, (count - 1) / last if last else 25.0


def _named(
    track: FaceTrack, recognizer: Recognizer, gallery: Mapping[str, list[Template]]
) -> Named:
    templates = [recognizer.template(shot.crop, shot.face) for shot in track.shots]
    name, score = best_match(gallery, templates)
    is_enough = len(templates) >= MIN_SHOTS and score >= DEFAULT_THRESHOLD
    return Named(track, name if is_enough else "", score)


def _is_true(named: Named, rows: list[dict[str, str]], fps: float) -> bool:
    return any(
        row["identity"] == named.identity
        and named.track.began_s * fps <= float(row["end_frame"]) + TOLERANCE_FRAMES
        and named.track.ended_s * fps >= float(row["start_frame"]) - TOLERANCE_FRAMES
        for row in rows
    )


def evaluate_profile(clips: Clips, finder: FaceFinder, recognizer: Recognizer) -> Iterator[Figure]:
    """Clips of one face that turns: against its own frontal pictures, by the angle."""
    scores: list[tuple[float, float]] = []
    frames = found = 0
    for clip in clips.of("faces"):
        if clip.name in {row["file"] for row in clips.truth("faces", TABLE)}:
            continue
        seen, count, is_alone = _turning(clip, finder, recognizer)
        if is_alone:
            frames, found = frames + count, found + len(seen)
            scores += _against_frontal(seen)
    if not frames:
        return
    yield share("faces.profile.found", found, frames)
    for low, high in pairwise(YAW_BINS):
        values = [score for yaw, score in scores if low <= yaw < high]
        if values:
            hits = sum(score >= DEFAULT_THRESHOLD for score in values)
            yield share(f"faces.profile.yaw_{low}_{high}.tar", hits, len(values))


def _turning(
    clip: Path, finder: FaceFinder, recognizer: Recognizer
) -> tuple[list[tuple[float, Template]], int, bool]:
    """Angle and template of each frame's face, frames, and whether there is never a second."""
    seen, count = [], 0
    for frame in read_frames(clip, lambda _: True):
        count += 1
        faces = finder.find(frame.image)
        if len(faces) > 1:
            return [], count, False
        if faces:
            seen.append((yaw_of(faces[0]), recognizer.template(frame.image, faces[0])))
    return seen, count, True


def _against_frontal(seen: list[tuple[float, Template]]) -> list[tuple[float, float]]:
    """The first frontal frames are the photo; the frames after them are asked about."""
    places = [i for i, (yaw, _) in enumerate(seen) if yaw < FRONTAL_YAW][:REFERENCES]
    if not places:
        return []
    references = [seen[i][1] for i in places]
    return [
        (yaw, max(float(template @ reference) for reference in references))
        for yaw, template in seen[places[-1] + 1 :]
    ]
