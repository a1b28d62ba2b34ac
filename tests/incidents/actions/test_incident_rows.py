from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.utils.timezone import now

from incidents.actions.dispatches import add_service, change_dispatch
from incidents.actions.incident_rows import mark_step, note_call, remove_row, save_row
from incidents.actions.incidents import IncidentRefusedError, change_status, create_incident
from incidents.models import ChecklistItem, Damage, Dispatch, Incident, Participant, Service
from incidents.queries.checklist import steps_of
from tests.cast import make_user
from tests.incidents.cards import make_card, make_category
from tests.incidents.factories import make_watched_camera

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

Fact = ChecklistItem.Fact


def make_service(code: str, **values: object) -> Service:
    return Service.objects.update_or_create(code=code, defaults={"name": code, **values})[0]


@pytest.fixture
def incident(dispatcher: User) -> Incident:
    category = make_category("brawl", name="Драка")
    category.services.set(
        [make_service("police", is_police=True, position=1), make_service("103", position=2)]
    )
    ChecklistItem.objects.all().delete()
    return create_incident(
        actor=dispatcher,
        source="DISPATCHER",
        place=make_watched_camera().location,
        category=category,
        occurred_at=now(),
        at=now(),
    )


def test_services_of_the_category_are_on_a_new_card(incident: Incident) -> None:
    rows = incident.dispatches.values_list("service__code", "is_main", "status")

    assert list(rows) == [("police", True, "ADDED"), ("103", False, "ADDED")]


def test_police_follow_the_card_and_nothing_is_typed_twice(
    incident: Incident, dispatcher: User
) -> None:
    incident = change_status(incident=incident, to="CONFIRMED", actor=dispatcher, at=now())
    incident = change_status(incident=incident, to="HANDED_OVER", actor=dispatcher, at=now())
    police = incident.dispatches.get(service__code="police")
    assert police.status == Dispatch.Status.RECEIVED

    change_status(
        incident=incident,
        to="ACCEPTED",
        actor=dispatcher,
        at=now(),
        kusp_number="4518",
        kusp_officer="Орлов",
    )

    police.refresh_from_db()
    assert (police.status, police.accepted_by) == (Dispatch.Status.ACCEPTED, "Орлов")
    assert incident.dispatches.get(service__code="103").status == Dispatch.Status.ADDED


def test_service_is_called_once_and_its_way_is_told(incident: Incident, dispatcher: User) -> None:
    fire = make_service("101")
    rows = [
        add_service(incident=incident, service=fire, actor=dispatcher, at=now()) for _ in range(2)
    ]

    change_dispatch(
        dispatch=rows[0], actor=dispatcher, at=now(), status="STARTED", unit_order_number="17"
    )
    change_dispatch(dispatch=rows[0], actor=dispatcher, at=now(), status="STARTED")

    assert rows[0] == rows[1]
    last = incident.chronology.filter(kind="service").order_by("pk").last()
    assert incident.chronology.filter(kind="service").count() == 2
    assert last is not None
    assert (last.detail["from"], last.detail["to"], last.detail["order"]) == (
        "ADDED",
        "STARTED",
        "17",
    )


@pytest.mark.parametrize(
    "row", [Participant(clothes="синяя куртка"), Damage(item="Скамья", what="спинка")]
)
def test_row_is_told_when_it_comes_changes_and_goes(
    row: Participant | Damage, incident: Incident, dispatcher: User
) -> None:
    row = type(row)(
        incident=incident,
        **{
            f.name: getattr(row, f.name)
            for f in row._meta.fields
            if f.name not in {"id", "incident"}
        },
    )
    save_row(row=row, actor=dispatcher, at=now())
    save_row(row=row, actor=dispatcher, at=now())
    remove_row(row=row, actor=dispatcher, at=now())

    lines = incident.chronology.filter(kind__in=["person", "damage"]).order_by("pk")
    assert [line.detail["what"] for line in lines] == ["added", "changed", "removed"]
    assert "" not in lines[2].detail["fields"].values()


def test_required_step_that_is_missing_keeps_the_card_open(
    incident: Incident, dispatcher: User
) -> None:
    item = ChecklistItem.objects.create(text="Скорая вызвана или не нужна", is_required=True)
    ChecklistItem.objects.create(text="Путь ухода")
    incident = change_status(incident=incident, to="CONFIRMED", actor=dispatcher, at=now())

    with pytest.raises(IncidentRefusedError, match="Скорая вызвана"):
        change_status(incident=incident, to="RESOLVED", actor=dispatcher, at=now())
    for _ in range(2):
        mark_step(incident=incident, item=item, is_done=True, actor=dispatcher, at=now())
    change_status(incident=incident, to="RESOLVED", actor=dispatcher, at=now())

    assert incident.chronology.filter(kind="step").count() == 1


def test_card_ticks_by_itself_what_it_sees(incident: Incident, dispatcher: User) -> None:
    for fact in (Fact.HELD, Fact.CONFIRMED, Fact.KUSP):
        ChecklistItem.objects.create(text=fact.value, fact=fact)

    change_status(incident=incident, to="CONFIRMED", actor=dispatcher, at=now())
    incident.refresh_from_db()

    assert [step.is_done for step in steps_of(incident)] == [True, True, False]


def test_call_stands_in_the_chronology(incident: Incident, dispatcher: User) -> None:
    note_call(
        incident=incident,
        actor=dispatcher,
        at=now(),
        whom="УК",
        phone="3-12-12",
        taken_by="Сомов",
        text="сломана скамья",
    )

    assert incident.chronology.get(kind="call").detail["by"] == "Сомов"


def test_who_may_not_handle_incidents_writes_no_row() -> None:
    police, card = make_user("police"), make_card(now())

    with pytest.raises(IncidentRefusedError):
        save_row(row=Damage(incident=card, item="Скамья"), actor=police, at=now())
    assert not card.damages.exists()
