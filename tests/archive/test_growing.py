"""The minute that is being recorded: listed, played, shown and exported before it has a row."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import AsyncClient, Client
from django.utils.timezone import now

from archive.actions import export_jobs, exports
from archive.engine.files import PART_SUFFIX, recording_path
from archive.engine.manifest import OpeningNote, write_opening_note
from archive.engine.timeline import to_us
from archive.models import Export, Volume
from cameras.models import Camera, Stream
from tests.archive.factories import (
    counters_in,
    decode_jpeg,
    encode_clip,
    file_bytes,
    main_stream,
    make_camera,
    make_volume,
    read_counter,
    record,
)
from tests.archive.test_views import body_of
from tests.cast import client_for

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def camera() -> Camera:
    return make_camera()


@pytest.fixture
def volume(tmp_path: Path) -> Volume:
    return make_volume(tmp_path / "archive")


@pytest.fixture
def begun_at() -> datetime:
    moment = now() - timedelta(seconds=10)
    return moment.replace(microsecond=123_000)


@pytest.fixture
def part(camera: Camera, volume: Volume, begun_at: datetime) -> Path:
    """Two seconds of a recording that is being written; its last fragment is cut off."""
    return write_part(main_stream(camera), volume, begun_at)


def write_part(stream: Stream, volume: Volume, begun_at: datetime) -> Path:
    run = uuid.uuid4()
    path = recording_path(
        camera_number=stream.camera.number, role="MAIN", started_us=to_us(begun_at), run=run
    )
    file = Path(volume.path) / (path + PART_SUFFIX)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(file_bytes(encode_clip(51))[:-7])
    note = OpeningNote(
        id=uuid.uuid4().hex,
        path=path,
        stream_id=stream.pk,
        run=run.hex,
        started_us=to_us(begun_at),
        format=None,
        gap_before=None,
    )
    write_opening_note(Path(volume.path) / "pending", note)
    return file


@pytest.fixture
def client(dispatcher: User) -> Client:
    return client_for(dispatcher)


def query_of(camera: Camera, begun_at: datetime) -> dict[str, int]:
    return {
        "camera": camera.pk,
        "from_us": to_us(begun_at) - 60_000_000,
        "to_us": to_us(begun_at) + 60_000_000,
    }


def test_footage_ends_with_the_growing_minute(
    client: Client, camera: Camera, part: Path, begun_at: datetime
) -> None:
    found = client.get("/archive/footage/", query_of(camera, begun_at)).json()

    (growing,) = found["recordings"]
    assert growing["is_growing"] is True
    assert growing["start_us"] == to_us(begun_at)
    assert growing["end_us"] == to_us(begun_at) + 2_000_000
    assert growing["size"] < part.stat().st_size
    assert [gop[3] for gop in growing["gops"]] == [25, 25]
    assert found["formats"][growing["format"]]["codec_string"].startswith("avc1.")


async def test_growing_minute_plays_from_its_address(
    browser: AsyncClient, camera: Camera, part: Path, begun_at: datetime
) -> None:
    answer = await browser.get("/archive/footage/", query_of(camera, begun_at))
    found = answer.json()
    (growing,) = found["recordings"]

    head = await browser.get(found["formats"][growing["format"]]["url"])
    offset, size = growing["gops"][1][1], growing["size"]
    response = await browser.get(growing["url"], headers={"Range": f"bytes={offset}-{size - 1}"})

    assert response.status_code == 206
    assert response["Cache-Control"] == "no-store"
    assert counters_in(head.content + await body_of(response)) == list(range(25, 50))


async def test_growing_minute_plays_on_after_it_was_finished(
    browser: AsyncClient, camera: Camera, part: Path
) -> None:
    name = part.name.removesuffix(".mp4.part")
    stream = await camera.streams.aget()
    part.rename(part.with_name(f"{name}.mp4"))

    response = await browser.get(f"/archive/growing/{stream.pk}/{name}.mp4")

    assert response.status_code == 200
    assert len(await body_of(response)) == int(response["Content-Length"])


@pytest.mark.parametrize(
    "name", ["..", "volume", "000000.000-zzzzzzzz", "%2e%2e%2fvolume", "x" * 300]
)
def test_growing_file_of_another_name_is_absent(
    client: Client, camera: Camera, part: Path, name: str
) -> None:
    stream = camera.streams.get()

    assert client.get(f"/archive/growing/{stream.pk}/{name}.mp4").status_code == 404


def test_frame_of_the_growing_minute(
    client: Client, camera: Camera, part: Path, begun_at: datetime
) -> None:
    query = {"camera": camera.pk, "at_us": to_us(begun_at) + 1_240_000}

    response = client.get("/archive/frame.jpg", query)

    picture = decode_jpeg(response.content)
    assert read_counter(picture) == 31
    assert response["Cache-Control"] == "no-store"


def test_export_reaches_into_the_growing_minute(
    camera: Camera,
    volume: Volume,
    begun_at: datetime,
    part: Path,
    dispatcher: User,
    data_dir: Path,
) -> None:
    before = encode_clip(50)
    record(main_stream(camera), volume, before, started_at=begun_at - timedelta(seconds=2))
    export = exports.request_export(
        camera=camera,
        actor=dispatcher,
        started_at=begun_at - timedelta(seconds=1),
        ended_at=begun_at + timedelta(seconds=1),
        reason="",
        at=now(),
    )

    export_jobs.run_export(export_id=export.pk)

    export.refresh_from_db()
    assert (export.state, export.error) == (Export.State.DONE, "")
    path = Path(settings.EXPORT_DIR) / export.path
    assert counters_in(path) == [*range(25, 50), *range(25)]
    assert [item.get("is_unfinished", False) for item in export.manifest["recordings"]] == [
        False,
        True,
    ]
