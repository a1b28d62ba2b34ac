from __future__ import annotations

import threading
from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils.timezone import localtime, now

from archive.models import Hold
from cameras.models import AuditEntry, Camera
from incidents.actions.incidents import (
    IncidentRefusedError,
    StaleIncidentError,
    change_status,
    create_incident,
)
from incidents.models import Category, Incident, LegalHint, Norm
from incidents.queries.incidents import incidents_visible_to, intervals, legal_hints
from tests.cast import make_user
from tests.incidents.cards import make_category
from tests.incidents.factories import make_alarm, make_watched_camera

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

Status = Incident.Status
SECOND = timedelta(seconds=1)


@pytest.fixture
def camera() -> Camera:
    return make_watched_camera()


@pytest.fixture
def category() -> Category:
    return make_category("damage", name="Порча")


def make_incident(
    actor: User | None, camera: Camera, category: Category, **values: Any
) -> Incident:
    moment = now()
    return create_incident(
        actor=actor,
        source=Incident.Source.DISPATCHER,
        place=camera.location,
        category=category,
        **{"occurred_at": moment, "at": moment, **values},
    )


def move(incident: Incident, to: str, actor: User, **fields: Any) -> Incident:
    return change_status(incident=incident, to=to, actor=actor, at=now(), **fields)


def test_card_keeps_the_footage_of_its_place_and_takes_the_alarm_in(
    dispatcher: User, camera: Camera, category: Category
) -> None:
    alarm = make_alarm(camera)
    incident = make_incident(dispatcher, camera, category, alarms=[alarm])

    alarm.refresh_from_db()
    hold = Hold.objects.get(camera=camera)
    assert alarm.incident == incident
    assert incident.name == f"АГ-{localtime(incident.registered_at).year}-000001"
    assert (hold.ended_at - hold.started_at, hold.reason) == (timedelta(minutes=20), incident.name)
    assert [line.kind for line in incident.chronology.order_by("pk")] == ["created", "held"]
    assert AuditEntry.objects.filter(action="incidents.create", actor=dispatcher).count() == 1


def test_drill_holds_nothing(dispatcher: User, camera: Camera, category: Category) -> None:
    make_incident(dispatcher, camera, category, is_drill=True)

    assert not Hold.objects.exists()


def test_card_goes_its_way_and_its_intervals_are_measured(
    dispatcher: User, senior: User, camera: Camera, category: Category
) -> None:
    Norm.objects.update_or_create(interval=Norm.Interval.CONFIRM, defaults={"seconds": 30})
    incident = make_incident(dispatcher, camera, category)
    begun = incident.detected_at
    incident = change_status(
        incident=incident, to=Status.IN_REVIEW, actor=dispatcher, at=begun + 9 * SECOND
    )
    incident = change_status(
        incident=incident, to=Status.CONFIRMED, actor=dispatcher, at=begun + 60 * SECOND
    )
    incident = move(incident, Status.HANDED_OVER, dispatcher)
    incident = move(
        incident, Status.ACCEPTED, dispatcher, kusp_number="4518", kusp_officer="Орлов Д. С."
    )
    incident = move(incident, Status.RESOLVED, dispatcher)
    incident = move(incident, Status.VERIFIED, senior)
    incident = move(incident, Status.CLOSED, senior)

    review, confirm, *_rest = intervals(incident)
    assert (review.seconds, review.is_over) == (9, False)
    assert (confirm.seconds, confirm.norm_s, confirm.is_over) == (51, 30, True)
    assert incident.version == 8
    kusp = incident.chronology.get(kind="field", detail__field="kusp_number")
    assert (kusp.detail["before"], kusp.detail["after"]) == ("", "4518")


