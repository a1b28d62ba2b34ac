"""Cameras that misbehave. After each fault the next, good connection must give pictures."""

from __future__ import annotations

import itertools
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest

from cameras.engine.packets import Failure, FailureCause
from cameras.engine.parameter_sets import parameter_set_id
from cameras.engine.sources import Limits, SourceLoop, parse_address, start_source
from tests.cameras.engine.listeners import CollectingListener, decode, wait_for
from tests.encoded_pictures import (
    Picture,
    encode,
    h264_sdp,
    is_parameter_set,
    read_number,
)
from tests.scripted_rtsp import Dialog, Script, ScriptedServer

pytestmark = pytest.mark.media

QUICK = Limits(answer=1.5, silence=1.5, first_keyframe=3.0)
PICTURES = encode(30)
SDP = h264_sdp(PICTURES)
HOUR = 3600 * 90_000


def send(dialog: Dialog, pictures: Sequence[Picture], *, shift: int = 0) -> None:
    """Send pictures twice as fast as they were taken."""
    for picture in pictures:
        dialog.picture(picture.nals, picture.pts + shift)
        time.sleep(0.02)


def stay(dialog: Dialog) -> None:
    """Answer keep-alives until the client leaves."""
    while True:
        dialog.answer(dialog.request())


def good_camera(dialog: Dialog) -> None:
    dialog.play(SDP)
    send(dialog, PICTURES)
    stay(dialog)


@contextmanager
def watching(loop: SourceLoop, url: str, *, limits: Limits = QUICK) -> Iterator[CollectingListener]:
    listener = CollectingListener()
    address = parse_address(url)
    source = start_source(address, listener, loop=loop, jitter=lambda: 0.0, limits=limits)
    yield listener
    source.stop()


def fault_then_good(loop: SourceLoop, fault: Script, *, seconds: float = 10) -> Failure:
    """Return the first failure; check that the connection after it works."""
    with ScriptedServer(fault, good_camera) as server, watching(loop, server.url()) as listener:
        wait_for(lambda: listener.failures, seconds=seconds)
        failure = listener.failures[0]
        heard = len(listener.heard)
        wait_for(lambda: len(listener.packets) >= 20, seconds=seconds)
        wait_for(lambda: len(listener.heard) > heard)
    run = listener.runs()[-1]
    assert len(decode(*run)) == len(run[1])
    assert listener.failures == [failure]
    return failure


def only_good(
    loop: SourceLoop, script: Script, *, pictures: int, seconds: float = 10
) -> CollectingListener:
    """Return what came of a camera that is odd, but should work."""
    with ScriptedServer(script) as server, watching(loop, server.url()) as listener:
        wait_for(lambda: len(listener.packets) >= pictures, seconds=seconds)
    assert listener.failures == []
    return listener


# --- before the first picture -----------------------------------------------------------


def test_closed_port_is_unreachable(loop: SourceLoop) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]

    with watching(loop, f"rtsp://127.0.0.1:{port}/") as listener:
        wait_for(lambda: len(listener.failures) >= 2)

    assert set(listener.failures) == {
        Failure(FailureCause.UNREACHABLE, "no connection: connection refused")
    }


def test_unknown_name_is_unreachable(loop: SourceLoop) -> None:
    with watching(loop, "rtsp://no-such-camera.invalid/") as listener:
        wait_for(lambda: listener.failures)

    assert listener.causes[0] is FailureCause.UNREACHABLE


def test_black_hole_is_unreachable_in_time(loop: SourceLoop) -> None:
    began_at = time.monotonic()

    def black_hole(dialog: Dialog) -> None:
        dialog.connection.recv(1)
        time.sleep(5)

    failure = fault_then_good(loop, black_hole)

    assert failure.cause is FailureCause.UNREACHABLE
    assert "gave no answer in" in failure.detail
    assert time.monotonic() - began_at < 8


