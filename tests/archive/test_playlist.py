"""The HLS playlist in an outside player: FFmpeg, with the session's cookie."""

from __future__ import annotations

import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from django.conf import settings
from django.contrib.auth.models import User

from archive.engine.timeline import to_us
from tests.archive.factories import (
    NOON,
    encode_clip,
    main_stream,
    make_camera,
    make_volume,
    read_counter,
    record,
    record_run,
    split_clip,
)
from tests.cast import client_for
from tests.services import WebServer, missing

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

WIDTH, HEIGHT = 320, 180


def frames_played(url: str, cookie: str) -> list[int]:
    """Play with FFmpeg; return the number of each frame that came out."""
    if shutil.which("ffmpeg") is None:
        missing("FFmpeg", package="ffmpeg")
    command = ["ffmpeg", "-v", "error", "-headers", f"Cookie: sessionid={cookie}\r\n"]
    command += ["-i", url, "-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "gray", "-"]
    played = subprocess.run(command, capture_output=True, check=True, timeout=60)
    assert played.stderr.decode() == ""

    pictures = np.frombuffer(played.stdout, np.uint8).reshape(-1, HEIGHT, WIDTH)
    return [read_counter(picture) for picture in pictures]


def test_outside_player_plays_the_range_over_a_gap(
    live_web: WebServer, tmp_path: Path, dispatcher: User
) -> None:
    camera = make_camera()
    volume = make_volume(tmp_path / "archive")
    stream = main_stream(camera)
    record_run(stream, volume, split_clip(encode_clip(100), 2))
    later = NOON + timedelta(seconds=30)
    record(stream, volume, encode_clip(25, first_number=100), started_at=later)
    cookie = client_for(dispatcher).cookies[settings.SESSION_COOKIE_NAME].value
    span = f"from_us={to_us(NOON)}&to_us={to_us(NOON) + 60_000_000}"

    played = frames_played(f"{live_web.url}/archive/hls/{camera.pk}.m3u8?{span}", cookie)

    assert played == list(range(125))


def test_playlist_begins_at_the_gop_of_the_moment(
    live_web: WebServer, tmp_path: Path, dispatcher: User
) -> None:
    camera = make_camera()
    volume = make_volume(tmp_path / "archive")
    record_run(main_stream(camera), volume, split_clip(encode_clip(100), 2))
    cookie = client_for(dispatcher).cookies[settings.SESSION_COOKIE_NAME].value
    begin = to_us(NOON)
    span = f"from_us={begin + 1_500_000}&to_us={begin + 2_500_000}"

    played = frames_played(f"{live_web.url}/archive/hls/{camera.pk}.m3u8?{span}", cookie)

    assert played == list(range(25, 75))
