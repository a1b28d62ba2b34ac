"""The parts of the RTSP client that need no connection."""

from __future__ import annotations

import pytest

from cameras.engine.faults import SourceError
from cameras.engine.rtsp.authorization import Authorization, choose_challenge
from cameras.engine.rtsp.messages import MAX_HEADER_BYTES, parse_message
from cameras.engine.rtsp.reader import ConnectionReader
from cameras.engine.rtsp.rtp import RtpReceiver, TimestampUnwrapper
from cameras.engine.rtsp.sdp import parse_sdp
from cameras.engine.rtsp.udp import MAX_REORDERED_PACKETS, ReorderBuffer

pytestmark = pytest.mark.unit


def parse(data: bytes) -> object:
    return parse_message(bytearray(data), 0, len(data))


# --- messages -----------------------------------------------------------------------------


def test_message_is_parsed_with_its_body_and_its_end() -> None:
    data = b"RTSP/1.0 200 OK\r\nCSeq: 3\r\nContent-length: 4\r\n\r\nbodyrest"

    found = parse_message(bytearray(data), 0, len(data))

    assert found is not None
    message, end = found
    assert (message.status, message.header("cseq"), message.body) == (200, "3", b"body")
    assert data[end:] == b"rest"


def test_message_is_incomplete_until_its_last_byte() -> None:
    data = b"RTSP/1.0 200 OK\r\nContent-Length: 4\r\n\r\nbody"

    assert {parse(data[:length]) for length in range(1, len(data))} == {None}
    assert parse(data) is not None


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"HTTP/1.1 200 OK\r\n", "web server"),
        (b"<html>", "web server"),
        (b"\x80\x60\0\0", "not RTSP"),
        (b"RTSP/1.0 ok\r\n\r\n", "not RTSP"),
        (b"RTSP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n", "no valid length"),
        (b"RTSP/1.0 200 OK\r\nContent-Length: 99999999999\r\n\r\n", "too many"),
        (b"RTSP/1.0 200 OK\r\nX: " + b"y" * MAX_HEADER_BYTES, "too long a header"),
    ],
)
def test_what_is_no_message_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(SourceError, match=words):
        parse(data)


# --- authentication -----------------------------------------------------------------------

RFC_7616 = (
    'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={algorithm}, '
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", '
    'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
)


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_digest_is_that_of_the_standards_example(algorithm: str, response: str) -> None:
    authorization = Authorization(
        "Mufasa",
        "Circle of Life",
        client_nonce=lambda: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    )

    assert authorization.accept([RFC_7616.format(algorithm=algorithm)], retries=0)
    header = authorization.header("GET", "/dir/index.html")

    assert header is not None
    assert f'response="{response}"' in header
    assert "nc=00000001" in header


def test_strongest_challenge_is_chosen() -> None:
    challenges = [
        'Basic realm="a"',
        'Digest realm="a", nonce="1"',
        'Digest realm="a", nonce="2", algorithm=SHA-256',
        'Digest realm="a", nonce="3", algorithm=SHA-512-256',
        'Digest realm="a", nonce="4", qop="auth-int"',
    ]

    chosen = choose_challenge(challenges)

    assert chosen is not None
    assert (chosen.scheme, chosen.nonce) == ("digest", "2")
    assert choose_challenge(["Bearer x", ""]) is None


def test_basic_carries_utf_8() -> None:
    authorization = Authorization("olga", "пароль")

    assert authorization.accept(['Basic realm="cam"'], retries=0)
    assert authorization.header("DESCRIBE", "rtsp://cam/") == "Basic b2xnYTrQv9Cw0YDQvtC70Yw="


def test_nothing_is_sent_without_a_challenge_or_credentials() -> None:
    assert Authorization("olga", "secret").header("OPTIONS", "rtsp://cam/") is None
    assert not Authorization("", "").accept(['Basic realm="cam"'], retries=0)


# --- session descriptions -----------------------------------------------------------------


def test_description_is_read_as_cameras_write_it() -> None:
    description = parse_sdp(
        b"v=0\r\na=control:rtsp://10.0.0.5/all\r\n"
        b"m=video 0 RTP/AVP 96\na=rtpmap:96 h265/90000\n"
        b"a=fmtp:96 sprop-vps=QAE=; sprop-sps=QgE=;Sprop-PPS=RAE=\r\na=control:track1\r\n"
        b"m=audio 0 RTP/AVP 8\r\nm=nonsense\r\nm=audio 0 RTP/AVP 97\r\n"
        b"a=rtpmap:97 MPEG4-GENERIC/48000/2\r\na=rtpmap:98 H264/1\r\n"
    )

    video, alaw, aac = description.media
    assert description.control == "rtsp://10.0.0.5/all"
    assert (video.encoding, video.clock_rate, video.control) == ("H265", 90_000, "track1")
    assert video.parameters == {"sprop-vps": "QAE=", "sprop-sps": "QgE=", "sprop-pps": "RAE="}
    assert (alaw.encoding, alaw.clock_rate) == ("PCMA", 8000)
    assert (aac.encoding, aac.clock_rate, aac.channel_count) == ("MPEG4-GENERIC", 48_000, 2)