def test_answer_that_drips_is_unreachable(loop: SourceLoop) -> None:
    def drip(dialog: Dialog) -> None:
        dialog.request()
        for byte in b"RTSP/1.0 200 OK\r\nServer: " + b"x" * 1000:
            dialog.send(bytes((byte,)))
            time.sleep(0.02)

    assert fault_then_good(loop, drip).cause is FailureCause.UNREACHABLE


WEB_PAGE = b"<!DOCTYPE html><html><body>Welcome</body></html>"


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n",
        WEB_PAGE,
    ],
)
def test_web_server_is_told_from_a_camera(loop: SourceLoop, answer: bytes) -> None:
    def web_server(dialog: Dialog) -> None:
        dialog.request()
        dialog.send(answer)
        time.sleep(1)

    failure = fault_then_good(loop, web_server)

    assert failure.cause is FailureCause.UNSUPPORTED
    assert failure.detail == "the address answered as a web server, not as a camera"


def describing(body: bytes) -> Script:
    def script(dialog: Dialog) -> None:
        dialog.answer(dialog.request())
        dialog.answer(dialog.request(), headers=["Content-Type: application/sdp"], body=body)
        time.sleep(3)

    return script


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (WEB_PAGE, "web page"),
        (b"", "describes no video"),
        (b"v=0\r\na=x" + b"y" * 3_000_000, "too many to be true"),
        (b"m=video 0 RTP/AVP 96\r\na=rtpmap:96 MP4V-ES/90000\r\n", "offers MP4V-ES"),
        (b"m=audio 0 RTP/AVP 0\r\n", "offers no video"),
    ],
)
def test_description_without_usable_video_is_unsupported(
    loop: SourceLoop, body: bytes, words: str
) -> None:
    failure = fault_then_good(loop, describing(body))

    assert failure.cause is FailureCause.UNSUPPORTED
    assert words in failure.detail


@pytest.mark.parametrize(
    ("status", "cause", "words"),
    [
        ("404 Not Found", FailureCause.UNSUPPORTED, "no stream at this path"),
        ("403 Forbidden", FailureCause.AUTH_FAILED, "does not let this user watch"),
        ("453 Not Enough Bandwidth", FailureCause.UNREACHABLE, "too many connections"),
        ("500 Internal Server Error", FailureCause.UNSUPPORTED, "500 Internal Server Error"),
        ("302 Found", FailureCause.UNSUPPORTED, "302 Found"),
    ],
)
def test_refusal_is_put_into_words(
    loop: SourceLoop, status: str, cause: FailureCause, words: str
) -> None:
    def refuse(dialog: Dialog) -> None:
        dialog.answer(dialog.request())
        dialog.answer(dialog.request(), status=status)
        time.sleep(1)

    with ScriptedServer(refuse) as server, watching(loop, server.url()) as listener:
        wait_for(lambda: listener.failures)

    assert listener.failures[0].cause is cause
    assert words in listener.failures[0].detail


def test_camera_that_asks_for_a_password_for_ever_is_asked_once_more_only(
    loop: SourceLoop,
) -> None:
    requests: list[dict[str, str]] = []

    def refuse(dialog: Dialog) -> None:
        for nonce in itertools.count():
            request = dialog.request()
            requests.append(request)
            challenge = f'WWW-Authenticate: Digest realm="cam", nonce="{nonce}"'
            dialog.answer(request, status="401 Unauthorized", headers=[challenge])

    with ScriptedServer(refuse) as server:
        url = server.url().replace("//", "//olga:wrong@")
        with watching(loop, url) as listener:
            wait_for(lambda: listener.failures)
            time.sleep(1)

    assert listener.causes == [FailureCause.AUTH_FAILED]
    assert len(requests) == 2
    assert "wrong" not in str(requests)
    assert "wrong" not in listener.failures[0].detail


