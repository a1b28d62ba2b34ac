"""The alarms' socket: nothing lost, nothing doubled, whatever breaks off in between."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest
from channels.layers import get_channel_layer
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.utils.timezone import now
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from analytics.actions.verdicts import record_verdict
from cameras.live.messages import CloseCode
from cameras.models import Camera
from incidents.actions import alarms
from incidents.consumers.feed import LOOK_SECONDS
from incidents.models import Alarm
from tests.cast import client_for, make_user
from tests.incidents.factories import detect, make_watched_camera
from tests.services import WebServer

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
            url = f"{live_web.url.replace('http', 'ws')}/ws/alarms/"
            return stack.enter_context(
                connect(
                    url,
                    additional_headers=headers,
                    origin=Origin(live_web.url),
                    max_queue=None,  # a paused client could not hang up in good order
                )
            )

        yield open_


def read_on(socket: ClientConnection, after: int | None = None, language: str = "en") -> None:
    message: dict[str, Any] = {"type": "read_on", "language": language}
    socket.send(json.dumps(message if after is None else {**message, "after": after}))


def next_alarm(socket: ClientConnection) -> dict[str, Any]:
    """Return the one alarm of the next message that tells of any."""
    [alarm] = next_of(socket, "alarms")["alarms"]
    return dict(alarm)


def next_of(socket: ClientConnection, kind: str) -> dict[str, Any]:
    while True:
        message: dict[str, Any] = json.loads(socket.recv(timeout=SECONDS))
        if message["type"] == kind:
            return message


def test_open_alarms_come_first_in_the_readers_language(
    open_socket: OpenSocket, camera: Camera, dispatcher: User
) -> None:
    detect(camera)
    detect(camera, grade="HINT")
    socket = open_socket(dispatcher)

    read_on(socket, language="ru")
    found = next_of(socket, "open")

    assert found["revision"] == 1
    assert [alarm["sentence"] for alarm in found["alarms"]] == [
        "Человек в зоне «Качели» 7 мин 12 с"
    ]
    assert found["alarms"][0]["camera_label"] == "К03"


def test_new_alarm_and_its_acknowledgement_are_pushed(
    open_socket: OpenSocket, camera: Camera, dispatcher: User
) -> None:
    socket = open_socket(dispatcher)
    read_on(socket)
    next_of(socket, "open")

    detect(camera, kind="fire", facts={"seconds": 4})
    raised = next_alarm(socket)
    alarms.acknowledge_alarm(alarm=Alarm.objects.get(), actor=dispatcher, at=now())
    accepted = next_alarm(socket)

    assert (raised["title"], raised["priority"], raised["state"]) == ("Fire", 1, "NEW")
    assert (accepted["id"], accepted["state"]) == (raised["id"], "ACKED")
    assert accepted["acknowledged_by"] == dispatcher.username
    assert (raised["revision"], accepted["revision"]) == (1, 2)


def test_alarms_come_at_once_and_not_by_the_look_of_every_few_seconds(
    open_socket: OpenSocket, camera: Camera, dispatcher: User
) -> None:
    socket = open_socket(dispatcher)
    read_on(socket)
    next_of(socket, "open")
    begun = time.monotonic()

    for number in range(3):
        detect(make_watched_camera(10 + number, f"Двор {number}"), picture=None)
        next_alarm(socket)

    assert time.monotonic() - begun < LOOK_SECONDS


def test_verdict_given_anywhere_is_pushed_to_all_desks(
    open_socket: OpenSocket, camera: Camera, dispatcher: User, senior: User
) -> None:
    detection = detect(camera)
    desks = [open_socket(dispatcher), open_socket(senior)]
    for desk in desks:
        read_on(desk)
        assert [alarm["verdict"] for alarm in next_of(desk, "open")["alarms"]] == [""]

    record_verdict(detection=detection, verdict="FALSE", actor=senior, at=now())

    for desk in desks:
        told = next_alarm(desk)
        assert (told["detection"], told["verdict"], told["judged_by"]) == (
            detection.pk,
            "FALSE",
            "senior",
        )
        assert (told["state"], told["acknowledged_by"], told["revision"]) == ("ACKED", "senior", 2)


def test_judged_alarm_is_not_open_any_more(
    open_socket: OpenSocket, camera: Camera, dispatcher: User
) -> None:
    record_verdict(detection=detect(camera), verdict="REAL", actor=dispatcher, at=now())
    waiting = detect(camera)
    socket = open_socket(dispatcher)

    read_on(socket)

    shown = [alarm["detection"] for alarm in next_of(socket, "open")["alarms"]]
    assert shown == [waiting.pk]


def test_reader_who_comes_back_reads_on(
    open_socket: OpenSocket, camera: Camera, dispatcher: User
) -> None:
    first = open_socket(dispatcher)
    read_on(first)
    next_of(first, "open")
    detect(camera)
    known = next_alarm(first)["revision"]
    first.close()
    elsewhere = make_watched_camera(4, "Набережная")
    missed = [detect(camera, kind="fire").pk, detect(elsewhere, kind="crowd").pk]

    second = open_socket(dispatcher)
    read_on(second, after=known)
    told = next_of(second, "alarms")["alarms"]

    assert [alarm["detection"] for alarm in told] == missed
    assert next_of(second, "alive")["revision"] == known + 2


def test_nothing_is_lost_or_doubled_while_sockets_break_off(
    open_socket: OpenSocket, camera: Camera, dispatcher: User
) -> None:
    """Three workers raise sixty alarms; the reader hangs up after every second message."""
    cameras = [camera, make_watched_camera(4), make_watched_camera(5, "Набережная")]

    def work(watched: Camera) -> None:
        try:
            for kind in ("fire", "crowd", "loitering", "motion") * 5:
                detect(watched, kind=kind, picture=None)
        finally:
            connection.close()

    told: dict[int, dict[str, Any]] = {}
    revisions: list[int] = []
    with ThreadPoolExecutor(3) as pool:
        work_done = [pool.submit(work, watched) for watched in cameras]
        while sum(alarm["group_count"] for alarm in told.values()) < 60:
            socket = open_socket(dispatcher)
            read_on(socket, after=max(revisions, default=0))
            for _ in range(2):
                message = next_of(socket, "alarms")
                told |= {alarm["id"]: alarm for alarm in message["alarms"]}
                revisions += [alarm["revision"] for alarm in message["alarms"]]
                if sum(alarm["group_count"] for alarm in told.values()) >= 60:
                    break
            socket.close()
        for result in work_done:
            result.result()

    # Each change once, in order; the counts are those of the database, and all sixty are in them.
    assert revisions == sorted(set(revisions))
    heads = Alarm.objects.filter(group=None)
    assert {key: alarm["group_count"] for key, alarm in told.items()} == {
        head.pk: 1 + head.members.count() for head in heads
    }
    assert Alarm.objects.count() == 60


def test_lost_hint_costs_seconds_only(
    open_socket: OpenSocket, camera: Camera, dispatcher: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    socket = open_socket(dispatcher)
    read_on(socket)
    next_of(socket, "open")
    layer = get_channel_layer()
    assert layer is not None

    with monkeypatch.context() as patch:
        # The hint goes to a group that nobody is in, as one that Redis dropped.
        patch.setattr("incidents.events.ALARMS_GROUP", "nobody")
        detect(camera)

    assert next_alarm(socket)["sequence"] == 1


@pytest.mark.parametrize("name", ["staff", "police", "technician", "auditor", "stranger"])
def test_who_may_not_see_alarms_is_refused_at_the_door(
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
        '{"type": "watch"}',
        '{"type": "read_on", "after": -1}',
        '{"type": "read_on", "after": "1"}',
        '{"type": "read_on", "language": ["ru"]}',
        '{"type": "read_on", "language": "../../etc"}',
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


def test_lost_right_ends_the_socket(
    open_socket: OpenSocket, camera: Camera, dispatcher: User
) -> None:
    socket = open_socket(dispatcher)
    read_on(socket)
    next_of(socket, "open")
    dispatcher.groups.clear()

    detect(camera)

    with pytest.raises(ConnectionClosed) as closed:
        next_alarm(socket)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == CloseCode.NOT_LOGGED_IN
