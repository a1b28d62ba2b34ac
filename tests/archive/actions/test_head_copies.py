"""Second places of the signed heads, and what they get after they were away."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils.timezone import now

from archive.actions.head_copies import copy_heads
from archive.actions.proofs import sign_heads
from archive.actions.recordings import register_recordings
from archive.engine.volume import VolumeFolder
from archive.models import HeadCopy, ProofCheck, SignedHeads
from atomgrad_site.proof_faults import proof_alarms
from tests.archive.actions.conftest import Finish, at
from tests.archive.object_store import Bucket, bucket_of, object_store

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

NAME = "heads"


@pytest.fixture(autouse=True)
def _recorded(settings: Any, tmp_path: Path, folder: VolumeFolder, finish_file: Finish) -> None:
    settings.PROOF_DIR = tmp_path / "proof"
    finish_file(0, 10)
    register_recordings(folder=folder)


@pytest.fixture(scope="module")
def s3_url() -> Iterator[str]:
    yield from object_store()


@pytest.fixture
def use_bucket(s3_url: str, settings: Any) -> Callable[..., Bucket]:
    """Make a bucket, with Object Lock or without, and set it as the place of the heads."""

    def use(*, name: str = NAME, is_locking: bool = True) -> Bucket:
        settings.STORAGES = {**settings.STORAGES, "heads": bucket_of(name, s3_url)}
        settings.HEADS_S3_BUCKET = name
        bucket = Bucket(name, s3_url)
        bucket.client.create_bucket(Bucket=name, ObjectLockEnabledForBucket=is_locking)
        return bucket

    return use


def sign(second: float) -> SignedHeads:
    signed = sign_heads(at=at(second), is_forced=True)
    assert signed is not None
    return signed


def documents_of(lines: list[str]) -> list[str]:
    return [json.loads(line)["document"] for line in lines]


# --- a file ------------------------------------------------------------------------------


def test_file_that_was_away_gets_what_it_missed_in_order(settings: Any, tmp_path: Path) -> None:
    path = tmp_path / "disk" / "heads"
    settings.HEADS_FILE = str(path)
    signed = [sign(60), sign(120)]
    (alarm,) = proof_alarms(at(121))
    assert str(path) in alarm.place
    assert ProofCheck.objects.get().problem_count == 2

    path.parent.mkdir()
    assert sign_heads(at=at(180)) is None  # nothing new: what was missed goes all the same

    assert documents_of(path.read_text().splitlines()) == [head.document for head in signed]
    assert proof_alarms(at(181)) == []
    sign_heads(at=at(240))
    assert len(path.read_text().splitlines()) == 2


@pytest.mark.django_db(transaction=True)
def test_processes_that_copy_at_once_keep_the_order(settings: Any, tmp_path: Path) -> None:
    path = tmp_path / "disk" / "heads"
    settings.HEADS_FILE = str(path)
    signed = [sign(60 * minute) for minute in range(1, 13)]
    path.parent.mkdir()

    def copy() -> None:
        copy_heads(at=at(800))
        connection.close()

    threads = [threading.Thread(target=copy) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert documents_of(path.read_text().splitlines()) == [head.document for head in signed]


def test_new_place_begins_with_the_newest_heads(settings: Any, tmp_path: Path) -> None:
    sign(60)
    settings.HEADS_FILE = str(tmp_path / "heads")

    second = sign(120)

    assert documents_of((tmp_path / "heads").read_text().splitlines()) == [second.document]


def test_each_place_has_its_own_position(settings: Any, tmp_path: Path) -> None:
    settings.HEADS_FILE = str(tmp_path / "heads")
    settings.HEADS_SYSLOG = str(tmp_path / "log")
    signed = [sign(60), sign(120)]
    assert len((tmp_path / "heads").read_text().splitlines()) == 2

    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
        log.bind(str(tmp_path / "log"))
        sign_heads(at=at(180))
        said = [log.recv(1 << 16).decode().rstrip("\0") for _ in signed]

    assert documents_of([line[line.index("{") :] for line in said]) == [
        head.document for head in signed
    ]
    assert len((tmp_path / "heads").read_text().splitlines()) == 2
    assert set(HeadCopy.objects.values_list("written", flat=True)) == {signed[1].pk}


# --- syslog ------------------------------------------------------------------------------


def test_log_that_takes_no_long_message_is_told_of(settings: Any, tmp_path: Path) -> None:
    """What logging prints and forgets: here it is a fault, and the heads wait."""
    settings.HEADS_SYSLOG = str(tmp_path / "log")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
        log.bind(str(tmp_path / "log"))
        signed = sign(60)
        SignedHeads.objects.filter(pk=signed.pk).update(document="x" * (1 << 20))
        HeadCopy.objects.update(written=0)
        copy_heads(at=at(120))

    check = ProofCheck.objects.get()
    assert (check.problem_count, str(tmp_path / "log") in check.problem) == (1, True)


# --- a bucket ----------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["COMPLIANCE", "GOVERNANCE"])
def test_heads_are_locked_in_the_bucket(
    use_bucket: Callable[..., Bucket], settings: Any, mode: str
) -> None:
    settings.HEADS_S3_MODE, settings.HEADS_S3_KEPT = mode, timedelta(days=30)
    bucket = use_bucket(name=f"heads-{mode.lower()}")
    moment = now()

    signed = sign_heads(at=moment)

    assert signed is not None
    (key,) = bucket.names()
    assert key == f"heads/{moment:%Y/%m/%d/%H%M%S}-{signed.pk:08d}.json"
    found = bucket.client.get_object(Bucket=bucket.name, Key=key)
    assert documents_of([found["Body"].read().decode()]) == [signed.document]
    assert found["ObjectLockMode"] == mode
    kept = found["ObjectLockRetainUntilDate"] - moment
    assert abs(kept - timedelta(days=30)) < timedelta(seconds=2)
    assert proof_alarms(moment) == []


def test_locked_head_can_not_be_deleted(use_bucket: Callable[..., Bucket]) -> None:
    bucket = use_bucket(name="heads-kept")
    sign_heads(at=now())
    (version,) = bucket.client.list_object_versions(Bucket=bucket.name)["Versions"]

    with pytest.raises(bucket.client.exceptions.ClientError, match="AccessDenied"):
        bucket.client.delete_object(
            Bucket=bucket.name, Key=version["Key"], VersionId=version["VersionId"]
        )


def test_bucket_that_does_not_lock_is_a_fault(use_bucket: Callable[..., Bucket]) -> None:
    use_bucket(name="heads-open", is_locking=False)
    moment = now()

    assert sign_heads(at=moment) is not None

    (alarm,) = proof_alarms(moment)
    assert "s3://heads-open/heads/" in alarm.place


def test_bucket_that_was_away_gets_what_it_missed(
    use_bucket: Callable[..., Bucket], s3_url: str, settings: Any
) -> None:
    settings.STORAGES = {**settings.STORAGES, "heads": bucket_of("heads-late", s3_url)}
    settings.HEADS_S3_BUCKET = "heads-late"
    moment = now()
    first = sign_heads(at=moment)
    second = sign_heads(at=moment + timedelta(hours=1), is_forced=True)
    (alarm,) = proof_alarms(moment)
    assert "NoSuchBucket" in alarm.place

    bucket = use_bucket(name="heads-late")
    sign_heads(at=moment + timedelta(hours=2))

    assert first is not None
    assert second is not None
    assert [key[-13:] for key in bucket.names()] == [
        f"{head.pk:08d}.json" for head in (first, second)
    ]
    assert proof_alarms(moment) == []
