"""The proof's checks of itself: what they note, what the head of the page tells of it."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from archive.actions.proofs import broken_chains, key_ring, prune_chains, sign_heads
from archive.actions.recordings import register_recordings
from archive.actions.scrub import scrub_archive
from archive.engine.proof import read_signature
from archive.engine.volume import VolumeFolder
from archive.models import ChainLink, ProofCheck, Recording, SignedHeads
from atomgrad_site.proof_faults import proof_alarms
from tests.archive.actions.conftest import Finish, at

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

DAY = 86_400


@pytest.fixture(autouse=True)
def _own_keys(settings: Any, tmp_path: Path) -> None:
    settings.PROOF_DIR = tmp_path / "proof"


@pytest.fixture
def rows(folder: VolumeFolder, finish_file: Finish) -> list[Recording]:
    for second in range(0, 50, 10):
        finish_file(second, second + 10)
    register_recordings(folder=folder)
    return list(Recording.objects.all())


def test_portal_without_recordings_has_no_fault() -> None:
    assert proof_alarms(at(0)) == []


def test_damage_is_told_until_a_round_finds_none(rows: list[Recording]) -> None:
    scrub_archive(at=at(100))  # the files of these rows were never written
    (first,) = proof_alarms(at(200))
    scrub_archive(at=at(DAY))
    (second,) = proof_alarms(at(DAY))

    assert (first.priority, first.since) == (2, at(100))
    assert second.key == first.key
    Recording.objects.all().delete()
    scrub_archive(at=at(2 * DAY))
    assert proof_alarms(at(2 * DAY)) == []


def test_check_that_did_not_run_for_two_days_is_told(rows: list[Recording]) -> None:
    Recording.objects.all().delete()
    scrub_archive(at=at(0))

    assert proof_alarms(at(2 * DAY)) == []
    (alarm,) = proof_alarms(at(2 * DAY + 1))
    assert alarm.since == at(0)


def test_check_that_never_ran_is_told_by_the_first_heads(rows: list[Recording]) -> None:
    sign_heads(at=at(60))

    assert proof_alarms(at(60 + 2 * DAY)) == []
    assert len(proof_alarms(at(61 + 2 * DAY))) == 1


def test_refusing_second_place_is_told_until_it_takes_again(
    rows: list[Recording], settings: Any, tmp_path: Path
) -> None:
    settings.HEADS_FILE = str(tmp_path / "absent" / "heads")
    sign_heads(at=at(60))
    (alarm,) = proof_alarms(at(61))
    assert "absent/heads" in alarm.place

    settings.HEADS_FILE = str(tmp_path / "heads")
    sign_heads(at=at(120), is_forced=True)

    assert proof_alarms(at(121)) == []


def test_old_links_of_deleted_files_are_pruned(rows: list[Recording], settings: Any) -> None:
    settings.CHAIN_DAYS = 10
    sign_heads(at=at(60))
    for row in (rows[0], rows[1], rows[3]):
        row.delete()

    assert prune_chains(at=at(9 * DAY)) == 0
    assert prune_chains(at=at(11 * DAY)) == 2  # the third file is still there

    assert list(ChainLink.objects.values_list("number", flat=True)) == [3, 4, 5]
    assert broken_chains() == []


def test_chain_of_a_stream_without_files_keeps_its_last_link(
    rows: list[Recording], settings: Any, folder: VolumeFolder, finish_file: Finish
) -> None:
    settings.CHAIN_DAYS = 1
    Recording.objects.all().delete()

    prune_chains(at=at(3 * DAY))
    finish_file(4 * DAY, 4 * DAY + 10)
    register_recordings(folder=folder)

    assert list(ChainLink.objects.values_list("number", flat=True)) == [5, 6]
    assert broken_chains() == []


def test_rotated_key_signs_the_heads_after_the_old_one(rows: list[Recording]) -> None:
    out = StringIO()

    call_command("rotate_proof_key", "--yes", stdout=out)

    old, new = [read_signature(row.signature.encode()) for row in SignedHeads.objects.all()]
    assert new.key == key_ring().signer().fingerprint != old.key
    assert key_ring().fingerprints() == {old.key, new.key}
    assert old.key in out.getvalue()
    assert new.key in out.getvalue()


def test_heads_note_the_state_of_the_clock(rows: list[Recording]) -> None:
    signed = sign_heads(at=at(60))

    assert signed is not None
    assert '"is_synchronized"' in signed.document
    assert ProofCheck.objects.get().kind == ProofCheck.Kind.HEADS


def test_round_after_two_days_is_no_fault_any_more(rows: list[Recording]) -> None:
    Recording.objects.all().delete()
    scrub_archive(at=at(0))
    later = at(0) + timedelta(days=3)
    assert len(proof_alarms(later)) == 1

    scrub_archive(at=later)

    assert proof_alarms(later) == []
