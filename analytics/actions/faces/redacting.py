"""Working copies of exports: asked for, made by a worker, described by a manifest.

The export itself is only read. Its copy lies in a folder of its own, and says of which file it is
a copy and that it proves nothing by itself.
"""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from analytics import tasks
from analytics.engine.boxes import Box
from analytics.engine.faces.redaction import (
    METHOD,
    OnProgress,
    RedactedVideo,
    RedactionCancelledError,
    RedactionError,
    RedactionOptions,
    redact_video,
)
from analytics.engine.faces.redaction_seeking import Seeker, open_seeker
from analytics.engine.faces.redaction_tracks import Chosen
from analytics.engine.networks import NetworkError
from analytics.models import RedactedCopy
from archive.engine.volume import sync_folder, write_durably
from archive.models import Export
from cameras.audit import write_audit_entry

logger = logging.getLogger(__name__)

FOLDER = "redacted"
"""Below EXPORT_DIR, beside the folders of the exports."""
MANIFEST_NAME = "manifest.json"
MANIFEST_VERSION = 1
AT_ONCE = 1
"""Copies of all people together: each takes a core for as long as the film is."""
SILENCE = timedelta(minutes=2)
"""A run that says nothing for so long has died with its worker."""
REPORT_EVERY_S = 1.0
MOST_CHOSEN = 20
ERROR_LENGTH = 300
OPEN_STATES = (RedactedCopy.State.WAITING, RedactedCopy.State.RUNNING)
Clock = Callable[[], datetime]


class RedactionRefusedError(Exception):
    """Why no copy can be made, as a sentence for the person."""


@transaction.atomic
def request_redacted_copy(
    *,
    export: Export,
    actor: User,
    at: datetime,
    chosen: Sequence[dict[str, Any]] = (),
    with_sound: bool = False,
    address: str | None = None,
) -> RedactedCopy:
    """Have a copy with covered faces made; an unfinished one of the same export is called off.

    Args:
        chosen: faces that stay visible, [{"at_s": seconds of the film, "box": pixels}, …].

    Raises:
        RedactionRefusedError: the export is no finished video, or others are being made.

    """
    _check(export, chosen, at)
    of_export = RedactedCopy.objects.filter(export=export, state__in=OPEN_STATES)
    of_export.update(state=RedactedCopy.State.CANCELLED)
    copy = RedactedCopy.objects.create(
        export=export,
        chosen=list(chosen),
        with_sound=with_sound,
        requested_at=at,
        requested_by=actor,
        reported_at=at,
    )
    detail = {"export": str(export.public_id), "chosen": len(chosen), "with_sound": with_sound}
    write_audit_entry(
        actor=actor, action="faces.redact", target=copy, at=at, address=address, detail=detail
    )
    transaction.on_commit(partial(tasks.redact_export.delay, copy_id=copy.pk))
    return copy


def _check(export: Export, chosen: Sequence[dict[str, Any]], at: datetime) -> None:
    if export.kind != Export.Kind.MP4 or export.state != Export.State.DONE:
        raise RedactionRefusedError(_("Only a finished video can be copied with faces hidden."))
    if len(chosen) > MOST_CHOSEN:
        raise RedactionRefusedError(_("Too many faces are chosen to stay visible."))
    others = RedactedCopy.objects.exclude(export=export).filter(
        state__in=OPEN_STATES, reported_at__gt=at - SILENCE
    )
    if others.count() >= AT_ONCE:
        raise RedactionRefusedError(
            _("Another copy is being made just now: try again when it is ready.")
        )


def note_silence(*, copy: RedactedCopy, at: datetime) -> None:
    """Fail a copy whose worker has died, for nobody else will."""
    if copy.state in OPEN_STATES and copy.reported_at < at - SILENCE:
        _fail(copy, _("The worker did not answer: try again."), at)
        copy.refresh_from_db()


# --- what a worker does -------------------------------------------------------------------