# --- packets ------------------------------------------------------------------------------


class Payloads:
    """A depacketizer that keeps what it got."""

    def __init__(self) -> None:
        self.got: list[bytes] = []
        self.losses = 0

    def lost(self) -> None:
        self.losses += 1

    def payload(
        self, view: memoryview, start: int, end: int, timestamp: int, *, is_marked: bool
    ) -> None:
        del timestamp, is_marked
        self.got.append(bytes(view[start:end]))


def packet(sequence: int, payload: bytes = b"x", *, first: int = 0x80, head: bytes = b"") -> bytes:
    fields = bytes((first, 96)) + (sequence & 0xFFFF).to_bytes(2, "big") + bytes(8)
    return fields + head + payload


def receive(*packets: bytes) -> tuple[Payloads, RtpReceiver]:
    payloads = Payloads()
    receiver = RtpReceiver(96, payloads)
    for data in packets:
        receiver.receive(memoryview(data), 0, len(data))
    return payloads, receiver


def test_payload_stands_behind_sources_and_extension_and_before_padding() -> None:
    sources_and_extension = bytes(8) + b"\xbe\xde\0\1" + bytes(4)

    payloads, _ = receive(
        packet(1, b"a"),
        packet(2, b"b\0\0\3", first=0xA0),
        packet(3, b"c", first=0x92, head=sources_and_extension),
    )

    assert payloads.got == [b"a", b"b", b"c"]


@pytest.mark.parametrize(
    "data",
    [b"", b"\x80" * 5, packet(1, first=0x00), packet(1, first=0x9F), packet(1, first=0x90)],
)
def test_packet_cut_off_or_foreign_is_left_out(data: bytes) -> None:
    assert receive(data)[0].got == []


def test_gap_is_a_loss_and_a_doubled_packet_is_not() -> None:
    payloads, receiver = receive(packet(65_535), packet(0), packet(0), packet(3))

    assert len(payloads.got) == 3
    assert (payloads.losses, receiver.lost_count) == (1, 2)


def test_timestamps_are_unwrapped_both_ways() -> None:
    unwrapper = TimestampUnwrapper()

    found = [unwrapper.unwrap(value) for value in (2**32 - 10, 5, 2**32 - 1, 20)]

    assert found == [2**32 - 10, 2**32 + 5, 2**32 - 1, 2**32 + 20]


def in_order(*pushed: tuple[int, float]) -> list[int]:
    """Push (sequence, time) into a reorder buffer; return the sequence numbers it passes on."""
    passed: list[int] = []
    buffer = ReorderBuffer(
        lambda view, start, _end: passed.append(view[start + 2] << 8 | view[start + 3])
    )
    for sequence, now in pushed:
        data = packet(sequence)
        buffer.push(memoryview(data), 0, len(data), now)
    return passed


def test_datagrams_are_put_back_into_order_over_the_wrap() -> None:
    order = [65_534, 0, 65_535, 1, 3, 2, 4]

    assert in_order(*[(number, 0.0) for number in order]) == [65_534, 65_535, 0, 1, 2, 3, 4]


def test_missing_datagram_is_given_up_after_a_while() -> None:
    assert in_order((1, 0.0), (3, 0.0), (4, 0.1)) == [1]
    assert in_order((1, 0.0), (3, 0.0), (4, 0.1), (5, 0.3)) == [1, 3, 4, 5]


def test_reorder_buffer_is_bounded() -> None:
    many = range(2, 2 + MAX_REORDERED_PACKETS + 1)

    assert in_order((0, 0.0), *[(number, 0.0) for number in many[:-1]]) == [0]
    assert in_order((0, 0.0), *[(number, 0.0) for number in many]) == [0, *many]


def test_late_datagram_is_dropped() -> None:
    assert in_order((5, 0.0), (6, 0.0), (5, 0.0), (7, 0.0)) == [5, 6, 7]


@pytest.mark.parametrize("piece", [1, 3, 7, 1000])
def test_reader_takes_any_cut_of_the_bytes(piece: int) -> None:
    messages: list[int] = []
    got: list[bytes] = []
    reader = ConnectionReader(lambda message: messages.append(message.status))
    reader.receivers[0] = lambda view, start, end: got.append(bytes(view[start:end]))
    response = b"RTSP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok"
    data = b"$\0\0\3abc" + response + b"\r\n$\1\0\1z$\0\0\2de" + response

    buffer = bytearray(4096)
    for at in range(0, len(data), piece):
        chunk = reader.leftover + data[at : at + piece]
        buffer[: len(chunk)] = chunk
        reader.feed(buffer, memoryview(buffer), len(chunk))

    assert got == [b"abc", b"de"]
    assert messages == [200, 200]
    assert reader.leftover == b""
