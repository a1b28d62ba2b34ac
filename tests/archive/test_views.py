"""The routes of the archive, over real files and the ASGI side of Django."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import av
import pytest
from django.contrib.auth.models import User
from django.http import HttpResponseBase, StreamingHttpResponse
from django.test import AsyncClient, Client

from archive.engine.timeline import to_us, us_of
from archive.models import Gap, Recording
from cameras.models import Camera
from tests.archive.factories import (
    NOON,
    counters_in,
    decode_jpeg,
    encode_clip,
    main_stream,
    make_camera,
    make_volume,
    read_counter,
    record_run,
    split_clip,
)
from tests.cast import client_for

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]

FRAMES = 150
AFTER = NOON + timedelta(seconds=FRAMES / 25)


@pytest.fixture
def camera() -> Camera:
    return make_camera()


@pytest.fixture
def recordings(camera: Camera, tmp_path: Path) -> list[Recording]:
    """Six seconds in two files of one run, frames 0 to 149."""
    volume = make_volume(tmp_path / "archive")
    return record_run(main_stream(camera), volume, split_clip(encode_clip(FRAMES), 3))


@pytest.fixture
def client(dispatcher: User) -> Client:
    return client_for(dispatcher)


async def body_of(response: HttpResponseBase) -> bytes:
    assert isinstance(response, StreamingHttpResponse)
    content: Any = response.streaming_content
    return b"".join([part async for part in content])


@pytest.fixture
def fetch(browser: AsyncClient) -> Callable[..., Any]:
    """Get a URL as the ASGI server would; returns the response and its whole body."""

    async def get(url: str, **headers: str) -> tuple[HttpResponseBase, bytes]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        response = await browser.get(url, headers=named)
        body = await body_of(response) if response.streaming else response.content
        return response, body

    return get


def footage_of(client: Client, camera: Camera, **extra: str) -> dict[str, Any]:
    query = {"camera": str(camera.pk), "from_us": str(to_us(NOON)), "to_us": str(to_us(AFTER))}
    response = client.get("/archive/footage/", {**query, **extra})
    assert response.status_code == 200, response.content
    found: dict[str, Any] = response.json()
    return found


def test_footage_lists_recordings_with_their_index(
    client: Client, camera: Camera, recordings: list[Recording]
) -> None:
    found = footage_of(client, camera)

    first, second = found["recordings"]
    digest = recordings[0].video_format.digest
    assert (first["start_us"], first["end_us"]) == (to_us(NOON), to_us(NOON) + 3_000_000)
    assert second["start_us"] == first["end_us"]
    assert [gop[0] for gop in first["gops"]] == [0, 90_000, 180_000]
    assert [gop[3] for gop in first["gops"]] == [25, 25, 25]
    assert found["formats"][digest]["codec_string"].startswith("avc1.")
    assert first["is_growing"] is False


def test_footage_index_points_at_fragments(
    client: Client, camera: Camera, recordings: list[Recording]
) -> None:
    recording = footage_of(client, camera)["recordings"][0]
    data = (Path(recordings[0].volume.path) / recordings[0].path).read_bytes()

    for _time, offset, _key_bytes, _frames in recording["gops"]:
        assert data[offset + 4 : offset + 8] == b"moof"


async def test_recording_range_is_the_bytes_of_the_file(
    fetch: Callable[..., Any], recordings: list[Recording]
) -> None:
    recording = recordings[0]
    data = (Path(recording.volume.path) / recording.path).read_bytes()

    response, body = await fetch(f"/archive/recordings/{recording.pk}.mp4", Range="bytes=100-299")

    assert (response.status_code, body) == (206, data[100:300])
    assert response["Content-Range"] == f"bytes 100-299/{len(data)}"
    assert response["Content-Length"] == "200"
    assert response["ETag"] == f'"{recording.sha256}"'
    assert response["X-Content-Type-Options"] == "nosniff"


async def test_recording_whole_is_the_file(
    fetch: Callable[..., Any], recordings: list[Recording]
) -> None:
    recording = recordings[0]

    response, body = await fetch(f"/archive/recordings/{recording.pk}.mp4")

    assert response.status_code == 200
    assert body == (Path(recording.volume.path) / recording.path).read_bytes()


async def test_range_behind_the_end_is_416(
    fetch: Callable[..., Any], recordings: list[Recording]
) -> None:
    url = f"/archive/recordings/{recordings[0].pk}.mp4"

    response, _body = await fetch(url, Range="bytes=99999999-")

    assert response.status_code == 416
    assert response["Content-Range"] == f"bytes */{recordings[0].size_bytes}"


async def test_if_range_of_another_file_sends_it_whole(
    fetch: Callable[..., Any], recordings: list[Recording]
) -> None:
    url = f"/archive/recordings/{recordings[0].pk}.mp4"

    same, _ = await fetch(url, Range="bytes=0-9", If_Range=f'"{recordings[0].sha256}"')
    other, _ = await fetch(url, Range="bytes=0-9", If_Range='"other"')

    assert (same.status_code, other.status_code) == (206, 200)


async def test_head_answers_without_body(browser: AsyncClient, recordings: list[Recording]) -> None:
    response = await browser.head(f"/archive/recordings/{recordings[0].pk}.mp4")

    assert response.content == b""
    assert response["Content-Length"] == str(recordings[0].size_bytes)


@pytest.mark.parametrize(("every", "expected"), [(1, [0, 25, 50]), (2, [0, 50])])
async def test_keyframes_show_each_until_the_next(
    fetch: Callable[..., Any], recordings: list[Recording], every: int, expected: list[int]
) -> None:
    url = f"/archive/recordings/{recordings[0].pk}/keyframes.mp4?every={every}"

    response, body = await fetch(url)

    assert response["Content-Length"] == str(len(body))
    assert counters_in(body) == expected
    with av.open(io.BytesIO(body), "r") as container:
        found = [packet for packet in container.demux(video=0) if packet.size]
    assert [packet.pts for packet in found] == [number * 3600 for number in expected]
    assert sum(packet.duration or 0 for packet in found) == 75 * 3600


@pytest.mark.parametrize("number", [0, 1, 24, 25, 74, 75, 149])
def test_frame_is_the_very_frame(
    client: Client, camera: Camera, recordings: list[Recording], number: int
) -> None:
    shown_us = to_us(NOON) + us_of(number * 3600)

    response = client.get("/archive/frame.jpg", {"camera": camera.pk, "at_us": shown_us})
    just_before_next = client.get(
        "/archive/frame.jpg", {"camera": camera.pk, "at_us": shown_us + 39_000}
    )

    for answer in (response, just_before_next):
        picture = decode_jpeg(answer.content)
        assert picture.shape == (180, 320)
        assert read_counter(picture) == number
        assert int(answer["X-Frame-Time-Us"]) == shown_us


def test_frame_download_is_named_after_place_camera_and_local_time(
    client: Client, camera: Camera, recordings: list[Recording]
) -> None:
    query = {"camera": str(camera.pk), "at_us": str(to_us(NOON)), "download": "1"}

    response = client.get("/archive/frame.jpg", query)

    # «Солнышко_К01_2026-07-10_15-00-00-000.jpg»: noon in UTC is three in Moscow
    assert "%D0%A1%D0%BE%D0%BB%D0%BD%D1%8B%D1%88%D0%BA%D0%BE_" in response["Content-Disposition"]
    assert "_2026-07-10_15-00-00-000.jpg" in response["Content-Disposition"]


def test_frame_in_a_gap_says_why(
    client: Client, camera: Camera, recordings: list[Recording]
) -> None:
    Gap.objects.create(stream=main_stream(camera), started_at=AFTER, cause=Gap.Cause.UNREACHABLE)
    at_us = to_us(AFTER) + 10_000_000

    response = client.get("/archive/frame.jpg", {"camera": camera.pk, "at_us": at_us})

    assert response.status_code == 404
    assert response.json()["error"]


def test_preview_is_the_keyframe_reduced(
    client: Client, camera: Camera, recordings: list[Recording]
) -> None:
    query = {"camera": camera.pk, "at_us": to_us(NOON) + 1_600_000, "width": 160}

    response = client.get("/archive/frame.jpg", query)

    picture = decode_jpeg(response.content)
    assert picture.shape == (90, 160)
    assert int(response["X-Frame-Time-Us"]) == to_us(NOON) + 1_000_000


def test_coverage_merges_recordings_and_names_gaps(
    client: Client, camera: Camera, recordings: list[Recording]
) -> None:
    Gap.objects.create(stream=main_stream(camera), started_at=AFTER, cause=Gap.Cause.NO_FRAMES)
    query = {"camera": camera.pk, "from_us": to_us(NOON) - 1, "to_us": to_us(AFTER) + 60_000_000}

    found = client.get("/archive/coverage/", query).json()["cameras"][0]

    assert found["spans"] == [[to_us(NOON), to_us(AFTER)]]
    assert [(gap["start_us"], gap["end_us"], gap["cause"]) for gap in found["gaps"]] == [
        (to_us(AFTER), None, "NO_FRAMES")
    ]


def test_days_begin_with_the_oldest_footage(
    client: Client, camera: Camera, recordings: list[Recording]
) -> None:
    found = client.get("/archive/days/", {"camera": camera.pk}).json()["days"]

    assert found[0] == {"date": "2026-07-10", "share": round(6 / 86400, 4), "held": False}
    assert found[1]["share"] == 0


def test_playlist_lists_a_segment_per_gop_of_one_run(
    client: Client, camera: Camera, recordings: list[Recording]
) -> None:
    query = {"from_us": to_us(NOON), "to_us": to_us(AFTER)}

    text = client.get(f"/archive/hls/{camera.pk}.m3u8", query).content.decode()

    assert text.count("#EXTINF:1.00000,") == 6
    assert text.count("#EXT-X-MAP:") == 1
    assert "#EXT-X-DISCONTINUITY" not in text
    assert "#EXT-X-PROGRAM-DATE-TIME:2026-07-10T12:00:00.000Z" in text


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"from_us": "1", "to_us": "1"},
        {"from_us": "2", "to_us": "1"},
        {"from_us": "-1", "to_us": "1"},
        {"from_us": "0", "to_us": "9" * 30},
        {"from_us": "x", "to_us": "²"},
        {"from_us": "0", "to_us": str(10**16)},
    ],
)
def test_footage_of_nonsense_is_refused_in_words(
    client: Client, camera: Camera, query: dict[str, str]
) -> None:
    response = client.get("/archive/footage/", {"camera": str(camera.pk), **query})

    assert response.status_code == 400
    assert response.json()["error"]


def media_urls(camera: Camera, recording: Recording) -> list[str]:
    span = f"from_us={to_us(NOON)}&to_us={to_us(AFTER)}"
    return [
        f"/archive/coverage/?camera={camera.pk}&{span}",
        f"/archive/days/?camera={camera.pk}",
        f"/archive/footage/?camera={camera.pk}&{span}",
        f"/archive/formats/{recording.video_format.digest}.mp4",
        f"/archive/recordings/{recording.pk}.mp4",
        f"/archive/recordings/{recording.pk}/keyframes.mp4",
        f"/archive/frame.jpg?camera={camera.pk}&at_us={to_us(NOON)}",
        f"/archive/hls/{camera.pk}.m3u8?{span}",
        f"/archive/hls/recordings/{recording.pk}/0.mp4",
    ]


@pytest.mark.parametrize("position", range(9))
async def test_media_is_there_for_a_dispatcher(
    camera: Camera, recordings: list[Recording], fetch: Callable[..., Any], position: int
) -> None:
    response, _body = await fetch(media_urls(camera, recordings[0])[position])

    assert response.status_code == 200


@pytest.mark.parametrize("position", range(9))
def test_media_is_absent_for_a_stranger(
    camera: Camera, recordings: list[Recording], stranger: User, position: int
) -> None:
    response = client_for(stranger).get(media_urls(camera, recordings[0])[position])

    assert response.status_code == 404
