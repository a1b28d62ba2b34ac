"""The live socket as a browser sees it: real web process, real Redis, a camera in this process."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import Any, Self

import pytest
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from cameras.events import CAMERAS_GROUP, CameraStateChanged
from cameras.live.messages import CloseCode, MediaKind
from cameras.models import Camera, Location, Stream
from tests.cameras.live_camera import LiveCamera, h265_clip
from tests.cast import client_for, make_user
from tests.services import RedisServer, WebServer

pytestmark = pytest.mark.e2e

GOP = 25


@dataclass
class Media:
    kind: MediaKind
    tile: int
    sequence: int
    captured_us: int
    data: bytes
    received_at: float

    @property
    def age(self) -> float:
        """Seconds from the camera to the socket."""
        return self.received_at - self.captured_us / 1e6


def read_media(message: bytes) -> Media:
    version, kind = message[0], message[1]
    assert version == 1
    return Media(
        MediaKind(kind),
        int.from_bytes(message[2:4], "little"),
        int.from_bytes(message[4:8], "little"),
        int.from_bytes(message[8:16], "little"),
        message[16:],
        time.time(),
    )


@dataclass
class Browser:
    """A page's socket that acknowledges what it gets."""

    connection: ClientConnection
    acknowledges: bool = True
    received_bytes: int = 0
    texts: list[dict[str, Any]] = field(default_factory=list)
    media: list[Media] = field(default_factory=list)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None:
        self.connection.close()

    def send(self, message: object) -> None:
        self.connection.send(message if isinstance(message, str) else json.dumps(message))

    def watch(self, *tiles: tuple[int, int, str], playable: tuple[str, ...] = ("avc1",)) -> None:
        wanted = [{"tile": t, "camera": c, "quality": q} for t, c, q in tiles]
        self.send({"type": "watch", "tiles": wanted, "playable": playable})

    def acknowledge(self) -> None:
        self.send({"type": "ack", "bytes": self.received_bytes})

    def read(self, *, timeout: float) -> None:
        message = self.connection.recv(timeout=timeout)
        if isinstance(message, str):
            self.texts.append(json.loads(message))
            return
        self.received_bytes += len(message)
        self.media.append(read_media(message))
        if self.acknowledges and len(self.media) % 10 == 0:
            self.acknowledge()

    def read_until(self, condition: Callable[[], Any], *, timeout: float = 8.0) -> Any:
        deadline = time.monotonic() + timeout
        while not (result := condition()):
            self.read(timeout=max(0.01, deadline - time.monotonic()))
        return result

    def read_for(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            try:
                self.read(timeout=left)
            except TimeoutError:
                return

    def close_code(self, *, timeout: float = 8.0) -> int:
        with pytest.raises(ConnectionClosed) as caught:
            self.read_for(timeout)
        assert caught.value.rcvd is not None
        return caught.value.rcvd.code

    def of_tile(self, number: int) -> list[Media]:
        return [media for media in self.media if media.tile == number]

    def text(self, kind: str) -> dict[str, Any] | None:
        return next((text for text in reversed(self.texts) if text["type"] == kind), None)


@pytest.fixture
def camera(transactional_db: None) -> Camera:
    place = Location.objects.create(name="Embankment")
    camera = Camera.objects.create(location=place, number=1, name="pier")
    Stream.objects.create(camera=camera, role=Stream.Role.MAIN, url="rtsp://192.0.2.1/main")
    Stream.objects.create(camera=camera, role=Stream.Role.SUB, url="rtsp://192.0.2.1/sub")
    return camera


@pytest.fixture
def watcher(transactional_db: None) -> User:
    return make_user("dispatcher")


@pytest.fixture
def web_client(watcher: User) -> Client:
    return client_for(watcher)


OpenSocket = Callable[..., Browser]


@pytest.fixture
def open_socket(live_web: WebServer, web_client: Client) -> Iterator[OpenSocket]:
    with ExitStack() as stack:

        def open_(client: Client | None = None, *, origin: str | None = None) -> Browser:
            cookie = (client or web_client).cookies.get(settings.SESSION_COOKIE_NAME)
            connecting = connect(
                f"{live_web.url.replace('http', 'ws')}/ws/live/",
                additional_headers={"Cookie": f"{cookie.key}={cookie.value}"} if cookie else {},
                origin=Origin(origin or live_web.url),
                max_size=None,
            )
            return Browser(stack.enter_context(connecting))

        yield open_


def stream_id(camera: Camera, role: str) -> int:
    return camera.streams.get(role=role).pk


@pytest.fixture
def live_camera(camera: Camera, redis_server: RedisServer) -> Iterator[LiveCamera]:
    ids = [stream_id(camera, role) for role in (Stream.Role.MAIN, Stream.Role.SUB)]
    with LiveCamera(redis_server.url, *ids) as live:
        yield live


def sequences(media: list[Media]) -> list[int]:
    return [item.sequence for item in media if item.kind is not MediaKind.INITIALIZATION]


# --- who may ---------------------------------------------------------------------------


def test_anonymous_is_refused_at_the_door(open_socket: OpenSocket) -> None:
    with pytest.raises(InvalidStatus) as caught:
        open_socket(Client())

    assert caught.value.response.status_code == 403


@pytest.mark.parametrize("name", ["stranger", "police", "auditor"])
def test_those_who_may_not_watch_are_refused_at_the_door(
    open_socket: OpenSocket, name: str
) -> None:
    with pytest.raises(InvalidStatus):
        open_socket(client_for(make_user(name)))


def test_page_of_another_site_is_refused(open_socket: OpenSocket) -> None:
    with pytest.raises(InvalidStatus):
        open_socket(origin="https://example.org")


def test_absent_camera_is_refused_and_others_go_on(
    open_socket: OpenSocket, camera: Camera, live_camera: LiveCamera
) -> None:
    with open_socket() as browser:
        browser.watch((1, 999, "sub"), (2, camera.pk, "sub"))

        refused = browser.read_until(lambda: browser.text("refused"))
        browser.read_until(lambda: len(browser.of_tile(2)) > 3)

    assert refused == {"type": "refused", "tile": 1}


def test_logging_out_closes_the_socket_at_once(
    open_socket: OpenSocket, live_web: WebServer, web_client: Client
) -> None:
    with open_socket() as browser:
        browser.read_until(lambda: browser.text("time"))
        browser.read_for(0.3)  # the groups are joined

        web_client.post("/logout/")

        assert browser.close_code(timeout=3) == CloseCode.NOT_LOGGED_IN


def test_lost_role_closes_the_socket_at_the_next_message(
    open_socket: OpenSocket, watcher: User, camera: Camera
) -> None:
    with open_socket() as browser:
        watcher.groups.clear()
        browser.watch((1, camera.pk, "sub"))

        assert browser.close_code() == CloseCode.NOT_LOGGED_IN


def test_locked_out_user_is_closed_at_the_next_message(
    open_socket: OpenSocket, watcher: User, camera: Camera
) -> None:
    with open_socket() as browser:
        User.objects.filter(pk=watcher.pk).update(is_active=False)
        browser.watch((1, camera.pk, "sub"))

        assert browser.close_code() == CloseCode.NOT_LOGGED_IN


# --- what a browser may say --------------------------------------------------------------


@pytest.mark.parametrize("text", ["{}", "x", '{"type":"exec"}', '{"type":"watch","tiles":[7]}'])
def test_unknown_message_closes_the_socket(open_socket: OpenSocket, text: str) -> None:
    with open_socket() as browser:
        browser.send(text)

        assert browser.close_code() == CloseCode.BAD_MESSAGE


def test_too_many_messages_close_the_socket(open_socket: OpenSocket) -> None:
    with open_socket() as browser:
        with suppress(ConnectionClosed):  # it may close before the last one
            for _ in range(60):
                browser.send({"type": "ack", "bytes": 0})

        assert browser.close_code() == CloseCode.TOO_MANY_MESSAGES


# --- media ---------------------------------------------------------------------------------


def test_tile_gets_format_and_gop_and_every_following_picture(
    open_socket: OpenSocket, camera: Camera, live_camera: LiveCamera
) -> None:
    time.sleep(0.6)
    with open_socket() as browser:
        browser.watch((5, camera.pk, "sub"))
        browser.read_until(lambda: len(browser.media) > 60)

    stream = browser.text("stream")
    assert stream is not None
    assert (stream["tile"], stream["role"], stream["mode"]) == (5, "SUB", "video")
    assert stream["stream"] == stream_id(camera, "SUB")
    initialization, keyframe, *_ = browser.media
    assert initialization.kind is MediaKind.INITIALIZATION
    assert initialization.data[4:8] == b"ftyp"
    assert keyframe.kind is MediaKind.KEYFRAME
    numbers = sequences(browser.media)
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert abs(browser.media[-1].age) < 2


def test_two_sockets_watch_the_same_stream_and_one_leaves(
    open_socket: OpenSocket, camera: Camera, live_camera: LiveCamera
) -> None:
    with open_socket() as first, open_socket() as second:
        first.watch((1, camera.pk, "main"))
        second.watch((1, camera.pk, "main"))
        first.read_until(lambda: len(first.media) > 10)
        second.read_until(lambda: len(second.media) > 10)
        first.connection.close()

        second.read_until(lambda: len(second.media) > 60)

    numbers = sequences(second.media)
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def test_adding_a_tile_leaves_the_others_undisturbed(
    open_socket: OpenSocket, camera: Camera, live_camera: LiveCamera
) -> None:
    with open_socket() as browser:
        browser.watch((1, camera.pk, "main"))
        browser.read_until(lambda: len(browser.of_tile(1)) > 5)
        for count in range(2, 6):
            browser.watch(
                *[(n, camera.pk, "main" if n % 2 else "sub") for n in range(1, count + 1)]
            )
            browser.read_for(0.2)
        browser.read_until(lambda: len(browser.of_tile(5)) > 30)

    for number in range(1, 6):
        media = browser.of_tile(number)
        assert [item.kind for item in media].count(MediaKind.INITIALIZATION) == 1
        numbers = sequences(media)
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def test_removed_tile_falls_silent(
    open_socket: OpenSocket, camera: Camera, live_camera: LiveCamera
) -> None:
    with open_socket() as browser:
        browser.watch((1, camera.pk, "main"))
        browser.read_until(lambda: len(browser.media) > 5)
        browser.watch()
        browser.read_for(0.5)
        browser.media.clear()
        browser.read_for(0.5)

    assert browser.media == []


def test_new_run_of_the_recorder_begins_with_its_format(
    open_socket: OpenSocket, camera: Camera, live_camera: LiveCamera
) -> None:
    with open_socket() as browser:
        browser.watch((1, camera.pk, "main"))
        browser.read_until(lambda: len(browser.media) > 30)
        with live_camera.silence():
            browser.read_for(0.5)
        browser.media.clear()
        browser.read_until(lambda: len(browser.media) > 10)

    assert browser.media[0].kind is MediaKind.INITIALIZATION
    assert sequences(browser.media) == list(range(10))


def test_line_that_acknowledges_nothing_gets_nothing_more_until_it_does(
    open_socket: OpenSocket, camera: Camera, live_camera: LiveCamera
) -> None:
    with open_socket() as browser:
        browser.acknowledges = False
        browser.watch((1, camera.pk, "main"))
        browser.read_for(2.8)
        browser.media.clear()
        browser.read_for(1.0)
        assert browser.media == []

        browser.acknowledges = True
        browser.acknowledge()
        browser.read_until(lambda: len(browser.media) > 5)

    assert browser.media[0].kind is MediaKind.KEYFRAME


def test_h265_camera_is_shown_by_keyframes_as_jpeg(
    open_socket: OpenSocket, camera: Camera, redis_server: RedisServer
) -> None:
    ids = [stream_id(camera, role) for role in (Stream.Role.MAIN, Stream.Role.SUB)]
    with LiveCamera(redis_server.url, *ids, clip=h265_clip()), open_socket() as browser:
        browser.watch((1, camera.pk, "main"))
        browser.read_until(lambda: len(browser.media) > 2)

    stream = browser.text("stream")
    assert stream is not None
    assert stream["mode"] == "keyframes"
    assert stream["hint"] == {"hint": "KEYFRAMES", "codec": "hvc1.1.6.L93.B0"}
    assert {media.kind for media in browser.media} == {MediaKind.PICTURE}
    assert all(media.data.startswith(b"\xff\xd8") for media in browser.media)


# --- faults ----------------------------------------------------------------------------


def test_socket_or_the_next_one_goes_on_after_redis_was_away(
    open_socket: OpenSocket, camera: Camera, live_camera: LiveCamera, redis_server: RedisServer
) -> None:
    with open_socket() as browser:
        browser.watch((1, camera.pk, "main"))
        browser.read_until(lambda: len(browser.media) > 5)
        redis_server.stop()
        time.sleep(0.5)
        redis_server.start()
        browser.media.clear()
        began = time.monotonic()
        second = read_or_open_again(browser, open_socket, camera)

    assert time.monotonic() - began < 6
    assert second.media[-1].age < 2


def read_or_open_again(browser: Browser, open_socket: OpenSocket, camera: Camera) -> Browser:
    """As a page does: when the socket closes, open another one and ask for the same tiles."""
    try:
        browser.read_until(lambda: len(browser.media) > 20)
    except ConnectionClosed:
        browser = open_socket()
        browser.watch((1, camera.pk, "main"))
        browser.read_until(lambda: len(browser.media) > 20)
    return browser


# --- states ----------------------------------------------------------------------------


def test_states_are_told_at_once_and_when_they_change(
    open_socket: OpenSocket, camera: Camera, redis_server: RedisServer
) -> None:
    main = stream_id(camera, "MAIN")
    event: CameraStateChanged = {
        "type": "camera.state_changed",
        "camera_id": camera.pk,
        "stream_id": main,
        "role": "MAIN",
        "state": "UNREACHABLE",
        "changed_us": 5,
    }
    with open_socket() as browser:
        browser.watch((1, camera.pk, "main"))
        states = browser.read_until(lambda: browser.text("camera.states"))
        browser.read_for(0.3)  # the groups are joined
        layer = get_channel_layer()
        assert layer is not None
        async_to_sync(layer.group_send)(CAMERAS_GROUP, {**event})
        async_to_sync(layer.group_send)(CAMERAS_GROUP, {**event, "camera_id": 999})
        changed = browser.read_until(lambda: browser.text("camera.state_changed"))
        browser.read_for(0.3)

    assert states["states"][0] == {
        "camera_id": camera.pk,
        "stream_id": main,
        "role": "MAIN",
        "state": "UNKNOWN",
    }
    assert changed == event
    # A camera this user can not see stays unheard of.
    assert [text["type"] for text in browser.texts].count("camera.state_changed") == 1
