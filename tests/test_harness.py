"""The harness itself: that its servers are real, separate and shared with child processes."""

from __future__ import annotations

import http.client
import subprocess
import sys
from collections.abc import Callable

import psycopg
import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.test import Client

from tests.services import REPOSITORY, PostgresCluster, Process, RedisServer, WebServer

pytestmark = pytest.mark.integration


@pytest.mark.django_db
def test_redis_is_the_run_s_own_and_comes_back_after_a_kill(redis_server: RedisServer) -> None:
    cache.set("lamp", "lit")

    redis_server.kill()
    redis_server.start()

    assert cache.get("other") is None
    assert "atomgrad-test-" in redis_server.url


def test_postgresql_can_be_stopped_and_started(postgresql: PostgresCluster) -> None:
    url = postgresql.create_database("harness")

    postgresql.stop()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)
    postgresql.start()

    with psycopg.connect(url) as connection:
        assert connection.execute("select 6 * 7").fetchone() == (42,)


@pytest.mark.django_db(transaction=True)
def test_child_process_sees_the_rows_of_the_test(stranger: User) -> None:
    question = "from django.contrib.auth.models import User; print(User.objects.get().username)"

    answer = subprocess.run(
        [sys.executable, "manage.py", "shell", "-v", "0", "-c", question],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )

    assert answer.stdout.strip() == stranger.username


def test_web_server_answers(live_web: WebServer) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", live_web.port)

    connection.request("GET", "/archive/")

    assert connection.getresponse().status in {302, 404}
    connection.close()


def test_worker_is_ready_and_stops_cleanly(start_worker: Callable[..., Process]) -> None:
    worker = start_worker("jobs")

    assert worker.stop() == 0


def test_as_user_is_logged_in(as_user: Callable[[str], Client]) -> None:
    client = as_user("dispatcher")

    assert "_auth_user_id" in client.session
