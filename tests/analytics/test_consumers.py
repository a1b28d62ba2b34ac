"""Boxes of live pictures: published while somebody watches, told to those who may."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import redis
from django.conf import settings
from django.contrib.auth.models import User
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from analytics.engine.overlay import OverlayBox
from analytics.watching.boxes import channel_of, message_of, wish_key
from cameras.live.messages import CloseCode
from cameras.models import Camera
from tests.cast import client_for, make_user
from tests.incidents.factories import make_watched_camera
from tests.services import RedisServer, WebServer, wait_until

pytestmark = pytest.mark.e2e

SECONDS = 8
OpenSocket = Callable[[User | None], ClientConnection]


@pytest.fixture
def camera(transactional_db: None) -> Camera:
    return make_watched_camera()


@pytest.fixture
def open_socket(live_web: WebServer) -> Iterator[OpenSocket]:
    with ExitStack() as stack:

        def open_(user: User | None) -> ClientConnection:
            cookie = client_for(user).cookies.get(settings.SESSION_COOKIE_NAME)
            headers = {"Cookie": f"{cookie.key}={cookie.value}"} if cookie else {}
            url = f"{live_web.url.replace('http', 'ws')}/ws/boxes/"
            return stack.enter_context(
                connect(url, additional_headers=headers, origin=Origin(live_web.url))
            )

        yield open_


def watch(socket: ClientConnection, *cameras: int) -> None:
    socket.send(json.dumps({"type": "watch", "cameras": list(cameras)}))


def next_boxes(socket: ClientConnection) -> dict[str, Any]:
    while True:
        message: dict[str, Any] = json.loads(socket.recv(timeout=SECONDS))
        if message["type"] == "boxes":
            return message


def test_boxes_come_while_they_are_watched(
    open_socket: OpenSocket, camera: Camera, staff: User, redis_server: RedisServer
) -> None:
    worker = redis.Redis.from_url(redis_server.url)
    socket = open_socket(staff)
    watch(socket, camera.pk)
    wait_until(lambda: bool(worker.exists(wish_key(camera.pk))), "the wish stands in Redis")

    seen = (OverlayBox(7, "person", 100, 200, 50, 300),)
    wait_until(lambda: bool(worker.publish(channel_of(camera.pk), message_of(1.5, seen))), "heard")

    assert next_boxes(socket) == {
        "type": "boxes",
        "camera": camera.pk,
        "at_us": 1_500_000,
        "boxes": [[7, "person", 100, 200, 50, 300]],
    }
    assert 0 < worker.ttl(wish_key(camera.pk)) <= 10
    worker.close()


def test_camera_that_left_the_page_is_not_told(
    open_socket: OpenSocket, camera: Camera, dispatcher: User, redis_server: RedisServer
) -> None:
    worker = redis.Redis.from_url(redis_server.url)
    other = make_watched_camera(4)
    socket = open_socket(dispatcher)
    watch(socket, camera.pk)
    watch(socket, other.pk)

    def is_moved() -> bool:
        worker.publish(channel_of(camera.pk), message_of(1, ()))
        return bool(worker.publish(channel_of(other.pk), message_of(2, ())))

    wait_until(is_moved, "the other is heard")
    time.sleep(0.2)  # what is still on its way
    worker.publish(channel_of(camera.pk), message_of(3, ()))
    worker.publish(channel_of(other.pk), message_of(4, ()))
    last = next_boxes(socket)
    while last["at_us"] != 4_000_000:
        assert last["at_us"] != 3_000_000
        last = next_boxes(socket)
    worker.close()


@pytest.mark.parametrize("name", ["police", "auditor", "stranger"])
def test_who_may_not_watch_is_refused_at_the_door(
    open_socket: OpenSocket, transactional_db: None, name: str
) -> None:
    with pytest.raises(InvalidStatus) as refused:
        open_socket(make_user(name))

    assert refused.value.response.status_code == 403


@pytest.mark.parametrize(
    "message",
    [
        "no json",
        "[]",
        '{"type": "read_on"}',
        '{"type": "watch", "cameras": 3}',
        '{"type": "watch", "cameras": ["3"]}',
        '{"type": "watch", "cameras": [true]}',
        json.dumps({"type": "watch", "cameras": list(range(1, 100))}),
    ],
)
def test_message_that_is_not_understood_ends_the_socket(
    open_socket: OpenSocket, dispatcher: User, message: str
) -> None:
    socket = open_socket(dispatcher)

    socket.send(message)

    with pytest.raises(ConnectionClosed) as closed:
        socket.recv(timeout=SECONDS)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == CloseCode.BAD_MESSAGE