def make_redacted_copy(*, copy_id: int, clock: Clock = timezone.now) -> None:
    """Make a copy that waits; what goes wrong stands in its row."""
    copy = _claim(copy_id, clock())
    if copy is None:
        return
    folder = settings.EXPORT_DIR / FOLDER / str(copy.public_id)
    try:
        _make(copy, folder, open_seeker(settings.WEIGHTS_DIR), clock)
    except RedactionCancelledError:
        shutil.rmtree(folder, ignore_errors=True)
    except (RedactionError, NetworkError, OSError) as error:
        logger.exception("redacted copy %d failed", copy.pk)
        shutil.rmtree(folder, ignore_errors=True)
        problem = (error.strerror or "") if isinstance(error, OSError) else str(error)
        message = _("The copy could not be made: %(problem)s") % {"problem": problem}
        _fail(copy, message, clock())


def _claim(copy_id: int, at: datetime) -> RedactedCopy | None:
    waiting = RedactedCopy.objects.filter(pk=copy_id, state=RedactedCopy.State.WAITING)
    if not waiting.update(state=RedactedCopy.State.RUNNING, reported_at=at):
        return None
    rows = RedactedCopy.objects.select_related("export__camera__location", "requested_by")
    return rows.get(pk=copy_id)


def _make(copy: RedactedCopy, folder: Path, seeker: Seeker, clock: Clock) -> None:
    source = settings.EXPORT_DIR / copy.export.path
    if _sha256(source) != copy.export.sha256:
        raise RedactionError(_("the export is not as it was made"))
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / "draft.mp4"
    video = redact_video(source, draft, seeker, _options(copy), _reporter(copy, clock))
    name = f"{source.stem}_{FOLDER}.mp4"
    digest = _sha256(draft)
    size = draft.stat().st_size
    manifest = _manifest(copy, video, {"name": name, "size_bytes": size, "sha256": digest}, clock())
    draft.rename(folder / name)
    write_durably(folder / MANIFEST_NAME, json.dumps(manifest, ensure_ascii=False).encode())
    sync_folder(folder)
    is_own = _running(copy).update(
        state=RedactedCopy.State.DONE,
        progress=1,
        reported_at=clock(),
        path=f"{FOLDER}/{copy.public_id}/{name}",
        size_bytes=size,
        sha256=digest,
        manifest=manifest,
    )
    if not is_own:
        raise RedactionCancelledError


def _running(copy: RedactedCopy) -> Any:
    return RedactedCopy.objects.filter(pk=copy.pk, state=RedactedCopy.State.RUNNING)


def _options(copy: RedactedCopy) -> RedactionOptions:
    chosen = tuple(Chosen(float(one["at_s"]), Box(*map(float, one["box"]))) for one in copy.chosen)
    return RedactionOptions(chosen=chosen, with_sound=copy.with_sound)


def _reporter(copy: RedactedCopy, clock: Clock) -> OnProgress:
    told_at = time.monotonic()

    def report(share: float) -> bool:
        """Write how far it is, once a second; False: it was called off."""
        nonlocal told_at
        if time.monotonic() - told_at < REPORT_EVERY_S:
            return True
        told_at = time.monotonic()
        return bool(_running(copy).update(progress=share, reported_at=clock()))

    return report


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _fail(copy: RedactedCopy, message: str, at: datetime) -> None:
    RedactedCopy.objects.filter(pk=copy.pk, state__in=OPEN_STATES).update(
        state=RedactedCopy.State.FAILED, error=message[:ERROR_LENGTH], reported_at=at
    )


def _manifest(
    copy: RedactedCopy, video: RedactedVideo, file: dict[str, Any], at: datetime
) -> dict[str, Any]:
    export = copy.export
    return {
        "manifest_version": MANIFEST_VERSION,
        "software": f"Atomgrad {settings.VERSION}",
        "is_working_copy": True,
        "created_at": at.isoformat(),
        "file": file,
        "original": {
            "export": str(export.public_id),
            "name": Path(export.path).name,
            "size_bytes": export.size_bytes,
            "sha256": export.sha256,
        },
        "requested": {
            "by": copy.requested_by.get_username(),
            "at": copy.requested_at.isoformat(),
        },
        "redaction": {
            "method": METHOD,
            "frame_count": video.frame_count,
            "covered_face_count": video.face_count,
            "covered_share": round(video.covered_share, 4),
            "wholly_covered_frame_count": video.whole_frame_count,
            "chosen": copy.chosen,
            "chosen_found_count": video.kept_count,
            "has_sound": copy.with_sound,
        },
    }
