"""The police seat: what was handed over, live while it is open, requests; and nothing else."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User

from cameras.access import Act, cameras_visible_to
from cameras.live.sessions import live_rights_of, rights_of
from cameras.models import AuditEntry
from incidents.actions import police as seat
from incidents.actions.incidents import change_status
from incidents.actions.package_making import lay_out_package
from incidents.actions.packages import FootageMissingError
from incidents.models import Category, ChronologyEntry, EvidenceRequest, Incident, Package
from incidents.queries.police import overdue_requests
from tests.archive.factories import make_camera
from tests.cast import client_for
from tests.incidents.packages import BEGIN, END, LATER, make_incident, make_package, make_place

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]
Status = Incident.Status


def move(incident: Incident, actor: User, *steps: str, **fields: Any) -> Incident:
    for to in steps:
        told = fields if to == Status.ACCEPTED else {}
        incident = change_status(incident=incident, to=to, actor=actor, at=LATER, **told)
    return incident


def handed_over(actor: User, number: int = 1, place: str = "Солнышко") -> Incident:
    incident = make_incident(actor, make_camera(number, place=place))
    return move(incident, actor, Status.CONFIRMED, Status.HANDED_OVER)


def test_queue_has_what_was_handed_over_only(dispatcher: User, police: User) -> None:
    incident = handed_over(dispatcher)
    other = make_incident(dispatcher, make_camera(2, place="Набережная"))
    client = client_for(police)
    page = client.get("/police/").content.decode()
    assert (incident.name in page, other.name in page) == (True, False)
    assert client.get(f"/police/incidents/{incident.pk}/").status_code == 200
    assert client.get(f"/police/incidents/{other.pk}/").status_code == 404


@pytest.mark.parametrize("who", ["dispatcher", "senior", "staff", "technician", "auditor"])
def test_seat_is_for_the_police(who: str, request: pytest.FixtureRequest) -> None:
    client = client_for(request.getfixturevalue(who))
    assert client.get("/police/").status_code == 403


def live_of(user: User) -> set[int]:
    client = client_for(user)
    return live_rights_of(client.session.session_key or "")[1]


def test_live_is_open_until_the_incident_is_dealt_with(
    dispatcher: User, senior: User, police: User
) -> None:
    incident = handed_over(dispatcher)
    make_camera(2, place="Набережная")
    own = set(incident.cameras.values_list("pk", flat=True))
    assert live_of(police) == own
    assert set(cameras_visible_to(police).values_list("pk", flat=True)) == own
    incident = move(incident, dispatcher, Status.ACCEPTED, kusp_number="7", kusp_officer="Иванов")
    assert live_of(police) == own
    move(incident, senior, Status.RESOLVED, Status.VERIFIED, Status.CLOSED)
    assert live_of(police) == set()
    assert live_rights_of(client_for(police).session.session_key or "")[0] is None


def test_grant_opens_live_pictures_and_nothing_else(dispatcher: User, police: User) -> None:
    incident = handed_over(dispatcher)
    for act in set(Act) - {Act.WATCH, Act.USE_POLICE_SEAT, Act.SEARCH_FACES, Act.VIEW_FACES}:
        if act in {Act.MANAGE_WATCH_LIST, Act.CONFIRM_WATCH_LIST}:
            continue
        assert not cameras_visible_to(police, act=act).exists(), act
    # Frames of the analysis go over a socket of their own, which grants do not open.
    assert rights_of(client_for(police).session.session_key or "") == (None, set())
    client = client_for(police)
    for url in ("/desk/", "/archive/", "/alarms/", "/api/cameras/", "/api/alarms/"):
        assert client.get(url).status_code in {403, 404}, url
    assert incident.handed_over_at is not None


@pytest.mark.parametrize("who", ["staff", "auditor", "technician", "stranger"])
def test_nobody_else_is_granted_anything(
    who: str, request: pytest.FixtureRequest, dispatcher: User
) -> None:
    handed_over(dispatcher)
    user = request.getfixturevalue(who)
    granted = cameras_visible_to(user)
    assert granted.exists() == (who in {"staff", "technician"})


def test_outcome_is_told_by_the_police_only(dispatcher: User, police: User) -> None:
    incident = handed_over(dispatcher)
    told = {"disposition": "PROTOCOL", "article": "7.17", "number": "67 АА 000123"}
    with pytest.raises(seat.PoliceRefusedError):
        seat.tell_outcome(incident=incident, actor=dispatcher, at=LATER, **told)
    url = f"/police/incidents/{incident.pk}/outcome/"
    assert client_for(dispatcher).post(url, told).status_code == 403
    assert client_for(police).post(url, {**told, "number": ""}).status_code == 400
    assert client_for(police).post(url, told).status_code == 302
    incident.refresh_from_db()
    assert (incident.disposition, incident.disposition_number) == ("PROTOCOL", "67 АА 000123")
    assert ChronologyEntry.objects.filter(kind="outcome", actor=police).count() == 1
    assert AuditEntry.objects.get(action="incidents.tell_outcome").actor == police


def test_outcome_of_what_was_not_handed_over_is_refused(dispatcher: User, police: User) -> None:
    incident = make_incident(dispatcher, make_camera())
    with pytest.raises(seat.PoliceRefusedError):
        seat.tell_outcome(incident=incident, actor=police, at=LATER, disposition="TALK")


def ask(actor: User, incident: Incident, **changes: Any) -> EvidenceRequest:
    values: dict[str, Any] = {
        "number": "12/345",
        "dated_on": date(2026, 7, 10),
        "basis": "CASE",
        "place": incident.place,
        "started_at": BEGIN,
        "ended_at": END,
        "text": "запись с камер площадки",
        **changes,
    }
    return seat.make_request(actor=actor, at=LATER, **values)


@pytest.mark.parametrize(("basis", "days"), [("CASE", 3), ("POLICE_ACT", 30)])
def test_request_is_due_at_the_end_of_its_last_day(
    basis: str, days: int, dispatcher: User, police: User
) -> None:
    request = ask(police, handed_over(dispatcher), basis=basis)
    assert request.due_at.isoformat() == (
        f"2026-{'07-13' if days == 3 else '08-09'}T23:59:59+03:00"
    )
    assert not overdue_requests(request.due_at).exists()
    assert overdue_requests(request.due_at + timedelta(seconds=1)).get() == request


def test_request_is_answered_with_a_package_of_its_range(
    dispatcher: User, police: User, data_dir: Path
) -> None:
    incident, _rows = make_place(dispatcher)
    Category.objects.get_or_create(code="other", defaults={"name": "Иное", "priority": 4})
    request = ask(police, incident)
    with pytest.raises(seat.PoliceRefusedError):
        seat.answer_with_package(request=request, actor=police, at=LATER)
    answered = seat.answer_with_package(request=request, actor=dispatcher, at=LATER)
    package = Package.objects.get()
    assert (answered.state, answered.package) == ("ANSWERED", package)
    assert (package.started_at, package.ended_at) == (BEGIN, END)
    assert package.incident.source == Incident.Source.POLICE
    listed = client_for(police).get("/api/packages/").json()["results"]
    assert [row["id"] for row in listed] == [str(package.public_id)]
    with pytest.raises(seat.PoliceRefusedError):
        seat.refuse_request(request=request, actor=dispatcher, at=LATER, reason="поздно")


def test_request_for_footage_that_is_gone_leaves_nothing_behind(
    dispatcher: User, police: User
) -> None:
    incident = handed_over(dispatcher)
    request = ask(police, incident)
    with pytest.raises(FootageMissingError):
        seat.answer_with_package(request=request, actor=dispatcher, at=LATER)
    request.refresh_from_db()
    assert (request.state, Package.objects.count()) == ("OPEN", 0)
    assert Incident.objects.count() == 1


def test_request_is_refused_with_a_reason(dispatcher: User, police: User) -> None:
    request = ask(police, handed_over(dispatcher))
    url = f"/police/requests/{request.pk}/answer/"
    assert client_for(police).post(url, {"answer": "refuse", "reason": "x"}).status_code == 403
    client = client_for(dispatcher)
    client.post(url, {"answer": "refuse", "reason": " "})
    request.refresh_from_db()
    assert request.state == "OPEN"
    client.post(url, {"answer": "refuse", "reason": "записи нет"})
    request.refresh_from_db()
    assert (request.state, request.refusal) == ("REFUSED", "записи нет")
    assert "записи нет" in client_for(police).get("/police/requests/").content.decode()


def test_request_is_made_on_the_page(dispatcher: User, police: User) -> None:
    incident = handed_over(dispatcher)
    form = {
        "number": "12/345",
        "dated_on": "2026-07-10",
        "basis": "CASE",
        "place": incident.place_id,
        "started_at": "2026-07-10T15:00:00",
        "ended_at": "2026-07-10T15:05:00",
        "text": "записи площадки",
    }
    client = client_for(police)
    assert client.post("/police/requests/", {**form, "text": ""}).status_code == 400
    assert not EvidenceRequest.objects.exists()
    assert client.post("/police/requests/", form).status_code == 302
    request = EvidenceRequest.objects.get()
    assert (request.made_by, request.started_at.isoformat()) == (
        police,
        "2026-07-10T12:00:00+00:00",
    )


def test_still_of_a_package_is_shown(dispatcher: User, police: User, data_dir: Path) -> None:
    incident, _rows = make_place(dispatcher, cameras=1)
    package = make_package(incident, dispatcher)
    lay_out_package(package_id=package.pk)
    still = package.members.get(role="still")
    url = f"/police/stills/{package.public_id}-{still.position}.jpg"
    assert client_for(police).get(url).status_code == 404
    move(incident, dispatcher, Status.CONFIRMED, Status.HANDED_OVER)
    answer = client_for(police).get(url)
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/jpeg")
    answer.close()
    film = package.members.get(role="original")
    url = f"/police/stills/{package.public_id}-{film.position}.jpg"
    assert client_for(police).get(url).status_code == 404
