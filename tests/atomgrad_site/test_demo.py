from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from django.conf import LazySettings

from analytics.engine.weights import ALL
from analytics.models import Region, WatchRule
from analytics.setup import setup_of
from atomgrad_site.actions.demo import (
    NoClipsError,
    NumbersTakenError,
    load_clips,
    load_demo_town,
    turn_off_prepared_cameras,
)
from atomgrad_site.actions.demo_watching import DEMO_RULES
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


def weights_in(folder: Path) -> None:
    """Files of the right sizes: a look at them asks no more."""
    for weights in ALL:
        with (folder / weights.file_name).open("wb") as file:
            file.truncate(weights.size_bytes)


def rules_by_kind() -> Counter[str]:
    return Counter(WatchRule.objects.values_list("kind", flat=True))


def test_demo_cameras_get_rules_for_the_files_that_are_there(
    tmp_path: Path, settings: LazySettings
) -> None:
    settings.WEIGHTS_DIR = tmp_path
    load_demo_town(town=TOWN, in_russian=True)
    without = rules_by_kind()
    weights_in(tmp_path)
    load_demo_town(town=TOWN, in_russian=True)
    load_demo_town(town=TOWN, in_russian=True)

    assert without == {"tamper": 10, "fire": 10, "asset": 1, "motion": 1}
    drawn = WatchRule.objects.exclude(region=None)
    assert sorted(drawn.values_list("kind", flat=True)) == sorted(rule.kind for rule in DEMO_RULES)
    for camera in Camera.objects.all():
        setup = setup_of(camera)
        assert setup.make_rules()
        assert setup.scene is not None
        assert setup.problems == []


def test_what_is_drawn_on_a_demo_camera_stays_as_staff_changed_it(
    tmp_path: Path, settings: LazySettings
) -> None:
    settings.WEIGHTS_DIR = tmp_path
    load_demo_town(town=TOWN, in_russian=True)
    points = [[0.1, 0.1], [0.5, 0.1], [0.5, 0.5]]
    Region.objects.filter(name="Стела").update(points=points)
    WatchRule.objects.filter(kind="motion").update(is_enabled=False)

    load_demo_town(town=TOWN, in_russian=True)

    assert Region.objects.get(name="Стела").points == points
    assert not WatchRule.objects.get(kind="motion").is_enabled
