"""Sources in threads of their own: files, generated pictures, MJPEG over HTTP."""

from __future__ import annotations

import base64
import itertools
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import av
import pytest

from cameras.engine.packets import FailureCause
from cameras.engine.sources import AddressError, SourceLoop, parse_address, start_source
from tests.cameras.engine.listeners import CollectingListener, decode, wait_for
from tests.encoded_pictures import encode, numbered_image, read_number

pytestmark = pytest.mark.media

START_CODE = b"\0\0\0\1"


def write_clip(
    path: Path, *, codec: str = "libx264", count: int = 50, b_frames: int = 0, form: str = "mp4"
) -> Path:
    """Write a clip of numbered pictures, 25 a second."""
    with av.open(str(path), "w", format=form) as container:
        stream = container.add_stream(codec, rate=25)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        stream.codec_context.gop_size = 10
        stream.codec_context.max_b_frames = b_frames
        if codec == "libx264":
            stream.options = {"preset": "medium" if b_frames else "ultrafast", "sc_threshold": "0"}
        if codec == "libx265":
            stream.options = {"preset": "ultrafast", "x265-params": "log-level=none"}
        if codec == "mjpeg":
            stream.pix_fmt = "yuvj420p"
        for number in range(count):
            image = numbered_image(number, 320, 240)
            frame = av.VideoFrame.from_ndarray(image, format="gray")
            frame = frame.reformat(format=stream.pix_fmt)
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def play(loop: SourceLoop, path: Path, *, pictures: int, seconds: float = 10) -> CollectingListener:
    listener = CollectingListener()
    address = parse_address(f"file://{path}", allowed_folders=[path.parent])
    source = start_source(address, listener, loop=loop)
    wait_for(lambda: len(listener.packets) >= pictures or listener.failures, seconds=seconds)
    source.stop()
    return listener


@pytest.mark.parametrize(
    ("codec", "form", "suffix"),
    [
        ("libx264", "mp4", ".mp4"),
        ("libx264", "mpegts", ".ts"),
        ("libx264", "matroska", ".mkv"),
        ("libx265", "mp4", ".mp4"),
        ("mjpeg", "avi", ".avi"),
    ],
)
def test_file_plays_over_its_seam_without_a_jump(
    loop: SourceLoop, tmp_path: Path, codec: str, form: str, suffix: str
) -> None:
    clip = write_clip(tmp_path / f"clip{suffix}", codec=codec, form=form, count=25)

    listener = play(loop, clip, pictures=60)

    assert listener.failures == []
    assert len(listener.formats) == 1
    packets = listener.packets
    assert packets[0].is_keyframe
    assert all(b.dts > a.dts for a, b in itertools.pairwise(packets))
    steps = [b.pts - a.pts for a, b in itertools.pairwise(packets)]
    assert all(3000 <= step <= 4300 for step in steps), steps
    numbers = [read_number(image) for image in decode(listener.formats[0], packets)]
    assert all(b == (a + 1) % 25 for a, b in itertools.pairwise(numbers))


def test_b_frames_of_a_file_keep_their_times(loop: SourceLoop, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", b_frames=2)

    listener = play(loop, clip, pictures=60)

    packets = listener.packets
    assert any(b.pts < a.pts for a, b in itertools.pairwise(packets))
    assert all(b.dts > a.dts for a, b in itertools.pairwise(packets))
    numbers = [read_number(image) for image in decode(listener.formats[0], packets)]
    assert all(b == (a + 1) % 50 for a, b in itertools.pairwise(numbers[:-3]))


def test_files_are_paced_and_run_in_phase(loop: SourceLoop, tmp_path: Path) -> None:
    first, second = CollectingListener(), CollectingListener()
    sources = []
    for listener, name in ((first, "a.mp4"), (second, "b.mp4")):
        clip = write_clip(tmp_path / name)
        address = parse_address(f"file://{clip}", allowed_folders=[tmp_path])
        sources.append(start_source(address, listener, loop=loop))
        time.sleep(0.3)
    time.sleep(1.5)
    for source in sources:
        source.stop()

    for listener in (first, second):
        paced = listener.packets[15:]
        taken = paced[-1].arrived_at - paced[0].arrived_at
        assert abs(taken - (len(paced) - 1) / 25) < 0.1
    by_number = [
        {
            read_number(image): packet.arrived_at
            for image, packet in zip(
                decode(listener.formats[0], listener.packets), listener.packets, strict=True
            )
        }
        for listener in (first, second)
    ]
    newest = sorted(by_number[1], key=lambda number: by_number[1][number])[-10:]
    assert all(abs(by_number[0][n] - by_number[1][n]) < 0.1 for n in newest if n in by_number[0])


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("page.mp4", b"<html>", "no video, or damaged"),
        ("clip.txt", b"", "ending is none of"),
        ("absent.mp4", None, "no such file"),
    ],
)
def test_file_that_can_not_play_is_told(
    loop: SourceLoop, tmp_path: Path, name: str, content: bytes | None, words: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)

    listener = play(loop, path, pictures=1)

    assert words in listener.failures[0].detail


