from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from archive.actions.proofs import (
    broken_chains,
    chain_proof,
    key_ring,
    link_missing,
    sign_heads,
)
from archive.actions.recordings import register_recordings
from archive.engine.proof import read_signature
from archive.engine.volume import VolumeFolder
from archive.models import ChainLink, Recording, SignedHeads
from cameras.models import Stream
from tests.archive.actions.conftest import Finish, at

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def _own_keys(settings: Any, tmp_path: Path) -> None:
    settings.PROOF_DIR = tmp_path / "proof"


@pytest.fixture
def rows(folder: VolumeFolder, stream: Stream, finish_file: Finish) -> list[Recording]:
    for second in range(0, 30, 10):
        finish_file(second, second + 10)
    register_recordings(folder=folder)
    return list(Recording.objects.all())


def test_registered_recordings_are_chained(rows: list[Recording]) -> None:
    links = list(ChainLink.objects.all())

    assert [(link.number, link.path) for link in links] == [
        (number, row.path) for number, row in enumerate(rows, 1)
    ]
    assert len({link.value for link in links}) == 3
    assert broken_chains() == []


def test_recordings_older_than_the_chain_join_it(rows: list[Recording]) -> None:
    ChainLink.objects.all().delete()

    assert link_missing() == 3
    assert link_missing() == 0
    assert broken_chains() == []


@pytest.mark.parametrize("field", ["sha256", "value"])
def test_changed_link_is_found(rows: list[Recording], field: str) -> None:
    ChainLink.objects.filter(number=2).update(**{field: "f" * 64})

    assert rows[1].path in broken_chains()


def test_removed_link_is_found(rows: list[Recording]) -> None:
    ChainLink.objects.filter(number=2).delete()

    assert broken_chains() == [rows[2].path]


def test_chain_made_anew_does_not_fit_its_heads(rows: list[Recording]) -> None:
    sign_heads(at=at(60))
    ChainLink.objects.all().delete()
    Recording.objects.filter(pk=rows[1].pk).update(sha256="f" * 64)
    link_missing()

    assert broken_chains() == [str(SignedHeads.objects.get())]


def test_heads_are_signed_once_and_copied(
    rows: list[Recording], settings: Any, tmp_path: Path
) -> None:
    settings.HEADS_FILE = str(tmp_path / "heads")

    signed = sign_heads(at=at(60))

    assert signed is not None
    assert sign_heads(at=at(120)) is None
    read_signature(signed.signature.encode()).check_heads()
    (line,) = (tmp_path / "heads").read_text().splitlines()
    assert json.loads(line)["document"] == signed.document


def test_heads_are_signed_though_the_second_place_refuses(
    rows: list[Recording], settings: Any, tmp_path: Path
) -> None:
    settings.HEADS_FILE = str(tmp_path / "absent" / "heads")

    assert sign_heads(at=at(60)) is not None


def test_proof_reaches_from_the_recording_to_the_next_head(
    rows: list[Recording], stream: Stream, folder: VolumeFolder, finish_file: Finish
) -> None:
    sign_heads(at=at(60))
    finish_file(30, 40)
    register_recordings(folder=folder)

    proof = chain_proof(stream=stream, paths=[rows[1].path], at=at(90))

    assert proof is not None
    (segment,) = proof["segments"]
    assert [link["number"] for link in segment["links"]] == [2, 3]
    assert segment["previous"] == ChainLink.objects.get(number=1).value
    assert SignedHeads.objects.count() == 1  # what is asked for was signed already
    assert len(key_ring().fingerprints()) == 1
