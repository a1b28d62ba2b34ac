"""Working copies: films to look at, with the time in the picture, faces covered on demand.

Made as jobs beside the packages, which never wait for them: a package takes in what is ready.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError
from PIL import Image as Picture
from PIL import ImageDraw

from analytics.engine.faces.redaction import (
    METHOD,
    OnProgress,
    RedactionCancelledError,
    RedactionError,
    RedactionOptions,
    Stamp,
    redact_video,
    stamp_video,
)
from analytics.engine.faces.redaction_seeking import open_seeker
from analytics.engine.frames import Image
from analytics.engine.networks import NetworkError
from archive import queries as footage
from archive.engine.remux import ExportPlan, plan_export, write_export
from archive.engine.samples import FormatChangedError, NothingToExportError, SourceFile
from archive.engine.timeline import from_us, to_us
from archive.storage import open_recording, volume_path
from cameras.access import Act, can
from cameras.audit import write_audit_entry
from incidents import tasks
from incidents.actions.captions import font_of
from incidents.actions.incidents import note
from incidents.actions.package_papers import town_language
from incidents.actions.packages import LONGEST, PackageRefusedError
from incidents.models import Incident, WorkingCopy
from incidents.queries.packages import cameras_of

logger = logging.getLogger(__name__)

FOLDER = "working"
SILENCE = timedelta(minutes=2)
_TOLD_SECONDS = 1.0
_ERROR_LENGTH = 300
State = WorkingCopy.State
OPEN = (State.WAITING, State.RUNNING)
Clock = Callable[[], datetime]


def request_working_copies(
    *,
    incident: Incident,
    actor: User,
    at: datetime,
    started_at: datetime,
    ended_at: datetime,
    hides_faces: bool = True,
    address: str | None = None,
) -> list[WorkingCopy]:
    """Have a copy made of each camera of the incident; unfinished ones are called off.

    Raises:
        PackageRefusedError: no right, or no such range.

    """
    if not can(actor, Act.MAKE_PACKAGES):
        raise PackageRefusedError(_("You have no right to do this."))
    if not started_at < ended_at <= at or ended_at - started_at > LONGEST:
        raise PackageRefusedError(_("A working copy needs a range that is recorded."))
    with transaction.atomic():
        WorkingCopy.objects.filter(incident=incident, state__in=OPEN).update(state=State.CANCELLED)
        copies = [
            WorkingCopy.objects.create(
                incident=incident,
                camera=camera,
                started_at=started_at,
                ended_at=ended_at,
                hides_faces=hides_faces,
                requested_at=at,
                requested_by=actor,
                reported_at=at,
            )
            for camera in cameras_of(incident)
        ]
        detail = {
            "cameras": [copy.camera.number for copy in copies],
            "hides_faces": hides_faces,
        }
        note(incident=incident, kind="copies_asked", detail=detail, actor=actor, at=at)
        write_audit_entry(
            actor=actor,
            action="incidents.ask_working_copies",
            target=incident,
            at=at,
            detail=detail,
            address=address,
        )
        transaction.on_commit(partial(_wake, [copy.pk for copy in copies]))
    return copies


def _wake(copy_ids: Sequence[int]) -> None:
    try:
        # One after the other: each takes a core for as long as the film is.
        tasks.make_working_copies.delay(copy_ids=list(copy_ids))
    except OperationalError as error:
        logger.warning("working copies wait, Redis does not answer: %s", error)


def note_silence(*, incident: Incident, at: datetime) -> None:
    """Fail the copies whose worker has died, for nobody else will."""
    running = WorkingCopy.objects.filter(incident=incident, state=State.RUNNING)
    with town_language():
        message = _("The worker did not answer: try again.")
    running.filter(reported_at__lt=at - SILENCE).update(state=State.FAILED, error=message)


def make_working_copy(*, copy_id: int, clock: Clock = timezone.now) -> None:
    """Make a copy that waits; what goes wrong stands in its row."""
    waiting = WorkingCopy.objects.filter(pk=copy_id, state=State.WAITING)
    if not waiting.update(state=State.RUNNING, reported_at=clock()):
        return
    rows = WorkingCopy.objects.select_related("incident", "camera__location", "requested_by")
    copy = rows.get(pk=copy_id)
    folder = Path(settings.EXPORT_DIR) / FOLDER / str(copy.public_id)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _make(copy, folder, clock)
    except RedactionCancelledError:
        shutil.rmtree(folder, ignore_errors=True)
    except NothingToExportError:
        _fail(copy, folder, _("There is no footage in this range any more."), clock())
    except FormatChangedError:
        _fail(copy, folder, _("The camera changed its picture in this range."), clock())
    except (RedactionError, NetworkError, OSError, ValueError) as error:
        logger.exception("working copy %d failed", copy.pk)
        problem = (error.strerror or "") if isinstance(error, OSError) else str(error)
        message = _("The copy could not be made: %(problem)s") % {"problem": problem}
        _fail(copy, folder, message, clock())


def _make(copy: WorkingCopy, folder: Path, clock: Clock) -> None:
    source, target = folder / "source.mp4", folder / "draft.mp4"
    plan = _plan(copy)
    write_export(plan, source, on_progress=lambda _done: bool(_running(copy).exists()))
    stamp, report = _stamp(copy, plan), _reporter(copy, clock)
    if copy.hides_faces:
        seeker = open_seeker(settings.WEIGHTS_DIR)
        redact_video(source, target, seeker, RedactionOptions(stamp=stamp), report)
    else:
        stamp_video(source, target, stamp, report)
    source.unlink()
    _finish(copy, target, plan, clock())


def _plan(copy: WorkingCopy) -> ExportPlan:
    stream = footage.find_stream(copy.camera)
    if stream is None:
        raise NothingToExportError
    rows = footage.recordings_between(stream, copy.started_at, copy.ended_at)
    files = []
    for row in rows.select_related("volume"):
        path, fetch = volume_path(row.volume, row.path), None
        if not path.is_file():
            fetch = partial(_fetched, row)
        files.append(SourceFile(path, to_us(row.started_at), row.sha256, row.path, fetch))
    return plan_export(
        files,
        start_us=to_us(copy.started_at),
        end_us=to_us(copy.ended_at),
        created_at=copy.requested_at,
    )


def _fetched(row: Any) -> bytes:
    source = open_recording(row)
    try:
        return source.read(0, source.size)
    finally:
        source.close()


def _stamp(copy: WorkingCopy, plan: ExportPlan) -> Stamp:
    """Return what writes the moment, camera and incident into each picture."""
    zone = timezone.get_default_timezone()
    stretches = plan.layout.stretches
    with town_language():
        tail = f"{copy.camera.label} · {copy.incident.name} · " + _("working copy")

    def stamp(picture: Image, at_s: float) -> None:
        at_us = round(at_s * 1_000_000)
        begun = [one for one in stretches if one.file_start_us <= at_us] or stretches[:1]
        moment = from_us(begun[-1].started_us + at_us - begun[-1].file_start_us)
        local = timezone.localtime(moment, zone)
        text = f"{local:%d.%m.%Y %H:%M:%S}.{local.microsecond // 1000:03d} · {tail}"
        _burn(picture, text)

    return stamp


def _burn(picture: Image, text: str) -> None:
    """Write into a dark band at the upper edge."""
    height, width = picture.shape[:2]
    size = max(width // 64, 10)
    band = min(round(size * 1.8), height)
    strip = Picture.new("RGB", (width, band), (0, 0, 0))
    ImageDraw.Draw(strip).text(
        (size // 2, size // 4), text, font=font_of(size), fill=(255, 255, 255)
    )
    ink = np.asarray(strip, dtype=np.uint8)
    picture[:band] = cv2.addWeighted(picture[:band], 0.35, ink, 1.0, 0)


def _reporter(copy: WorkingCopy, clock: Clock) -> OnProgress:
    told_at = time.monotonic()

    def report(share: float) -> bool:
        nonlocal told_at
        if time.monotonic() - told_at < _TOLD_SECONDS:
            return True
        told_at = time.monotonic()
        return bool(_running(copy).update(progress=share, reported_at=clock()))

    return report


def _running(copy: WorkingCopy) -> Any:
    return WorkingCopy.objects.filter(pk=copy.pk, state=State.RUNNING)


def _finish(copy: WorkingCopy, draft: Path, plan: ExportPlan, at: datetime) -> None:
    with town_language():
        label = copy.camera.label
    first = timezone.localtime(
        from_us(plan.layout.stretches[0].started_us), timezone.get_default_timezone()
    )
    hidden = "_лица-скрыты" if copy.hides_faces else ""
    path = draft.with_name(f"{label}_{first:%Y%m%dT%H%M%S%z}_рабочая{hidden}.mp4")
    draft.rename(path)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    is_own = _running(copy).update(
        state=State.DONE,
        progress=1,
        reported_at=at,
        path=f"{FOLDER}/{copy.public_id}/{path.name}",
        size_bytes=path.stat().st_size,
        sha256=digest,
        manifest={"method": METHOD if copy.hides_faces else "time", "is_working_copy": True},
    )
    if not is_own:
        raise RedactionCancelledError


def _fail(copy: WorkingCopy, folder: Path, message: str, at: datetime) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    WorkingCopy.objects.filter(pk=copy.pk, state__in=OPEN).update(
        state=State.FAILED, error=message[:_ERROR_LENGTH], reported_at=at
    )
