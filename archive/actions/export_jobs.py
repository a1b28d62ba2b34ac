"""What a worker does with an export: claim it, write the file and its manifest, say how it went.

A claim is fenced by the number of the attempt: a worker whose lease ran out changes nothing any
more, and its half-written file lies under a name that only it uses.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
import time
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from archive import events, queries
from archive.actions import export_manifest, proofs
from archive.actions.exports import MOST_ATTEMPTS, claimable, note_export, running_exports
from archive.engine.file_names import footage_file_name
from archive.engine.frames import FrameNotFoundError
from archive.engine.growing import GrowingRecording
from archive.engine.proof_jpeg import embed_proof, mark_picture
from archive.engine.proof_parts import even_parts
from archive.engine.remux import (
    ExportCancelledError,
    ExportPlan,
    WrittenExport,
    plan_export,
    write_export,
)
from archive.engine.samples import FormatChangedError, NothingToExportError, SourceFile
from archive.engine.timeline import from_us, to_us
from archive.engine.verify import MANIFEST_NAME, SIGNATURE_NAME
from archive.engine.volume import sync_folder, write_durably
from archive.models import Export, Recording
from archive.pictures import picture_at
from archive.storage import open_recording, volume_path
from cameras.models import Camera

logger = logging.getLogger(__name__)

_LEAST_PART_BYTES, _PICTURE_PARTS = 512, 64
LEASE_DURATION = timedelta(seconds=30)
_PROGRESS_SECONDS = 0.5
_COPY_BYTES = 4 << 20
Clock = Callable[[], datetime]


def run_export(*, export_id: int, clock: Clock = timezone.now) -> None:
    """Make the export's file, if the export waits and there is a place for it."""
    export = _claim(export_id, clock())
    if export is None:
        return
    folder = export_folder(export)
    _remove_leftovers(folder)
    try:
        _write_video(export, folder, clock)
    except ExportCancelledError:
        _remove_leftovers(folder)
    except NothingToExportError:
        _fail(export, _("There is no footage in this range any more."), clock())
    except FormatChangedError as error:
        _fail(export, _format_change(error.changed_us), clock())
    except (OSError, ValueError) as error:
        logger.exception("export %d failed", export.pk)
        _retry_or_fail(export, error, clock())


def export_folder(export: Export) -> Path:
    return Path(settings.EXPORT_DIR) / str(export.public_id)


@transaction.atomic
def _claim(export_id: int, at: datetime) -> Export | None:
    if running_exports(at) >= settings.EXPORTS_AT_ONCE:
        return None
    export = (
        Export.objects.select_for_update(of=("self",))
        .select_related("camera__location", "stream__camera", "requested_by")
        .filter(claimable(at), pk=export_id)
        .first()
    )
    if export is None:
        return None
    export.state = Export.State.RUNNING
    export.attempt_count += 1
    export.done_bytes = 0
    export.lease_expires_at = at + LEASE_DURATION
    export.save(update_fields=["state", "attempt_count", "done_bytes", "lease_expires_at"])
    return export


def _update_own(export: Export, **values: Any) -> bool:
    """Change the row if it still is this worker's; tell whether it was."""
    own = Export.objects.filter(
        pk=export.pk, state=Export.State.RUNNING, attempt_count=export.attempt_count
    )
    for name, value in values.items():
        setattr(export, name, value)
    return own.update(**values) == 1


def _remove_leftovers(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)


# --- video ------------------------------------------------------------------------------


def _write_video(export: Export, folder: Path, clock: Clock) -> None:
    work = folder / f"attempt-{export.attempt_count}"
    work.mkdir(parents=True)
    files, recordings = _sources(export, work)
    plan = plan_export(
        files,
        start_us=to_us(export.started_at),
        end_us=to_us(export.ended_at),
        created_at=clock(),
        identity=export.public_id,
        origin=export_manifest.origin_of(export, clock()),
    )
    _update_own(export, total_bytes=plan.size)
    draft = work / "export.mp4"
    written = write_export(plan, draft, on_progress=_Progress(export, clock))
    name = _file_name(export, from_us(plan.layout.stretches[0].started_us), "mp4")
    manifest = export_manifest.video_manifest(
        export,
        file_name=name,
        plan=plan,
        written=written,
        recordings=recordings,
        created_at=clock(),
    )
    manifest["chain"] = _chain_of(export, manifest, clock())
    _publish_file(export, draft, name, manifest, clock())
    shutil.rmtree(work)
    _finish(export, name, written, manifest, plan, clock())


