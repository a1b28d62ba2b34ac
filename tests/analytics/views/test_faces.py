"""Pages of faces: what they show, to whom, and what they refuse in words."""

from __future__ import annotations

from datetime import timedelta
from html import unescape
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.timezone import localdate, localtime, now

from analytics.models import FaceSearch, FaceSwitch, WatchEntry
from cameras.access import Role
from cameras.models import Camera
from tests.analytics.actions.faces.rows import make_entry, make_hit, second_of, switch_on
from tests.analytics.views.face_rows import jpeg, make_photo, make_search, make_seen
from tests.archive.factories import make_camera
from tests.cast import client_for

pytestmark = [pytest.mark.integration, pytest.mark.django_db, pytest.mark.usefixtures("data_dir")]

DAY = timedelta(days=1)


@pytest.fixture
def camera() -> Camera:
    return make_camera()


def text_of(person: User, path: str) -> str:
    response = client_for(person).get(path)
    assert response.status_code == 200
    return unescape(response.content.decode())


def post(person: User, path: str, **data: object) -> str:
    response = client_for(person).post(path, data, follow=True)
    assert response.status_code == 200
    return unescape(response.content.decode())


# --- who passed --------------------------------------------------------------------------


def test_faces_are_narrowed_by_quality_and_time(senior: User, camera: Camera) -> None:
    good = make_seen(camera, quality=0.9)
    poor = make_seen(camera, quality=0.1, minutes_ago=20)
    old = make_seen(camera, quality=0.9, minutes_ago=600)
    begin = (now() - timedelta(hours=1)).isoformat()[:16]

    pages = [
        text_of(senior, f"/faces/?{query}") for query in ("", "quality=0.65", "quality=nonsense")
    ]
    shown = [[f"/faces/{row.pk}.jpg" in page for row in (good, poor, old)] for page in pages]

    assert shown == [[True, True, True], [True, False, True], [True, True, True]]
    recent = text_of(senior, f"/faces/?begin={begin}")
    assert f"/faces/{old.pk}.jpg" not in recent


def test_link_of_an_incident_names_place_and_term_with_its_zone(
    senior: User, camera: Camera
) -> None:
    within = make_seen(camera, quality=0.9, minutes_ago=30)
    before = make_seen(camera, quality=0.9, minutes_ago=90)
    begin, end = now() - timedelta(hours=1), now() - timedelta(minutes=10)
    term = {"begin": begin.isoformat(), "end": end.isoformat()}
    shown_begin = f'value="{localtime(begin):%Y-%m-%dT%H:%M}"'

    pages = [
        text_of(senior, "/faces/?" + urlencode({"place": place, **term}))
        for place in (camera.location_id, 999_999)
    ]

    assert [f"/faces/{within.pk}.jpg" in page for page in pages] == [True, True]
    assert [f"/faces/{before.pk}.jpg" in page for page in pages] == [False, False]
    assert all(shown_begin in page for page in pages)


def test_term_that_is_no_date_is_left_out(senior: User, camera: Camera) -> None:
    seen = make_seen(camera, quality=0.9)

    page = text_of(senior, "/faces/?begin=2026-13-45T99:00:00%2B03:00")

    assert f"/faces/{seen.pk}.jpg" in page


def test_faces_whose_time_is_over_are_not_shown(senior: User, camera: Camera) -> None:
    gone = make_seen(camera, delete_after=now() - timedelta(seconds=1))

    page = text_of(senior, "/faces/")

    assert "Лиц в хранении нет" in page
    assert client_for(senior).get(f"/faces/{gone.pk}.jpg").status_code == 404


def test_picture_is_unsealed_for_who_may_and_kept_by_no_cache(senior: User, camera: Camera) -> None:
    response = client_for(senior).get(f"/faces/{make_seen(camera).pk}.jpg")

    assert response.content == jpeg()
    assert response.headers["Content-Type"] == "image/jpeg"
    assert response.headers["Cache-Control"] == "no-store"


def test_face_at_an_excluded_place_is_not_found(senior: User, camera: Camera) -> None:
    seen = make_seen(camera)
    camera.location.excludes_faces = True
    camera.location.save()

    assert client_for(senior).get(f"/faces/{seen.pk}.jpg").status_code == 404


def test_police_jump_to_no_archive_they_may_not_open(
    police: User, senior: User, camera: Camera
) -> None:
    make_seen(camera)

    links = ["/archive/?camera=" in text_of(person, "/faces/") for person in (police, senior)]

    assert links == [False, True]


# --- search ------------------------------------------------------------------------------


def test_search_that_is_off_is_refused_in_words(police: User, camera: Camera) -> None:
    seen = make_seen(camera)

    page = post(police, "/faces/search/", encounter=seen.pk, reason="КУСП 7")

    assert "Поиск по лицу выключен" in page
    assert FaceSearch.objects.count() == 0


def test_search_without_reason_or_photo_says_what_is_missing(police: User) -> None:
    page = post(police, "/faces/search/", reason="")

    assert "Обязательное поле" in page
    assert "Выберите фотографию или лицо" in page