def test_stale_nonce_is_renewed(loop: SourceLoop) -> None:
    def forgetful(dialog: Dialog) -> None:
        for nonce, stale in (("one", "false"), ("two", "true")):
            challenge = f'WWW-Authenticate: Digest realm="cam", nonce="{nonce}", stale={stale}'
            dialog.answer(dialog.request(), status="401 Unauthorized", headers=[challenge])
        good_camera(dialog)

    with ScriptedServer(forgetful) as server:
        url = server.url().replace("//", "//olga:right@")
        with watching(loop, url) as listener:
            wait_for(lambda: len(listener.packets) > 5)

    assert listener.failures == []


def redirecting_to(url: Callable[[], str]) -> Script:
    def script(dialog: Dialog) -> None:
        dialog.answer(dialog.request())
        dialog.answer(dialog.request(), status="302 Found", headers=[f"Location: {url()}"])
        time.sleep(1)

    return script


def test_redirect_is_followed_without_the_password(loop: SourceLoop) -> None:
    authorizations: list[str | None] = []

    def other(dialog: Dialog) -> None:
        request = dialog.request()
        authorizations.append(request.get("authorization"))
        challenge = 'WWW-Authenticate: Basic realm="mine"'
        dialog.answer(request, status="401 Unauthorized", headers=[challenge])
        authorizations.append(dialog.request().get("authorization"))

    with ScriptedServer(other) as elsewhere:
        # Another name of the same machine is another host.
        target = elsewhere.url().replace("127.0.0.1", "localhost")
        with ScriptedServer(redirecting_to(lambda: target)) as server:
            url = server.url().replace("//", "//olga:secret@")
            with watching(loop, url) as listener:
                wait_for(lambda: listener.failures)

    assert listener.causes == [FailureCause.AUTH_FAILED]
    assert authorizations == [None]


def test_redirect_to_a_camera_works(loop: SourceLoop) -> None:
    with (
        ScriptedServer(good_camera) as elsewhere,
        ScriptedServer(redirecting_to(elsewhere.url)) as server,
        watching(loop, server.url()) as listener,
    ):
        wait_for(lambda: len(listener.packets) > 5)

    assert listener.failures == []


@pytest.mark.parametrize("target", ["http://127.0.0.1/", "file:///etc/passwd", "rtsp://"])
def test_redirect_out_of_rtsp_is_refused(loop: SourceLoop, target: str) -> None:
    failure = fault_then_good(loop, redirecting_to(lambda: target))

    assert failure.cause is FailureCause.UNSUPPORTED
    assert "sends us on to an address" in failure.detail


def test_redirect_without_end_is_given_up(loop: SourceLoop) -> None:
    urls: list[str] = []
    with ScriptedServer(redirecting_to(lambda: urls[0])) as server:
        urls.append(server.url())
        with watching(loop, server.url()) as listener:
            wait_for(lambda: listener.failures)

    assert "without end" in listener.failures[0].detail


# --- while pictures come ----------------------------------------------------------------


def test_parameter_sets_may_come_in_band_only(loop: SourceLoop) -> None:
    def script(dialog: Dialog) -> None:
        dialog.play(h264_sdp())
        send(dialog, PICTURES)
        stay(dialog)

    listener = only_good(loop, script, pictures=30)

    images = decode(listener.formats[0], listener.packets)
    assert [read_number(image) for image in images] == list(range(30))


def test_parameter_sets_of_the_format_are_not_in_the_packets(loop: SourceLoop) -> None:
    listener = only_good(loop, good_camera, pictures=30)

    sent = sum(
        4 + len(nal) for picture in PICTURES for nal in picture.nals if not is_parameter_set(nal)
    )
    assert sum(packet.size for packet in listener.packets) == sent
    assert len(listener.formats) == 1


def test_missing_parameter_sets_are_told(loop: SourceLoop) -> None:
    def script(dialog: Dialog) -> None:
        dialog.play(h264_sdp())
        for picture in PICTURES * 2:
            nals = [nal for nal in picture.nals if not is_parameter_set(nal)]
            dialog.picture(nals, picture.pts)
            time.sleep(0.02)
        stay(dialog)

    failure = fault_then_good(loop, script)

    assert failure.cause in {FailureCause.UNSUPPORTED, FailureCause.NO_FRAMES}
    assert "parameter" in failure.detail


