"""The client of ONVIF events against a device that checks what it is asked."""

from __future__ import annotations

import base64
import time
from datetime import UTC, datetime, timedelta

import pytest

from incidents.engine.onvif.device import TERM, Device, offers
from incidents.engine.onvif.soap import (
    LONGEST_ANSWER,
    Door,
    FaultError,
    OnvifError,
    RefusedError,
    UnreachableError,
    UnusableError,
    parse_address,
    password_digest,
)
from tests.incidents.onvif_device import (
    PASSWORD,
    USERNAME,
    OnvifDevice,
    line_crossed,
    onvif_device,
    scene_changed,
)

pytestmark = pytest.mark.unit

WRONG = "Mooring-7"


def client(device: OnvifDevice, **changes: object) -> Device:
    values = {"username": USERNAME, "password": PASSWORD, "timeout_s": 2.0, **changes}
    return Device(parse_address(device.url), Door(**values))  # type: ignore[arg-type]  # -- a test's


def test_digest_is_that_of_the_profile() -> None:
    """The example of ONVIF's Application Programmer's Guide, 6.1.1.3."""
    nonce = base64.b64decode("LKqI6G/AikKCQrN0zqZFlg==")

    digest = password_digest(nonce, "2010-09-16T07:50:45Z", "userpassword")

    assert digest == "tuOSpGlFlIXsozq4HFNeeGeFLEI="


@pytest.mark.parametrize("hours", [0, -26, 3000])
def test_device_with_a_wrong_clock_is_asked_in_its_own_time(hours: int) -> None:
    with onvif_device(clock_ahead=timedelta(hours=hours)) as device:
        asking = client(device)

        offset = asking.set_clock()

        assert offset == pytest.approx(hours * 3600, abs=2)
        assert asking.identity().maker == "Atomgrad"
        assert device.refused_count == 0


def test_wrong_clock_without_asking_for_it_is_refused() -> None:
    with onvif_device(clock_ahead=timedelta(hours=1)) as device, pytest.raises(RefusedError):
        client(device).identity()


def test_wrong_password_is_told_apart() -> None:
    with onvif_device() as device:
        asking = client(device, password=WRONG)
        asking.set_clock()

        with pytest.raises(RefusedError):
            asking.find_events()


def test_http_digest_is_answered() -> None:
    with onvif_device(wants_http_digest=True) as device:
        assert client(device).identity().model == "Test <1>"
        with pytest.raises(RefusedError):
            client(device, password=WRONG).identity()


@pytest.mark.parametrize("by_parameters", [False, True])
def test_events_come_through_a_pull_point(*, by_parameters: bool) -> None:
    with onvif_device(uses_reference_parameters=by_parameters) as device:
        asking = client(device)
        subscription = asking.subscribe()
        device.send(line_crossed(), scene_changed("true"))

        pulled = asking.pull(subscription, wait_s=1)

        first, second = pulled.notifications
        assert first.topic == "RuleEngine/LineDetector/Crossed"
        assert (first.operation, first.state()) == ("", None)
        assert first.source["Rule"] == "ворота"
        assert second.state("State") is True
        asking.renew(subscription)
        assert asking.unsubscribe(subscription)
        assert device.subscriptions == {}


def test_pull_waits_while_nothing_happens() -> None:
    with onvif_device() as device:
        asking = client(device)
        subscription = asking.subscribe()
        began = time.monotonic()

        pulled = asking.pull(subscription, wait_s=1)

        assert pulled.notifications == []
        assert 0.9 < time.monotonic() - began < 2


def test_renewed_subscription_lives_on() -> None:
    with onvif_device(term_s=1.5) as device:
        asking = client(device)
        subscription = asking.subscribe()
        assert subscription.is_due(datetime.now(UTC))
        time.sleep(1.0)
        asking.renew(subscription)
        time.sleep(1.0)

        assert asking.pull(subscription, wait_s=1).notifications == []


