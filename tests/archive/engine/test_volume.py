from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from archive.engine.volume import WrongVolumeError, open_volume, read_identity

pytestmark = pytest.mark.unit


def test_empty_folder_becomes_a_volume_and_stays_the_same(tmp_path: Path) -> None:
    first = open_volume(tmp_path / "new", expected=None)
    again = open_volume(tmp_path / "new", expected=first.identity)

    assert again == first
    assert first.pending.is_dir()


def test_processes_that_start_together_agree(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        volumes = list(pool.map(lambda _: open_volume(tmp_path / "v", expected=None), range(8)))

    assert len({volume.identity for volume in volumes}) == 1
    assert sorted(path.name for path in (tmp_path / "v").iterdir()) == ["pending", "volume.json"]


def test_folder_of_a_disk_that_is_not_mounted_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongVolumeError, match="is its disk mounted"):
        open_volume(tmp_path, expected=uuid.uuid4())

    assert list(tmp_path.iterdir()) == []


def test_another_volume_is_refused(tmp_path: Path) -> None:
    open_volume(tmp_path, expected=None)

    with pytest.raises(WrongVolumeError):
        open_volume(tmp_path, expected=uuid.uuid4())


def test_folder_with_foreign_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").touch()

    with pytest.raises(WrongVolumeError, match="holds files"):
        open_volume(tmp_path, expected=None)


def test_damaged_identity_is_refused(tmp_path: Path) -> None:
    (tmp_path / "volume.json").write_text("{}")

    with pytest.raises(WrongVolumeError, match="damaged"):
        read_identity(tmp_path)


def test_check_sees_that_the_disk_went_away(tmp_path: Path) -> None:
    volume = open_volume(tmp_path, expected=None)
    volume.check()

    (tmp_path / "volume.json").unlink()

    with pytest.raises(WrongVolumeError):
        volume.check()