class _Progress:
    """Renews the lease and tells the pages, at most twice a second."""

    def __init__(self, export: Export, clock: Clock) -> None:
        self._export = export
        self._clock = clock
        self._told_at = 0.0

    def __call__(self, done_bytes: int) -> bool:
        """Return False once the export is no longer this worker's."""
        if time.monotonic() - self._told_at < _PROGRESS_SECONDS:
            return True
        self._told_at = time.monotonic()
        lease = self._clock() + LEASE_DURATION
        if not _update_own(self._export, done_bytes=done_bytes, lease_expires_at=lease):
            return False
        events.publish_export(self._export)
        return True


def _sources(export: Export, work: Path) -> tuple[list[SourceFile], list[dict[str, Any]]]:
    """Return the files of the range, and what the manifest says of each."""
    stream = export.stream
    if stream is None:
        raise NothingToExportError
    # Those without a row first: one of them may get its row in this moment.
    growing = queries.growing_between(stream, export.started_at, export.ended_at)
    rows = queries.recordings_between(stream, export.started_at, export.ended_at)
    files, entries = [], []
    for recording in rows.select_related("volume"):
        path = _local_path(recording, work)
        files.append(
            SourceFile(path, to_us(recording.started_at), recording.sha256, recording.path)
        )
        entries.append(export_manifest.recording_entry(recording))
    known = {file.name for file in files}
    for item in (item for item in growing if item.path not in known):
        file = _copy_growing(item, work)
        files.append(file)
        entries.append(_growing_entry(item, file.sha256))
    return files, entries


def _local_path(recording: Recording, work: Path) -> Path:
    if recording.place == Recording.Place.VOLUME:
        return volume_path(recording.volume, recording.path)
    path = work / f"{recording.pk}.mp4"
    with closing(open_recording(recording)) as source, path.open("wb") as file:
        for offset in range(0, source.size, _COPY_BYTES):
            file.write(source.read(offset, _COPY_BYTES))
    return path


def _copy_growing(growing: GrowingRecording, work: Path) -> SourceFile:
    """Copy what there is of the minute that is being recorded: it will be renamed and grow."""
    with growing.open_path().open("rb") as file:
        data = file.read(growing.size)
    path = work / f"{growing.name}.mp4"
    path.write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    return SourceFile(path, growing.started_us, digest, growing.path)


def _growing_entry(growing: GrowingRecording, sha256: str) -> dict[str, Any]:
    return {
        "path": growing.path,
        "started_at": export_manifest.moment_text(from_us(growing.started_us)),
        "ended_at": export_manifest.moment_text(from_us(growing.ended_us)),
        "size_bytes": growing.size,
        "sha256": sha256,  # of its first size_bytes: it was still being written
        "is_unfinished": True,
    }


def _chain_of(export: Export, manifest: dict[str, Any], at: datetime) -> dict[str, Any] | None:
    if export.stream is None:
        return None
    paths = [item["path"] for item in manifest["recordings"] if not item.get("is_unfinished")]
    return proofs.chain_proof(stream=export.stream, paths=paths, at=at)


def _publish_file(
    export: Export, draft: Path, name: str, manifest: dict[str, Any], at: datetime
) -> None:
    folder = export_folder(export)
    draft.rename(folder / name)
    _write_proof(folder, *proofs.sign_manifest(manifest, at=at))
    sync_folder(folder)


def _write_proof(folder: Path, manifest: bytes, signature: bytes) -> None:
    write_durably(folder / MANIFEST_NAME, manifest)
    write_durably(folder / SIGNATURE_NAME, signature)


def _finish(
    export: Export,
    name: str,
    written: WrittenExport,
    manifest: dict[str, Any],
    plan: ExportPlan,
    at: datetime,
) -> None:
    is_own = _update_own(
        export,
        done_bytes=plan.size,
        size_bytes=written.size,
        sha256=written.sha256,
        path=f"{export.public_id}/{name}",
        manifest=manifest,
        gap_seconds=sum(gap["seconds"] for gap in manifest["gaps"]),
        finished_at=at,
        lease_expires_at=None,
        error=_damage(written.damaged),
        state=Export.State.DONE,
    )
    if not is_own:
        _remove_leftovers(export_folder(export))  # called off in the last moment
    events.publish_export(export)


