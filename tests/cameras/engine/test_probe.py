from __future__ import annotations

import time

import pytest

from cameras.engine.packets import FailureCause
from cameras.engine.probe import probe
from cameras.engine.sources import SourceLoop, parse_address
from tests.cameras.engine.listeners import gray_pictures
from tests.encoded_pictures import encode, h264_sdp, read_number
from tests.rtsp_server import RtspServer
from tests.scripted_rtsp import Dialog, ScriptedServer

pytestmark = [pytest.mark.media]


@pytest.mark.parametrize(
    ("path", "codec", "audio"),
    [
        ("/h264", "h264", None),
        ("/h265", "hevc", None),
        ("/jpeg", "mjpeg", None),
        ("/aac", "h264", "aac"),
    ],
)
def test_probe_tells_what_a_camera_sends_and_shows_it(
    loop: SourceLoop, gstreamer: RtspServer, path: str, codec: str, audio: str | None
) -> None:
    report = probe(parse_address(gstreamer.url(path)), loop=loop)

    assert report.failure is None
    assert report.video is not None
    assert (report.video.codec, report.video.width, report.video.height) == (codec, 320, 240)
    assert report.frames_per_second == pytest.approx(25, abs=1)
    assert report.bitrate_bps > 10_000
    assert (report.audio.codec if report.audio else None) == audio
    (image,) = gray_pictures(report.picture, form="mjpeg")
    assert image.shape == (240, 320)


def test_probe_shows_the_very_keyframe(loop: SourceLoop) -> None:
    pictures = encode(60, gop=10)

    def camera(dialog: Dialog) -> None:
        dialog.play(h264_sdp(pictures))
        for picture in pictures:
            dialog.picture(picture.nals, picture.pts)
            time.sleep(0.01)
        time.sleep(2)

    with ScriptedServer(camera) as server:
        report = probe(parse_address(server.url()), loop=loop)

    (image,) = gray_pictures(report.picture, form="mjpeg")
    assert read_number(image) == 50


def test_probe_of_a_silent_camera_ends_in_its_time(loop: SourceLoop) -> None:
    began_at = time.monotonic()
    with ScriptedServer(lambda dialog: time.sleep(5 if dialog.request() else 0)) as server:
        report = probe(parse_address(server.url()), timeout=1.0, loop=loop)

    assert time.monotonic() - began_at < 4
    assert report.failure is not None
    assert report.failure.cause is FailureCause.UNREACHABLE
    assert "no answer in 1 s" in report.failure.detail


def test_probe_of_a_camera_without_pictures_says_so(loop: SourceLoop) -> None:
    def camera(dialog: Dialog) -> None:
        dialog.play(h264_sdp())
        time.sleep(8)

    with ScriptedServer(camera) as server:
        report = probe(parse_address(server.url()), timeout=2.0, loop=loop)

    assert report.failure is not None
    assert report.failure.cause is FailureCause.NO_FRAMES
