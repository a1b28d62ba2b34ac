"""Every route of the portal by every role: who is let in, and who is not.

The routes come from the URL configuration itself. One that has no rule in tests/route_rules.py
fails the suite, so no page, media URL, endpoint or socket can be added without a decision on who
may open it. What a user may not see answers like what is absent; here both count as refused.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.conf import settings
from django.contrib.auth.models import Group, User
from django.core.signals import request_finished
from django.db import close_old_connections, transaction
from django.db.models import Model
from django.http import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils.timezone import now
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from analytics.models import Backfill, Detection, RedactedCopy, Region, Trial, Watch, WatchRule
from archive.engine.timeline import to_us
from archive.models import Export, Gap, Hold, Recording, Volume
from atomgrad_site.routing import websocket_urlpatterns
from cameras.access import Role
from cameras.models import AuditEntry, Camera, Location, PlacedUser, UserPlace
from incidents.models import Alarm, AlarmPicture, Damage, Drill, Handover, Incident
from tests.analytics.factories import (
    make_detection,
    make_rule,
    make_search,
    make_trial,
    make_zone,
)
from tests.analytics.views.face_rows import FaceRows, make_face_rows
from tests.archive.factories import encode_clip, main_stream, make_camera, make_volume, record
from tests.cast import CAST, STRANGER, make_user
from tests.incidents.cards import make_card, make_dictionaries
from tests.incidents.factories import make_alarm, make_frame
from tests.incidents.outside_rows import OutsideRows, make_outside_rows
from tests.incidents.package_rows import PackageRows, make_package_rows
from tests.incidents.shift_rows import make_drill, make_handover, make_two_on_duty
from tests.incidents.sources import SourceRows, make_source_rows
from tests.route_rules import (
    ADMIN_METHODS,
    ADMIN_RULES,
    ADMINISTRATOR,
    ANONYMOUS,
    OF_NO_PLACE,
    PEOPLE,
    RULES,
    Answer,
    Rule,
)
from tests.services import WebServer

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


# --- the routes ---------------------------------------------------------------------------


class Route(NamedTuple):
    name: str
    pattern: URLPattern
    parameters: dict[str, Any]  # its converters by name


def walk(
    patterns: Iterable[URLPattern | URLResolver],
    *,
    namespace: str = "",
    outer: dict[str, Any] | None = None,
) -> Iterator[Route]:
    for pattern in patterns:
        parameters = {**(outer or {}), **pattern.pattern.converters}
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from walk(pattern.url_patterns, namespace=inner, outer=parameters)
        else:
            yield Route(f"{namespace}{pattern.name}", pattern, parameters)


# `/api/cameras.json` is `/api/cameras/` under another name: the same view with the same rule.
ROUTES = [
    route
    for route in walk(get_resolver().url_patterns)
    if route.pattern.name and "format" not in route.parameters
]
SITE = [route for route in ROUTES if not route.name.startswith("admin:")]
ADMIN = [route for route in ROUTES if route.name.startswith("admin:")]
SOCKETS = list(walk(websocket_urlpatterns))


def test_every_route_has_a_rule_and_every_rule_a_route() -> None:
    routes = {route.name for route in (*SITE, *SOCKETS)}

    assert {"without rule": routes - set(RULES), "without route": set(RULES) - routes} == {
        "without rule": set(),
        "without route": set(),
    }


def test_every_method_of_the_api_has_a_rule() -> None:
    missing = {}
    for route in SITE:
        methods = set(getattr(route.pattern.callback, "actions", {}) or {}) - {"head", "options"}
        unknown = methods - {rule.method for rule in RULES.get(route.name, [])}
        if unknown:
            missing[route.name] = unknown

    assert missing == {}


def test_nameless_routes_lead_nowhere_new() -> None:
    nameless = {
        str(route.pattern.pattern)
        for route in walk(get_resolver().url_patterns)
        if not route.pattern.name
    }

    # The admin's own redirects, and our refusal of its login page.
    assert nameless <= {"<path:object_id>/", "(?P<url>.*)$", "admin/login/"}


# --- the world ----------------------------------------------------------------------------


@dataclass(frozen=True)
class World:
    """One of everything, so that a route that is open has something to show."""

    camera: Camera
    recording: Recording
    growing: Recording
    gap: Gap
    hold: Hold
    export: Export
    waiting: Export
    entry: AuditEntry
    region: Region
    rule: WatchRule
    detection: Detection
    trial: Trial
    search: Backfill
    alarm: Alarm
    frame: AlarmPicture
    redacted: RedactedCopy
    faces: FaceRows
    outside: OutsideRows
    sources: SourceRows
    packages: PackageRows
    card: Incident
    damage: Damage
    dictionaries: list[Model]
    handover: Handover
    drill: Drill

    def texts(self) -> dict[str, str]:
        start, end = self.recording.started_at, self.recording.ended_at
        return {
            "camera": str(self.camera.pk),
            "place": str(self.camera.location_id),
            "start": str(to_us(start)),
            "end": str(to_us(end)),
            "at": str(to_us(start) + 100_000),
            "start_text": start.isoformat(),
            "end_text": end.isoformat(),
            "encounter": str(self.faces.encounter.pk),
            "incident": str(self.packages.incident.pk),
            "date": f"{start:%Y-%m-%d}",
            "category": str(self.card.category_id),
            "revision": str(Watch.objects.get(camera=self.camera).revision),
        }


@pytest.fixture
def world(data_dir: Path) -> World:
    camera = make_camera()
    volume = make_volume(settings.ARCHIVE_DIR)
    moment = now()
    recorded_at = moment - timedelta(hours=3)
    owner = User.objects.create(username="owner")
    card = make_card(recorded_at, place=camera.location)
    recording = record_at(camera, volume, recorded_at)
    term = {"started_at": recorded_at, "ended_at": recorded_at + timedelta(seconds=1)}
    export = make_export(camera, owner, term, state=Export.State.DONE)
    return World(
        camera=camera,
        recording=recording,
        growing=record_at(camera, volume, moment - timedelta(seconds=20)),
        gap=Gap.objects.create(stream=recording.stream, cause=Gap.Cause.NO_FRAMES, **term),
        hold=Hold.objects.create(
            camera=camera, reason="order 7", created_at=moment, created_by=owner, **term
        ),
        export=export,
        waiting=make_export(camera, owner, term, state=Export.State.WAITING),
        entry=AuditEntry.objects.create(occurred_at=moment, action="hold.create", target="7"),
        region=make_zone(camera),
        rule=make_rule(camera, "motion"),
        detection=make_detection(camera),
        trial=make_trial(camera, owner),
        search=make_search(camera, owner, recorded_at),
        alarm=(alarm := make_alarm(camera)),
        frame=make_frame(alarm),
        redacted=make_redacted(export),
        faces=make_face_rows(camera, owner),
        outside=make_outside_rows(camera),
        sources=make_source_rows(camera),
        packages=make_package_rows(recording, owner),
        card=card,
        damage=Damage.objects.create(incident=card, item="Скамья"),
        dictionaries=make_dictionaries(),
        handover=make_handover(*make_two_on_duty(), at=moment),
        drill=make_drill(camera),
    )


def record_at(camera: Camera, volume: Volume, moment: datetime) -> Recording:
    return record(main_stream(camera), volume, encode_clip(25), started_at=moment)


def make_export(
    camera: Camera, owner: User, term: dict[str, datetime], *, state: Export.State
) -> Export:
    public_id = uuid.uuid4()
    path = Path(str(public_id)) / "clip.mp4"
    (settings.EXPORT_DIR / path).parent.mkdir(parents=True)
    (settings.EXPORT_DIR / path).write_bytes(b"bytes")
    return Export.objects.create(
        public_id=public_id,
        camera=camera,
        kind=Export.Kind.MP4,
        state=state,
        path=str(path),
        requested_by=owner,
        requested_at=now(),
        reason="order 7",
        **term,
    )


def make_redacted(export: Export) -> RedactedCopy:
    return RedactedCopy.objects.create(
        export=export,
        state=RedactedCopy.State.DONE,
        path=export.path,
        requested_by=export.requested_by,
        requested_at=now(),
        reported_at=now(),
    )


def arguments_of(route: Route, world: World) -> dict[str, Any]:
    samples: dict[str, Any] = {
        "archive-format": {"digest": world.recording.video_format.digest},
        "archive-recording": {"recording_id": world.recording.pk},
        "archive-keyframes": {"recording_id": world.recording.pk},
        "archive-growing": {
            "stream_id": world.growing.stream_id,
            "name": Path(world.growing.path).stem,
        },
        "archive-playlist": {"camera_id": world.camera.pk},
        "archive-segment": {"recording_id": world.recording.pk, "gop": 0},
        "archive-export": {"public_id": world.export.public_id, "name": "clip.mp4"},
        "location-detail": {"pk": world.camera.location_id},
        "camera-detail": {"pk": world.camera.pk},
        "recording-detail": {"pk": world.recording.pk},
        "gap-detail": {"pk": world.gap.pk},
        "alarm-picture": {"detection_id": world.alarm.detection_id, "which": "first"},
        "alarm-detail": {"pk": world.alarm.pk},
        "alarm-acknowledge": {"pk": world.alarm.pk},
        "alarm-verdict": {"pk": world.alarm.pk},
        "alarm-pictures": {"pk": world.alarm.pk},
        "alarm-frame": {"picture_id": world.frame.pk},
        "hold-detail": {"pk": world.hold.pk},
        "hold-release": {"pk": world.hold.pk},
        "export-detail": {"id": world.waiting.public_id},
        "export-redacted": {"public_id": world.export.public_id},
        "export-redacted-file": {"public_id": world.export.public_id},
        "analysis-camera": {"camera_id": world.camera.pk},
        "analysis-picture": {"camera_id": world.camera.pk},
        "analysis-switch": {"camera_id": world.camera.pk},
        "analysis-hints": {"camera_id": world.camera.pk},
        "analysis-trial-picture": {"public_id": world.trial.public_id, "number": 0},
        "faces-picture": {"encounter_id": world.faces.encounter.pk},
        "faces-search-found": {"search_id": world.faces.search.pk},
        "faces-search-picture": {"search_id": world.faces.search.pk},
        "faces-entry": {"entry_id": world.faces.entry.pk},
        "faces-confirm": {"entry_id": world.faces.entry.pk},
        "faces-withdraw": {"entry_id": world.faces.entry.pk},
        "faces-photo": {"photo_id": world.faces.photo.pk},
        "faces-hit-picture": {"hit_id": world.faces.hit.pk, "which": "seen"},
        "faces-turn": {"name": "SEARCH", "act": "ask"},
        "incident": {"incident_id": world.card.pk},
        "incident-state": {"incident_id": world.card.pk},
        "incident-act": {"incident_id": world.card.pk},
        "incident-row-new": {"incident_id": world.card.pk, "block": "call"},
        "incident-row": {
            "incident_id": world.card.pk,
            "block": "damage",
            "row_id": world.damage.pk,
        },
        "incident-detail": {"pk": world.card.pk},
        "incident-status": {"pk": world.card.pk},
        "report-file": {"extension": "csv"},
        "report-month-file": {"extension": "csv"},
        "shift-drill-end": {"drill_id": world.drill.pk},
        "shift-handover": {"handover_id": world.handover.pk},
        "exchange-retry": {"delivery_id": world.outside.delivery.pk},
        "cap-message": {"public_id": world.outside.message_id},
        "incident-faces": {"incident_id": world.outside.incident.pk},
        "incident-eido": {"incident_id": world.outside.incident.pk},
        "outside-alarm-end": {"external_id": world.sources.report.key},
        "outside-alarm-picture": {"external_id": world.sources.report.key},
        "outside-picture": {"report_id": world.sources.report.pk},
        "citizen-report": {"number": world.sources.sign.number},
        "citizen-sent": {"public_id": world.sources.citizen.public_id},
        "citizen-block": {"report_id": world.sources.citizen.pk},
        "call-nearby": {"place_id": world.camera.location_id},
        "police-incident": {"incident_id": world.packages.incident.pk},
        "police-outcome": {"incident_id": world.packages.incident.pk},
        "police-still": {"public_id": world.packages.package.public_id, "position": 0},
        "police-answer": {"request_id": world.packages.request.pk},
        "package-detail": {"id": world.packages.package.public_id},
        "package-file": {"public_id": world.packages.package.public_id},
        "camera-setup": {"camera_id": world.camera.pk},
        "camera-trials": {"camera_id": world.camera.pk},
        "trial": {"public_id": world.trial.public_id},
        "search-detail": {"id": world.search.public_id},
        "search-found": {"id": world.search.public_id},
        "region-detail": {"pk": world.region.pk},
        "watchrule-detail": {"pk": world.rule.pk},
        "detection-detail": {"pk": world.detection.pk},
        "detection-verdict": {"pk": world.detection.pk},
    }
    arguments: dict[str, Any] = samples.get(route.name, {})
    return arguments


# --- asking -------------------------------------------------------------------------------


def people() -> dict[str, User | None]:
    cast: dict[str, User | None] = {name: make_user(name) for name in CAST}
    cast[ADMINISTRATOR] = User.objects.create(
        username=ADMINISTRATOR, is_staff=True, is_superuser=True
    )
    return {**cast, ANONYMOUS: None}


def answer_of(response: HttpResponseBase, *, is_absent: bool) -> Answer:
    """Class an answer; anything but a success, a way on or a refusal fails the test.

    Where what is sent names something absent, that is an error of what was sent.
    """
    status = response.status_code
    if is_absent and status == HTTPStatus.BAD_REQUEST:
        return "refused"
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}:
        return "refused"
    if "/login/?next=" in response.headers.get("Location", ""):
        return "refused"
    assert 200 <= status < 400, getattr(response, "content", status)
    return "open"


def call(
    url: str, rule: Rule, user: User | None, texts: dict[str, str], *, is_absent: bool
) -> Answer:
    client = Client()
    if user is not None:
        client.force_login(user)
    data = {name: filled_in(value, texts) for name, value in rule.data.items()}
    query = rule.query.format(**texts)
    full = f"{url}?{query}" if query else url
    if url.startswith("/api/") and data:
        response = client.generic(rule.method.upper(), full, json.dumps(data), "application/json")
    else:
        response = getattr(client, rule.method)(full, data)
    answer = answer_of(response, is_absent=is_absent)
    close(response)
    return answer


def filled_in(value: Any, texts: dict[str, str]) -> Any:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return [item.format(**texts) for item in value]
    return value.format(**texts) if isinstance(value, str) else value


def close(response: HttpResponseBase) -> None:
    """Close the file behind an answer that is not read, and leave the test its connection."""
    request_finished.disconnect(close_old_connections)
    response.close()
    request_finished.connect(close_old_connections)


def expected(who: frozenset[str]) -> dict[str, Answer]:
    return {name: "open" if name in who else "refused" for name in PEOPLE}


CASES = [(route, rule) for route in SITE for rule in RULES.get(route.name, [])]


@pytest.mark.parametrize(
    ("route", "rule"), CASES, ids=[f"{rule.method}-{route.name}" for route, rule in CASES]
)
def test_route_is_open_to_those_who_may(route: Route, rule: Rule, world: World) -> None:
    url = reverse(route.name, kwargs=arguments_of(route, world))
    texts = world.texts()

    answers = {name: ask_undone(url, rule, user, texts) for name, user in people().items()}

    assert answers == expected(rule.who)


def ask_undone(
    url: str, rule: Rule, user: User | None, texts: dict[str, str], *, is_absent: bool = False
) -> Answer:
    """Ask, and take back what the answer changed, so that each person finds the same world."""
    with transaction.atomic():
        answer = call(url, rule, user, texts, is_absent=is_absent)
        transaction.set_rollback(True)
    return answer


# --- users' places ------------------------------------------------------------------------


def names_something(route: Route, rule: Rule) -> bool:
    asked = f"{rule.query} {rule.data}"
    return bool(route.parameters) or "{camera}" in asked or "{encounter}" in asked


OF_A_PLACE = [
    (route, rule)
    for route, rule in CASES
    if names_something(route, rule) and f"{rule.method}-{route.name}" not in OF_NO_PLACE
]


@pytest.mark.parametrize(
    ("route", "rule"), OF_A_PLACE, ids=[f"{rule.method}-{route.name}" for route, rule in OF_A_PLACE]
)
def test_nothing_of_another_place_is_found(route: Route, rule: Rule, world: World) -> None:
    """Who was given other places is answered as if there were none of it."""
    url = reverse(route.name, kwargs=arguments_of(route, world))
    texts = world.texts()
    elsewhere = Location.objects.create(name="Elsewhere")
    given = {name: user for name, user in people().items() if user and not user.is_superuser}
    for user in given.values():
        UserPlace.objects.create(user=user, location=elsewhere)
    # What is of no place is of all of them.
    world.faces.entry.places.add(world.camera.location)
    world.faces.search.cameras.add(world.camera)

    answers = {
        name: ask_undone(url, rule, user, texts, is_absent=True) for name, user in given.items()
    }

    assert set(answers.values()) == {"refused"}, answers


# --- the admin ----------------------------------------------------------------------------


def admin_object(route: Route, world: World) -> Model:
    """An object for the pages of one model: `admin:cameras_camera_change`."""
    samples: list[Model] = [
        world.camera,
        world.camera.location,
        world.recording.stream,
        world.entry,
        world.recording,
        world.recording.volume,
        world.gap,
        world.hold,
        world.export,
        world.outside.exchange,
        world.outside.reader,
        world.outside.subscriber,
        world.sources.source,
        world.sources.device,
        world.sources.topic,
        world.sources.desk,
        world.sources.sign,
        *world.dictionaries,
        PlacedUser.objects.get(username=STRANGER),
        User.objects.get(username=STRANGER),
        Group.objects.get(name=Role.POLICE),
    ]
    for sample in samples:
        prefix = f"admin:{sample._meta.app_label}_{sample._meta.model_name}_"
        if route.name.startswith(prefix):
            return sample
    pytest.fail(f"{route.name} needs a sample object")


def admin_url(route: Route, world: World) -> str:
    name = route.name
    if name == "admin:app_list":
        return reverse(name, kwargs={"app_label": "cameras"})
    if name.endswith("_export"):
        return reverse(name, args=["csv"])
    if name == "admin:view_on_site" or not route.parameters:
        return reverse(name, args=[1, 1] if route.parameters else [])
    more = {"admin:incidents_placesign_paper": ["A5"]}.get(name, [])
    return reverse(name, args=[admin_object(route, world).pk, *more])


def admin_rule(name: str) -> frozenset[str]:
    return ADMIN_RULES[max((key for key in ADMIN_RULES if name.startswith(key)), key=len)]


@pytest.mark.parametrize("route", ADMIN, ids=lambda route: route.name)
def test_admin_page_is_open_to_those_who_may(route: Route, world: World) -> None:
    cast = people()
    url = admin_url(route, world)
    rule = Rule(admin_rule(route.name), ADMIN_METHODS.get(route.name, "get"))

    answers = {name: ask_undone(url, rule, user, {}) for name, user in cast.items()}

    assert answers == expected(rule.who)


# --- sockets ------------------------------------------------------------------------------


def knock(server: WebServer, path: str, user: User | None, *, origin: str) -> Answer:
    """Open the socket as a browser does: with the session's cookie and the page's origin."""
    client = Client()
    if user is not None:
        client.force_login(user)
    cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
    url = f"ws://127.0.0.1:{server.port}{path}"
    try:
        with connect(url, origin=Origin(origin), additional_headers={"Cookie": cookies}):
            return "open"
    except InvalidStatus as error:
        if error.response.status_code == HTTPStatus.FORBIDDEN:
            return "refused"
        raise


@pytest.mark.parametrize("route", SOCKETS, ids=lambda route: route.name)
def test_socket_is_open_to_those_who_may(route: Route, live_web: WebServer) -> None:
    path = f"/{route.pattern.pattern}"

    answers = {
        name: knock(live_web, path, user, origin=live_web.url) for name, user in people().items()
    }

    assert answers == expected(RULES[route.name][0].who)


@pytest.mark.parametrize("route", SOCKETS, ids=lambda route: route.name)
def test_socket_is_refused_to_a_page_of_another_site(route: Route, live_web: WebServer) -> None:
    dispatcher = make_user(Role.DISPATCHER)

    answer = knock(
        live_web, f"/{route.pattern.pattern}", dispatcher, origin="https://elsewhere.example"
    )

    assert answer == "refused"
