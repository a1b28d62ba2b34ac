"""Sources against a real RTSP server."""

from __future__ import annotations

import itertools
import time

import pytest

from cameras.engine.packets import FailureCause
from cameras.engine.sources import SourceLoop, Transport, parse_address, start_source
from tests.cameras.engine.listeners import CollectingListener, decode, wait_for
from tests.rtsp_server import Mount, RtspServer, h264_launch

pytestmark = [pytest.mark.media, pytest.mark.e2e]

TRANSPORTS = list(Transport)


def watch(
    loop: SourceLoop,
    url: str,
    *,
    pictures: int,
    transport: Transport = Transport.TCP,
    wants_audio: bool = False,
) -> CollectingListener:
    """Return a listener that has heard so many pictures; the source is stopped."""
    listener = CollectingListener()
    address = parse_address(url, transport=transport, wants_audio=wants_audio)
    source = start_source(address, listener, loop=loop)
    try:
        wait_for(lambda: len(listener.packets) >= pictures)
    finally:
        source.stop()
    return listener


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize(
    ("path", "codec", "codec_string"),
    [
        ("/h264", "h264", "avc1.42c015"),
        ("/sdp-only", "h264", "avc1.42c015"),
        ("/h265", "hevc", "hvc1.1.6.L63.90"),
        ("/jpeg", "mjpeg", "mp4v.6c"),
    ],
)
def test_source_gives_every_picture_decodable(
    loop: SourceLoop,
    gstreamer: RtspServer,
    path: str,
    codec: str,
    codec_string: str,
    transport: Transport,
) -> None:
    listener = watch(loop, gstreamer.url(path), pictures=40, transport=transport)

    video = listener.formats[0].video
    assert (video.codec, video.width, video.height) == (codec, 320, 240)
    assert video.codec_string == codec_string
    assert len(listener.formats) == 1
    assert listener.failures == []
    assert listener.packets[0].is_keyframe
    steps = [b.dts - a.dts for a, b in itertools.pairwise(listener.packets)]
    assert all(3500 <= step <= 3700 for step in steps), steps
    images = decode(listener.formats[0], listener.packets)
    assert len(images) == len(listener.packets)
    assert images[0].shape == (240, 320)


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_source_gives_decode_times_for_b_frames(
    loop: SourceLoop, gstreamer: RtspServer, transport: Transport
) -> None:
    listener = watch(loop, gstreamer.url("/b-frames"), pictures=40, transport=transport)

    packets = listener.packets
    assert any(b.pts < a.pts for a, b in itertools.pairwise(packets)), "no B-frames came"
    assert all(b.dts > a.dts for a, b in itertools.pairwise(packets))
    assert all(packet.dts <= packet.pts for packet in packets)
    assert len(decode(listener.formats[0], packets)) == len(packets)


@pytest.mark.parametrize(
    ("path", "codec", "codec_string", "ticks"),
    [("/aac", "aac", "mp4a.40.2", 1024), ("/mulaw", "pcm_mulaw", "ulaw", None)],
)
def test_sound_comes_on_the_time_line_of_the_pictures(
    loop: SourceLoop,
    gstreamer: RtspServer,
    path: str,
    codec: str,
    codec_string: str,
    ticks: int | None,
) -> None:
    listener = watch(loop, gstreamer.url(path), pictures=50, wants_audio=True)

    audio = listener.formats[0].audio
    assert audio is not None
    assert (audio.codec, audio.codec_string) == (codec, codec_string)
    sound = listener.sound
    assert len(sound) > 5
    if ticks:
        assert {b.pts - a.pts for a, b in itertools.pairwise(sound)} == {ticks}
    last_sound = sound[-1].pts / audio.sample_rate
    last_picture = listener.packets[-1].pts / 90_000
    assert abs(last_sound - last_picture) < 0.5


def test_sound_is_not_asked_for_unless_wanted(loop: SourceLoop, gstreamer: RtspServer) -> None:
    listener = watch(loop, gstreamer.url("/aac"), pictures=10)

    assert listener.formats[0].audio is None
    assert listener.sound == []


@pytest.mark.parametrize("scheme", ["basic", "digest"])
def test_password_opens_the_camera_and_a_wrong_one_does_not(
    loop: SourceLoop, gstreamer: RtspServer, scheme: str
) -> None:
    mount = Mount("/locked", h264_launch(), "olga", "p@:/?#%$'\"", is_digest=scheme == "digest")
    with RtspServer([mount]) as server:
        url = server.url("/locked")
        password = mount.password[:2]
        good, wrong, none = (CollectingListener() for _ in range(3))
        sources = [
            start_source(address, listener, loop=loop)
            for address, listener in (
                (parse_address(url, username="olga", password=mount.password), good),
                (parse_address(url, username="olga", password=password), wrong),
                (parse_address(url), none),
            )
        ]
        wait_for(lambda: len(good.packets) > 5 and wrong.failures and none.failures)
        for source in sources:
            source.stop()

    assert good.failures == []
    assert wrong.causes == [FailureCause.AUTH_FAILED]
    assert none.causes == [FailureCause.AUTH_FAILED]
    assert wrong.failures[0].detail == "the camera refuses this user name and password"


def test_source_returns_after_the_camera_restarts(loop: SourceLoop, gstreamer: RtspServer) -> None:
    with RtspServer([Mount("/h264", h264_launch())]) as server:
        listener = CollectingListener()
        source = start_source(parse_address(server.url("/h264")), listener, loop=loop)
        wait_for(lambda: len(listener.packets) > 10)
        server.stop()
        wait_for(lambda: FailureCause.UNREACHABLE in listener.causes)
        server.start(port=server.port)
        back_at = time.monotonic()
        wait_for(lambda: len(listener.formats) == 2, seconds=12)
        source.stop()

    assert listener.causes[0] is FailureCause.CAMERA_CLOSED
    assert time.monotonic() - back_at < 10


def test_nothing_is_heard_after_stop(loop: SourceLoop, gstreamer: RtspServer) -> None:
    listener = watch(loop, gstreamer.url("/h264"), pictures=10)

    heard = len(listener.heard)
    time.sleep(0.3)

    assert len(listener.heard) == heard
