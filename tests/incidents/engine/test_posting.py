from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import socket
import threading
import time

import pytest

from incidents.engine.posting import (
    AddressRefusedError,
    PostFailedError,
    may_be_reached,
    new_secret,
    parse_networks,
    parse_target,
    post,
    resolve,
    signature_of,
)
from tests.incidents.web_receiver import web_receiver

pytestmark = pytest.mark.unit

HERE = parse_networks(["127.0.0.0/8", "::1/128"])


@pytest.mark.parametrize(
    "url",
    [
        "ftp://town.example/",
        "file:///etc/passwd",
        "gopher://town.example/",
        "https://user:word@town.example/",
        "https:///hook",
        "https://town.example:99999/",
        "https://town.example/\r\nHost: other",
        "https://town.example/a b",
        "https://[::1/",
        "https://town.example/" + "a" * 500,
        "",
    ],
)
def test_addresses_to_which_nothing_is_sent(url: str) -> None:
    with pytest.raises(AddressRefusedError):
        parse_target(url)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "169.254.169.254",
        str(ipaddress.IPv4Address(0)),
        "224.0.0.1",
        "::1",
        "fe80::1",
        "::ffff:127.0.0.1",
    ],
)
def test_this_machine_and_its_link_are_never_reached(address: str) -> None:
    assert not may_be_reached(ipaddress.ip_address(address), [])


@pytest.mark.parametrize("address", ["10.1.2.3", "192.168.7.7", "93.184.216.34", "fd00::7"])
def test_private_and_public_networks_are_reached(address: str) -> None:
    assert may_be_reached(ipaddress.ip_address(address), [])


def test_named_networks_are_the_only_ones() -> None:
    allowed = parse_networks(["10.20.0.0/16"])

    assert may_be_reached(ipaddress.ip_address("10.20.3.4"), allowed)
    assert not may_be_reached(ipaddress.ip_address("10.21.0.1"), allowed)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]"])
def test_other_spellings_of_this_machine_are_seen_through(host: str) -> None:
    with pytest.raises((AddressRefusedError, PostFailedError)):
        post(f"http://{host}/", b"", {})


def test_address_is_looked_up_once_and_kept() -> None:
    assert resolve("127.0.0.1", 80, HERE) == ("127.0.0.1", 80)


def test_body_and_headers_arrive() -> None:
    with web_receiver(202) as receiver:
        status = post(receiver.url + "?a=1", "тело".encode(), {"webhook-id": "7"}, allowed=HERE)

    assert status == 202
    [found] = receiver.received
    assert (found.path, found.body.decode()) == ("/hook?a=1", "тело")
    assert found.headers["webhook-id"] == "7"


def test_redirect_is_not_followed() -> None:
    with web_receiver(204) as inner, web_receiver(307) as outer:
        outer.location = inner.url

        with pytest.raises(PostFailedError, match="307, redirects are not followed"):
            post(outer.url, b"x", {}, allowed=HERE)

    assert (len(outer.received), len(inner.received)) == (1, 0)


def test_an_answer_that_is_no_success_is_a_failure_with_its_status() -> None:
    with web_receiver(500) as receiver, pytest.raises(PostFailedError) as caught:
        post(receiver.url, b"x", {}, allowed=HERE)

    assert caught.value.status == 500


def test_nobody_there_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    with pytest.raises(PostFailedError, match=r"127\.0\.0\.1"):
        post(f"http://127.0.0.1:{port}/", b"x", {}, allowed=HERE)


def test_a_receiver_that_drips_is_left_in_time() -> None:
    stop = threading.Event()

    def drip(server: socket.socket) -> None:
        client, _ = server.accept()
        with client:
            client.sendall(b"HTTP/1.1 200 OK\r\n")
            while not stop.wait(0.1):
                try:
                    client.sendall(b"x: y\r\n")
                except OSError:
                    return

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=drip, args=(server,))
        thread.start()
        began = time.monotonic()
        with pytest.raises(PostFailedError):
            post(
                f"http://127.0.0.1:{server.getsockname()[1]}/",
                b"x",
                {},
                allowed=HERE,
                timeout_s=0.6,
            )
        took = time.monotonic() - began
        stop.set()
        thread.join()

    assert took < 3


def test_signature_is_that_of_the_standard() -> None:
    secret = new_secret(lambda count: bytes(range(count)))
    body = b'{"a": 1}'

    signature = signature_of(secret, identifier="msg_1", timestamp=1_700_000_000, body=body)

    expected = hmac.new(bytes(range(32)), b"msg_1.1700000000." + body, hashlib.sha256).digest()
    assert signature == f"v1,{base64.b64encode(expected).decode()}"


def test_published_example_of_the_standard_is_signed_alike() -> None:
    """The vector of the reference libraries of Standard Webhooks."""
    signature = signature_of(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        identifier="msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp=1_614_265_330,
        body=b'{"test": 2432232314}',
    )

    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
