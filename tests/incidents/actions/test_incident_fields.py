from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils.timezone import now

from cameras.models import AuditEntry
from incidents.actions.incident_fields import change_fields
from incidents.actions.incidents import IncidentRefusedError, StaleIncidentError
from incidents.models import Incident
from incidents.queries.story import changes_since
from tests.cast import make_user
from tests.incidents.cards import make_card, make_category

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


def write(incident: Incident, actor: User, version: int = 1, **fields: Any) -> Incident:
    return change_fields(incident=incident, actor=actor, at=now(), version=version, **fields)


def test_each_field_that_changed_is_a_line_and_all_are_one_version(dispatcher: User) -> None:
    incident = make_card(now(), summary="Скамья")

    after = write(
        incident, dispatcher, summary="Скамья сломана", has_weapon=True, certainty="LIKELY"
    )

    lines = incident.chronology.filter(kind="field")
    assert after.version == 2
    assert {(row.detail["field"], row.detail["before"], row.detail["after"]) for row in lines} == {
        ("summary", "Скамья", "Скамья сломана"),
        ("has_weapon", "", "1"),
        ("certainty", "OBSERVED", "LIKELY"),
    }
    assert AuditEntry.objects.get(action="incidents.change_fields").actor == dispatcher


def test_the_same_value_is_no_change(dispatcher: User) -> None:
    incident = make_card(now(), summary="Скамья")

    after = write(incident, dispatcher, version=99, summary="Скамья")

    assert (after.version, incident.chronology.count()) == (1, 0)


def test_who_comes_second_is_told_by_name_what_changed(dispatcher: User, senior: User) -> None:
    incident = make_card(now(), summary="Скамья")
    write(incident, senior, summary="Скамья и урна", injured_count=1)

    with pytest.raises(StaleIncidentError) as refused:
        write(incident, dispatcher, summary="Лавка")

    error = refused.value
    assert (error.incident.summary, error.seen) == ("Скамья и урна", 1)
    assert [
        (change.field, change.before, change.after, change.who)
        for change in changes_since(error.incident, error.seen)
    ] == [("summary", "Скамья", "Скамья и урна", "senior"), ("injured_count", "0", "1", "senior")]


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_wins() -> None:
    incident = make_card(now(), summary="Скамья")
    people = [make_user("dispatcher"), make_user("senior")]
    barrier, outcomes = threading.Barrier(2), []

    def work(actor: User) -> None:
        barrier.wait()
        try:
            outcomes.append(write(incident, actor, summary=actor.username).summary)
        except StaleIncidentError as error:
            outcomes.append(f"told of {error.incident.summary}")
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[actor]) for actor in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    winner = Incident.objects.get().summary
    assert sorted(outcomes) == sorted([winner, f"told of {winner}"])


def test_priority_follows_the_category_until_somebody_sets_it(dispatcher: User) -> None:
    low, high = make_category("low", priority=4), make_category("high", priority=1)
    followed = make_card(now(), category=low, priority=4)
    chosen = make_card(now(), category=low, priority=2)

    assert write(followed, dispatcher, category=high).priority == 1
    assert write(chosen, dispatcher, category=high).priority == 2


def test_card_at_its_end_and_a_moment_to_come_are_refused(dispatcher: User) -> None:
    ended = make_card(now(), status="CLOSED")
    with pytest.raises(IncidentRefusedError):
        write(ended, dispatcher, summary="другое")

    with pytest.raises(IncidentRefusedError):
        write(make_card(now()), dispatcher, occurred_at=now() + timedelta(hours=1))


def test_who_may_not_handle_incidents_writes_nothing(auditor: User) -> None:
    with pytest.raises(IncidentRefusedError):
        write(make_card(now()), auditor, summary="другое")
