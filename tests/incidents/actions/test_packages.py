"""What a package holds, that it is the same each time, and what becomes of it without footage."""

from __future__ import annotations

import json
import random
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, connection

from archive.actions import proofs
from archive.actions.proofs import key_ring
from archive.engine.film import FootageGoneError
from archive.engine.package_check import check_package
from archive.models import Hold
from cameras.models import AuditEntry
from incidents.actions import package_making
from incidents.actions.package_bytes import PackageBrokenOffError, PackageBytes
from incidents.actions.package_sealing import PackageChangedError
from incidents.actions.packages import (
    FootageMissingError,
    PackageRefusedError,
    cancel_package,
    create_package,
)
from incidents.models import ChronologyEntry, Package
from tests.archive.factories import counters_in
from tests.codes import codes_of as texts_of_codes
from tests.incidents.packages import (
    BEGIN,
    END,
    LATER,
    fetch,
    make_package,
    make_place,
    opened,
    volume_file,
)

pytestmark = [pytest.mark.media, pytest.mark.django_db(transaction=True)]


def lay_out(package: Package) -> Package:
    package_making.lay_out_package(package_id=package.pk)
    return Package.objects.get(pk=package.pk)


def codes_of(path: Path, work: Path) -> dict[str, list[str]]:
    """Return what the verifier finds wrong, by file."""
    work.mkdir()
    report = check_package(path, trusted_keys=key_ring().fingerprints(), work=work)
    assert report.unsigned == []
    return {str(part.path): part.report.codes for part in report.parts if part.report.codes}


def test_package_holds_originals_stills_papers_and_is_verified(
    dispatcher: User, data_dir: Path, tmp_path: Path
) -> None:
    incident, _rows = make_place(dispatcher)
    package = lay_out(make_package(incident, dispatcher))
    data = fetch(package)
    package.refresh_from_db()
    assert package.state == Package.State.SEALED
    assert len(data) == package.size_bytes
    with opened(data) as archive:
        assert archive.testzip() is None
        names = [name.removeprefix(f"{package.name}/") for name in archive.namelist()]
        folders = [name.partition("/")[0] for name in names]
        originals = [archive.read(item) for item in archive.namelist() if item.endswith(".mp4")]
        paper = archive.read(f"{package.name}/справка.pdf")
    assert folders.count("01_оригинал") == 6  # each with manifest and signature
    assert folders.count("02_кадры") == 4
    assert {"README.txt", "verify.html", "справка.pdf", "акт.pdf"} <= set(names)
    assert [len(counters_in(film)) for film in originals] == [250, 250]
    key = key_ring().signer().fingerprint
    assert texts_of_codes(paper) == [f"package {package.public_id}\nkey SHA-256 {key}"]
    path = tmp_path / "package.zip"
    path.write_bytes(data)
    assert codes_of(path, tmp_path / "work") == {}