@pytest.mark.parametrize("to", [Status.ACCEPTED, Status.CLOSED, Status.VERIFIED])
def test_impossible_step_is_refused(
    to: Status, senior: User, camera: Camera, category: Category
) -> None:
    incident = make_incident(senior, camera, category)

    with pytest.raises(IncidentRefusedError):
        move(incident, to, senior)
    incident.refresh_from_db()
    assert (incident.status, incident.version) == (Status.NEW, 1)


def test_false_alarm_needs_a_reason(dispatcher: User, camera: Camera, category: Category) -> None:
    incident = make_incident(dispatcher, camera, category)

    with pytest.raises(IncidentRefusedError):
        move(incident, Status.FALSE_ALARM, dispatcher)
    assert (
        move(incident, Status.FALSE_ALARM, dispatcher, false_reason="тень").false_reason == "тень"
    )


def test_dispatcher_does_not_close_what_the_senior_checks(
    dispatcher: User, camera: Camera, category: Category
) -> None:
    incident = move(make_incident(dispatcher, camera, category), Status.CONFIRMED, dispatcher)
    incident = move(incident, Status.RESOLVED, dispatcher)

    with pytest.raises(IncidentRefusedError):
        move(incident, Status.VERIFIED, dispatcher)


def test_of_two_at_once_the_second_is_told_how_the_card_stands(
    dispatcher: User, senior: User, camera: Camera, category: Category
) -> None:
    incident = make_incident(dispatcher, camera, category)
    seen_by_both = Incident.objects.get(pk=incident.pk)
    move(incident, Status.CONFIRMED, dispatcher)

    with pytest.raises(StaleIncidentError) as refused:
        move(seen_by_both, Status.FALSE_ALARM, senior, false_reason="тень")
    assert refused.value.incident.status == Status.CONFIRMED


def test_hand_over_sent_twice_over_a_lost_network_is_one(
    dispatcher: User, camera: Camera, category: Category
) -> None:
    incident = move(make_incident(dispatcher, camera, category), Status.CONFIRMED, dispatcher)
    first = move(incident, Status.HANDED_OVER, dispatcher)
    again = move(incident, Status.HANDED_OVER, dispatcher)

    assert (again.handed_over_at, again.version) == (first.handed_over_at, first.version)
    assert incident.chronology.filter(detail__to=Status.HANDED_OVER).count() == 1


@pytest.mark.django_db(transaction=True)
def test_cards_made_at_once_get_numbers_of_their_own(
    dispatcher: User, camera: Camera, category: Category
) -> None:
    def make() -> None:
        try:
            make_incident(dispatcher, camera, category)
        finally:
            connection.close()

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(Incident.objects.values_list("number", flat=True)) == [1, 2, 3, 4]


def test_police_see_what_was_handed_over(
    dispatcher: User, camera: Camera, category: Category
) -> None:
    kept = make_incident(dispatcher, camera, category)
    given = move(make_incident(dispatcher, camera, category), Status.CONFIRMED, dispatcher)
    given = move(given, Status.HANDED_OVER, dispatcher)

    assert list(incidents_visible_to(make_user("police"))) == [given]
    assert set(incidents_visible_to(dispatcher)) == {kept, given}
    assert not incidents_visible_to(make_user("auditor")).exists()


def test_article_counts_on_its_days_only(category: Category) -> None:
    for article, begin, end in [
        ("КоАП 7.17", date(2020, 1, 1), date(2025, 12, 31)),
        ("КоАП 7.17 (новая)", date(2026, 1, 1), None),
    ]:
        LegalHint.objects.create(
            category=category, article=article, text="порча", valid_from=begin, valid_until=end
        )

    found = legal_hints(category, date(2026, 7, 10))
    assert [hint.article for hint in found] == ["КоАП 7.17 (новая)"]


def test_status_carries_no_other_field(
    dispatcher: User, camera: Camera, category: Category
) -> None:
    incident = make_incident(dispatcher, camera, category)

    with pytest.raises(TypeError):
        move(incident, Status.CONFIRMED, dispatcher, number=7)
