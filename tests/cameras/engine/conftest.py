from __future__ import annotations

from collections.abc import Iterator

import pytest

from cameras.engine.sources import SourceLoop
from tests import rtsp_server
from tests.rtsp_server import (
    AAC_SOUND,
    MULAW_SOUND,
    Mount,
    RtspServer,
    h264_launch,
    h265_launch,
    jpeg_launch,
)
from tests.services import missing


@pytest.fixture
def loop() -> Iterator[SourceLoop]:
    loop = SourceLoop()
    loop.start()
    yield loop
    loop.stop()


@pytest.fixture(scope="session")
def gstreamer() -> Iterator[RtspServer]:
    """Real cameras, as far as GStreamer is one."""
    if not rtsp_server.is_available():
        missing("gst-rtsp-server", package=rtsp_server.PACKAGES)
    mounts = [
        Mount("/h264", h264_launch()),
        Mount("/sdp-only", h264_launch(config_interval=0)),
        Mount("/b-frames", h264_launch(b_frames=2)),
        Mount("/h265", h265_launch()),
        Mount("/jpeg", jpeg_launch()),
        Mount("/aac", h264_launch(sound=AAC_SOUND)),
        Mount("/mulaw", h264_launch(sound=MULAW_SOUND)),
    ]
    with RtspServer(mounts) as server:
        yield server
