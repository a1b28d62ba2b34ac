from __future__ import annotations

from pathlib import Path

import pytest

from cameras.engine.addresses import AddressError, parse_address

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("rtsp://10.0.0.5/stream1", "rtsp://10.0.0.5/stream1"),
        ("RTSP://Camera-1.town:554/a?x=1&y=2", "rtsp://camera-1.town/a?x=1&y=2"),
        ("  rtsps://10.0.0.5:8322/a  ", "rtsps://10.0.0.5:8322/a"),
        ("rtsp://[fe80::1]:8554/", "rtsp://[fe80::1]:8554/"),
        ("http://cam/video.mjpg#top", "http://cam/video.mjpg"),
        ("v4l2:///dev/video0", "v4l2:///dev/video0"),
        ("demo://k01/main", "demo://k01/main"),
    ],
)
def test_address_is_rebuilt_from_its_parts(text: str, url: str) -> None:
    assert parse_address(text, generated_schemes=["demo"]).url == url


@pytest.mark.parametrize(
    ("text", "username", "password"),
    [
        ("rtsp://olga:secret@cam/a", "olga", "secret"),
        ("rtsp://olga:p%40%3A%2F@cam/a", "olga", "p@:/"),
        ("rtsp://olga:p@ss@cam/a", "olga", "p@ss"),
        ("rtsp://olga:pa/ss?#@cam/a", "olga", "pa/ss?#"),
        ("rtsp://olga@cam/a", "olga", ""),
    ],
)
def test_credentials_are_split_off(text: str, username: str, password: str) -> None:
    address = parse_address(text, username="default", password="unused")  # noqa: S106 -- no secret

    assert (address.username, address.password) == (username, password)
    assert address.url == "rtsp://cam/a"
    assert "secret" not in repr(address)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("rtsp://" + "a" * 600, "long"),
        ("-rtsp://cam/", "characters"),
        ("rtsp://cam/a b", "characters"),
        ("rtsp://cam/a\r\nX: y", "characters"),
        ("rtsp://cam/%0d%0aX", "characters"),
        ("rtsp://cam/\0", "characters"),
        ("ftp://cam/", "scheme"),
        ("concat:a|b", "scheme"),
        ("subfile,,start,0,end,9,,:/etc/passwd", "scheme"),
        ("pipe:0", "scheme"),
        ("data:text/plain,x", "scheme"),
        ("demo://k01/main", "scheme"),
        ("rtsp:///path", "host"),
        ("rtsp://cam_\u202e/", "characters"),
        ("rtsp://cam:0/", "port"),
        ("rtsp://cam:99999/", "port"),
        ("rtsp://cam:port/", "port"),
        ("file://clip.mp4", "path"),
        ("file:///etc/passwd", "folder"),
        ("v4l2:///dev/sda", "device"),
        ("v4l2:///dev/video0/../sda", "device"),
    ],
)
def test_address_of_another_form_is_refused(text: str, code: str) -> None:
    with pytest.raises(AddressError) as refusal:
        parse_address(text)

    assert refusal.value.code == code


def test_file_must_lie_below_an_allowed_folder_with_links_resolved(tmp_path: Path) -> None:
    inside, outside = tmp_path / "clips", tmp_path / "other"
    inside.mkdir()
    outside.mkdir()
    (inside / "площадь №1.mp4").touch()
    (inside / "link.mp4").symlink_to(outside / "secret.mp4")
    (outside / "secret.mp4").touch()

    address = parse_address(f"file://{inside}/площадь%20№1.mp4", allowed_folders=[inside])

    assert address.path == str(inside / "площадь №1.mp4")
    for name in ("link.mp4", "../other/secret.mp4", "%2e%2e/other/secret.mp4"):
        with pytest.raises(AddressError, match="configured folders"):
            parse_address(f"file://{inside}/{name}", allowed_folders=[inside])


def test_generated_scheme_takes_plain_names_only() -> None:
    for text in ("demo://../x", "demo://k01/../../etc", "demo://", "demo://K01"):
        with pytest.raises(AddressError):
            parse_address(text, generated_schemes=["demo"])
