from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from analytics.engine.weights import OBJECTS
from analytics.failure_texts import Code, Problem
from analytics.watching import networks
from analytics.watching.networks import Networks

pytestmark = pytest.mark.integration


@pytest.fixture(autouse=True)
def look_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(networks, "LOOK_AGAIN_SECONDS", 0.0)


def test_file_that_comes_later_is_opened(shared_folder: Path, tmp_path: Path) -> None:
    opened = Networks(tmp_path)
    absent, problems = opened.finders.objects, opened.problems(["intrusion", "tamper"])
    unchanged = opened.refresh()

    shutil.copy(shared_folder / "models" / OBJECTS.file_name, tmp_path)
    finders = opened.refresh()

    assert (absent, unchanged) == (None, None)
    assert problems == [Problem(Code.MISSING_FILE, OBJECTS.file_name)]
    assert opened.problems(["intrusion"]) == []
    assert finders is not None
    assert finders.objects is not None


def test_file_with_a_flipped_byte_is_named_and_not_used(
    shared_folder: Path, tmp_path: Path
) -> None:
    data = bytearray((shared_folder / "models" / OBJECTS.file_name).read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / OBJECTS.file_name).write_bytes(data)

    opened = Networks(tmp_path)

    assert opened.finders.objects is None
    assert opened.problems(["intrusion"]) == [Problem(Code.BROKEN_FILE, OBJECTS.file_name)]
    assert opened.problems(["tamper"]) == []
