"""The add_camera command, against real cameras."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from cameras.models import AuditEntry, Camera, Location, Stream
from cameras.queries import source_address_of
from tests import rtsp_server
from tests.rtsp_server import Mount, RtspServer, h264_launch
from tests.services import missing

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


def add(*args: str, language: str = "ru", **options: Any) -> str:
    output = io.StringIO()
    with translation.override(language):
        call_command("add_camera", *args, location="Набережная", stdout=output, **options)
    return output.getvalue()


@pytest.mark.media
def test_camera_is_looked_at_and_added(tmp_path: Path) -> None:
    if not rtsp_server.is_available():
        missing("gst-rtsp-server", package=rtsp_server.PACKAGES)
    mount = Mount("/main", h264_launch(), "olga", "p@:/?#%$")
    picture = tmp_path / "picture.jpg"
    with RtspServer([mount]) as server:
        url = server.url("/main").replace("//", "//olga:p%40%3A%2F%3F%23%25%24@")

        said = add("к причалу", url, sub=url, picture=picture)

    camera = Camera.objects.get()
    assert "Видео: H.264, 320 × 240" in said
    assert "кадра в секунду" in said
    assert f"Добавлена: К01 к причалу, {camera.location}" in said
    assert "p@:" not in said
    assert "p%40" not in said
    assert picture.read_bytes()[:2] == b"\xff\xd8"
    assert [stream.role for stream in camera.streams.all()] == ["MAIN", "SUB"]
    stream = camera.streams.get(role=Stream.Role.MAIN)
    assert stream.url == server.url("/main")
    address = source_address_of(stream)
    assert (address.username, address.password) == ("olga", mount.password)
    assert "p@:" not in json.dumps([entry.detail for entry in AuditEntry.objects.all()])


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("ru", "Не так: нет соединения: камера отвергла соединение"),
        ("en", "Wrong: no connection: connection refused"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_added(language: str, words: str) -> None:
    output = io.StringIO()

    with translation.override(language), pytest.raises(CommandError) as refusal:
        call_command(
            *("add_camera", "x", "rtsp://127.0.0.1:9/a"), location="Набережная", stdout=output
        )

    assert words in output.getvalue()
    assert "--no-probe" in str(refusal.value)
    assert not Camera.objects.exists()
    assert not Location.objects.exists()


def test_number_that_is_taken_is_refused() -> None:
    add("first", "rtsp://10.0.0.5/a", no_probe=True, number=4)

    with pytest.raises(CommandError):
        add("second", "rtsp://10.0.0.5/b", no_probe=True, number=4)
    add("third", "rtsp://10.0.0.5/c", no_probe=True)

    assert list(Camera.objects.values_list("number", "name")) == [(4, "first"), (5, "third")]
    assert Location.objects.count() == 1


@pytest.mark.parametrize("url", ["ftp://x/", "pipe:0", "file:///etc/passwd", "rtsp://"])
def test_forbidden_address_is_refused_in_russian(url: str) -> None:
    with pytest.raises(CommandError, match=r"[А-Яа-я]{3}"):
        add("x", url, no_probe=True)


@pytest.mark.e2e
def test_password_comes_by_standard_input_and_is_not_in_the_arguments(
    transactional_db: None,
) -> None:
    command = [
        *(sys.executable, "manage.py", "add_camera", "x", "rtsp://10.0.0.5/a"),
        *("--location", "Y", "--username", "olga", "--password-stdin", "--no-probe"),
    ]
    done = subprocess.run(
        command, input="secret\n", text=True, capture_output=True, env=os.environ, check=True
    )

    assert source_address_of(Stream.objects.select_related("camera").get()).password == "secret"  # noqa: S105 -- a test's
    assert "secret" not in done.stdout + done.stderr
