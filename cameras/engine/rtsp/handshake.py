"""From the first request to PLAY, and the requests that keep a session alive; no sockets here.

`RtspDialog` makes the bytes to send and takes the camera's answers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urljoin, urlsplit

from cameras.engine.faults import SourceError, unreachable, unsupported
from cameras.engine.packets import FailureCause
from cameras.engine.rtsp.authorization import Authorization
from cameras.engine.rtsp.messages import Message, format_request
from cameras.engine.rtsp.sdp import Media, SessionDescription, parse_sdp

USER_AGENT = "Atomgrad"
DEFAULT_SESSION_TIMEOUT = 60.0  # seconds, RFC 2326, 12.37
_MAX_REDIRECTS = 3


class Transport(StrEnum):
    TCP = "TCP"
    UDP = "UDP"


class RedirectedError(Exception):
    """The camera names another address; connect there."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.url = url


@dataclass(slots=True)
class MediaSetup:
    """A track that is being set up, and what the camera answered."""

    media: Media
    url: str
    # What we ask for: interleaved channels, or the ports of our RTP and RTCP sockets.
    channels: tuple[int, int]
    # What the camera granted: its channels, or its ports.
    granted: tuple[int, int] | None = None
    rtp_time: int | None = None  # of RTP-Info: the timestamp at the start of play


ChooseMedia = Callable[[SessionDescription], Sequence[Media]]
OpenPorts = Callable[[int], tuple[int, int]]


@dataclass(slots=True)
class RtspDialog:
    """One RTSP session as a state machine.

    Args:
        url: without credentials.
        choose_media: picks the tracks to set up; raises SourceError when none can be used.
        open_ports: for UDP, makes the socket pair of the nth track and returns its ports.
    """

    url: str
    authorization: Authorization
    transport: Transport
    choose_media: ChooseMedia
    open_ports: OpenPorts
    setups: list[MediaSetup] = field(default_factory=list)
    is_playing: bool = False
    session_timeout: float = DEFAULT_SESSION_TIMEOUT
    _base: str = ""
    _control: str = ""
    _session: str = ""
    _cseq: int = 0
    _method: str = ""
    _request_url: str = ""
    _extra: dict[str, str] = field(default_factory=dict)
    _retries: int = 0
    _can_get_parameter: bool = False
    _setup_index: int = 0

    def begin(self) -> bytes:
        return self._request("OPTIONS", self.url)

    def keep_alive(self) -> bytes:
        method = "GET_PARAMETER" if self._can_get_parameter else "OPTIONS"
        return self._request(method, self._control or self.url)

    def teardown(self) -> bytes:
        return self._request("TEARDOWN", self._control or self.url) if self._session else b""

    def take(self, response: Message) -> bytes:
        """Take the answer to the last request; return the next request, or nothing to send.

        Raises:
            SourceError: the camera refuses, or answers what can not be used.
            RedirectedError: to go on, connect elsewhere.
        """
        if response.header("cseq") not in {"", str(self._cseq)}:
            return b""  # an answer to a request we gave up on
        if response.status == 401:
            return self._repeat(response)
        if not 200 <= response.status < 300:
            return self._refused(response)
        return self._advance(response)

    def _advance(self, response: Message) -> bytes:
        if self.is_playing:
            return b""
        if self._method == "OPTIONS":
            self._can_get_parameter = "GET_PARAMETER" in response.header("public").upper()
            return self._request("DESCRIBE", self.url, {"Accept": "application/sdp"})
        if self._method == "DESCRIBE":
            self._plan_setups(response)
            return self._next_setup()
        if self._method == "SETUP":
            self._take_setup(response)
            return self._next_setup()
        self._take_play(response)
        return b""

    def _request(self, method: str, url: str, extra: dict[str, str] | None = None) -> bytes:
        self._method, self._request_url, self._extra = method, url, extra or {}
        self._retries = 0
        return self._send()

    def _send(self) -> bytes:
        self._cseq += 1
        headers = {"CSeq": str(self._cseq), "User-Agent": USER_AGENT, **self._extra}
        if self._session:
            headers["Session"] = self._session
        if authorization := self.authorization.header(self._method, self._request_url):
            headers["Authorization"] = authorization
        return format_request(self._method, self._request_url, headers)

    def _repeat(self, response: Message) -> bytes:
        challenges = response.headers.get("www-authenticate", [])
        if self.authorization.accept(challenges, retries=self._retries):
            self._retries += 1
            return self._send()
        if not self.authorization.has_credentials:
            raise SourceError(
                FailureCause.AUTH_FAILED, "the camera asks for a user name and a password"
            )
        raise SourceError(
            FailureCause.AUTH_FAILED, "the camera refuses this user name and password"
        )

    def _refused(self, response: Message) -> bytes:
        status = response.status
        if 300 <= status < 400 and response.header("location"):
            raise RedirectedError(response.header("location"))
        if self._method == "OPTIONS" and not self.is_playing and status in {400, 404, 405, 501}:
            return self._request("DESCRIBE", self.url, {"Accept": "application/sdp"})
        if self.is_playing and status != 454:
            return b""  # a camera without this keep-alive; the watchdog on frames decides
        raise _refusal(status, response.reason, self._method, self.transport)

    def _plan_setups(self, response: Message) -> None:
        base = response.header("content-base") or response.header("content-location")
        self._base = base if base.startswith(("rtsp://", "rtsps://")) else self.url
        description = parse_sdp(response.body)
        self._control = self._resolve(description.control)
        self.setups = [
            MediaSetup(media, self._resolve(media.control), self._channels(index))
            for index, media in enumerate(self.choose_media(description))
        ]

    def _channels(self, index: int) -> tuple[int, int]:
        if self.transport is Transport.TCP:
            return 2 * index, 2 * index + 1
        return self.open_ports(index)

    def _resolve(self, control: str) -> str:
        """Return the URL of a control attribute (RFC 2326, C.1.1), as cameras mean it."""
        if control.startswith(("rtsp://", "rtsps://")):
            return control
        if control in {"", "*"}:
            return self._base
        if control.startswith("/"):
            return urljoin(self._base, control)
        return self._base + ("" if self._base.endswith("/") else "/") + control

    def _next_setup(self) -> bytes:
        if self._setup_index == len(self.setups):
            return self._request("PLAY", self._control or self.url, {"Range": "npt=0.000-"})
        setup = self.setups[self._setup_index]
        first, second = setup.channels
        if self.transport is Transport.TCP:
            wanted = f"RTP/AVP/TCP;unicast;interleaved={first}-{second}"
        else:
            wanted = f"RTP/AVP;unicast;client_port={first}-{second}"
        return self._request("SETUP", setup.url, {"Transport": wanted})

    def _take_setup(self, response: Message) -> None:
        session, _, rest = response.header("session").partition(";")
        if not session.strip():
            raise unsupported("the camera gives no session")
        self._session = session.strip()
        self.session_timeout = _timeout_of(rest)
        setup = self.setups[self._setup_index]
        granted = response.header("transport")
        name = "interleaved" if self.transport is Transport.TCP else "server_port"
        setup.granted = _pair_of(granted, name)
        if self.transport is Transport.TCP and setup.granted is None:
            setup.granted = setup.channels
        self._setup_index += 1

    def _take_play(self, response: Message) -> None:
        self.is_playing = True
        for item in response.header("rtp-info").split(","):
            fields = dict(
                part.strip().partition("=")[::2] for part in item.split(";") if "=" in part
            )
            time, url = fields.get("rtptime", ""), fields.get("url", "")
            if not time.isascii() or not time.isdigit():
                continue
            for setup in self.setups:
                if url and setup.url.endswith(url.removeprefix(self._base)):
                    setup.rtp_time = int(time[:10]) & 0xFFFFFFFF