# --- generated ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Drawn:
    data: bytes
    pts_seconds: float
    captured_at: float


def drawn_frames(path: str, stopping: threading.Event) -> Iterator[Drawn]:
    if path != "k01/main":
        raise LookupError(path)
    return _draw(stopping)


def _draw(stopping: threading.Event) -> Iterator[Drawn]:
    for picture in encode(30):
        if stopping.wait(0.01):
            return
        data = b"".join(START_CODE + nal for nal in picture.nals)
        yield Drawn(data, picture.pts / 90_000, 1_700_000_000 + picture.pts / 90_000)


@pytest.fixture
def drawing_loop() -> Iterator[SourceLoop]:
    loop = SourceLoop(generated={"demo": drawn_frames})
    loop.start()
    yield loop
    loop.stop()


def test_generated_frames_come_as_packets(drawing_loop: SourceLoop) -> None:
    listener = CollectingListener()
    address = parse_address("demo://k01/main", generated_schemes=["demo"])

    source = start_source(address, listener, loop=drawing_loop)
    wait_for(lambda: len(listener.packets) == 30)
    source.stop()

    numbers = [read_number(image) for image in decode(listener.formats[0], listener.packets)]
    assert numbers == list(range(30))
    assert listener.packets[5].pts == 5 * 3600
    assert listener.packets[5].arrived_at == pytest.approx(1_700_000_000.2)


def test_generator_that_knows_no_such_camera_is_told(drawing_loop: SourceLoop) -> None:
    listener = CollectingListener()
    address = parse_address("demo://k99/main", generated_schemes=["demo"])

    source = start_source(address, listener, loop=drawing_loop)
    wait_for(lambda: listener.failures)
    source.stop()

    assert listener.causes == [FailureCause.UNSUPPORTED]


def test_scheme_without_a_generator_is_an_address_error(loop: SourceLoop) -> None:
    address = parse_address("demo://k01/main", generated_schemes=["demo"])

    with pytest.raises(AddressError):
        start_source(address, CollectingListener(), loop=loop)


# --- MJPEG over HTTP ------------------------------------------------------------------------


@contextmanager
def http_camera(*, user_info: str = "", page: bytes | None = None) -> Iterator[int]:
    """Serve MJPEG, or a page; yield the port."""
    jpegs = [picture_jpeg(number) for number in range(30)]

    class Camera(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            expected = "Basic " + base64.b64encode(user_info.encode()).decode()
            if user_info and self.headers.get("Authorization") != expected:
                self.send_response(401)
                self.send_header("WWW-Authenticate", 'Basic realm="cam"')
                self.end_headers()
                return
            self.send_response(200)
            if page is not None:
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(page)
                return
            self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
            self.end_headers()
            for jpeg in itertools.cycle(jpegs):
                head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
                self.wfile.write(head.encode() + jpeg + b"\r\n")
                time.sleep(0.04)

        def handle(self) -> None:
            try:
                super().handle()
            except OSError:
                self.close_connection = True  # the client left

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- its name there
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Camera)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join()


def picture_jpeg(number: int) -> bytes:
    encoder = av.CodecContext.create("mjpeg", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = 320, 240, "yuvj420p"
    encoder.time_base = Fraction(1, 25)
    frame = av.VideoFrame.from_ndarray(numbered_image(number, 320, 240), format="gray")
    frame = frame.reformat(format="yuvj420p")
    frame.pts = 0
    return b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])


def test_mjpeg_over_http_with_a_password_that_shows_nowhere(
    loop: SourceLoop, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = "p@:/?#%$'\""  # noqa: S105 -- of a camera that is none
    listener = CollectingListener()
    with http_camera(user_info=f"olga:{secret}") as port:
        url = f"http://127.0.0.1:{port}/video"
        address = parse_address(url, username="olga", password=secret)
        source = start_source(address, listener, loop=loop)
        wait_for(lambda: len(listener.packets) > 20 or listener.failures)
        source.stop()

    assert listener.failures == []
    video = listener.formats[0].video
    assert (video.codec, video.width, video.height) == ("mjpeg", 320, 240)
    numbers = [read_number(image) for image in decode(listener.formats[0], listener.packets)]
    assert numbers == list(range(len(numbers)))
    threads = " ".join(thread.name for thread in threading.enumerate())
    assert "p@:" not in caplog.text + threads + repr(address)


@pytest.mark.parametrize(
    ("user_info", "page", "cause"),
    [
        ("olga:right", None, FailureCause.AUTH_FAILED),
        ("", b"<html><body>" + b"Welcome " * 2000, FailureCause.UNSUPPORTED),
    ],
)
def test_http_that_is_no_camera_is_told(
    loop: SourceLoop, user_info: str, page: bytes | None, cause: FailureCause
) -> None:
    listener = CollectingListener()
    with http_camera(user_info=user_info, page=page) as port:
        url = f"http://olga:wrong@127.0.0.1:{port}/"
        source = start_source(parse_address(url), listener, loop=loop)
        wait_for(lambda: listener.failures)
        source.stop()

    assert listener.failures[0].cause is cause
    assert "wrong@" not in listener.failures[0].detail
