from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from analytics.engine.weights import ALL

pytestmark = pytest.mark.unit


def test_list_says_whose_they_are_and_what_is_there(tmp_path: Path) -> None:
    out = io.StringIO()

    call_command("fetch_weights", "--list", folder=tmp_path, stdout=out)

    text = out.getvalue()
    for weights in ALL:
        assert f"{weights.file_name}, {weights.size_bytes} bytes" in text
        assert f"missing; {weights.licence}; {weights.origin}" in text


def test_command_names_each_file_that_it_could_not_fetch(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()

    with pytest.raises(CommandError) as caught:
        call_command("fetch_weights", folder=tmp_path / "weights", mirror=str(empty))

    assert all(weights.file_name in str(caught.value) for weights in ALL)


def test_command_refuses_a_name_that_it_does_not_know(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no such weights: nothing"):
        call_command("fetch_weights", "nothing", folder=tmp_path)


def test_command_fetches_from_a_folder(shared_folder: Path, tmp_path: Path) -> None:
    call_command(
        "fetch_weights", folder=tmp_path, mirror=str(shared_folder / "models"), stdout=io.StringIO()
    )

    assert {path.name for path in tmp_path.iterdir()} == {weights.file_name for weights in ALL}
