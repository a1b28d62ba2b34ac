"""From manifests to rows: how finished files come into the database."""

from __future__ import annotations

import fcntl
import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils.timezone import now

from archive.actions.gaps import open_gap, settle_gaps
from archive.actions.leases import node_name, streams_without_recorder
from archive.actions.proofs import link_recording
from archive.engine.clock import from_microseconds
from archive.engine.files import RecordingName
from archive.engine.manifest import (
    DamagedManifestError,
    FormatNote,
    GapReason,
    Manifest,
    iter_manifests,
    read_manifest,
)
from archive.engine.reader import describe_tracks
from archive.engine.recovery import recover_volume
from archive.engine.volume import VolumeFolder, WrongVolumeError, open_volume
from archive.models import Gap, Recording, VideoFormat, Volume
from cameras.models import Stream

logger = logging.getLogger(__name__)

_BATCH = 50
BAD_SUFFIX = ".bad"


def recording_volume() -> VolumeFolder:
    """Return the volume that this node records to; its row is made at the first start.

    Raises:
        WrongVolumeError: another volume, or none, lies in the folder that the settings name.
    """
    path = Path(settings.ARCHIVE_DIR)
    row = Volume.objects.filter(node=node_name(), path=str(path)).first()
    folder = open_volume(path, expected=row.identity if row else None)
    if row is None:
        Volume.objects.update_or_create(
            identity=folder.identity,
            defaults={"node": node_name(), "path": str(path)},
            create_defaults={
                "node": node_name(),
                "path": str(path),
                "quota_bytes": settings.ARCHIVE_QUOTA_BYTES,
                "low_free_percent": settings.ARCHIVE_LOW_FREE_PERCENT,
                "full_free_percent": settings.ARCHIVE_FULL_FREE_PERCENT,
            },
        )
    return folder


def register_recordings(*, folder: VolumeFolder) -> int:
    """Write a row for each manifest of the volume; return how many were new.

    Idempotent by path: a manifest is removed after the commit, and one that comes twice, after
    a crash in between, changes nothing. Manifests that make no sense are put aside.
    """
    count = 0
    with _registration_lock(folder):
        manifests = sorted(_readable(folder), key=lambda item: item[1].opening.started_us)
        for start in range(0, len(manifests), _BATCH):
            batch = manifests[start : start + _BATCH]
            count += _register(folder, [manifest for _, manifest in batch])
            for path, _ in batch:
                path.unlink(missing_ok=True)
    return count


@contextmanager
def _registration_lock(folder: VolumeFolder) -> Iterator[None]:
    """One process at a time, so that gaps are settled by one."""
    with (folder.pending / "registration.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _readable(folder: VolumeFolder) -> Iterator[tuple[Path, Manifest]]:
    for path in list(iter_manifests(folder.pending)):
        try:
            yield path, read_manifest(path)
        except FileNotFoundError:
            continue
        except DamagedManifestError:
            logger.exception("a manifest is damaged and put aside")
            path.rename(path.with_suffix(BAD_SUFFIX))


@transaction.atomic
def _register(folder: VolumeFolder, manifests: list[Manifest]) -> int:
    paths = [manifest.opening.path for manifest in manifests]
    known = set(Recording.objects.filter(path__in=paths).values_list("path", flat=True))
    volume = Volume.objects.get(identity=folder.identity)
    count = 0
    for manifest in manifests:
        if manifest.opening.path in known:
            continue
        stream_id = _stream_id(manifest)
        if stream_id is None:
            logger.error("%s belongs to no stream", manifest.opening.path)
            continue
        recording = _recording(manifest, stream_id, volume)
        recording.save(force_insert=True)
        link_recording(recording=recording)
        settle_gaps(recording=recording, reason=manifest.opening.gap_before)
        count += 1
    return count


def _stream_id(manifest: Manifest) -> int | None:
    """The stream of the note, else that of the camera whose number stands in the path."""
    noted = Stream.objects.filter(pk=manifest.opening.stream_id or 0)
    if found := noted.values_list("pk", flat=True).first():
        return found
    name = RecordingName.parse(manifest.opening.path)
    named = Stream.objects.filter(camera__number=name.camera_number, role=name.role)
    return named.values_list("pk", flat=True).first()


def _recording(manifest: Manifest, stream_id: int, volume: Volume) -> Recording:
    opening = manifest.opening
    return Recording(
        stream_id=stream_id,
        volume=volume,
        path=opening.path,
        run=opening.run,
        video_format=_video_format(manifest),
        started_at=from_microseconds(opening.started_us),
        ended_at=from_microseconds(manifest.ended_us),
        size_bytes=manifest.size_bytes,
        sha256=manifest.sha256,
        frame_count=manifest.frame_count,
        gop_index=manifest.gop_index,
        is_recovered=manifest.is_recovered,
    )


def _video_format(manifest: Manifest) -> VideoFormat:
    digest = hashlib.sha256(manifest.initialization).hexdigest()
    known = VideoFormat.objects.filter(digest=digest).first()
    if known is not None:
        return known
    note = manifest.opening.format or _format_of(manifest.initialization)
    row, _ = VideoFormat.objects.get_or_create(
        digest=digest,
        defaults={
            "codec": note.codec,
            "codec_string": note.codec_string,
            "width": note.width,
            "height": note.height,
            "has_audio": note.has_audio,
            "initialization": manifest.initialization,
        },
    )
    return row


def _format_of(initialization: bytes) -> FormatNote:
    """Read from the file what the writer's note would have said."""
    video, *sound = describe_tracks(initialization)
    return FormatNote(
        codec=video.codec,
        codec_string=",".join(track.codec_string for track in (video, *sound)),
        width=video.width,
        height=video.height,
        has_audio=bool(sound),
    )


def register_pending() -> None:
    """Register what other processes have left, finished or not; note whose recorder is dead."""
    try:
        folder = recording_volume()
        recover_volume(folder)
    except WrongVolumeError as error:
        logger.error("nothing is registered: %s", error)  # noqa: TRY400 -- the trace says nothing more
        return
    register_recordings(folder=folder)
    for stream_id in streams_without_recorder(at=now()):
        reason = GapReason(Gap.Cause.RECORDER_DIED)
        open_gap(stream_id=stream_id, started_at=now(), reason=reason)
