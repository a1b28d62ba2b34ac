"""Rows of detections. One event is one row, however often it is found: live, by a search, again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q

from analytics.models import Backfill, Detection, Watch, WatchRule
from analytics.signals import detection_ended, detection_raised
from cameras.models import Camera

KEY_LENGTH = 60
TOLERANCE = timedelta(seconds=3)
"""The same event, seen at another frame rate or from another beginning, is raised so far apart."""


def identity_of(
    *, camera_id: int, rule_id: int | None, kind: str, version: int, raised_at: datetime, key: str
) -> str:
    """Return the name of an event: the same footage led through the same detector gives it again.

    Args:
        key: tells events of one rule and moment apart (Sighting.key).

    """
    parts = [camera_id, rule_id, kind, version, raised_at.isoformat(timespec="milliseconds"), key]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:40]


def record_detection(  # noqa: PLR0913 -- the columns of the row, by name
    *,
    camera: Camera,
    rule_id: int | None,
    kind: str,
    grade: str,
    place: str,
    identity: str,
    detector_version: int,
    began_at: datetime,
    raised_at: datetime,
    box: Sequence[float] | None,
    score: float,
    facts: Mapping[str, float | int | str],
    backfill: Backfill | None = None,
    picture: bytes | None = None,
    second_picture: bytes | None = None,
    apart_from: Collection[int] = (),
    episode_key: str = "",
    continues_within: timedelta = timedelta(0),
) -> tuple[Detection, bool]:
    """Write the row of an event, or return the one it has; True: it is new.

    A row has the event if it has its identity, or if another run (live, another search, another
    piece) wrote it of the same camera, rule and kind at the same time.

    Args:
        box: left, top, right, bottom in shares of the picture; None: the whole picture.
        picture: JPEG of the moment.
        second_picture: JPEG of who left the bag, or of the thing as it was.
        apart_from: keys of rows of which the caller knows that they are other events: those that
            it has written or been given in the same run.
        episode_key: Sighting.key.
        continues_within: what another run saw live and what ended not longer ago than this goes
            on: its worker has ended, or its detectors began anew. Its row is open again then.

    """
    detection = Detection(
        camera=camera,
        rule_id=rule_id,
        kind=kind,
        grade=grade,
        place=place,
        identity=identity,
        detector_version=detector_version,
        episode_key=episode_key[:KEY_LENGTH],
        began_at=began_at,
        raised_at=raised_at,
        box=[round(float(side), 4) for side in box] if box is not None else None,
        score=float(score),
        facts=_plain(facts),
        backfill=backfill,
    )
    found = _find(detection, apart_from)
    if continues_within:
        found = found or _find_earlier(detection, apart_from, continues_within)
        _reopen(found)
    if found is not None:
        return found, False
    # Before the transaction: writing into a bucket may take a second.
    detection.picture = _save_picture(detection, picture, "")
    detection.second_picture = _save_picture(detection, second_picture, "-second")
    return _insert(detection, apart_from)


@transaction.atomic
def _insert(detection: Detection, apart_from: Collection[int]) -> tuple[Detection, bool]:
    # Who writes of this camera at the same time waits: both would find nothing.
    Camera.objects.select_for_update(of=("self",)).get(pk=detection.camera_id)
    found = _find(detection, apart_from)
    if found is not None:
        return found, False
    if detection.rule_id and not WatchRule.objects.filter(pk=detection.rule_id).exists():
        detection.rule_id = None  # deleted while its detector was at work
    detection.save(force_insert=True)
    transaction.on_commit(partial(detection_raised.send, Detection, detection=detection))
    return detection, True


def _find(new: Detection, apart_from: Collection[int]) -> Detection | None:
    exact = Detection.objects.filter(identity=new.identity).first()
    if exact is not None:
        return exact
    overlapping = Detection.objects.filter(
        Q(ended_at=None) | Q(ended_at__gte=new.began_at - TOLERANCE),
        camera=new.camera_id,
        kind=new.kind,
        rule=new.rule_id,
        began_at__lte=new.raised_at + TOLERANCE,
    ).exclude(pk__in=apart_from)
    return min(overlapping, key=lambda row: abs(row.raised_at - new.raised_at), default=None)


def _find_earlier(
    new: Detection, apart_from: Collection[int], within: timedelta
) -> Detection | None:
    """Return the row that this event goes on from, if there is one."""
    ended = Detection.objects.filter(
        camera=new.camera_id,
        kind=new.kind,
        rule=new.rule_id,
        backfill=None,
        raised_at__lte=new.raised_at,
        ended_at__gte=new.began_at - within,
    )
    rows = ended.exclude(pk__in=apart_from).order_by("-ended_at")
    return next((row for row in rows if _is_same_key(row.episode_key, new.episode_key)), None)


def _reopen(detection: Detection | None) -> None:
    if detection is not None and detection.ended_at is not None:
        detection.ended_at = None
        detection.save(update_fields=["ended_at"])


def _is_same_key(old: str, new: str) -> bool:
    """Whom a number names is forgotten with the tracks; other keys mean the same for ever."""
    return old == new or (old[:1].isdigit() and new[:1].isdigit())


@transaction.atomic
def end_detection(*, identity: str, ended_at: datetime) -> None:
    """Note when an event was seen for the last time; a later end moves it, an earlier does not."""
    detection = Detection.objects.select_for_update(of=("self",)).filter(identity=identity).first()
    if detection is None or (detection.ended_at is not None and detection.ended_at >= ended_at):
        return
    was_open = detection.ended_at is None
    detection.ended_at = max(ended_at, detection.raised_at)
    detection.save(update_fields=["ended_at"])
    if was_open:
        transaction.on_commit(partial(detection_ended.send, Detection, detection=detection))


def end_left_open(*, camera_id: int) -> None:
    """End what a dead worker has left open, at its last report: until then it lasted."""
    watch = Watch.objects.filter(pk=camera_id).first()
    reported_at = watch.reported_at if watch else None
    left = Detection.objects.filter(camera=camera_id, ended_at=None, backfill=None)
    for identity, raised_at in left.values_list("identity", "raised_at"):
        end_detection(identity=identity, ended_at=max(raised_at, reported_at or raised_at))


def _save_picture(detection: Detection, jpeg: bytes | None, suffix: str) -> str:
    """Return the path in the media storage; the same event has the same path."""
    if jpeg is None:
        return ""
    moment = detection.raised_at
    name = (
        f"detections/{moment:%Y-%m-%d}/{detection.camera_id}-{moment:%H%M%S}"
        f"-{detection.identity[:12]}{suffix}.jpg"
    )
    if default_storage.exists(name):  # of a worker that died before it wrote the row
        default_storage.delete(name)
    return default_storage.save(name, ContentFile(jpeg))


def _plain(facts: Mapping[str, Any]) -> dict[str, float | int | str]:
    """Return the facts as JSON knows them: detectors count in numpy's numbers."""
    return {
        name: value.item() if hasattr(value, "item") else value for name, value in facts.items()
    }
