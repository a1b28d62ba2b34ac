"""Pages: what they show, to whom, and at what cost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from archive.models import Volume
from atomgrad_site.storage import forget_storage
from cameras.models import Camera, Location, Stream, StreamStatus
from tests.cast import PASSWORD, client_for

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

AsUser = Callable[[str], Client]
State = StreamStatus.State


@pytest.fixture(autouse=True)
def fresh_storage() -> None:
    forget_storage()


@pytest.fixture
def playground() -> Location:
    return Location.objects.create(name="Солнышко", icon=Location.Icon.PLAYGROUND)


def make_camera(
    location: Location, number: int, state: str = State.ONLINE, **status: object
) -> Camera:
    camera = Camera.objects.create(
        location=location, number=number, name="качели", plan_x=30, plan_y=70, bearing=90
    )
    for role in Stream.Role:
        stream = Stream.objects.create(camera=camera, role=role, url=f"rtsp://192.0.2.{number}/")
        values = {"changed_at": timezone.now(), "reported_at": timezone.now(), **status}
        StreamStatus.objects.create(stream=stream, state=state, **values)
    return camera


def test_login_page_is_russian_whatever_the_browser_speaks(client: Client) -> None:
    page = client.get("/login/", headers={"accept-language": "en"}).content.decode()

    assert '<html lang="ru"' in page
    assert "Имя пользователя" in page


def test_login_page_follows_the_chosen_language(client: Client) -> None:
    client.post("/i18n/setlang/", {"language": "en", "next": "/login/"})

    page = client.get("/login/").content.decode()

    assert '<html lang="en"' in page
    assert "User name" in page


def test_wrong_password_is_said_and_lets_nobody_in(client: Client, dispatcher: User) -> None:
    answer = client.post("/login/", {"username": "dispatcher", "password": "wrong"})

    assert answer.status_code == 200
    assert 'role="alert"' in answer.content.decode()
    assert client.get("/desk/").status_code == 302


def test_login_leads_to_the_first_page_of_the_role(client: Client, dispatcher: User) -> None:
    answer = client.post("/login/", {"username": "dispatcher", "password": PASSWORD}, follow=True)

    assert answer.redirect_chain == [("/", 302), ("/desk/", 302)]
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("role", "page"),
    [
        ("dispatcher", "/desk/"),
        ("technician", "/desk/"),
        ("auditor", "/health/"),
        ("police", "/police/"),
        ("stranger", "/account/"),
    ],
)
def test_home_is_the_first_page_that_the_role_may_open(
    role: str, page: str, as_user: AsUser
) -> None:
    client = as_user(role)

    assert client.get("/")["Location"] == page
    assert client.get(page).status_code == 200


@pytest.mark.parametrize(
    ("role", "links"),
    [
        (
            "dispatcher",
            [
                *("/desk/", "/overview/", "/archive/", "/alarms/", "/incidents/", "/shift/"),
                "/police/requests/",
            ],
        ),
        ("technician", ["/desk/", "/overview/"]),
        (
            "staff",
            ["/desk/", "/overview/", "/analysis/", "/faces/switches/", "/reports/", "/admin/"],
        ),
        ("auditor", ["/faces/report/", "/reports/"]),
        ("stranger", []),
    ],
)
def test_head_names_only_the_pages_that_the_role_may_open(
    role: str, links: list[str], as_user: AsUser
) -> None:
    client = as_user(role)

    frame = client.get("/account/").context["frame"]

    assert [item.url for item in frame.navigation] == links
    assert [client.get(link).status_code for link in links] == [200] * len(links)


@pytest.mark.parametrize("page", ["/desk/", "/overview/", "/health/", "/status/"])
def test_pages_refuse_a_stranger_in_the_family_look(page: str, as_user: AsUser) -> None:
    answer = as_user("stranger").get(page)

    assert answer.status_code == 403
    assert "Нет права открыть эту страницу" in answer.content.decode()


def test_absent_page_answers_in_the_family_look(as_user: AsUser) -> None:
    answer = as_user("dispatcher").get("/no-such-page/")

    assert answer.status_code == 404
    assert "Такой страницы нет" in answer.content.decode()


def test_desk_without_cameras_says_what_to_do(as_user: AsUser) -> None:
    page = as_user("dispatcher").get("/desk/").content.decode()

    assert "Камер пока нет" in page
    assert "data-stage" not in page


def test_desk_holds_every_place_with_its_cameras(playground: Location, as_user: AsUser) -> None:
    camera = make_camera(playground, 1)
    square = Location.objects.create(name="Курган Славы", position=1)
    other = make_camera(square, 2)

    page = as_user("dispatcher").get("/desk/").content.decode()

    assert page.count("data-stage=") == 2
    assert page.index(f'data-neighbor="{camera.pk}"') < page.index(f'data-neighbor="{other.pk}"')


@pytest.mark.parametrize("page", ["/desk/", "/overview/", "/overview/?tiles=25", "/health/"])
@pytest.mark.parametrize("camera_count", [1, 3])
def test_pages_cost_a_constant_number_of_queries(
    page: str,
    camera_count: int,
    playground: Location,
    dispatcher: User,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(1, camera_count + 1):
        make_camera(playground, number)
    client = client_for(dispatcher)

    with django_assert_num_queries(QUERIES[page]):
        answer = client.get(page)

    assert answer.status_code == 200


# Session, user, rights of the page and of each section, shift, mode, cameras with their status,
# volumes, faults, overdue requests.
QUERIES = {"/desk/": 33, "/overview/": 33, "/overview/?tiles=25": 33, "/health/": 36}


def test_status_tells_of_a_camera_without_frames(playground: Location, as_user: AsUser) -> None:
    make_camera(playground, 1)
    broken = make_camera(playground, 4, State.NO_FRAMES)

    status = as_user("dispatcher").get("/status/").json()

    assert status["cameras"][str(broken.pk)]["level"] == "trouble"
    assert [key.split("-")[:2] for key in status["alarms"]] == [["camera", str(broken.pk)]]
    assert "1 из 2" in status["html"]["health"]
    assert "К04 Солнышко, качели" in status["html"]["alarms"]


def test_camera_is_not_believed_once_its_recorder_is_silent(
    playground: Location, as_user: AsUser
) -> None:
    an_hour_ago = timezone.now() - timedelta(hours=1)
    make_camera(playground, 1, reported_at=an_hour_ago)

    status = as_user("dispatcher").get("/status/").json()

    assert "0 из 1" in status["html"]["health"]
    assert "Запись не отвечает" in status["html"]["alarms"]


def test_alarm_keeps_its_key_while_the_fault_lasts(playground: Location, as_user: AsUser) -> None:
    make_camera(playground, 1, State.UNREACHABLE)
    client = as_user("dispatcher")

    first = client.get("/status/").json()["alarms"]
    StreamStatus.objects.update(reported_at=timezone.now())
    second = client.get("/status/").json()["alarms"]

    assert first == second != []


def test_camera_turned_off_raises_no_alarm(playground: Location, as_user: AsUser) -> None:
    camera = make_camera(playground, 1, State.UNREACHABLE)
    Camera.objects.filter(pk=camera.pk).update(is_enabled=False)

    assert as_user("dispatcher").get("/status/").json()["alarms"] == []


def test_full_disk_is_an_alarm_of_higher_priority(playground: Location, as_user: AsUser) -> None:
    make_camera(playground, 1, State.UNREACHABLE)
    Volume.objects.create(
        identity="6f9619ff-8b86-4d11-b42d-00c04fc964ff", node="post", path="/srv", is_full=True
    )

    keys = as_user("dispatcher").get("/status/").json()["alarms"]

    assert [key.split("-")[0] for key in keys] == ["volume", "camera"]


def test_camera_name_with_markup_stays_text(playground: Location, as_user: AsUser) -> None:
    camera = make_camera(playground, 1, State.NO_FRAMES)
    Camera.objects.filter(pk=camera.pk).update(name="<b>x</b>")
    client = as_user("dispatcher")

    for text in (
        client.get("/desk/").content.decode(),
        client.get("/status/").json()["html"]["alarms"],
    ):
        assert "<b>x</b>" not in text
        assert "&lt;b&gt;x&lt;/b&gt;" in text


@pytest.mark.parametrize("page", ["", "0", "-1", "99", "x", "١"])
def test_overview_answers_any_page_number(page: str, playground: Location, as_user: AsUser) -> None:
    make_camera(playground, 1)

    assert as_user("dispatcher").get("/overview/", {"page": page}).context["page"] == 1


@pytest.mark.parametrize(
    "path", ["/login/", "/desk/", "/overview/", "/health/", "/help/", "/account/"]
)
def test_pages_obey_the_content_security_policy(
    path: str, playground: Location, as_user: AsUser
) -> None:
    make_camera(playground, 1)
    client = Client() if path == "/login/" else as_user("dispatcher")

    answer = client.get(path)
    page = answer.content.decode()

    assert "style-src 'self'" in answer["Content-Security-Policy"]
    assert " style=" not in page
    assert "<style" not in page
    assert "<script>" not in page
    assert " onclick=" not in page
    assert "http://" not in page.replace("http://www.w3.org/", "")


@pytest.mark.parametrize(("choice", "theme"), [("night", "night"), ("day", "day")])
def test_theme_of_the_cookie_is_drawn_at_once(choice: str, theme: str, client: Client) -> None:
    client.cookies["theme"] = choice

    assert f'data-theme="{theme}"' in client.get("/login/").content.decode()


def test_admin_asks_for_no_second_login(as_user: AsUser) -> None:
    assert Client().get("/admin/login/")["Location"].startswith("/login/")
    assert as_user("dispatcher").get("/admin/", follow=True).status_code == 403


def test_admin_pages_wear_the_portal_head(as_user: AsUser) -> None:
    page = as_user("staff").get("/admin/").content.decode()

    assert 'class="top"' in page
    assert "css/admin.css" in page