def test_candidates_are_said_to_be_like_and_never_named(police: User, camera: Camera) -> None:
    seen = make_seen(camera)
    search = make_search(police, [(seen, 0.7123)])

    page = text_of(police, f"/faces/search/{search.pk}/")

    assert "похож, 0,71" in page
    assert "Это не вероятность и не доказательство" in page
    assert f"/faces/{seen.pk}.jpg" in page


def test_search_of_another_person_is_not_found(police: User, senior: User) -> None:
    search = make_search(senior, [])

    answers = [
        client_for(person).get(f"/faces/search/{search.pk}/").status_code
        for person in (senior, police)
    ]

    assert answers == [200, 404]


def test_answer_that_was_deleted_since_says_so(police: User, camera: Camera) -> None:
    seen = make_seen(camera)
    search = make_search(police, [(seen, 0.71)])
    seen.delete()

    assert "удалено: срок хранения вышел" in text_of(police, f"/faces/search/{search.pk}/")


# --- watch list --------------------------------------------------------------------------


@pytest.fixture
def list_is_on(staff: User) -> None:
    second = second_of(Role.STAFF)
    switch_on(FaceSwitch.Name.WATCH_LIST, by=staff, second=second, at=now() - DAY)


@pytest.mark.usefixtures("list_is_on")
def test_entries_show_their_state(police: User, senior: User) -> None:
    key = {"confirmed_by": senior, "confirmed_at": now()}
    for values in (
        {"name": "Первый"},
        {"name": "Второй", **key},
        {"name": "Третий", **key, "until": now() - DAY},
        {"name": "Четвёртый", **key, "withdrawn_by": police, "withdrawn_at": now()},
    ):
        make_entry(police, at=now() - 2 * DAY, **values)

    page = text_of(senior, "/faces/watch-list/")

    for state in ("ждёт второго человека", "действует до", "срок истёк", "отозвана"):
        assert page.count(state) == 1


@pytest.mark.usefixtures("list_is_on")
def test_own_entry_is_not_confirmed(police: User, senior: User) -> None:
    entry = make_entry(police, at=now())

    refused = post(police, f"/faces/watch-list/{entry.pk}/confirm/")
    confirmed = post(senior, f"/faces/watch-list/{entry.pk}/confirm/")

    assert "Это ваша запись" in refused
    assert "действует до" in confirmed


@pytest.mark.usefixtures("list_is_on")
def test_file_that_is_no_picture_is_refused_in_words(police: User) -> None:
    page = post(
        police,
        "/faces/watch-list/add/",
        kind="WANTED",
        name="Иванов",
        ground="CASE",
        ground_number="7",
        until=str(localdate() + 3 * DAY),
        photos=[SimpleUploadedFile("a.jpg", b"<script>alert(1)</script>")],
    )

    assert "Это не изображение" in page or "Нейросети для лиц не установлены" in page
    assert WatchEntry.objects.count() == 0


def test_hits_show_both_pictures_score_and_precision(
    police: User, senior: User, camera: Camera
) -> None:
    entry = make_entry(police, at=now(), confirmed_by=senior, confirmed_at=now())
    make_photo(entry)
    for verdict in ("REAL", "REAL", "FALSE", ""):
        make_hit(entry, camera, at=now(), verdict=verdict)

    page = text_of(police, f"/faces/watch-list/{entry.pk}/")

    assert "2 из 3" in page
    assert page.count("похож, 0,71") == 4


# --- switches and report -----------------------------------------------------------------


def test_the_one_who_asked_does_not_confirm(staff: User) -> None:
    switch_on(by=staff, at=now() - DAY)
    until = str(localdate() + 3 * DAY)
    post(staff, "/faces/switches/WATCH_LIST/ask/", order_number="12-р", until=until)

    refused = post(staff, "/faces/switches/WATCH_LIST/confirm/")
    confirmed = post(second_of(Role.STAFF), "/faces/switches/WATCH_LIST/confirm/")

    assert "подтверждает другой администратор" in refused
    assert "подтверждает другой администратор" not in confirmed
    assert FaceSwitch.objects.get(name="WATCH_LIST").confirmed_by != staff


def test_switch_needs_an_order_and_an_end(staff: User) -> None:
    page = post(staff, "/faces/switches/DETECTION/ask/", order_number="", until="")

    assert page.count("Обязательное поле") == 2
    assert FaceSwitch.objects.count() == 0


def test_report_tells_every_step_with_its_order(staff: User, auditor: User) -> None:
    switch_on(FaceSwitch.Name.SEARCH, by=staff, at=now())

    page = text_of(auditor, "/faces/report/")

    assert page.count("12-р") == 2
    assert "Включено" in page


@pytest.mark.parametrize("month", ["2026-13", "nonsense", "0001-01", "9999-12"])
def test_report_of_a_strange_month_opens(month: str, auditor: User) -> None:
    text_of(auditor, f"/faces/report/?month={month}")
