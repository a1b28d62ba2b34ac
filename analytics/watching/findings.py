"""From a rule's episode to what stands in a detection's row."""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import cv2

from analytics.actions.detections import identity_of, record_detection
from analytics.engine.analyzer import Change
from analytics.engine.boxes import Box
from analytics.engine.detector import Facts
from analytics.engine.episodes import EpisodeParameters
from analytics.engine.frames import Frame, Image
from analytics.engine.kinds import Grade, Kind
from analytics.models import Backfill, Detection
from cameras.models import Camera

logger = logging.getLogger(__name__)

JPEG_QUALITY = 88


@dataclass(eq=False)
class Finding:
    """An event of a camera, with its pictures."""

    camera_id: int
    rule_id: int | None
    kind: Kind
    grade: Grade
    place: str
    version: int
    began_at: datetime
    raised_at: datetime
    key: str = ""
    continues_within: timedelta = timedelta(0)
    """What ended so shortly before, in a run before this one, is the same event."""
    box: tuple[float, float, float, float] | None = None
    score: float = 1.0
    facts: Facts = field(default_factory=dict)
    picture: bytes | None = None
    second_picture: bytes | None = None
    identity: str = ""
    """Of the row that the event got: another's, where it was found before."""

    def __post_init__(self) -> None:
        self.identity = self.identity or identity_of(
            camera_id=self.camera_id,
            rule_id=self.rule_id,
            kind=self.kind,
            version=self.version,
            raised_at=self.raised_at,
            key=self.key,
        )


def finding_of(change: Change, *, camera_id: int, frame: Frame) -> Finding:
    """Describe a new episode; `frame` is the one it was raised in, with nothing drawn on it."""
    rule, sighting = change.rule, change.episode.first
    return Finding(
        camera_id=camera_id,
        rule_id=rule.number or None,
        kind=sighting.kind,
        grade=rule.grade,
        place=rule.place,
        version=rule.detector.version,
        began_at=moment(min(sighting.since, sighting.at)),
        raised_at=moment(sighting.at),
        key=sighting.key,
        continues_within=_rest_of(rule.episode_parameters),
        box=_shares(sighting.box, frame),
        score=sighting.score,
        facts=sighting.facts,
        picture=jpeg_of(frame.image),
        second_picture=jpeg_of(sighting.evidence) if sighting.evidence is not None else None,
    )


def record_finding(
    finding: Finding,
    camera: Camera,
    *,
    apart_from: Collection[int],
    backfill: Backfill | None = None,
) -> tuple[Detection, bool]:
    """Write the row, and remember which one it is. Pictures that can not be kept are left out."""
    pictures = (finding.picture, finding.second_picture)
    try:
        detection, is_new = _record(finding, camera, apart_from, backfill, pictures)
    except OSError as error:
        logger.warning("camera %d: the picture of an event is lost: %s", camera.pk, error)
        detection, is_new = _record(finding, camera, apart_from, backfill, (None, None))
    finding.identity = detection.identity
    return detection, is_new


def _record(
    finding: Finding,
    camera: Camera,
    apart_from: Collection[int],
    backfill: Backfill | None,
    pictures: tuple[bytes | None, bytes | None],
) -> tuple[Detection, bool]:
    return record_detection(
        camera=camera,
        rule_id=finding.rule_id,
        kind=finding.kind,
        grade=finding.grade,
        place=finding.place,
        identity=finding.identity,
        detector_version=finding.version,
        began_at=finding.began_at,
        raised_at=finding.raised_at,
        box=finding.box,
        score=finding.score,
        facts=finding.facts,
        backfill=backfill,
        picture=pictures[0],
        second_picture=pictures[1],
        apart_from=apart_from,
        episode_key=finding.key,
        continues_within=finding.continues_within if backfill is None else timedelta(0),
    )


def _rest_of(episodes: EpisodeParameters) -> timedelta:
    return timedelta(seconds=episodes.quiet_s + episodes.cool_down_s)


def moment(at: float) -> datetime:
    """Return the moment of a frame, to the millisecond: floats carry no more in 2026."""
    return datetime.fromtimestamp(round(at, 3), UTC)


def jpeg_of(image: Image) -> bytes:
    _done, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return data.tobytes()


def _shares(box: Box | None, frame: Frame) -> tuple[float, float, float, float] | None:
    if box is None:
        return None
    left, top, right, bottom = box.scaled(1 / frame.width, 1 / frame.height)
    return _inside(left), _inside(top), _inside(right), _inside(bottom)


def _inside(share: float) -> float:
    return min(max(float(share), 0.0), 1.0)
