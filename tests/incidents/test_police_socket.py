"""The live socket of the police: the place of an open incident, and no other camera."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from cameras.live.messages import CloseCode
from incidents.actions.incidents import change_status
from incidents.models import Incident
from tests.archive.factories import make_camera
from tests.cast import client_for
from tests.incidents.packages import LATER, make_incident
from tests.services import WebServer

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
Status = Incident.Status


def open_socket(web: WebServer, user: User, path: str = "/ws/live/") -> ClientConnection:
    cookie = client_for(user).cookies[settings.SESSION_COOKIE_NAME]
    return connect(
        f"{web.url.replace('http', 'ws')}{path}",
        additional_headers={"Cookie": f"{cookie.key}={cookie.value}"},
        origin=Origin(web.url),
    )


def watch(socket: ClientConnection, *cameras: int) -> None:
    tiles = [{"tile": n, "camera": pk, "quality": "sub"} for n, pk in enumerate(cameras, 1)]
    socket.send(json.dumps({"type": "watch", "tiles": tiles, "playable": ["avc1"]}))


def told(socket: ClientConnection, kind: str) -> dict[str, Any]:
    while True:
        message = socket.recv(timeout=10)
        if isinstance(message, str) and (found := json.loads(message))["type"] == kind:
            answer: dict[str, Any] = found
            return answer


def test_police_watch_the_place_of_an_open_incident_only(
    live_web: WebServer, dispatcher: User, police: User
) -> None:
    camera, other = make_camera(1), make_camera(2, place="Набережная")
    incident = make_incident(dispatcher, camera)
    for to in (Status.CONFIRMED, Status.HANDED_OVER):
        incident = change_status(incident=incident, to=to, actor=dispatcher, at=LATER)
    with open_socket(live_web, police) as socket:
        watch(socket, camera.pk, other.pk)
        states = told(socket, "camera.states")["states"]
        assert {state["camera_id"] for state in states} == {camera.pk}
        assert told(socket, "refused")["tile"] == 2
        change_status(
            incident=incident,
            to=Status.UNFINISHED,
            actor=dispatcher,
            at=LATER,
        )
        watch(socket, camera.pk)
        assert told(socket, "camera.states")["states"]
        incident.refresh_from_db()
        change_status(incident=incident, to=Status.RESOLVED, actor=dispatcher, at=LATER)
        watch(socket, camera.pk)
        with pytest.raises(ConnectionClosed) as closed:
            told(socket, "nothing")
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == CloseCode.NOT_LOGGED_IN


@pytest.mark.parametrize("path", ["/ws/live/", "/ws/alarms/", "/ws/boxes/"])
def test_police_without_an_incident_are_refused_at_the_door(
    path: str, live_web: WebServer, police: User
) -> None:
    with pytest.raises(InvalidStatus):
        open_socket(live_web, police, path)
