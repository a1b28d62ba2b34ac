"""Certificates of completeness: what they say, and that the verifiers count anew."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User

from archive.actions.certificates import (
    CertificateRefusedError,
    certify_day,
    duration_text,
    read_day,
)
from archive.actions.proofs import key_ring, link_recording, sign_manifest
from archive.completeness import day_bounds
from archive.engine.package_check import check_package
from archive.engine.proof_check import Proof, Report, check_file
from archive.models import ChainLink, Gap, Recording, VideoFormat, Volume
from cameras.models import AuditEntry, Stream
from tests.archive.factories import make_volume
from tests.cast import client_for

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

DAY = date(2026, 7, 10)
START, END = day_bounds(DAY)
LATER = END + timedelta(hours=1)


@pytest.fixture(autouse=True)
def _own_keys(settings: Any, tmp_path: Path) -> None:
    settings.PROOF_DIR = tmp_path / "proof"


@pytest.fixture
def volume(db: None, tmp_path: Path) -> Volume:
    return make_volume(tmp_path / "archive")


def record_hours(stream: Stream, volume: Volume, *, without: dict[int, float]) -> None:
    """Record the day in files of an hour; of an hour in `without` so many seconds are missing."""
    shape = VideoFormat.objects.create(
        digest="f" * 64, codec="h264", codec_string="avc1", width=1, height=1, initialization=b""
    )
    for hour in range(24):
        start = START + timedelta(hours=hour)
        row = Recording.objects.create(
            stream=stream,
            volume=volume,
            path=f"{hour}.mp4",
            run="0" * 32,
            video_format=shape,
            started_at=start,
            ended_at=start + timedelta(hours=1) - timedelta(seconds=without.get(hour, 0)),
            size_bytes=1,
            sha256=f"{hour:064x}",
            frame_count=1,
            gop_index=b"",
        )
        link_recording(recording=row)


@pytest.fixture
def day(stream: Stream, volume: Volume) -> None:
    record_hours(stream, volume, without={5: 12, 9: 5, 20: 1.5})
    gap = START + timedelta(hours=6)
    Gap.objects.create(
        stream=stream, started_at=gap - timedelta(seconds=12), ended_at=gap, cause="UNREACHABLE"
    )


def test_every_long_hole_has_its_cause(day: None, stream: Stream) -> None:
    found = read_day(camera=stream.camera, day=DAY, at=LATER).completeness

    assert [(item.length_us / 1e6, item.cause) for item in found.missing] == [
        (12, "UNREACHABLE"),
        (5, "UNKNOWN"),
    ]
    assert (found.short_count, found.short_us) == (1, 1_500_000)
    assert duration_text(found.recorded_us) == "23:59:41"


def test_deleted_footage_is_recorded_but_kept_no_more(day: None, stream: Stream) -> None:
    Recording.objects.filter(path="3.mp4").delete()

    report = read_day(camera=stream.camera, day=DAY, at=LATER)

    assert duration_text(report.completeness.recorded_us) == "23:59:41"
    assert [(item.length_us / 1e6, item.cause) for item in report.gone] == [(3600, "DELETED")]


def test_footage_before_the_first_recording_is_named_so(
    stream: Stream, volume: Volume, day: None
) -> None:
    before = DAY - timedelta(days=1)
    ChainLink.objects.filter(number=1).update(started_at=START - timedelta(minutes=30))

    found = read_day(camera=stream.camera, day=before, at=LATER).completeness

    assert [(item.length_us / 1e6, item.cause) for item in found.missing] == [
        (23.5 * 3600, "BEFORE_FIRST")
    ]


def test_day_that_is_not_over_is_refused(day: None, stream: Stream) -> None:
    with pytest.raises(CertificateRefusedError):
        read_day(camera=stream.camera, day=DAY, at=END + timedelta(minutes=1))


def test_day_whose_links_are_gone_is_refused(day: None, stream: Stream) -> None:
    ChainLink.objects.filter(number__lt=10).delete()
    Recording.objects.filter(started_at__lt=START + timedelta(hours=9)).delete()

    with pytest.raises(CertificateRefusedError):
        read_day(camera=stream.camera, day=DAY, at=LATER)


def test_certificate_is_intact_and_audited(
    day: None, stream: Stream, dispatcher: User, tmp_path: Path
) -> None:
    certificate = certify_day(camera=stream.camera, day=DAY, actor=dispatcher, at=LATER)
    (tmp_path / "a.zip").write_bytes(certificate.as_zip())
    (tmp_path / "work").mkdir()

    package = check_package(
        tmp_path / "a.zip", trusted_keys=key_ring().fingerprints(), work=tmp_path / "work"
    )

    assert [part.report.codes for part in package.parts] == [[]]
    assert package.is_intact
    entry = AuditEntry.objects.get(action="archive.certificate")
    assert (entry.actor, entry.detail["day"]) == (dispatcher, "2026-07-10")


@pytest.mark.parametrize("named", [True, False])
def test_signed_certificate_that_hides_a_hole_is_found(
    day: None, stream: Stream, dispatcher: User, tmp_path: Path, *, named: bool
) -> None:
    certificate = certify_day(camera=stream.camera, day=DAY, actor=dispatcher, at=LATER)
    manifest = json.loads(certificate.manifest)
    if not named:
        manifest["completeness"]["missing"].pop()
    proof = Proof(*sign_manifest(manifest, at=LATER))
    (tmp_path / certificate.name).write_bytes(certificate.paper)

    report: Report = check_file(
        tmp_path / certificate.name, proof, trusted_keys=key_ring().fingerprints()
    )

    assert report.codes == ([] if named else ["incomplete"])


def test_edited_cause_or_paper_is_found(
    day: None, stream: Stream, dispatcher: User, tmp_path: Path
) -> None:
    certificate = certify_day(camera=stream.camera, day=DAY, actor=dispatcher, at=LATER)
    other = certificate.manifest.replace(b"UNREACHABLE", b"CAMERA_OFF")
    assert other != certificate.manifest
    path = tmp_path / certificate.name
    path.write_bytes(certificate.paper)

    def codes(manifest: bytes) -> list[str]:
        proof = Proof(manifest, certificate.signature)
        return check_file(path, proof, trusted_keys=key_ring().fingerprints()).codes

    assert codes(certificate.manifest) == []
    assert codes(other) == ["manifest_changed"]
    path.write_bytes(certificate.paper[:-1] + b"x")
    assert codes(certificate.manifest) == ["changed"]


def test_page_shows_the_day_and_hands_out_the_certificate(
    day: None, stream: Stream, dispatcher: User
) -> None:
    client = client_for(dispatcher)
    asked = {"camera": str(stream.camera_id), "date": "2026-07-10"}

    page = client.get("/archive/completeness/", asked).content.decode()
    answer = client.post("/archive/completeness/", asked)

    assert "23:59:41 из 24:00:00" in page
    assert "камера недоступна" in page
    assert "причина неизвестна" in page
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        names = archive.namelist()
    assert [name for name in names if not name.endswith(".pdf")] == [
        "manifest.json",
        "manifest.sig",
    ]


@pytest.mark.parametrize("asked", ["", "2026-02-31", "9999-12-31", "x"])
def test_page_refuses_what_is_no_day(asked: str, stream: Stream, dispatcher: User) -> None:
    query = {"camera": str(stream.camera_id), "date": asked}

    answer = client_for(dispatcher).get("/archive/completeness/", query)

    assert answer.status_code == 400
