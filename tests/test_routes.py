"""Every route of the portal by every role: who is let in, and who is not.

The routes come from the URL configuration itself. One that has no rule in tests/route_rules.py
fails the suite, so no page, media URL, endpoint or socket can be added without a decision on who
may open it. What a user may not see answers like what is absent; here both count as refused.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.contrib.auth.models import Group, User
from django.core.signals import request_finished
from django.db import close_old_connections, transaction
from django.db.models import Model
from django.http import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from atomgrad_site.routing import websocket_urlpatterns
from cameras.access import Role
from cameras.models import Location, PlacedUser, UserPlace
from tests.cast import CAST, STRANGER, make_user
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
from tests.route_world import World, arguments_of, make_world
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


@pytest.fixture
def world(data_dir: Path) -> World:
    return make_world()


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
    url = reverse(route.name, kwargs=arguments_of(route.name, world))
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
    url = reverse(route.name, kwargs=arguments_of(route.name, world))
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