def redirect_target(url: str, *, count: int) -> str:
    """Return where to connect, checked.

    Raises:
        SourceError: it leads out of RTSP, or goes on for ever.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"rtsp", "rtsps"} or not parts.hostname:
        raise unsupported("the camera sends us on to an address that is no RTSP address")
    if count >= _MAX_REDIRECTS:
        raise unsupported("the camera sends us from address to address without end")
    return url


def _refusal(status: int, reason: str, method: str, transport: Transport) -> SourceError:
    answer = f"{status} {reason[:60]}".strip()
    if status == 403:
        return SourceError(
            FailureCause.AUTH_FAILED, "the camera does not let this user watch (403)"
        )
    if status in {404, 410}:
        return unsupported(f"the camera has no stream at this path ({status})")
    if status == 454:
        return SourceError(FailureCause.CAMERA_CLOSED, "the camera ended the session (454)")
    if status == 461:
        return unsupported(f"the camera does not send over {transport}: try the other transport")
    if status in {453, 503}:
        return unreachable(f"the camera is busy: too many connections ({status})")
    return unsupported(f"the camera refused {method}: {answer}")


def _timeout_of(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip().lower() == "timeout" and value.strip().isdigit():
        return min(max(float(value.strip()[:6]), 5.0), 3600.0)
    return DEFAULT_SESSION_TIMEOUT


def _pair_of(transport: str, name: str) -> tuple[int, int] | None:
    for part in transport.split(";"):
        key, _, value = part.strip().partition("=")
        first, _, second = value.partition("-")
        if key == name and first.isdigit() and len(first) < 6:
            low = int(first)
            return low, int(second) if second.isdigit() and len(second) < 6 else low + 1
    return None