def test_camera_that_stops_in_a_gop_has_no_frames(loop: SourceLoop) -> None:
    def script(dialog: Dialog) -> None:
        dialog.play(SDP)
        send(dialog, PICTURES[:5])
        while True:  # reports go on, pictures do not
            dialog.send(b"$\x01\x00\x08" + bytes((0x80, 200, 0, 1, 0, 0, 0, 1)))
            time.sleep(0.1)

    failure = fault_then_good(loop, script)

    assert failure.cause is FailureCause.NO_FRAMES
    assert "no picture for" in failure.detail


def test_endless_requests_of_a_camera_are_no_pictures(loop: SourceLoop) -> None:
    def script(dialog: Dialog) -> None:
        dialog.play(SDP)
        for number in itertools.count():
            dialog.send(f"OPTIONS * RTSP/1.0\r\nCSeq: {number}\r\n\r\n".encode())
            time.sleep(0.01)

    assert fault_then_good(loop, script).cause is FailureCause.NO_FRAMES


def test_camera_without_keyframes_has_no_frames(loop: SourceLoop) -> None:
    def script(dialog: Dialog) -> None:
        dialog.play(SDP)
        while True:
            send(dialog, PICTURES[1:10])

    failure = fault_then_good(loop, script)

    assert failure.cause is FailureCause.NO_FRAMES
    assert "no keyframe" in failure.detail


def test_camera_that_closes_the_connection(loop: SourceLoop) -> None:
    def script(dialog: Dialog) -> None:
        dialog.play(SDP)
        send(dialog, PICTURES[:13])

    assert fault_then_good(loop, script).cause is FailureCause.CAMERA_CLOSED


def test_camera_that_says_good_bye(loop: SourceLoop) -> None:
    def script(dialog: Dialog) -> None:
        dialog.play(SDP)
        send(dialog, PICTURES[:5])
        dialog.send(b"$\x01\x00\x08" + bytes((0x81, 203, 0, 1, 0, 0, 0, 1)))
        time.sleep(2)

    failure = fault_then_good(loop, script)

    assert failure == Failure(FailureCause.CAMERA_CLOSED, "the camera ended the stream")


def test_change_of_resolution_begins_a_new_run(loop: SourceLoop) -> None:
    larger = encode(20, width=640, height=480)

    def script(dialog: Dialog) -> None:
        dialog.play(SDP)
        send(dialog, PICTURES[:15])
        send(dialog, larger, shift=15 * 3600)
        stay(dialog)

    listener = only_good(loop, script, pictures=35)

    runs = listener.runs()
    sizes = [(run.video.width, run.video.height, len(packets)) for run, packets in runs]
    assert sizes == [(320, 240, 15), (640, 480, 20)]
    assert [read_number(image) for image in decode(*runs[1])] == list(range(20))


def test_change_of_codec_without_a_word_is_found(loop: SourceLoop) -> None:
    def script(dialog: Dialog) -> None:
        dialog.play(SDP)
        send(dialog, PICTURES[:5])
        while True:
            dialog.rtp(b"\x02\x01" + bytes(900), 90_000, payload_type=97)
            time.sleep(0.005)

    assert fault_then_good(loop, script).cause is FailureCause.FORMAT_CHANGED


@pytest.mark.parametrize("jump", [HOUR, -HOUR, -3 * 90_000])
def test_jump_of_the_cameras_clock_begins_a_new_run(loop: SourceLoop, jump: int) -> None:
    def script(dialog: Dialog) -> None:
        dialog.play(SDP)
        send(dialog, PICTURES[:15], shift=2 * HOUR)
        send(dialog, PICTURES[15:], shift=2 * HOUR + jump)
        stay(dialog)

    with ScriptedServer(script) as server, watching(loop, server.url()) as listener:
        wait_for(lambda: len(listener.packets) >= 25)

    assert listener.causes == [FailureCause.CLOCK_JUMPED]
    runs = listener.runs()
    # The second run waits for its keyframe: number 20.
    assert [len(packets) for _, packets in runs] == [15, 10]
    assert [read_number(image) for image in decode(*runs[1])] == list(range(20, 30))
    packets = listener.packets
    assert all(0 < b.pts - a.pts < 90_000 for a, b in itertools.pairwise(packets))