def _damage(damaged: list[str]) -> str:
    if not damaged:
        return ""
    message = ngettext(
        "%(count)d source file is not as it was recorded; the manifest names it.",
        "%(count)d source files are not as they were recorded; the manifest names them.",
        len(damaged),
    )
    return message % {"count": len(damaged)}


def _file_name(export: Export, moment: datetime, suffix: str) -> str:
    return footage_file_name(
        place=export.camera.location.name,
        camera=export.camera.label,
        moment=timezone.localtime(moment, timezone.get_default_timezone()),
        suffix=suffix,
    )


def _format_change(changed_us: int) -> str:
    local = timezone.localtime(from_us(changed_us), timezone.get_default_timezone())
    message = _(
        "The camera changed the format of its picture at %(time)s. "
        "Export the parts before and after it separately."
    )
    return message % {"time": f"{local:%H:%M:%S}"}


# --- how it went ------------------------------------------------------------------------


def _fail(export: Export, message: str, at: datetime) -> None:
    _remove_leftovers(export_folder(export))
    _update_own(
        export, error=message, finished_at=at, lease_expires_at=None, state=Export.State.FAILED
    )
    events.publish_export(export)


def _retry_or_fail(export: Export, error: Exception, at: datetime) -> None:
    """Leave the row to a next attempt, as after a crash; the last one says what went wrong."""
    message = _("The export could not be written: %(problem)s") % {"problem": _problem(error)}
    if export.attempt_count >= MOST_ATTEMPTS:
        _fail(export, message, at)
        return
    _remove_leftovers(export_folder(export))
    _update_own(export, error=message, lease_expires_at=None, state=Export.State.WAITING)
    events.publish_export(export)


def _problem(error: Exception) -> str:
    """Return what the system said, without paths."""
    return (error.strerror or "") if isinstance(error, OSError) else str(error)


# --- pictures ---------------------------------------------------------------------------


def save_frame(
    *, camera: Camera, actor: User, moment: datetime, at: datetime, address: str | None = None
) -> Export:
    """Save the frame shown at a moment as JPEG, listed among the exports.

    Raises:
        FrameNotFoundError: there is no footage at that moment; its text says why.
    """
    stream = queries.find_stream(camera)
    if stream is None:
        raise FrameNotFoundError(_("This camera has no footage."))
    picture = picture_at(stream, moment)
    export = Export(
        camera=camera,
        stream=stream,
        kind=Export.Kind.JPG,
        started_at=picture.taken_at,
        ended_at=picture.taken_at,
        requested_at=at,
        requested_by=actor,
        state=Export.State.DONE,
        finished_at=at,
    )
    name = _file_name(export, picture.taken_at, "jpg")
    export.path = f"{export.public_id}/{name}"
    jpeg = mark_picture(picture.jpeg, export.public_id)
    export.manifest = _picture_manifest(export, jpeg, picture.recording, name, at)
    _write_picture(export, jpeg, name, at)
    with transaction.atomic():
        export.save()
        note_export(export, action="archive.save_frame", actor=actor, at=at, address=address)
    return export


def _picture_manifest(
    export: Export, jpeg: bytes, recording: Recording | None, name: str, at: datetime
) -> dict[str, Any]:
    manifest = {
        **export_manifest.passport_of(export),
        "created_at": export_manifest.moment_text(at),
        # Of the picture without the segments that carry its proof.
        "file": export_manifest.file_entry(
            name=name,
            size=len(jpeg),
            sha256=hashlib.sha256(jpeg).hexdigest(),
            parts=even_parts(jpeg, max(_LEAST_PART_BYTES, len(jpeg) // _PICTURE_PARTS)),
        ),
        "recordings": [export_manifest.recording_entry(recording)] if recording else [],
    }
    return {**manifest, "chain": _chain_of(export, manifest, at)}


def _write_picture(export: Export, jpeg: bytes, name: str, at: datetime) -> None:
    """Write the picture with its proof inside, and the proof once more beside it."""
    folder = export_folder(export)
    folder.mkdir(parents=True)
    manifest, signature = proofs.sign_manifest(export.manifest, at=at)
    data = embed_proof(jpeg, manifest=manifest, signature=signature)
    export.size_bytes = export.done_bytes = export.total_bytes = len(data)
    export.sha256 = hashlib.sha256(data).hexdigest()
    write_durably(folder / name, data)
    _write_proof(folder, manifest, signature)
    sync_folder(folder)
