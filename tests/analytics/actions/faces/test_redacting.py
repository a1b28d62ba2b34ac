from __future__ import annotations

import hashlib
import json
import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.utils.timezone import now

from analytics.actions.faces.redacting import (
    SILENCE,
    RedactionRefusedError,
    make_redacted_copy,
    note_silence,
    request_redacted_copy,
)
from analytics.engine.weights import FACES
from analytics.models import RedactedCopy
from archive.models import Export
from cameras.models import AuditEntry
from tests.archive.factories import encode_clip, file_bytes, make_camera

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


def make_export(person: User, folder: Path, content: bytes, **values: str) -> Export:
    export = Export(
        camera=make_camera(),
        kind=Export.Kind.MP4,
        state=Export.State.DONE,
        started_at=now() - timedelta(hours=1),
        ended_at=now(),
        requested_at=now(),
        requested_by=person,
        size_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )
    export.path = f"{export.public_id}/clip.mp4"
    for name, value in values.items():
        setattr(export, name, value)
    (folder / export.path).parent.mkdir(parents=True)
    (folder / export.path).write_bytes(content)
    export.save()
    return export


@pytest.fixture
def folder(settings: LazySettings, tmp_path: Path) -> Path:
    settings.EXPORT_DIR = tmp_path / "exports"
    return tmp_path / "exports"


@pytest.fixture
def weights(settings: LazySettings, shared_folder: Path) -> None:
    settings.WEIGHTS_DIR = shared_folder / "models"


@pytest.fixture
def face_film(shared_folder: Path) -> bytes:
    name = "head-pose-face-detection-female.mp4"
    return (shared_folder / "clips" / "faces" / name).read_bytes()


def ask(export: Export, person: User, *, with_sound: bool = False) -> RedactedCopy:
    return request_redacted_copy(export=export, actor=person, at=now(), with_sound=with_sound)


def test_copy_is_made_beside_the_export_and_says_of_what(
    folder: Path, weights: None, face_film: bytes, dispatcher: User
) -> None:
    export = make_export(dispatcher, folder, face_film)
    copy = ask(export, dispatcher)

    make_redacted_copy(copy_id=copy.pk)

    copy.refresh_from_db()
    assert (copy.state, copy.error, copy.progress) == (RedactedCopy.State.DONE, "", 1)
    made = (folder / copy.path).read_bytes()
    assert copy.sha256 == hashlib.sha256(made).hexdigest() != export.sha256
    assert (folder / export.path).read_bytes() == face_film
    manifest = json.loads((folder / copy.path).with_name("manifest.json").read_text())
    assert manifest == copy.manifest
    assert manifest["is_working_copy"] is True
    assert manifest["original"]["sha256"] == export.sha256
    assert manifest["redaction"]["frame_count"] == 23
    assert manifest["redaction"]["covered_share"] > 0.05
    assert sorted(path.name for path in (folder / copy.path).parent.iterdir()) == [
        "clip_redacted.mp4",
        "manifest.json",
    ]


def test_request_is_noted(folder: Path, dispatcher: User) -> None:
    copy = ask(make_export(dispatcher, folder, b"film"), dispatcher, with_sound=True)

    entry = AuditEntry.objects.get()
    assert (entry.action, entry.target) == ("faces.redact", f"analytics.redactedcopy:{copy.pk}")
    assert entry.detail["with_sound"] is True


def test_new_request_calls_off_the_one_before(folder: Path, dispatcher: User) -> None:
    export = make_export(dispatcher, folder, b"film")
    first = ask(export, dispatcher)

    ask(export, dispatcher)

    first.refresh_from_db()
    assert first.state == RedactedCopy.State.CANCELLED
    make_redacted_copy(copy_id=first.pk)
    assert not (folder / "redacted").exists()


@pytest.mark.parametrize("values", [{"kind": "JPG"}, {"state": "RUNNING"}])
def test_what_is_no_finished_video_is_refused(
    folder: Path, dispatcher: User, values: dict[str, str]
) -> None:
    export = make_export(dispatcher, folder, b"film", **values)

    with pytest.raises(RedactionRefusedError):
        ask(export, dispatcher)

    assert not RedactedCopy.objects.exists()


def test_second_copy_at_once_is_refused(folder: Path, dispatcher: User) -> None:
    export = make_export(dispatcher, folder, b"film")
    ask(export, dispatcher)
    other = Export.objects.get(pk=export.pk)
    other.pk, other.public_id = None, uuid.uuid4()
    other.save()

    with pytest.raises(RedactionRefusedError):
        ask(other, dispatcher)


def test_changed_export_is_not_copied(folder: Path, weights: None, dispatcher: User) -> None:
    export = make_export(dispatcher, folder, file_bytes(encode_clip(10)))
    (folder / export.path).write_bytes(b"changed")
    copy = ask(export, dispatcher)

    make_redacted_copy(copy_id=copy.pk)

    copy.refresh_from_db()
    assert copy.state == RedactedCopy.State.FAILED
    assert not (folder / "redacted").exists()


def test_without_the_network_it_fails_and_says_which(
    folder: Path, settings: LazySettings, tmp_path: Path, dispatcher: User
) -> None:
    settings.WEIGHTS_DIR = tmp_path
    copy = ask(make_export(dispatcher, folder, b"film"), dispatcher)

    make_redacted_copy(copy_id=copy.pk)

    copy.refresh_from_db()
    assert copy.state == RedactedCopy.State.FAILED
    assert FACES.file_name in copy.error


def test_copy_whose_worker_died_is_failed(folder: Path, dispatcher: User) -> None:
    copy = ask(make_export(dispatcher, folder, b"film"), dispatcher)

    note_silence(copy=copy, at=now() + SILENCE / 2)
    assert copy.state == RedactedCopy.State.WAITING
    note_silence(copy=copy, at=now() + 2 * SILENCE)

    assert copy.state == RedactedCopy.State.FAILED