def test_timestamps_and_sequence_numbers_may_wrap(loop: SourceLoop) -> None:
    def script(dialog: Dialog) -> None:
        dialog.sequence = 65_530
        dialog.play(SDP)
        send(dialog, PICTURES, shift=0x1_0000_0000 - 10 * 3600)
        stay(dialog)

    listener = only_good(loop, script, pictures=30)

    steps = {b.pts - a.pts for a, b in itertools.pairwise(listener.packets)}
    assert steps == {3600}
    assert listener.packets[0].pts == 0


def test_b_frames_get_rising_decode_times(loop: SourceLoop) -> None:
    pictures = encode(40, b_frames=2, options={"preset": "medium"})

    def script(dialog: Dialog) -> None:
        dialog.play(h264_sdp())
        send(dialog, pictures)
        stay(dialog)

    listener = only_good(loop, script, pictures=40)

    packets = listener.packets
    assert any(b.pts < a.pts for a, b in itertools.pairwise(packets))
    assert all(b.dts > a.dts for a, b in itertools.pairwise(packets))
    images = decode(listener.formats[0], packets)
    assert [read_number(image) for image in images] == list(range(40))


def test_lost_packet_costs_the_rest_of_its_gop_only(loop: SourceLoop) -> None:
    def script(dialog: Dialog) -> None:
        dialog.play(SDP)
        send(dialog, PICTURES[:13])
        dialog.sequence += 1
        send(dialog, PICTURES[13:])
        stay(dialog)

    listener = only_good(loop, script, pictures=23)

    images = decode(listener.formats[0], listener.packets)
    assert [read_number(image) for image in images] == [*range(13), *range(20, 30)]


def test_marker_on_every_slice_does_not_split_pictures(loop: SourceLoop) -> None:
    pictures = encode(40, options={"slices": "4"})

    def script(dialog: Dialog) -> None:
        dialog.play(SDP)
        for picture in pictures:
            dialog.picture(picture.nals, picture.pts, marks_every_nal=True)
            time.sleep(0.02)
        stay(dialog)

    listener = only_good(loop, script, pictures=25)

    images = decode(listener.formats[-1], listener.runs()[-1][1])
    numbers = [read_number(image) for image in images]
    assert numbers[-15:] == list(range(numbers[-1] - 14, numbers[-1] + 1))


def test_picture_without_its_first_slice_is_no_keyframe(loop: SourceLoop) -> None:
    pictures = encode(40, options={"slices": "4"})

    def script(dialog: Dialog) -> None:
        dialog.play(h264_sdp(pictures))
        for number, picture in enumerate(pictures):
            nals = list(picture.nals)
            if number == 10:  # a keyframe: its first slice is lost on the way
                first = next(at for at, nal in enumerate(nals) if nal[0] & 31 == 5)
                for nal in nals[:first]:
                    dialog.rtp(nal, picture.pts, is_marked=False)
                dialog.sequence += 1
                nals = nals[first + 1 :]
            dialog.picture(nals, picture.pts)
            time.sleep(0.02)
        stay(dialog)

    listener = only_good(loop, script, pictures=30)

    images = decode(listener.formats[0], listener.packets)
    assert [read_number(image) for image in images] == [*range(10), *range(20, 40)]


