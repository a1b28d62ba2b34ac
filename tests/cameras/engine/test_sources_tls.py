"""RTSP inside TLS."""

from __future__ import annotations

import dataclasses
import datetime
import ipaddress
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from cameras.engine.packets import FailureCause
from cameras.engine.sources import SourceLoop, parse_address, start_source
from tests.cameras.engine.listeners import CollectingListener, decode, wait_for
from tests.encoded_pictures import encode, h264_sdp, read_number
from tests.scripted_rtsp import Dialog, ScriptedServer

pytestmark = pytest.mark.media

# User data (SEI, unregistered): with it one frame is many TLS records.
_SIZE = 40_000
LOAD = b"\x06\x05" + b"\xff" * (_SIZE // 255) + bytes((_SIZE % 255,)) + b"\xa5" * _SIZE + b"\x80"
PICTURES = [
    dataclasses.replace(picture, nals=(*picture.nals[:-1], LOAD, picture.nals[-1]))
    for picture in encode(60)
]


def camera(dialog: Dialog) -> None:
    dialog.play(h264_sdp(PICTURES))
    for picture in PICTURES:
        dialog.picture(picture.nals, picture.pts)
        time.sleep(0.01)
    time.sleep(3)


@pytest.fixture
def server_context(tmp_path: Path) -> ssl.SSLContext:
    """A certificate that the camera made itself, as cameras do."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "camera")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "camera.pem"
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + certificate.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


def test_encrypted_camera_gives_every_picture(
    loop: SourceLoop, server_context: ssl.SSLContext
) -> None:
    listener = CollectingListener()
    with ScriptedServer(camera, tls=server_context) as server:
        address = parse_address(server.url().replace("rtsp:", "rtsps:"))
        source = start_source(address, listener, loop=loop)
        wait_for(lambda: len(listener.packets) == len(PICTURES) or listener.failures)
        source.stop()

    assert listener.failures == []
    assert max(packet.size for packet in listener.packets) > 32_000
    numbers = [read_number(image) for image in decode(listener.formats[0], listener.packets)]
    assert numbers == list(range(len(PICTURES)))


@pytest.fixture
def strict_loop() -> Iterator[SourceLoop]:
    loop = SourceLoop(verifies_certificates=True)
    loop.start()
    yield loop
    loop.stop()


def test_certificate_is_verified_where_the_town_says_so(
    strict_loop: SourceLoop, server_context: ssl.SSLContext
) -> None:
    listener = CollectingListener()
    with ScriptedServer(camera, tls=server_context) as server:
        address = parse_address(server.url().replace("rtsp:", "rtsps:"))
        source = start_source(address, listener, loop=strict_loop)
        wait_for(lambda: listener.failures)
        source.stop()

    assert listener.causes[0] is FailureCause.UNREACHABLE
    assert "certificate" in listener.failures[0].detail
    assert listener.packets == []


def test_plain_camera_on_the_encrypted_port_is_told(loop: SourceLoop) -> None:
    listener = CollectingListener()
    with ScriptedServer(lambda dialog: dialog.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as server:
        address = parse_address(server.url().replace("rtsp:", "rtsps:"))
        source = start_source(address, listener, loop=loop)
        wait_for(lambda: listener.failures)
        source.stop()

    assert "no encrypted connection" in listener.failures[0].detail
