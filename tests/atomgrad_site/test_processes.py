from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest
from django.conf import LazySettings

from atomgrad_site import processes
from atomgrad_site.supervisor import ProcessDefinition
from tests.services import Process, RedisServer

pytestmark = pytest.mark.integration


@pytest.fixture
def embedded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ATOMGRAD_REDIS_URL")


def names(definitions: list[ProcessDefinition]) -> list[str]:
    return [definition.name for definition in definitions]


@pytest.mark.usefixtures("embedded")
def test_portal_brings_its_own_redis() -> None:
    assert names(processes.portal_processes()) == [
        "redis",
        "web",
        "record-1",
        "record-2",
        "jobs",
        "analyse-1",
        "analyse-2",
        "search-1",
        "search-2",
        "beat",
    ]


@pytest.mark.usefixtures("embedded")
def test_portal_without_analysis_starts_no_process_for_it(settings: LazySettings) -> None:
    settings.ANALYSE_WORKERS = 0

    started = names(processes.portal_processes())

    assert started == ["redis", "web", "record-1", "record-2", "jobs", "beat"]


def test_portal_takes_the_redis_that_is_named() -> None:
    assert "redis" not in names(processes.portal_processes())


@pytest.mark.usefixtures("embedded")
def test_recorders_and_beat_stop_before_the_rest_and_redis_last() -> None:
    ranks = {each.name: each.stop_rank for each in processes.portal_processes()}

    assert ranks["beat"] == ranks["record-1"] < ranks["web"] == ranks["jobs"] < ranks["redis"]


def test_redis_listens_to_no_port_and_evicts_nothing() -> None:
    command = " ".join(processes.redis().command)

    assert "--port 0 " in command
    assert "--maxmemory-policy noeviction" in command


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("0.0.0.0:80", ("0.0.0.0", 80)),  # noqa: S104 -- the very address under test
        (":9000", ("127.0.0.1", 9000)),
        ("[::1]:8000", ("::1", 8000)),
    ],
)
def test_listen_address(
    text: str, address: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATOMGRAD_LISTEN", text)

    assert processes.listen_address() == address


@pytest.mark.parametrize("name", ["", "all", "record", "web; true"])
def test_unknown_process_is_refused(name: str) -> None:
    with pytest.raises(KeyError):
        processes.process_named(name)


@pytest.mark.django_db(transaction=True)
def test_one_process_may_be_started_alone(redis_server: RedisServer, tmp_path: Path) -> None:
    command = [sys.executable, "manage.py", "portal", "--only", "record-7"]

    with Process(command, log=tmp_path / "record.log") as worker:
        worker.wait_for(lambda: "record-7" in worker.log.read_text(), "the worker says its name")

        assert "celery" in Path(f"/proc/{worker.pid}/cmdline").read_text()
        assert worker.stop(signal.SIGTERM) == os.EX_OK