def test_clock_that_is_none_gives_way_to_the_time_of_arrival(loop: SourceLoop) -> None:
    def script(dialog: Dialog) -> None:
        dialog.play(SDP)
        for number, picture in enumerate(PICTURES * 5):
            dialog.picture(picture.nals, number * 10 * 90_000)
            time.sleep(0.01)
        stay(dialog)

    with ScriptedServer(script) as server, watching(loop, server.url()) as listener:
        wait_for(lambda: len(listener.packets) > 80)

    assert listener.causes == [FailureCause.CLOCK_JUMPED] * len(listener.failures)
    assert len(listener.failures) <= 4
    last = listener.runs()[-1][1]
    assert len(last) > 60
    taken = last[-1].arrived_at - last[0].arrived_at
    assert (last[-1].pts - last[0].pts) / 90_000 == pytest.approx(taken, abs=0.1)


def test_sps_under_another_id_takes_the_place_of_the_old_one(loop: SourceLoop) -> None:
    larger = encode(20, width=640, height=480, options={"x264-params": "sps-id=3"})
    assert [parameter_set_id(nal) for nal in larger[0].nals if is_parameter_set(nal)] == [3, 3]

    def script(dialog: Dialog) -> None:
        dialog.play(SDP)
        send(dialog, PICTURES[:10])
        send(dialog, larger, shift=10 * 3600)
        stay(dialog)

    listener = only_good(loop, script, pictures=30)

    runs = listener.runs()
    assert [(run.video.width, len(packets)) for run, packets in runs] == [(320, 10), (640, 20)]
    assert [read_number(image) for image in decode(*runs[1])] == list(range(20))


@pytest.mark.parametrize("garbage", [b"\xff\xfe\xfd" * 50, b"\0" * 100, b"$$$$" * 5_000])
def test_garbage_between_packets_ends_the_connection(loop: SourceLoop, garbage: bytes) -> None:
    def script(dialog: Dialog) -> None:
        dialog.play(SDP)
        send(dialog, PICTURES[:5])
        dialog.send(garbage)
        time.sleep(3)

    failure = fault_then_good(loop, script)

    assert failure.cause in {FailureCause.UNSUPPORTED, FailureCause.NO_FRAMES}


def test_picture_without_end_is_refused(loop: SourceLoop) -> None:
    def script(dialog: Dialog) -> None:
        dialog.play(SDP)
        send(dialog, PICTURES[:2])
        for number in range(20_000):
            header = 0x85 if number == 0 else 0x05
            dialog.rtp(bytes((0x7C, header)) + bytes(1200), 7200, is_marked=False)

    failure = fault_then_good(loop, script)

    assert failure == Failure(
        FailureCause.UNSUPPORTED, "the camera sends a picture of more than 16 MB"
    )


def test_session_is_kept_alive_at_half_its_timeout(loop: SourceLoop) -> None:
    def script(dialog: Dialog) -> None:
        dialog.connection.settimeout(0.01)
        dialog.play(SDP, timeout=5)
        for picture in itertools.islice(itertools.cycle(PICTURES[:10]), 200):
            del picture
            dialog.picture(PICTURES[0].nals, int(time.monotonic() * 90_000))
            time.sleep(0.02)
            try:
                dialog.answer(dialog.request())
            except TimeoutError:
                continue

    with ScriptedServer(script) as server, watching(loop, server.url()) as listener:
        wait_for(lambda: len(server.dialogs[0].requests if server.dialogs else []) > 4)

    requests = server.dialogs[0].requests
    assert requests[:4] == ["OPTIONS", "DESCRIBE", "SETUP", "PLAY"]
    assert requests[4] == "OPTIONS"  # the scripted camera knows no GET_PARAMETER
    assert listener.failures == []


def test_listener_that_fails_costs_its_own_camera_only(
    loop: SourceLoop, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(CollectingListener):
        def packet(self, packet: object) -> None:
            raise RuntimeError("no room")

    broken = Broken()
    with ScriptedServer(good_camera) as server:
        address = parse_address(server.url())
        source = start_source(address, broken, loop=loop, jitter=lambda: 0.0)
        with watching(loop, server.url()) as listener:
            wait_for(lambda: len(listener.packets) == 30 and broken.failures)
        source.stop()

    assert listener.failures == []
    assert "no room" in caplog.text
