"""Exports from the request to the downloaded file."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import struct
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils.timezone import now
from pypdf import PdfReader

from archive.actions import export_jobs, exports
from archive.actions.exports import ExportFinishedError, ExportRefusedError
from archive.actions.statements import statement_of
from archive.engine.timeline import from_us
from archive.models import Export, Gap, Recording, Volume
from cameras.models import AuditEntry, Camera
from tests.archive.factories import (
    NOON,
    counters_in,
    encode_clip,
    main_stream,
    make_camera,
    make_volume,
    record,
    record_run,
    split_clip,
)
from tests.cast import client_for
from tests.codes import codes_of
from tests.services import Process

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def camera() -> Camera:
    return make_camera()


@pytest.fixture
def volume(tmp_path: Path) -> Volume:
    return make_volume(tmp_path / "archive")


@pytest.fixture
def recordings(camera: Camera, volume: Volume, data_dir: Path) -> list[Recording]:
    """Six seconds in two files of one run, frames 0 to 149; the export folder is emptied later."""
    return record_run(main_stream(camera), volume, split_clip(encode_clip(150), 3))


def at_frame(number: int) -> datetime:
    return NOON + timedelta(milliseconds=40 * number)


def ask(camera: Camera, actor: User, *, first: int = 10, end: int = 90) -> Export:
    return exports.request_export(
        camera=camera,
        actor=actor,
        started_at=at_frame(first),
        ended_at=at_frame(end),
        reason="КУСП 123",
        at=now(),
    )


def file_of(export: Export) -> Path:
    return Path(settings.EXPORT_DIR) / export.path


def test_export_is_made_with_its_manifest(
    camera: Camera, recordings: list[Recording], dispatcher: User
) -> None:
    export = ask(camera, dispatcher)

    export_jobs.run_export(export_id=export.pk)

    export.refresh_from_db()
    data = file_of(export).read_bytes()
    assert (export.state, export.error) == (Export.State.DONE, "")
    # noon in UTC is three in Moscow
    assert file_of(export).name == f"Солнышко_{camera.label}_2026-07-10_15-00-00.mp4"
    assert counters_in(data) == list(range(10, 90))
    assert export.sha256 == hashlib.sha256(data).hexdigest()
    assert export.done_bytes == export.total_bytes == export.size_bytes == len(data)
    manifest = json.loads((file_of(export).parent / "manifest.json").read_text())
    assert manifest == export.manifest
    assert manifest["file"]["sha256"] == export.sha256
    assert [item["sha256"] for item in manifest["recordings"]] == [r.sha256 for r in recordings]
    assert [item["is_unchanged"] for item in manifest["recordings"]] == [True, True]
    assert manifest["requested"]["by"] == "dispatcher"
    assert manifest["video"]["frame_count"] == 80
    assert {path.name for path in file_of(export).parent.iterdir()} == {
        "manifest.json",
        "manifest.sig",
        file_of(export).name,
    }


def test_export_is_audited(camera: Camera, recordings: list[Recording], dispatcher: User) -> None:
    export = ask(camera, dispatcher)

    entry = AuditEntry.objects.get(action="archive.export")
    assert (entry.actor, entry.target) == (dispatcher, f"archive.export:{export.pk}")
    assert entry.detail["reason"] == "КУСП 123"


def test_export_over_a_gap_tells_its_cause(
    camera: Camera, volume: Volume, data_dir: Path, dispatcher: User
) -> None:
    stream = main_stream(camera)
    record(stream, volume, encode_clip(25))
    record(stream, volume, encode_clip(25, first_number=25), started_at=NOON + timedelta(seconds=9))
    Gap.objects.create(
        stream=stream,
        started_at=NOON + timedelta(seconds=1),
        ended_at=NOON + timedelta(seconds=9),
        cause=Gap.Cause.UNREACHABLE,
    )
    export = ask(camera, dispatcher, first=0, end=250)

    export_jobs.run_export(export_id=export.pk)

    export.refresh_from_db()
    assert counters_in(file_of(export)) == list(range(50))
    assert export.gap_seconds == 8
    assert export.manifest["gaps"] == [
        {
            "started_at": "2026-07-10T12:00:01.000000Z",
            "ended_at": "2026-07-10T12:00:09.000000Z",
            "seconds": 8.0,
            "causes": ["UNREACHABLE"],
        }
    ]
    assert [part["file_start_seconds"] for part in export.manifest["stretches"]] == [0, 1]


def test_export_of_a_changed_source_says_so(
    camera: Camera, volume: Volume, recordings: list[Recording], dispatcher: User
) -> None:
    path = Path(volume.path) / recordings[1].path
    data = bytearray(path.read_bytes())
    data[-5] ^= 1
    path.write_bytes(data)
    export = ask(camera, dispatcher)

    export_jobs.run_export(export_id=export.pk)

    export.refresh_from_db()
    assert export.state == Export.State.DONE
    assert export.error
    assert [item["is_unchanged"] for item in export.manifest["recordings"]] == [True, False]


@pytest.mark.parametrize(
    ("started_at", "ended_at"),
    [
        (at_frame(10), at_frame(10)),
        (at_frame(11), at_frame(10)),
        (NOON, NOON + timedelta(days=31)),
        (NOON - timedelta(hours=2), NOON - timedelta(hours=1)),
        (NOON, now() + timedelta(hours=1)),
    ],
    ids=["empty", "backwards", "31 days", "no footage", "future"],
)
def test_export_of_a_bad_range_is_refused_in_words(
    camera: Camera,
    recordings: list[Recording],
    dispatcher: User,
    started_at: datetime,
    ended_at: datetime,
) -> None:
    with pytest.raises(ExportRefusedError) as caught:
        exports.request_export(
            camera=camera,
            actor=dispatcher,
            started_at=started_at,
            ended_at=ended_at,
            reason="",
            at=now(),
        )

    assert str(caught.value).endswith(".")
    assert not Export.objects.exists()


def test_crashed_export_is_done_again_by_another_worker(
    camera: Camera, recordings: list[Recording], dispatcher: User
) -> None:
    export = ask(camera, dispatcher)
    # A worker died in the middle of its first attempt.
    left = export_jobs.export_folder(export) / "attempt-1"
    left.mkdir(parents=True)
    (left / "export.mp4").write_bytes(b"half")
    Export.objects.filter(pk=export.pk).update(
        state=Export.State.RUNNING,
        attempt_count=1,
        lease_expires_at=now() - timedelta(seconds=1),
    )

    export_jobs.run_export(export_id=export.pk)

    export.refresh_from_db()
    assert (export.state, export.attempt_count) == (Export.State.DONE, 2)
    assert not left.exists()


def test_export_of_a_living_worker_is_left_alone(
    camera: Camera, recordings: list[Recording], dispatcher: User
) -> None:
    export = ask(camera, dispatcher)
    Export.objects.filter(pk=export.pk).update(
        state=Export.State.RUNNING,
        attempt_count=1,
        lease_expires_at=now() + timedelta(seconds=20),
    )

    export_jobs.run_export(export_id=export.pk)

    export.refresh_from_db()
    assert (export.state, export.attempt_count) == (Export.State.RUNNING, 1)


def test_export_is_given_up_after_three_attempts(
    camera: Camera, recordings: list[Recording], dispatcher: User
) -> None:
    export = ask(camera, dispatcher)
    Export.objects.filter(pk=export.pk).update(
        state=Export.State.RUNNING,
        attempt_count=3,
        lease_expires_at=now() - timedelta(seconds=1),
    )

    exports.dispatch_exports(at=now())

    export.refresh_from_db()
    assert export.state == Export.State.FAILED
    assert export.error


def test_export_with_a_lost_file_is_tried_again(
    camera: Camera, volume: Volume, recordings: list[Recording], dispatcher: User
) -> None:
    export = ask(camera, dispatcher)
    (Path(volume.path) / recordings[0].path).unlink()

    for _attempt in range(3):
        export_jobs.run_export(export_id=export.pk)

    export.refresh_from_db()
    assert (export.state, export.attempt_count) == (Export.State.FAILED, 3)
    assert str(volume.path) not in export.error
    assert not export_jobs.export_folder(export).exists()


def test_cancelled_export_leaves_nothing(
    camera: Camera, recordings: list[Recording], dispatcher: User
) -> None:
    export = ask(camera, dispatcher)

    exports.cancel_export(export=export, actor=dispatcher, at=now())
    export_jobs.run_export(export_id=export.pk)

    export.refresh_from_db()
    assert export.state == Export.State.CANCELLED
    assert not export_jobs.export_folder(export).exists()
    with pytest.raises(ExportFinishedError):
        exports.cancel_export(export=export, actor=dispatcher, at=now())


def test_worker_runs_what_was_asked_by_http(
    camera: Camera,
    recordings: list[Recording],
    dispatcher: User,
    start_worker: Callable[..., Process],
) -> None:
    start_worker("jobs")
    client = client_for(dispatcher)

    asked = client.post(
        "/api/exports/",
        {
            "camera": camera.pk,
            "started_at": at_frame(0).isoformat(),
            "ended_at": at_frame(50).isoformat(),
            "reason": "проверка",
        },
        content_type="application/json",
    )

    assert asked.status_code == 201, asked.content
    found = wait_until_done(client, asked.json()["id"])
    assert found["state"] == "DONE"
    assert found["url"].endswith(".mp4")


def wait_until_done(client: Client, export_id: str) -> dict[str, Any]:
    for _attempt in range(100):
        found: dict[str, Any] = client.get(f"/api/exports/{export_id}/").json()
        if found["state"] in {"DONE", "FAILED"}:
            return found
        time.sleep(0.1)
    raise AssertionError("the export took more than ten seconds")


def test_export_is_proved_by_the_page_of_the_portal(
    camera: Camera, recordings: list[Recording], dispatcher: User
) -> None:
    export = ask(camera, dispatcher)
    export_jobs.run_export(export_id=export.pk)
    export.refresh_from_db()
    names = (file_of(export).name, "manifest.json", "manifest.sig")

    def checked(*, appended: bytes) -> str:
        files = [
            SimpleUploadedFile(name, (file_of(export).parent / name).read_bytes()) for name in names
        ]
        files[0] = SimpleUploadedFile(names[0], file_of(export).read_bytes() + appended)
        return client_for(dispatcher).post("/archive/verify/", {"files": files}).content.decode()

    assert 'data-state="intact" data-codes=""' in checked(appended=b"")
    assert 'data-state="wrong" data-codes="trailing"' in checked(appended=b"x")


def test_reference_paper_is_made_when_asked_for(
    camera: Camera, recordings: list[Recording], dispatcher: User
) -> None:
    export = ask(camera, dispatcher)
    export_jobs.run_export(export_id=export.pk)

    answer = client_for(dispatcher).get(f"/archive/exports/{export.public_id}/spravka.pdf")

    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert answer.content.startswith(b"%PDF")
    assert b"/ToUnicode" in answer.content  # so that its letters can be selected and searched


@pytest.mark.parametrize("address", ["", "https://video.town.example"])
def test_code_of_the_paper_holds_what_the_manifest_is_checked_by(
    address: str,
    camera: Camera,
    recordings: list[Recording],
    dispatcher: User,
    settings: Any,
) -> None:
    settings.PUBLIC_URL = address
    export = ask(camera, dispatcher)
    export_jobs.run_export(export_id=export.pk)
    export.refresh_from_db()
    manifest = (file_of(export).parent / "manifest.json").read_bytes()

    paper = statement_of(export)

    assert codes_of(paper) == [
        "\n".join(
            [
                f"export {export.public_id}",
                f"manifest.json SHA-256 {hashlib.sha256(manifest).hexdigest()}",
                *([f"{address}/archive/verify/"] if address else []),
            ]
        )
    ]
    [page] = PdfReader(io.BytesIO(paper)).pages
    assert ("video.town.example/archive/verify/" in page.extract_text()) == bool(address)


def test_exported_file_tells_its_origin_and_still_plays(
    camera: Camera, recordings: list[Recording], dispatcher: User
) -> None:
    export = ask(camera, dispatcher)
    export_jobs.run_export(export_id=export.pk)
    export.refresh_from_db()
    data = file_of(export).read_bytes()

    assert list(counters_in(data)) == list(range(10, 90))
    head = data[: data.index(b"moov")]
    assert camera.location.name.encode() in head
    at = head.index(b"cstb") + 4
    (first,) = struct.unpack_from(">Q", head, at + 8)
    assert from_us(first // 10 - 11_644_473_600_000_000) == at_frame(10)


def test_package_of_two_exports_is_checked_by_the_page(
    camera: Camera, recordings: list[Recording], dispatcher: User, tmp_path: Path
) -> None:
    made = [ask(camera, dispatcher, first=first, end=first + 50) for first in (10, 60)]
    for export in made:
        export_jobs.run_export(export_id=export.pk)
        export.refresh_from_db()
        shutil.copytree(file_of(export).parent, tmp_path / "all" / str(export.pk))
    changed = tmp_path / "all" / str(made[1].pk) / file_of(made[1]).name
    changed.write_bytes(changed.read_bytes() + b"x")
    packed = Path(shutil.make_archive(str(tmp_path / "all"), "zip", tmp_path / "all"))

    files = [SimpleUploadedFile("all.zip", packed.read_bytes())]
    page = client_for(dispatcher).post("/archive/verify/", {"files": files}).content.decode()

    assert page.count('data-state="intact" data-codes=""') == 1
    assert page.count('data-state="wrong" data-codes="trailing"') == 1
