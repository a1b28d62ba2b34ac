"""Choosing the face that is meant: of a group photo, of a frame of the archive, for the list."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from pathlib import Path

import cv2
import numpy as np
import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.timezone import localdate, now

from analytics import face_templates
from analytics.actions.faces.photos import cut_faces, enroll, networks
from analytics.models import FaceEncounter, FaceSearch, FaceSwitch, WatchEntry
from archive.engine.timeline import to_us
from cameras.access import Role
from cameras.models import Camera
from tests.analytics.actions.faces.rows import second_of, switch_on
from tests.analytics.footage import still_clip
from tests.analytics.views.face_rows import make_seen
from tests.archive.factories import main_stream, make_camera, make_volume, record
from tests.cast import client_for

pytestmark = [pytest.mark.integration, pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]

DAY = timedelta(days=1)
GROUP = "ageitgey_multi/obama_and_biden.jpg"
OBAMA, BIDEN = "ageitgey/barack_obama/obama.jpg", "ageitgey/joe_biden/biden.jpg"


@pytest.fixture
def faces(shared_folder: Path, settings: LazySettings, tmp_path: Path) -> Path:
    """The pictures; the networks are open, and the index is the test's own."""
    settings.WEIGHTS_DIR = shared_folder / "models"
    settings.DATA_DIR = tmp_path
    return shared_folder / "faces"


@pytest.fixture
def camera() -> Camera:
    return make_camera()


@pytest.fixture
def all_on(staff: User) -> None:
    switch_on(FaceSwitch.Name.SEARCH, by=staff, at=now() - DAY)


@pytest.fixture
def list_is_on(staff: User) -> None:
    second = second_of(Role.STAFF)
    switch_on(FaceSwitch.Name.WATCH_LIST, by=staff, second=second, at=now() - DAY)


def send(person: User, path: str, **data: object) -> str:
    response = client_for(person).post(path, data, follow=True)
    assert response.status_code == 200
    return unescape(response.content.decode())


def photo(path: Path) -> SimpleUploadedFile:
    return SimpleUploadedFile(path.name, path.read_bytes())


def tokens(page: str, name: str, *, checked: bool = False) -> list[str]:
    mark = " checked" if checked else ""
    return re.findall(rf'name="{name}" value="([^"]+)"{mark}>', page)


def seen(camera: Camera, picture: Path) -> FaceEncounter:
    found = enroll(picture.read_bytes(), networks())
    return make_seen(camera, template=face_templates.seal(found.template.tobytes()))


# --- search ------------------------------------------------------------------------------


@pytest.mark.usefixtures("all_on")
def test_face_of_a_group_photo_is_chosen_and_found(
    police: User, camera: Camera, faces: Path
) -> None:
    passed = {name: seen(camera, faces / name) for name in (OBAMA, BIDEN)}

    page = send(police, "/faces/search/", photo=photo(faces / GROUP), reason="КУСП 7")
    offered = tokens(page, "chosen")

    assert len(offered) == 3  # the two, and a girl behind them
    assert FaceSearch.objects.count() == 0
    found = set()
    for token in offered[:2]:
        send(police, "/faces/search/", chosen=token, reason="КУСП 7")
        found.add(FaceSearch.objects.latest("pk").answers[0][0])
    assert found == {row.pk for row in passed.values()}


