"""Outside sources for tests, made by the actions that staff use."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.test import Client
from django.utils.timezone import now

from cameras.models import Camera, Location
from incidents.actions.citizen_reports import Written, accept_citizen_report
from incidents.actions.outside_reports import Told, accept_report, add_picture
from incidents.actions.source_settings import (
    add_missing_signs,
    save_citizen_desk,
    save_device,
    save_source,
    save_topic,
)
from incidents.models import (
    AlarmSource,
    CitizenDesk,
    CitizenReport,
    OnvifDevice,
    OnvifTopic,
    OutsideReport,
    PlaceSign,
)
from tests.incidents.factories import jpeg
from tests.incidents.onvif_device import PASSWORD, USERNAME

TOPICS = (
    ("RuleEngine/LineDetector/Crossed", "", "crossing", "ALARM", 30),
    ("VideoSource/GlobalSceneChange", "State", "tamper", "ALARM", 0),
    ("VideoSource/MotionAlarm", "State", "motion", "HINT", 60),
)


def make_source(**changes: Any) -> tuple[AlarmSource, str]:
    """Return a source and its token."""
    places = changes.pop("places", ())
    row = AlarmSource(**{"name": "Пожарная сигнализация", **changes})
    token = save_source(row=row, wants_new_token=True, actor=None, at=now())
    row.places.set(places)
    return row, token


def make_device(camera: Camera, url: str, **changes: Any) -> OnvifDevice:
    row = OnvifDevice(**{"camera": camera, "url": url, "username": USERNAME, **changes})
    return save_device(row=row, password=PASSWORD, actor=None, at=now())


def make_topics() -> dict[str, OnvifTopic]:
    """The topics of a test; those of the migration are gone where a test has real transactions."""
    OnvifTopic.objects.all().delete()
    for topic, item, kind, grade, pause_s in TOPICS:
        row = OnvifTopic(topic=topic, item=item, kind=kind, grade=grade, pause_s=pause_s)
        save_topic(row=row, actor=None, at=now())
    return {row.topic: row for row in OnvifTopic.objects.all()}


def open_desk(**changes: Any) -> CitizenDesk:
    values = {"is_open": True, "operator": "МКУ «ЕДДС»", "phone": "+7 48153 7-20-20", **changes}
    return save_citizen_desk(row=CitizenDesk(**values), actor=None, at=now())


def sign_of(place: Location) -> PlaceSign:
    add_missing_signs(at=now())
    return PlaceSign.objects.get(place=place)


@dataclass
class System:
    """Another system that speaks with the portal by its token."""

    token: str
    url: str = "/api/outside/"

    def post(self, path: str = "alarms/", data: Any = None) -> Any:
        return self._client().post(f"{self.url}{path}", data, content_type="application/json")

    def put_picture(self, external_id: str, content: bytes, kind: str = "image/jpeg") -> Any:
        path = f"{self.url}alarms/{external_id}/picture/"
        return self._client().put(path, content, content_type=kind)

    def get(self) -> Any:
        return self._client().get(self.url)

    def _client(self) -> Client:
        return Client(headers={"Authorization": f"Bearer {self.token}"})


@dataclass(frozen=True)
class SourceRows:
    """One of everything, for the test of routes."""

    source: AlarmSource
    device: OnvifDevice
    topic: OnvifTopic
    desk: CitizenDesk
    sign: PlaceSign
    report: OutsideReport
    citizen: CitizenReport


def make_source_rows(camera: Camera) -> SourceRows:
    source, _token = make_source()
    desk = open_desk()
    told = Told("a-1", camera.location, "fire", "дым", now(), camera)
    report, _is_new = accept_report(source=source, told=told, at=now())
    report = add_picture(report=report, content=jpeg(), at=now())
    written = Written(uuid.uuid4(), camera.location, "fight", "дерутся", "+7 900 0000000")
    return SourceRows(
        source=source,
        device=make_device(camera, "http://192.0.2.3/onvif/device_service", is_active=False),
        topic=make_topics()["VideoSource/MotionAlarm"],
        desk=desk,
        sign=sign_of(camera.location),
        report=report,
        citizen=accept_citizen_report(written=written, address="192.0.2.9", at=now()),
    )