def test_other_programs_take_the_zip(dispatcher: User, data_dir: Path, tmp_path: Path) -> None:
    incident, _rows = make_place(dispatcher, cameras=1)
    path = tmp_path / "package.zip"
    path.write_bytes(fetch(lay_out(make_package(incident, dispatcher))))
    done = subprocess.run(["unzip", "-tq", str(path)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.count("No errors detected")) == (0, 1)


def test_any_range_gives_the_same_bytes(dispatcher: User, data_dir: Path) -> None:
    """Also before the package is sealed: who resumes first makes what is missing."""
    incident, _rows = make_place(dispatcher)
    package = lay_out(make_package(incident, dispatcher))
    size = package.size_bytes or 0
    generator = random.Random(5)  # noqa: S311 -- where a download breaks off
    first = generator.randrange(size // 2)
    tail = fetch(package, first)
    data = fetch(package)
    assert data[first:] == tail
    for _round in range(40):
        start = generator.randrange(size)
        end = generator.randrange(start, size) + 1
        assert fetch(package, start, end) == data[start:end]
    assert fetch(package, size - 1) == data[-1:]


def test_long_sources_of_which_little_is_taken(
    dispatcher: User, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whole pieces of a source may lie outside the range."""
    monkeypatch.setattr("archive.engine.remux.PIECE_BYTES", 2000)
    incident, _rows = make_place(dispatcher, cameras=1)
    package = lay_out(make_package(incident, dispatcher))
    with opened(fetch(package)) as archive:
        assert archive.testzip() is None


def test_changed_byte_in_any_file_is_named(
    dispatcher: User, data_dir: Path, tmp_path: Path
) -> None:
    incident, _rows = make_place(dispatcher, cameras=1)
    package = lay_out(make_package(incident, dispatcher))
    whole = tmp_path / "whole"
    with opened(fetch(package)) as archive:
        archive.extractall(whole)
        names = archive.namelist()
    for name in names:
        path = whole / name
        good = path.read_bytes()
        changed = bytearray(good)
        changed[len(good) // 2] ^= 1
        path.write_bytes(changed)
        report = check_package(whole, trusted_keys=key_ring().fingerprints(), work=tmp_path)
        assert not report.is_intact, name
        path.write_bytes(good)
    assert check_package(whole, trusted_keys=key_ring().fingerprints(), work=tmp_path).is_intact


def test_sealed_package_does_not_change_with_the_card(dispatcher: User, data_dir: Path) -> None:
    incident, _rows = make_place(dispatcher, cameras=1)
    package = lay_out(make_package(incident, dispatcher))
    data = fetch(package)
    incident.kusp_number = "7777"
    incident.save()
    assert fetch(package) == data


def test_range_is_kept_for_as_long_as_a_case_may_last(dispatcher: User, data_dir: Path) -> None:
    incident, _rows = make_place(dispatcher, cameras=1)
    Hold.objects.all().delete()
    make_package(incident, dispatcher)
    hold = Hold.objects.get()
    assert (hold.started_at, hold.ended_at, hold.reason) == (BEGIN, END, incident.name)
    assert hold.expires_at == LATER + timedelta(days=90)


def test_package_is_written_into_the_chronology_and_the_log(
    dispatcher: User, data_dir: Path
) -> None:
    incident, _rows = make_place(dispatcher, cameras=1)
    package = make_package(incident, dispatcher, reason="запрос 7")
    line = ChronologyEntry.objects.get(kind="package_made")
    assert (line.incident, line.detail["name"]) == (incident, package.name)
    entry = AuditEntry.objects.get(action="incidents.package_made")
    assert (entry.actor, entry.detail["reason"]) == (dispatcher, "запрос 7")


def test_gap_is_said_and_the_package_made(dispatcher: User, data_dir: Path) -> None:
    incident, rows = make_place(dispatcher, cameras=1)
    gone = rows[1]
    volume_file(gone).unlink()
    gone.delete()
    package = lay_out(make_package(incident, dispatcher))
    assert [(hole["camera"], hole["kind"]) for hole in package.missing] == [(1, "gap")]
    with opened(fetch(package)) as archive:
        listed = json.loads(archive.read(f"{package.name}/manifest.json"))
        film = next(name for name in archive.namelist() if name.endswith(".mp4"))
        beside = json.loads(archive.read(film.removesuffix(".mp4") + "_manifest.json"))
    assert listed["missing"] == package.missing
    assert [gap["seconds"] for gap in beside["gaps"]] == [3.0]


def test_footage_that_is_gone_needs_the_persons_consent(
    dispatcher: User, data_dir: Path, tmp_path: Path
) -> None:
    incident, rows = make_place(dispatcher)
    proofs.link_missing()
    volume_file(rows[1]).unlink()
    rows[1].delete()
    with pytest.raises(FootageMissingError) as refused:
        make_package(incident, dispatcher)
    assert [hole.kind for hole in refused.value.absences] == ["gone"]
    assert not refused.value.is_all
    package = lay_out(make_package(incident, dispatcher, accepts_missing=True))
    path = tmp_path / "package.zip"
    path.write_bytes(fetch(package))
    assert codes_of(path, tmp_path / "work") == {}
    assert [hole["kind"] for hole in package.missing] == ["gone"]


def test_nothing_is_made_of_no_footage(dispatcher: User, data_dir: Path) -> None:
    incident, rows = make_place(dispatcher, cameras=1)
    for row in rows:
        volume_file(row).unlink()
        row.delete()
    with pytest.raises(FootageMissingError) as refused:
        make_package(incident, dispatcher, accepts_missing=True)
    assert refused.value.is_all
    assert not Package.objects.exists()


def test_changed_file_of_the_archive_is_named(
    dispatcher: User, data_dir: Path, tmp_path: Path
) -> None:
    incident, rows = make_place(dispatcher, cameras=1)
    file = volume_file(rows[1])
    data = bytearray(file.read_bytes())
    data[-100] ^= 1
    file.write_bytes(data)
    package = lay_out(make_package(incident, dispatcher))
    path = tmp_path / "package.zip"
    path.write_bytes(fetch(package))
    assert codes_of(path, tmp_path / "work") == {}
    with opened(path.read_bytes()) as archive:
        assert json.loads(archive.read(f"{package.name}/manifest.json"))["changed"] == [
            rows[1].path
        ]


def test_file_that_can_not_be_read_is_left_out_and_named(
    dispatcher: User, data_dir: Path, tmp_path: Path
) -> None:
    incident, rows = make_place(dispatcher, cameras=1)
    volume_file(rows[2]).write_bytes(b"nothing of a recording")
    package = lay_out(make_package(incident, dispatcher))
    assert [(hole["kind"], hole["path"]) for hole in package.missing] == [("damaged", rows[2].path)]
    path = tmp_path / "package.zip"
    path.write_bytes(fetch(package))
    assert codes_of(path, tmp_path / "work") == {}


def test_storage_that_fails_breaks_the_download_off(dispatcher: User, data_dir: Path) -> None:
    incident, rows = make_place(dispatcher)
    package = lay_out(make_package(incident, dispatcher))
    volume_file(rows[5]).unlink()
    found = bytearray()

    def fetch_on() -> None:
        for chunk in PackageBytes(package):
            found.extend(chunk)

    with pytest.raises(FootageGoneError):
        fetch_on()
    assert 0 < len(found) < (package.size_bytes or 0)
    assert b"PK\5\6" not in found
    package.refresh_from_db()
    assert package.state == Package.State.READY


def test_database_that_fails_breaks_the_download_off(dispatcher: User, data_dir: Path) -> None:
    incident, _rows = make_place(dispatcher)
    package = lay_out(make_package(incident, dispatcher))
    found = bytearray()

    def fetch_while_the_database_fails() -> None:
        for chunk in PackageBytes(package):
            if not found:
                rename_members("incidents_packagemember", "moved_away")
            found.extend(chunk)

    try:
        with pytest.raises(DatabaseError):
            fetch_while_the_database_fails()
    finally:
        rename_members("moved_away", "incidents_packagemember")
    assert b"PK\5\6" not in found
    assert len(fetch(package)) == package.size_bytes


def rename_members(old: str, new: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {old} RENAME TO {new}")


def test_footage_that_changed_after_the_seal_is_not_sent_as_whole(
    dispatcher: User, data_dir: Path
) -> None:
    incident, rows = make_place(dispatcher, cameras=1)
    package = lay_out(make_package(incident, dispatcher))
    fetch(package)
    file = volume_file(rows[1])
    data = bytearray(file.read_bytes())
    data[-100] ^= 1
    file.write_bytes(data)
    with pytest.raises(PackageChangedError):
        fetch(package)


def test_layout_goes_on_after_a_worker_died(
    dispatcher: User, data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    incident, _rows = make_place(dispatcher)
    package = make_package(incident, dispatcher)

    class DiedError(BaseException):
        pass

    def die(*args: object) -> None:
        raise DiedError

    with monkeypatch.context() as patch:
        patch.setattr("incidents.actions.package_making._Layout._lay_rest", die)
        with pytest.raises(DiedError):
            package_making.lay_out_package(package_id=package.pk)
    package.refresh_from_db()
    assert (package.state, package.members.count()) == (Package.State.PREPARING, 4)
    Package.objects.update(lease_expires_at=LATER)
    package = lay_out(package)
    path = tmp_path / "package.zip"
    path.write_bytes(fetch(package))
    assert codes_of(path, tmp_path / "work") == {}


def test_cancelled_package_is_not_made(dispatcher: User, data_dir: Path) -> None:
    incident, _rows = make_place(dispatcher, cameras=1)
    package = make_package(incident, dispatcher)
    cancel_package(package=package, actor=dispatcher, at=LATER)
    package_making.lay_out_package(package_id=package.pk)
    with pytest.raises(PackageBrokenOffError):
        fetch(package)
    assert not package.members.exists()


def test_made_package_can_not_be_cancelled(dispatcher: User, data_dir: Path) -> None:
    incident, _rows = make_place(dispatcher, cameras=1)
    package = lay_out(make_package(incident, dispatcher))
    fetch(package)
    with pytest.raises(PackageRefusedError):
        cancel_package(package=package, actor=dispatcher, at=LATER)


@pytest.mark.parametrize("who", ["police", "staff", "stranger"])
def test_package_is_made_by_the_desk_only(
    who: str, request: pytest.FixtureRequest, dispatcher: User, data_dir: Path
) -> None:
    incident, _rows = make_place(dispatcher, cameras=1)
    with pytest.raises(PackageRefusedError):
        make_package(incident, request.getfixturevalue(who))
    assert not Package.objects.exists()


def test_range_of_the_future_is_refused_with_the_time(dispatcher: User, data_dir: Path) -> None:
    incident, _rows = make_place(dispatcher, cameras=1)
    with pytest.raises(PackageRefusedError, match="15:10:00"):
        create_package(
            incident=incident,
            actor=dispatcher,
            at=LATER,
            started_at=BEGIN,
            ended_at=LATER + timedelta(minutes=5),
        )