@pytest.mark.usefixtures("all_on")
def test_only_the_chosen_face_is_kept_of_a_group_photo(
    police: User, camera: Camera, faces: Path
) -> None:
    page = send(police, "/faces/search/", photo=photo(faces / GROUP), reason="КУСП 7")
    send(police, "/faces/search/", chosen=tokens(page, "chosen")[0], reason="КУСП 7")

    search = FaceSearch.objects.get()
    kept = client_for(police).get(f"/faces/search/{search.pk}.jpg").content
    picture = cv2.imdecode(np.frombuffer(kept, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    assert max(picture.shape) <= 384


@pytest.mark.usefixtures("all_on")
def test_choice_that_was_changed_is_refused_in_words(police: User, camera: Camera) -> None:
    page = send(police, "/faces/search/", chosen="gAAAAABnonsense", reason="КУСП 7")

    assert "Выбор устарел" in page
    assert FaceSearch.objects.count() == 0


@pytest.mark.usefixtures("all_on")
def test_faces_of_an_archive_frame_are_offered_to_who_sees_the_archive(
    senior: User, police: User, camera: Camera, faces: Path, settings: LazySettings
) -> None:
    began = now() - timedelta(minutes=10)
    record(
        main_stream(camera),
        make_volume(settings.ARCHIVE_DIR),
        still_clip(faces / GROUP),
        started_at=began,
    )
    url = f"/faces/search/?camera={camera.pk}&at_us={to_us(began) + 200_000}"

    page = client_for(senior).get(url).content.decode()

    assert len(tokens(page, "chosen")) >= 2
    assert camera.label in page
    assert client_for(police).get(url).status_code == 404
    send(senior, "/faces/search/", chosen=tokens(page, "chosen")[0], reason="КУСП 7")
    assert FaceSearch.objects.get().asked_by == senior

    camera.location.excludes_faces = True
    camera.location.save()
    refused = client_for(senior).get(url).content.decode()
    assert tokens(refused, "chosen") == []
    assert "лица не распознаются" in refused.lower()


@pytest.mark.usefixtures("all_on")
def test_moment_without_footage_says_so(senior: User, camera: Camera) -> None:
    page = client_for(senior).get(f"/faces/search/?camera={camera.pk}&at_us=1000000")

    assert "записи нет" in page.content.decode()


@pytest.mark.usefixtures("all_on")
def test_link_of_an_incident_fills_cameras_and_range_of_the_search(
    senior: User, camera: Camera
) -> None:
    other = make_camera(number=2)
    query = f"cameras={camera.pk}&begin=2026-07-10T12:00:00%2B03:00&end=2026-07-10T12:20:00%2B03:00"

    page = client_for(senior).get(f"/faces/search/?{query}").content.decode()

    boxes = dict(re.findall(r'name="camera" value="(\d+)"([^>]*)>', page))
    assert "checked" in boxes[str(camera.pk)]
    assert "checked" not in boxes[str(other.pk)]
    assert 'value="2026-07-10T12:00"' in page


# --- watch list --------------------------------------------------------------------------


def entry_form(**values: object) -> dict[str, object]:
    return {
        "kind": "WANTED",
        "name": "Иванов",
        "ground": "CASE",
        "ground_number": "7",
        "until": str(localdate() + 3 * DAY),
        **values,
    }


@pytest.mark.usefixtures("list_is_on")
def test_photos_are_judged_before_an_entry_is_added(police: User, faces: Path) -> None:
    files = [photo(faces / GROUP), photo(faces / OBAMA)]

    page = send(police, "/faces/watch-list/add/", **entry_form(photos=files))

    assert WatchEntry.objects.count() == 0
    assert len(tokens(page, "face", checked=True)) == 1  # the only one of its photo
    assert page.count('face-offer">') == 4
    assert "лицо смазано" in page
    send(
        police,
        "/faces/watch-list/add/",
        **entry_form(face=tokens(page, "face", checked=True)),
    )
    entry = WatchEntry.objects.get()
    assert entry.photos.count() == 1


@pytest.mark.usefixtures("list_is_on")
def test_faces_of_two_people_are_doubted(police: User, faces: Path) -> None:
    files = [photo(faces / BIDEN), photo(faces / OBAMA)]

    page = send(police, "/faces/watch-list/add/", **entry_form(photos=files))

    assert "мало похожи" in page


@pytest.mark.usefixtures("list_is_on")
def test_entry_without_a_chosen_face_is_refused(police: User) -> None:
    page = send(police, "/faces/watch-list/add/", **entry_form())

    assert "хотя бы одну фотографию" in page
    assert WatchEntry.objects.count() == 0


@pytest.mark.usefixtures("list_is_on")
def test_face_that_a_camera_saw_is_enrolled(police: User, camera: Camera, faces: Path) -> None:
    (cut,) = cut_faces((faces / OBAMA).read_bytes(), networks())
    passed = make_seen(camera, picture_bytes=cut.jpeg)

    page = client_for(police).get(f"/faces/watch-list/add/?face={passed.pk}").content.decode()
    (token,) = tokens(page, "face", checked=True)
    send(police, "/faces/watch-list/add/", **entry_form(face=[token]))

    (kept,) = WatchEntry.objects.get().photos.all()
    own = enroll((faces / OBAMA).read_bytes(), networks()).template
    template = np.frombuffer(face_templates.unseal(bytes(kept.template)), np.float32)
    assert float(template @ own) > 0.8
