"""Exports and files of the archive as the portal makes them: 40 videos, 60 pictures, 100 files."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.utils.timezone import now
from manipulations import Foreign, Specimen

from archive.actions import export_jobs, proofs
from archive.engine.proof import Signer
from archive.models import Export, Recording, Volume
from cameras.models import Camera, Stream
from tests.archive.factories import (
    NOON,
    Clip,
    encode_clip,
    main_stream,
    make_camera,
    make_volume,
    record_run,
    split_clip,
)

VIDEOS, PICTURES, FILES = 40, 60, 100
FILE_SECONDS, EXPORT_SECONDS = 2, 8
_PER_CHAIN_PROOF = 10


def make_specimens(folder: Path) -> tuple[list[Specimen], Foreign]:
    call_command("migrate", verbosity=0)
    user = User.objects.create_superuser("bench", password=None)
    camera = make_camera()
    volume = make_volume(folder / "archive")
    clip = encode_clip(25 * FILE_SECONDS * FILES)
    rows = _record(main_stream(camera), volume, split_clip(clip, FILE_SECONDS))
    videos = [_video(camera, user, 4 * number + 1) for number in range(VIDEOS)]
    pictures = [_picture(camera, user, 3 * number + 1) for number in range(PICTURES)]
    files = list(_files(main_stream(camera), volume, rows, folder))
    specimens = [*_ring(videos), *_ring(pictures), *_ring(files)]
    return specimens, Foreign(Signer(Ed25519PrivateKey.generate()))


def _record(stream: Stream, volume: Volume, clips: Iterable[Clip]) -> list[Recording]:
    """Record all the clips, with signed heads as if an hour passed after every ten files."""
    rows: list[Recording] = []
    for group in batched(list(clips), _PER_CHAIN_PROOF):
        begin = rows[-1].ended_at if rows else NOON
        rows += record_run(stream, volume, group, started_at=begin)
        proofs.sign_heads(at=now())
    return rows


def batched(clips: list[Clip], size: int) -> Iterator[list[Clip]]:
    for start in range(0, len(clips), size):
        yield clips[start : start + size]


def _ring(specimens: list[Specimen]) -> list[Specimen]:
    """Give each the one half way round as its other, which is of another proof."""
    half = len(specimens) // 2
    return [
        replace(item, other=specimens[(number + half) % len(specimens)])
        for number, item in enumerate(specimens)
    ]


def _video(camera: Camera, user: User, second: int) -> Specimen:
    started_at = NOON + timedelta(seconds=second)
    export = Export.objects.create(
        camera=camera,
        stream=main_stream(camera),
        kind=Export.Kind.MP4,
        started_at=started_at,
        ended_at=started_at + timedelta(seconds=EXPORT_SECONDS),
        requested_at=now(),
        requested_by=user,
    )
    export_jobs.run_export(export_id=export.pk)
    return _specimen(export)


def _picture(camera: Camera, user: User, second: int) -> Specimen:
    moment = NOON + timedelta(seconds=second)
    return _specimen(export_jobs.save_frame(camera=camera, actor=user, moment=moment, at=now()))


def _specimen(export: Export) -> Specimen:
    export.refresh_from_db()
    file = Path(settings.EXPORT_DIR) / export.path
    return Specimen(
        export.kind, file, file.with_name("manifest.json"), file.with_name("manifest.sig")
    )


def _files(stream: Stream, volume: Volume, rows: list[Recording], folder: Path) -> list[Specimen]:
    """Files of the archive with the proof of ten of them each, signed at one head."""
    specimens = []
    for start in range(0, len(rows), _PER_CHAIN_PROOF):
        group = rows[start : start + _PER_CHAIN_PROOF]
        manifest, signature = proofs.sign_manifest(
            proofs.archive_manifest(stream=stream, paths=[row.path for row in group], at=now()),
            at=now(),
        )
        for row in group:
            place = folder / "files" / str(row.pk)
            place.mkdir(parents=True)
            file = place / Path(row.path).name
            shutil.copyfile(Path(volume.path) / row.path, file)
            (place / "manifest.json").write_bytes(manifest)
            (place / "manifest.sig").write_bytes(signature)
            specimens.append(
                Specimen("ARCHIVE", file, place / "manifest.json", place / "manifest.sig")
            )
    return specimens
