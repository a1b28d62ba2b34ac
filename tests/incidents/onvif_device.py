"""A device as ONVIF's Core and Event Service specifications have it, on a free port.

It checks the digest of every signed question, its time and that no nonce comes twice; it holds
PullMessages back while nothing happens; it knows only the subscriptions of its present life.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from xml.etree import ElementTree as ET

USERNAME, PASSWORD = "desk", "Mooring-6-rope"
_SOAP = "http://www.w3.org/2003/05/soap-envelope"
_WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
_WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
_CLOCK_TOLERANCE = timedelta(seconds=5)
_HEAD = (
    '<?xml version="1.0" encoding="utf-8"?>'
    f'<s:Envelope xmlns:s="{_SOAP}" xmlns:wsa="http://www.w3.org/2005/08/addressing"'
    ' xmlns:tds="http://www.onvif.org/ver10/device/wsdl"'
    ' xmlns:tev="http://www.onvif.org/ver10/events/wsdl"'
    ' xmlns:tt="http://www.onvif.org/ver10/schema"'
    ' xmlns:wsnt="http://docs.oasis-open.org/wsn/b-2"'
    ' xmlns:wstop="http://docs.oasis-open.org/wsn/t-1"'
    ' xmlns:tns1="http://www.onvif.org/ver10/topics" xmlns:ter="http://www.onvif.org/ver10/error"'
    ' xmlns:dom0="http://example.com/2009/event">'
)


def event(
    topic: str,
    *,
    source: dict[str, str] | None = None,
    data: dict[str, str] | None = None,
    operation: str = "",
    at: datetime | None = None,
) -> str:
    """One wsnt:NotificationMessage."""
    moment = (at or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")
    kind = f' PropertyOperation="{operation}"' if operation else ""
    return (
        "<wsnt:NotificationMessage>"
        '<wsnt:Topic Dialect="http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet">'
        f"{topic}</wsnt:Topic><wsnt:Message>"
        f'<tt:Message UtcTime="{moment}"{kind}>'
        f"<tt:Source>{_items(source or {})}</tt:Source><tt:Data>{_items(data or {})}</tt:Data>"
        "</tt:Message></wsnt:Message></wsnt:NotificationMessage>"
    )


def _items(items: dict[str, str]) -> str:
    return "".join(
        f'<tt:SimpleItem Name="{name}" Value="{value}"/>' for name, value in items.items()
    )


def line_crossed(rule: str = "ворота", **more: Any) -> str:
    return event(
        "tns1:RuleEngine/LineDetector/Crossed",
        source={"VideoSourceConfigurationToken": "1", "Rule": rule},
        data={"ObjectId": "7"},
        **more,
    )


def scene_changed(state: str, operation: str = "Changed", **more: Any) -> str:
    return event(
        "tns1:VideoSource/GlobalSceneChange/ImagingService",
        source={"Source": "1"},
        data={"State": state},
        operation=operation,
        **more,
    )


@dataclass
class _Subscription:
    number: int
    ends_at: float
    waiting: list[str] = field(default_factory=list)


@dataclass
class OnvifDevice:
    """What a test sets and looks at."""

    port: int = 0
    clock_ahead: timedelta = timedelta(0)
    password: str = PASSWORD
    # Ask for HTTP digest instead of looking at the UsernameToken.
    wants_http_digest: bool = False
    # Tell the subscription by a reference parameter, as Axis does, not by its address.
    uses_reference_parameters: bool = False
    has_events: bool = True
    can_renew: bool = True
    term_s: float = 60.0
    most_subscriptions: int = 3
    # What is told as the host of the services; empty: the right one.
    told_host: str = ""
    answers_after_s: float = 0.0
    # Send the answer byte by byte, slowly.
    drips: bool = False
    # Sent in place of each answer.
    raw: bytes | None = None
    asked: list[str] = field(default_factory=list)
    subscriptions: dict[int, _Subscription] = field(default_factory=dict)
    refused_count: int = 0
    _nonces: set[str] = field(default_factory=set)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    _http_nonce: str = field(default_factory=lambda: secrets.token_hex(8))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/onvif/device_service"

    def now(self) -> datetime:
        return datetime.now(UTC) + self.clock_ahead

    def send(self, *events: str) -> None:
        """Let something happen: every subscription hears of it."""
        with self._changed:
            for subscription in self.subscriptions.values():
                subscription.waiting += events
            self._changed.notify_all()

    def restart(self) -> None:
        """Forget all subscriptions, as after a power cut."""
        with self._changed:
            self.subscriptions.clear()
            self._changed.notify_all()

    def count(self, name: str) -> int:
        return self.asked.count(name)

    # --- answers ------------------------------------------------------------------------------

    def answer(self, path: str, root: ET.Element) -> tuple[int, str]:
        question = root.find(f"{{{_SOAP}}}Body/*")
        assert question is not None
        name = question.tag.rpartition("}")[2]
        self.asked.append(name)
        if name != "GetSystemDateAndTime" and not self.wants_http_digest:
            problem = self._problem_of_token(root)
            if problem:
                self.refused_count += 1
                return 400, _fault("ter:NotAuthorized", problem)
        told: tuple[int, str] = getattr(self, f"_on_{name}")(path, root, question)
        return told

    def _problem_of_token(self, root: ET.Element) -> str:
        token = root.find(f"{{{_SOAP}}}Header/{{{_WSSE}}}Security/{{{_WSSE}}}UsernameToken")
        if token is None:
            return "no token"
        name = token.findtext(f"{{{_WSSE}}}Username", "")
        told = token.findtext(f"{{{_WSSE}}}Password", "")
        nonce = token.findtext(f"{{{_WSSE}}}Nonce", "")
        created = token.findtext(f"{{{_WSU}}}Created", "")
        digest = hashlib.sha1(  # noqa: S324 -- what the profile prescribes
            base64.b64decode(nonce) + created.encode() + self.password.encode()
        ).digest()
        if name != USERNAME or told != base64.b64encode(digest).decode():
            return "wrong digest"
        if abs(datetime.fromisoformat(created) - self.now()) > _CLOCK_TOLERANCE:
            return "the time of the token is not now"
        if nonce in self._nonces:
            return "the nonce was used"
        self._nonces.add(nonce)
        return ""

    def _on_GetSystemDateAndTime(self, *_: Any) -> tuple[int, str]:  # noqa: N802 -- its name there
        now = self.now()
        return 200, _body(
            "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime>"
            "<tt:DateTimeType>Manual</tt:DateTimeType><tt:UTCDateTime>"
            f"<tt:Time><tt:Hour>{now.hour}</tt:Hour><tt:Minute>{now.minute}</tt:Minute>"
            f"<tt:Second>{now.second}</tt:Second></tt:Time>"
            f"<tt:Date><tt:Year>{now.year}</tt:Year><tt:Month>{now.month}</tt:Month>"
            f"<tt:Day>{now.day}</tt:Day></tt:Date></tt:UTCDateTime>"
            "</tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"
        )

    def _on_GetDeviceInformation(self, *_: Any) -> tuple[int, str]:  # noqa: N802 -- as above
        return 200, _body(
            "<tds:GetDeviceInformationResponse><tds:Manufacturer>Atomgrad</tds:Manufacturer>"
            "<tds:Model>Test &lt;1&gt;</tds:Model><tds:FirmwareVersion>1.2</tds:FirmwareVersion>"
            "<tds:SerialNumber>7</tds:SerialNumber><tds:HardwareId>7</tds:HardwareId>"
            "</tds:GetDeviceInformationResponse>"
        )

    def _on_GetCapabilities(self, *_: Any) -> tuple[int, str]:  # noqa: N802 -- as above
        events = (
            f"<tt:Events><tt:XAddr>{self._address('/onvif/events')}</tt:XAddr>"
            "<tt:WSPullPointSupport>true</tt:WSPullPointSupport></tt:Events>"
            if self.has_events
            else ""
        )
        return 200, _body(
            "<tds:GetCapabilitiesResponse><tds:Capabilities>"
            f"{events}</tds:Capabilities></tds:GetCapabilitiesResponse>"
        )

    def _on_GetEventProperties(self, *_: Any) -> tuple[int, str]:  # noqa: N802 -- as above
        return 200, _body(
            "<tev:GetEventPropertiesResponse><wstop:TopicSet>"
            '<tns1:RuleEngine><LineDetector><Crossed wstop:topic="true">'
            "<tt:MessageDescription><tt:Source/></tt:MessageDescription></Crossed></LineDetector>"
            '<MyRuleDetector><Alarm wstop:topic="true"/></MyRuleDetector></tns1:RuleEngine>'
            '<tns1:VideoSource><GlobalSceneChange><ImagingService wstop:topic="true"/>'
            "</GlobalSceneChange></tns1:VideoSource>"
            "</wstop:TopicSet></tev:GetEventPropertiesResponse>"
        )

    def _on_CreatePullPointSubscription(self, *_: Any) -> tuple[int, str]:  # noqa: N802 -- as above
        with self._changed:
            self._forget_old()
            if len(self.subscriptions) >= self.most_subscriptions:
                return 500, _fault("ter:MaxPullPoints", "no more subscriptions")
            row = _Subscription(next(self._numbers), time.monotonic() + self.term_s)
            self.subscriptions[row.number] = row
        if self.uses_reference_parameters:
            address = self._address("/onvif/subscription")
            more = (
                "<wsa:ReferenceParameters><dom0:SubscriptionId>"
                f"{row.number}</dom0:SubscriptionId></wsa:ReferenceParameters>"
            )
        else:
            address, more = self._address(f"/onvif/subscription?Idx={row.number}"), ""
        return 200, _body(
            "<tev:CreatePullPointSubscriptionResponse><tev:SubscriptionReference>"
            f"<wsa:Address>{address}</wsa:Address>{more}</tev:SubscriptionReference>"
            f"{self._times()}</tev:CreatePullPointSubscriptionResponse>"
        )

    def _on_PullMessages(  # noqa: N802 -- as above
        self, path: str, root: ET.Element, question: ET.Element
    ) -> tuple[int, str]:
        wait_s = float(question.findtext("{*}Timeout", "PT1S")[2:-1])
        with self._changed:
            row = self._subscription(path, root)
            if row is None:
                return 400, _fault("wsnt:ResourceUnknownFault", "no such subscription")
            self._changed.wait_for(
                lambda: row.waiting or row.number not in self.subscriptions, timeout=wait_s
            )
            if row.number not in self.subscriptions:
                return 400, _fault("wsnt:ResourceUnknownFault", "no such subscription")
            messages, row.waiting = "".join(row.waiting), []
        return 200, _body(
            f"<tev:PullMessagesResponse><tev:CurrentTime>{_time(self.now())}</tev:CurrentTime>"
            f"<tev:TerminationTime>{_time(self.now())}</tev:TerminationTime>"
            f"{messages}</tev:PullMessagesResponse>"
        )

    def _on_Renew(  # noqa: N802 -- as above
        self, path: str, root: ET.Element, question: ET.Element
    ) -> tuple[int, str]:
        del question
        with self._changed:
            row = self._subscription(path, root)
            if row is None or not self.can_renew:
                return 400, _fault("ter:ActionNotSupported", "can not renew")
            row.ends_at = time.monotonic() + self.term_s
        return 200, _body(f"<wsnt:RenewResponse>{self._times()}</wsnt:RenewResponse>")

    def _on_Unsubscribe(  # noqa: N802 -- as above
        self, path: str, root: ET.Element, question: ET.Element
    ) -> tuple[int, str]:
        del question
        with self._changed:
            row = self._subscription(path, root)
            if row is None:
                return 400, _fault("wsnt:ResourceUnknownFault", "no such subscription")
            del self.subscriptions[row.number]
            self._changed.notify_all()
        return 200, _body("<wsnt:UnsubscribeResponse/>")

    def _subscription(self, path: str, root: ET.Element) -> _Subscription | None:
        self._forget_old()
        if self.uses_reference_parameters:
            number = root.findtext(
                f"{{{_SOAP}}}Header/{{http://example.com/2009/event}}SubscriptionId", "0"
            )
        else:
            number = path.rpartition("=")[2]
        return self.subscriptions.get(int(number)) if number.isdigit() else None

    def _forget_old(self) -> None:
        now = time.monotonic()
        for number in [n for n, row in self.subscriptions.items() if row.ends_at < now]:
            del self.subscriptions[number]

    def _times(self) -> str:
        now = self.now()
        end = now + timedelta(seconds=self.term_s)
        return (
            f"<wsnt:CurrentTime>{_time(now)}</wsnt:CurrentTime>"
            f"<wsnt:TerminationTime>{_time(end)}</wsnt:TerminationTime>"
        )

    def _address(self, path: str) -> str:
        return f"http://{self.told_host or f'127.0.0.1:{self.port}'}{path}"

    # --- HTTP digest --------------------------------------------------------------------------

    def is_known_by_http(self, header: str, method: str, path: str) -> bool:
        parts = dict(
            part.strip().split("=", 1) for part in header.removeprefix("Digest ").split(", ")
        )
        values = {name: value.strip('"') for name, value in parts.items()}

        def md5(text: str) -> str:
            return hashlib.md5(text.encode()).hexdigest()  # noqa: S324 -- RFC 7616

        secret = md5(f"{USERNAME}:onvif:{self.password}")
        act = md5(f"{method}:{path}")
        middle = f"{values['nc']}:{values['cnonce']}:{values['qop']}"
        expected = md5(f"{secret}:{self._http_nonce}:{middle}:{act}")
        return values["username"] == USERNAME and values["response"] == expected

    @property
    def challenge(self) -> str:
        return f'Digest realm="onvif", qop="auth", nonce="{self._http_nonce}", algorithm=MD5'


def _body(content: str) -> str:
    return f"{_HEAD}<s:Body>{content}</s:Body></s:Envelope>"


def _fault(code: str, text: str) -> str:
    return _body(
        "<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode>"
        f"<s:Value>{code}</s:Value></s:Subcode></s:Code>"
        f'<s:Reason><s:Text xml:lang="en">{text}</s:Text></s:Reason></s:Fault>'
    )


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


@contextmanager
def onvif_device(**settings: Any) -> Iterator[OnvifDevice]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            header = self.headers.get("Authorization", "")
            if device.wants_http_digest and not (
                header and device.is_known_by_http(header, "POST", self.path)
            ):
                device.refused_count += bool(header)
                self.send_response(401)
                self.send_header("WWW-Authenticate", device.challenge)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            time.sleep(device.answers_after_s)
            status, text = device.answer(self.path, ET.fromstring(content))  # noqa: S314 -- our own
            answer = device.raw if device.raw is not None else text.encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/soap+xml; charset=utf-8")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            for byte in answer if device.drips else ():
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                time.sleep(0.05)
            if not device.drips:
                self.wfile.write(answer)

        def handle(self) -> None:
            try:
                super().handle()
            except OSError:
                return  # the client hung up: what tests of slow answers do

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- its name there
            del format, args

    class Server(ThreadingHTTPServer):
        request_queue_size = 256  # one device stands for many in the benchmark
        daemon_threads = True

    device = OnvifDevice(**settings)
    server = Server(("127.0.0.1", device.port), Handler)
    device.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield device
    finally:
        device.restart()
        server.shutdown()
        server.server_close()
        thread.join()