def test_subscription_of_a_device_that_restarted_is_a_fault() -> None:
    with onvif_device() as device:
        asking = client(device)
        subscription = asking.subscribe()
        device.restart()

        with pytest.raises(FaultError) as caught:
            asking.pull(subscription, wait_s=1)

        assert caught.value.code == "ResourceUnknownFault"
        assert not asking.unsubscribe(subscription)


def test_end_is_counted_by_length_not_by_the_devices_clock() -> None:
    with onvif_device(clock_ahead=timedelta(days=-300)) as device:
        asking = client(device)
        asking.set_clock()

        left = asking.subscribe().ends_at - datetime.now(UTC)

        assert TERM - timedelta(seconds=3) < left <= TERM


def test_address_of_another_host_is_not_believed() -> None:
    """A device behind a router tells its own address; a hostile one that of somebody else."""
    with onvif_device(told_host="192.0.2.1:9") as device:
        asking = client(device)

        assert asking.find_events().url == f"http://127.0.0.1:{device.port}/onvif/events"
        subscription = asking.subscribe()
        assert subscription.address.host == "127.0.0.1"


def test_topics_are_told() -> None:
    with onvif_device() as device:
        assert offers(client(device)) == [
            "RuleEngine/LineDetector/Crossed",
            "RuleEngine/MyRuleDetector/Alarm",
            "VideoSource/GlobalSceneChange/ImagingService",
        ]


def test_device_without_events_says_so() -> None:
    with (
        onvif_device(has_events=False) as device,
        pytest.raises(UnusableError, match="no event service"),
    ):
        client(device).subscribe()


def test_slow_answer_is_given_up() -> None:
    with onvif_device(answers_after_s=1.5) as device:
        began = time.monotonic()

        with pytest.raises(UnreachableError):
            client(device, timeout_s=0.5).set_clock()

        assert time.monotonic() - began < 1.2


def test_answer_that_drips_is_given_up() -> None:
    """Each byte comes in time, the whole never would."""
    with onvif_device(drips=True) as device:
        began = time.monotonic()

        with pytest.raises(UnreachableError, match="no whole answer"):
            client(device, timeout_s=1.0).set_clock()

        assert time.monotonic() - began < 3


def test_nobody_there_is_told_apart() -> None:
    with pytest.raises(UnreachableError):
        Device(parse_address("http://127.0.0.1:9/x"), Door(timeout_s=1)).set_clock()


ENTITIES = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>'
    b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><x>&b;</x></s:Body>'
    b"</s:Envelope>"
)
OUTSIDE = ENTITIES.replace(b'"aaaaaaaaaa"', b'SYSTEM "file:///etc/passwd"')


@pytest.mark.parametrize(
    "raw",
    [
        ENTITIES,
        OUTSIDE,
        b"<html>login</html>",
        b"",
        b"\xff\xfe\x00",
        b'<?xml version="1.0" encoding="no-such"?><a/>',
        b"<a>" * 300_000,
        b"<a>" + b"<b/>" * 30_000 + b"</a>",
        b" " * (LONGEST_ANSWER + 1),
        b'<s:Envelope xmlns:s="x"><s:Body/></s:Envelope>',
    ],
)
def test_hostile_answers_are_refused(raw: bytes) -> None:
    with onvif_device(raw=raw) as device, pytest.raises(OnvifError) as caught:
        client(device).set_clock()

    assert "passwd" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "rtsp://192.0.2.1/",
        "http://",
        "http://a:b@192.0.2.1/",
        "http://192.0.2.1:x/",
        "http://a b/",
    ],
)
def test_impossible_addresses_are_refused(url: str) -> None:
    with pytest.raises(UnusableError):
        parse_address(url)


def test_usual_path_is_filled_in() -> None:
    assert parse_address("http://192.0.2.1").url == "http://192.0.2.1/onvif/device_service"
