from __future__ import annotations

from pathlib import Path

import pytest

from archive.engine.file_names import footage_file_name
from archive.engine.reader import (
    Content,
    LocalFile,
    Piece,
    content_size,
    describe_tracks,
    read_initialization,
    slice_content,
)
from cameras.engine.initialization import initialization_segment
from tests.archive.factories import NOON, Clip, encode_clip, file_bytes, with_sound

pytestmark = pytest.mark.media


@pytest.fixture(scope="module")
def clip() -> Clip:
    return encode_clip(10)


def test_tracks_are_described_as_they_were_written(clip: Clip) -> None:
    video, audio = describe_tracks(initialization_segment(with_sound(clip).format))

    assert (video.codec, video.width, video.height, video.timescale) == ("h264", 320, 180, 90_000)
    assert video.decoder_configuration == clip.format.video.decoder_configuration
    assert video.codec_string == f"avc1.{video.decoder_configuration[1:4].hex()}"
    assert (audio.codec, audio.timescale, audio.codec_string) == ("aac", 16_000, "mp4a.40.2")


@pytest.mark.parametrize(
    ("codec", "expected"), [("libx265", "hvc1.1.6.L60.90"), ("mjpeg", "mp4v.6c")]
)
def test_codec_strings_are_those_of_rfc_6381(codec: str, expected: str) -> None:
    (video,) = describe_tracks(initialization_segment(encode_clip(2, codec=codec).format))

    assert video.codec_string == expected


def test_initialization_is_read_off_a_file(tmp_path: Path, clip: Clip) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(file_bytes(clip))
    file = LocalFile(path)

    assert read_initialization(file) == initialization_segment(clip.format)
    file.close()


def test_slices_of_content_are_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(bytes(range(100)))
    file = LocalFile(path)
    content: Content = [b"abc", Piece(file, 10, 5), b"", b"de", Piece(file, 50, 3)]
    whole = b"abc" + bytes(range(10, 15)) + b"de" + bytes(range(50, 53))

    assert content_size(content) == len(whole)
    for start in range(len(whole)):
        for end in range(start + 1, len(whole) + 1):
            parts = slice_content(content, start, end)
            read = [p.source.read(p.offset, p.length) if isinstance(p, Piece) else p for p in parts]
            assert b"".join(read) == whole[start:end]
    file.close()


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("Солнышко", "Солнышко_К01_2026-07-10_12-00-00.mp4"),
        ("../../etc", "etc_К01_2026-07-10_12-00-00.mp4"),
        ('a/b\\c:"d"\r\n', "a-b-c-d_К01_2026-07-10_12-00-00.mp4"),
        ("", "-_К01_2026-07-10_12-00-00.mp4"),
    ],
)
def test_file_names_are_safe_and_keep_cyrillic(place: str, expected: str) -> None:
    assert footage_file_name(place=place, camera="К01", moment=NOON, suffix="mp4") == expected
