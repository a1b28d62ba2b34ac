"""Whether faces are gone from redacted copies, frame by frame, as other detectors see it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2

from analytics.engine.boxes import Box
from analytics.engine.clips import every, read_frames
from analytics.engine.faces.detection import YuNetFinder
from analytics.engine.faces.redaction import RedactedVideo, RedactionOptions, redact_video
from analytics.engine.faces.redaction_seeking import Seeker
from analytics.engine.frames import Image
from analytics.evaluation.figures import Figure

SAME_PLACE = 0.3
"""Overlap of a face in the copy with one in the original from which it is the same."""
SURE_SCORE = 0.6
FAINT_SCORE = 0.3
"""Enough to agree with what the cascades say: alone they take folds of a dress for a face."""
SAMPLE_S = 0.5
SAME_MOMENT_S = 0.001
CASCADES = ("haarcascade_frontalface_default.xml", "haarcascade_profileface.xml")
Find = Callable[[Image], list[Box]]


class Witness:
    """Two finders of faces, neither of which has a part in covering."""

    def __init__(self, second_yunet: bytes) -> None:
        self._sure = YuNetFinder(second_yunet, threshold=SURE_SCORE)
        self._faint = YuNetFinder(second_yunet, threshold=FAINT_SCORE)
        folder = Path(cv2.__file__).parent / "data"
        self._cascades = [cv2.CascadeClassifier(str(folder / name)) for name in CASCADES]

    def network(self, picture: Image) -> list[Box]:
        return [Box(*face.box) for face in self._sure.find(picture)]

    def cascades(self, picture: Image) -> list[Box]:
        gray = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
        return [
            Box(float(x), float(y), float(x + width), float(y + height))
            for cascade in self._cascades
            for x, y, width, height in cascade.detectMultiScale(gray, 1.1, 5, minSize=(16, 16))
        ]

    def is_face(self, picture: Image, box: Box) -> bool:
        """Tell whether the network, however unsure, sees a face where a cascade does."""
        centers = [Box(*face.box).center for face in self._faint.find(picture)]
        return any(
            box.left <= center.x <= box.right and box.top <= center.y <= box.bottom
            for center in centers
        )


@dataclass
class Tally:
    frames: int = 0
    face_frames: int = 0
    """Where one of the witnesses sees a face in the original."""
    by_network: int = 0
    """Frames where the network sees a face in the copy where it saw one in the original."""
    by_cascades: int = 0
    unblurred: int = 0
    """Frames of either kind."""
    unconfirmed: int = 0
    """Frames where only a cascade sees something, in the original and in the copy."""
    misplaced: int = 0
    """Frames of the copy with another time than in the original, or missing."""


def has_faces(path: Path, witness: Witness) -> bool:
    frames = read_frames(path, every(SAMPLE_S))
    return any(witness.network(frame.image) for frame in frames)


def compare(original: Path, copy: Path, witness: Witness) -> Tally:
    """Look at each frame of both."""
    tally = Tally()
    copies = iter(read_frames(copy, lambda _: True))
    for frame in read_frames(original, lambda _: True):
        tally.frames += 1
        redacted = next(copies, None)
        if redacted is None or abs(redacted.at - frame.at) > SAME_MOMENT_S:
            tally.misplaced += 1
            continue
        _look(frame.image, redacted.image, witness, tally)
    tally.misplaced += sum(1 for _ in copies)
    return tally


def _look(original: Image, redacted: Image, witness: Witness, tally: Tally) -> None:
    faces = witness.network(original)
    is_seen = bool(_left(faces, redacted, witness.network))
    said = witness.cascades(original)
    confirmed = [box for box in said if witness.is_face(original, box)]
    left = _left(said, redacted, witness.cascades)
    is_said = any(box in confirmed for box in left)
    tally.face_frames += bool(faces or confirmed)
    tally.by_network += is_seen
    tally.by_cascades += is_said
    tally.unblurred += is_seen or is_said
    tally.unconfirmed += any(box not in confirmed for box in left)


def _left(faces: Sequence[Box], redacted: Image, find: Find) -> list[Box]:
    """Return the faces of the original that a finder finds in the copy, too."""
    if not faces:
        return []
    found = find(redacted)
    return [face for face in faces if any(face.iou(other) >= SAME_PLACE for other in found)]


def evaluate_blur(
    clips: Sequence[Path], seeker: Seeker, witness: Witness, say: Callable[[str], None]
) -> Iterator[Figure]:
    """Redact each clip and compare; yield the figures of all together."""
    tallies, videos = [], []
    with tempfile.TemporaryDirectory() as folder:
        for clip in clips:
            copy = Path(folder) / "copy.mp4"
            video = redact_video(clip, copy, seeker, RedactionOptions())
            tally = compare(clip, copy, witness)
            say(f"{clip.name}: {tally}, {video.face_count} faces, {video.covered_share:.3f}")
            tallies.append(tally)
            videos.append(video)
    yield from _figures(tallies, videos)


def _figures(tallies: Sequence[Tally], videos: Sequence[RedactedVideo]) -> Iterator[Figure]:
    frames = sum(tally.frames for tally in tallies)
    covered = sum(video.covered_share * video.frame_count for video in videos)
    work = sum(video.work_seconds for video in videos)
    counts = {
        "clips": len(videos),
        "frames": frames,
        "face_frames": sum(tally.face_frames for tally in tallies),
        "faces": sum(video.face_count for video in videos),
        "unblurred_frames": sum(tally.unblurred for tally in tallies),
        "unblurred_frames.yunet_n": sum(tally.by_network for tally in tallies),
        "unblurred_frames.haar": sum(tally.by_cascades for tally in tallies),
        "unconfirmed_frames.haar": sum(tally.unconfirmed for tally in tallies),
        "misplaced_frames": sum(tally.misplaced for tally in tallies),
    }
    for name, count in counts.items():
        yield Figure(f"blur.{name}", count, "count")
    yield Figure("blur.area_share", covered / frames if frames else 0.0, "share")
    seconds = sum(video.seconds for video in videos)
    yield Figure("blur.speed", seconds / work if work else 0.0, "x")
