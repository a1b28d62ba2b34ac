"""A whole evidence package: several exports, each with its proof, in a folder or a ZIP."""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from archive.engine.package_check import BadPackageError, check_package, unpack
from archive.engine.proof import Signer
from archive.engine.proof_keys import KeyRing
from archive.engine.proof_parts import even_parts
from archive.engine.verify import main

pytestmark = pytest.mark.unit

FILES = {"01/a.mp4": b"a" * 3000, "02/b.mp4": b"b" * 2000, "02/c.mp4": b"c" * 1000}


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    return KeyRing(tmp_path / "keys").signer()


@pytest.fixture
def package(tmp_path: Path, signer: Signer) -> Path:
    """Two folders, one of them with two exports; a paper that the list of the package covers."""
    root = tmp_path / "package"
    for name, data in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        prefix = f"{path.stem}_" if path.parent.name == "02" else ""
        export = {"export": {"id": name, "kind": "MP4"}, "file": file_entry(path.name, data)}
        sign(path.parent, prefix, export, signer)
    (root / "card.pdf").write_bytes(b"%PDF")
    return root


def file_entry(name: str, data: bytes) -> dict[str, object]:
    return {
        "name": name,
        "size_bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "parts": [part.as_json() for part in even_parts(data, 512)],
    }


def sign(folder: Path, prefix: str, manifest: dict[str, Any], signer: Signer) -> None:
    content = json.dumps(manifest).encode()
    subject = str(manifest["export"]["id"])
    (folder / f"{prefix}manifest.json").write_bytes(content)
    signature = signer.sign_manifest(content, subject=subject, signed_at="now")
    (folder / f"{prefix}manifest.sig").write_bytes(signature)


def sign_list(root: Path, signer: Signer) -> None:
    paths = [path for path in root.rglob("*") if path.is_file()]
    files = [
        {
            "path": str(path.relative_to(root)),
            "size_bytes": path.stat().st_size,
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        }
        for path in paths
    ]
    manifest = {"export": {"id": "package", "kind": "PACKAGE"}, "files": files}
    sign(root, "", manifest, signer)


def codes_in(path: Path, signer: Signer, work: Path) -> dict[str, list[str]]:
    work.mkdir()
    report = check_package(path, trusted_keys={signer.fingerprint}, work=work)
    return {str(part.path): part.report.codes for part in report.parts}


def change(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[700] ^= 1
    path.write_bytes(data)


def zipped(package: Path, tmp_path: Path) -> Path:
    return Path(shutil.make_archive(str(tmp_path / "all"), "zip", package))


def as_it_is(package: Path, tmp_path: Path) -> Path:
    del tmp_path
    return package


@pytest.mark.parametrize("packed", [as_it_is, zipped])
def test_each_part_is_checked_against_its_own_manifest(
    packed: Callable[[Path, Path], Path], package: Path, signer: Signer, tmp_path: Path
) -> None:
    change(package / "02" / "b.mp4")

    codes = codes_in(packed(package, tmp_path), signer, tmp_path / "work")

    assert codes == {"01/a.mp4": [], "02/b.mp4": ["changed"], "02/c.mp4": []}


def test_untouched_package_is_intact_and_names_what_nothing_proves(
    package: Path, signer: Signer, tmp_path: Path
) -> None:
    report = check_package(package, trusted_keys={signer.fingerprint}, work=tmp_path)

    assert report.is_intact
    assert report.unsigned == [Path("card.pdf")]


def test_removed_added_and_swapped_files_are_told(
    package: Path, signer: Signer, tmp_path: Path
) -> None:
    (package / "01" / "a.mp4").unlink()
    (package / "03").mkdir()
    (package / "03" / "new.mp4").write_bytes(b"n" * 100)
    shutil.copyfile(package / "02" / "b.mp4", package / "02" / "c.mp4")

    codes = codes_in(package, signer, tmp_path / "work")

    assert codes["01/a.mp4"] == ["file_missing"]
    assert codes["03/new.mp4"] == ["proof_missing"]
    assert codes["02/c.mp4"] == ["rewritten"]


def test_list_of_the_package_covers_its_papers(
    package: Path, signer: Signer, tmp_path: Path
) -> None:
    sign_list(package, signer)
    assert codes_in(package, signer, tmp_path / "1")["manifest.json"] == []
    (package / "card.pdf").write_bytes(b"%PDX")
    (package / "02" / "b_manifest.sig").unlink()

    codes = codes_in(package, signer, tmp_path / "2")

    assert codes["card.pdf"] == ["changed"]
    assert codes["02/b_manifest.sig"] == ["file_missing"]
    assert codes["02/b.mp4"] == ["proof_missing"]


def test_list_can_not_lead_out_of_the_package(
    package: Path, signer: Signer, tmp_path: Path
) -> None:
    manifest = {
        "export": {"id": "package", "kind": "PACKAGE"},
        "files": [{"path": "../keys/signing_key.pem", "size_bytes": 1, "sha256": ""}],
    }
    sign(package, "", manifest, signer)

    codes = codes_in(package, signer, tmp_path / "work")

    assert codes["manifest.json"] == ["manifest_changed"]


def test_damaged_zip_is_refused(package: Path, tmp_path: Path) -> None:
    path = zipped(package, tmp_path)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(BadPackageError):
        unpack(path, tmp_path)


def test_names_in_a_zip_stay_in_the_folder(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        archive.writestr("../../outside.txt", "x")
    (tmp_path / "a" / "b").mkdir(parents=True)

    unpack(tmp_path / "evil.zip", tmp_path / "a" / "b")

    assert not (tmp_path / "outside.txt").exists()


def test_command_answers_for_the_whole_package(
    package: Path, signer: Signer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = zipped(package, tmp_path)
    assert main([str(path), "--key", signer.fingerprint]) == 0
    assert "card.pdf: not signed" in capsys.readouterr().out

    change(package / "01" / "a.mp4")

    assert main([str(package), "--key", signer.fingerprint]) == 1
    assert "a.mp4: NOT intact" in capsys.readouterr().out


def test_command_does_not_call_an_empty_folder_intact(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()

    assert main([str(tmp_path / "empty")]) == 1
