from __future__ import annotations

from pathlib import Path

import pytest

from atomgrad_site.actions.demo import (
    NoClipsError,
    NumbersTakenError,
    load_clips,
    load_demo_town,
    turn_off_prepared_cameras,
)
from cameras.demo.town import TOWN
from cameras.models import Camera, Location, Stream

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


def clips_in(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).write_bytes(b"")
    return folder


def test_demo_town_is_three_places_and_ten_cameras_however_often() -> None:
    load_demo_town(town=TOWN, in_russian=True)
    load_demo_town(town=TOWN, in_russian=True)

    assert [place.name for place in Location.objects.all()] == [
        "Солнышко",
        "Набережная",
        "Курган Славы",
    ]
    assert list(Camera.objects.values_list("number", flat=True)) == list(range(1, 11))
    assert Stream.objects.get(camera__number=3, role="SUB").url == "demo://k03/sub"
    for camera in Camera.objects.all():
        assert 0 < (camera.plan_x or 0) < 100
        assert 0 < (camera.plan_y or 0) < 100


def test_demo_town_leaves_real_cameras_alone() -> None:
    place = Location.objects.create(name="Gate")
    Camera.objects.create(location=place, number=4, name="real")

    with pytest.raises(NumbersTakenError):
        load_demo_town(town=TOWN, in_russian=True)

    assert Camera.objects.count() == 1


def test_clips_become_cameras_instead_of_the_demo(tmp_path: Path) -> None:
    load_demo_town(town=TOWN, in_russian=True)

    cameras = load_clips(folder=clips_in(tmp_path, "двор 1.mp4", "b.MKV", "notes.txt"))
    load_clips(folder=tmp_path)

    assert [camera.name for camera in cameras] == ["b", "двор 1"]
    enabled = Camera.objects.filter(is_enabled=True)
    assert [camera.pk for camera in enabled] == [camera.pk for camera in cameras]
    assert all(" " not in stream.url for stream in Stream.objects.all())


def test_clip_that_is_gone_is_turned_off(tmp_path: Path) -> None:
    load_clips(folder=clips_in(tmp_path, "a.mp4", "b.mp4"))
    (tmp_path / "a.mp4").unlink()

    load_clips(folder=tmp_path)

    assert [camera.name for camera in Camera.objects.filter(is_enabled=True)] == ["b"]


@pytest.mark.parametrize("name", ["", "absent"])
def test_folder_without_clips_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(NoClipsError):
        load_clips(folder=tmp_path / name)


def test_neither_demo_nor_clips_turns_them_off(tmp_path: Path) -> None:
    load_demo_town(town=TOWN, in_russian=True)
    real = Camera.objects.create(location=Location.objects.create(name="G"), number=40, name="r")

    assert turn_off_prepared_cameras() == 10
    assert list(Camera.objects.filter(is_enabled=True)) == [real]
