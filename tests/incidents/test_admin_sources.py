"""Staff set outside sources up."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from cameras.models import AuditEntry, Camera
from incidents.models import AlarmSource, CitizenDesk, OnvifDevice, OnvifTopic
from tests.incidents.factories import make_watched_camera
from tests.incidents.onvif_device import PASSWORD, USERNAME, onvif_device
from tests.incidents.sources import System, make_device, make_source, make_topics

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

AsUser = Callable[[str], Client]
TOKEN = re.compile(r"[\w-]{43}")
SOURCE = {
    "name": "Охрана",
    "channel": "OUTSIDE",
    "is_active": "on",
    "kinds": ["fire", "fight"],
    "top_priority": "2",
    "per_minute": "30",
}


@pytest.fixture
def camera() -> Camera:
    return make_watched_camera()


def device_data(camera: Camera, url: str, **changes: Any) -> dict[str, Any]:
    return {
        "camera": camera.pk,
        "url": url,
        "username": USERNAME,
        "password": PASSWORD,
        "is_active": "on",
        "per_minute": "6",
        **changes,
    }


def test_token_is_shown_once_and_works(as_user: AsUser, camera: Camera) -> None:
    client = as_user("staff")

    page = client.post("/admin/incidents/alarmsource/add/", SOURCE, follow=True)

    row = AlarmSource.objects.get()
    assert row.kinds == ["fire", "fight"]
    token = next(found[0] for m in page.context["messages"] if (found := TOKEN.search(str(m))))
    assert System(token).get().status_code == 200
    assert (
        token not in client.get(f"/admin/incidents/alarmsource/{row.pk}/change/").content.decode()
    )
    assert AuditEntry.objects.filter(action="sources.save").count() == 1


def test_new_token_ends_the_old_one(as_user: AsUser) -> None:
    row, token = make_source()

    as_user("staff").post(
        f"/admin/incidents/alarmsource/{row.pk}/change/", {**SOURCE, "wants_new_token": "on"}
    )

    assert System(token).get().status_code == 401


@pytest.mark.parametrize(
    "changes",
    [{"per_minute": "0"}, {"kinds": ["nonsense"]}, {"heartbeat_minutes": "0"}, {"name": ""}],
)
def test_settings_that_can_not_be_are_refused(changes: dict[str, Any], as_user: AsUser) -> None:
    answer = as_user("staff").post("/admin/incidents/alarmsource/add/", {**SOURCE, **changes})

    assert answer.status_code == 200
    assert not AlarmSource.objects.exists()


def test_password_of_a_device_goes_in_and_never_comes_out(as_user: AsUser, camera: Camera) -> None:
    client = as_user("staff")

    client.post("/admin/incidents/onvifdevice/add/", device_data(camera, "http://192.0.2.3"))

    row = OnvifDevice.objects.get()
    assert row.url == "http://192.0.2.3/onvif/device_service"
    assert row.password_encrypted
    assert PASSWORD not in row.password_encrypted
    change = f"/admin/incidents/onvifdevice/{row.pk}/change/"
    assert PASSWORD not in client.get(change).content.decode()
    client.post(change, device_data(camera, row.url, password="", per_minute="7"))
    changed = OnvifDevice.objects.get()
    assert changed.password_encrypted == row.password_encrypted
    assert (changed.per_minute, changed.revision) == (7, row.revision + 1)


@pytest.mark.parametrize("url", ["", "rtsp://192.0.2.3/", "http://a:b@192.0.2.3/", "http://"])
def test_address_that_can_not_be_asked_is_refused(
    url: str, as_user: AsUser, camera: Camera
) -> None:
    as_user("staff").post("/admin/incidents/onvifdevice/add/", device_data(camera, url))

    assert not OnvifDevice.objects.exists()


def check(client: Client, row: OnvifDevice) -> str:
    return client.post(f"/admin/incidents/onvifdevice/{row.pk}/check/").content.decode()


def test_check_says_what_the_device_offers(as_user: AsUser, camera: Camera) -> None:
    make_topics()
    with onvif_device() as device:
        page = check(as_user("staff"), make_device(camera, device.url))

        assert "Atomgrad Test &lt;1&gt; 1.2" in page
        assert "Часы устройства верны" in page
        assert "RuleEngine/LineDetector/Crossed" in page
        assert "?topic=RuleEngine/MyRuleDetector/Alarm" in page
        assert "Подписка создана и снята" in page
        assert device.subscriptions == {}


def test_check_says_what_is_wrong(as_user: AsUser, camera: Camera) -> None:
    with onvif_device() as device:
        row = make_device(camera, device.url)
        device.password = "another"  # noqa: S105 -- of a test
        page = check(as_user("staff"), row)

    assert "не принимает имя и пароль" in page


def test_check_of_a_device_that_is_away(as_user: AsUser, camera: Camera) -> None:
    row = make_device(camera, "http://127.0.0.1:9/")

    assert "устройство не отвечает" in check(as_user("staff"), row)


def test_topic_is_set_from_the_check(as_user: AsUser) -> None:
    client = as_user("staff")
    page = client.get("/admin/incidents/onviftopic/add/?topic=Vendor/Alarm").content.decode()
    assert 'value="Vendor/Alarm"' in page

    client.post(
        "/admin/incidents/onviftopic/add/",
        {"topic": "Vendor/Alarm", "kind": "other", "grade": "ALARM", "pause_s": "30"},
    )

    assert OnvifTopic.objects.get(topic="Vendor/Alarm").kind == "other"


def test_citizens_are_let_in_by_staff(as_user: AsUser) -> None:
    as_user("staff").post(
        "/admin/incidents/citizendesk/add/",
        {"is_open": "on", "operator": "ЕДДС", "per_address_hour": "5", "per_place_hour": "30"},
    )

    row = CitizenDesk.objects.get()
    assert (row.pk, row.is_open) == (1, True)
    assert AuditEntry.objects.filter(action="sources.save_citizen_desk").count() == 1


def test_topics_that_cameras_send_are_there_at_first() -> None:
    assert OnvifTopic.objects.filter(topic="RuleEngine/LineDetector/Crossed").exists()
