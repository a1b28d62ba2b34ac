"""Alarms of the watch list: a passing that resembles an entry, with both pictures."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import cv2
from django.core.files.storage import default_storage
from django.db import transaction

from analytics import face_templates
from analytics.actions.detections import end_detection, identity_of, record_detection
from analytics.actions.faces.encounters import Passing
from analytics.engine.faces.enrolment import PhotoRefusedError, read_photo
from analytics.engine.faces.face import Template
from analytics.engine.faces.matching import DEFAULT_THRESHOLD, match_score
from analytics.engine.frames import resized
from analytics.engine.kinds import Grade, Kind
from analytics.models import FaceEncounter, WatchEntry, WatchHit
from cameras.models import Camera
from cameras.secrets import SecretUnreadableError

logger = logging.getLogger(__name__)

COOL_DOWN = timedelta(seconds=60)
"""An entry seen again by the same camera so soon is the same person: one alarm."""
MIN_SHOTS = 2
"""One picture proves nothing: several of a track must agree."""
VERSION = 1
PHOTO_PX = 640
"""Longest side of an entry's photo beside an alarm."""
_JPEG_QUALITY = 88


@dataclass(frozen=True, eq=False)
class Photo:
    path: str
    """In the media storage, encrypted."""
    template: Template


@dataclass(frozen=True, eq=False)
class Wanted:
    """An entry of the watch list that is in force, with its photos of one recognizer."""

    entry: WatchEntry
    photos: Sequence[Photo]


@dataclass(frozen=True, eq=False)
class Likeness:
    wanted: Wanted
    photo: Photo
    """The one that resembles most."""
    score: float


def likenesses(
    passing: Passing, wanted: Sequence[Wanted], threshold: float = DEFAULT_THRESHOLD
) -> list[Likeness]:
    """Return the entries that the face resembles, the most similar first."""
    if len(passing.templates) < MIN_SHOTS:
        return []
    found = [likeness for each in wanted if (likeness := _likeness(passing, each, threshold))]
    return sorted(found, key=lambda each: -each.score)


def _likeness(passing: Passing, wanted: Wanted, threshold: float) -> Likeness | None:
    if not wanted.photos:
        return None
    score = match_score(passing.templates, [photo.template for photo in wanted.photos])
    if score < threshold:
        return None
    best = max(wanted.photos, key=lambda photo: match_score(passing.templates, [photo.template]))
    return Likeness(wanted, best, score)


def raise_hit(
    *, camera: Camera, passing: Passing, likeness: Likeness, encounter: FaceEncounter | None
) -> WatchHit:
    """Raise the alarm of a likeness; one passing is one alarm, however many tracks it gave.

    1. Within the cool-down the alarm that stands lasts longer, and no new one comes.
    2. Keep both pictures, readable: they live as long as the alarm, not as long as the faces.
    3. Write detection and hit together; who listens hears of them after the commit.
    """
    entry = likeness.wanted.entry
    known = _recent_hit(camera, entry, passing)
    if known is not None:
        _note_seen_again(known, passing, encounter)
        return known
    with transaction.atomic():
        detection, _is_new = record_detection(
            camera=camera,
            rule_id=None,
            kind=Kind.FACE,
            grade=Grade.ALARM,
            place="",
            identity=_identity(camera, passing, entry),
            detector_version=VERSION,
            began_at=passing.began_at,
            raised_at=passing.ended_at,
            box=passing.box,
            score=likeness.score,
            facts=_facts(likeness),
            picture=passing.scene or passing.picture,
            second_picture=_photo_of(likeness.photo),
            apart_from=_others(camera, entry, passing),
            episode_key=f"entry-{entry.pk}",
        )
        hit, _is_new = WatchHit.objects.get_or_create(
            detection=detection,
            defaults={
                "entry": entry,
                "encounter": encounter,
                "score": likeness.score,
                "at": passing.best_at,
            },
        )
    end_detection(identity=detection.identity, ended_at=passing.ended_at)
    logger.info("camera %d: hit %d of entry %d", camera.pk, hit.pk, entry.pk)
    return hit


def _recent_hit(camera: Camera, entry: WatchEntry, passing: Passing) -> WatchHit | None:
    recent = WatchHit.objects.filter(
        entry=entry,
        detection__camera=camera,
        detection__began_at__lte=passing.ended_at + COOL_DOWN,
        detection__ended_at__gte=passing.began_at - COOL_DOWN,
    )
    return recent.select_related("detection").order_by("-at").first()


def _note_seen_again(hit: WatchHit, passing: Passing, encounter: FaceEncounter | None) -> None:
    if hit.encounter_id is None and encounter is not None:
        hit.encounter = encounter  # of the face that was still there when the alarm was raised
        hit.save(update_fields=["encounter"])
    end_detection(identity=hit.detection.identity, ended_at=passing.ended_at)


def _others(camera: Camera, entry: WatchEntry, passing: Passing) -> list[int]:
    """Rows of the same time that are of other entries: two persons side by side are two alarms."""
    hits = WatchHit.objects.filter(
        detection__camera=camera, detection__raised_at__gte=passing.began_at - 2 * COOL_DOWN
    )
    return list(hits.exclude(entry=entry).values_list("detection", flat=True))


def _identity(camera: Camera, passing: Passing, entry: WatchEntry) -> str:
    return identity_of(
        camera_id=camera.pk,
        rule_id=None,
        kind=Kind.FACE,
        version=VERSION,
        raised_at=passing.best_at,
        key=f"entry-{entry.pk}",
    )


def _facts(likeness: Likeness) -> dict[str, float | int | str]:
    entry = likeness.wanted.entry
    return {
        "name": entry.name,
        "entry": entry.pk,
        "entry_kind": entry.kind,
        "score": round(likeness.score, 3),
    }


def _photo_of(photo: Photo) -> bytes | None:
    """Return the entry's photo as JPEG, small; it was checked when it was given."""
    try:
        with default_storage.open(photo.path) as file:
            picture = read_photo(face_templates.unseal(file.read()))
    except (OSError, SecretUnreadableError, PhotoRefusedError) as error:
        logger.warning("the photo of an entry can not be read: %s", error)
        return None
    height, width = picture.shape[:2]
    scale = min(1.0, PHOTO_PX / max(height, width))
    small = resized(picture, max(1, round(width * scale)), max(1, round(height * scale)))
    _done, data = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    return data.tobytes()
