from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.utils.timezone import now

from incidents.actions.incidents import IncidentRefusedError, change_status
from incidents.actions.reminders import finish_reminder, set_reminder, turn_unfinished
from incidents.models import Incident
from incidents.queries.reminders import due_reminders
from incidents.tasks import turn_unfinished as turn_unfinished_task
from tests.incidents.cards import make_card

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def test_reminder_comes_back_until_somebody_handles_it(dispatcher: User, senior: User) -> None:
    moment, incident = now(), make_card(now())
    row = set_reminder(
        incident=incident, due_at=moment + MINUTE, text="Наряд?", actor=dispatcher, at=moment
    )

    def due_for(user: User, at: datetime) -> list[str]:
        return [reminder.text for reminder in due_reminders(user, at=at)]

    assert due_for(dispatcher, moment) == []
    assert due_for(dispatcher, moment + MINUTE) == ["Наряд?"]
    assert due_for(senior, moment + MINUTE) == []  # its author is reminded first
    assert due_for(senior, moment + 3 * MINUTE) == ["Наряд?"]
    for _ in range(2):
        finish_reminder(reminder=row, actor=senior, at=moment + 4 * MINUTE)
    assert due_for(dispatcher, moment + 5 * MINUTE) == []
    assert [line.kind for line in incident.chronology.order_by("pk")] == ["reminder", "reminded"]


def test_reminder_of_the_past_is_refused(dispatcher: User) -> None:
    with pytest.raises(IncidentRefusedError):
        set_reminder(incident=make_card(now()), due_at=now(), text="?", actor=dispatcher, at=now())


def handed_over(hours: float, status: str = "HANDED_OVER", **moments: datetime) -> Incident:
    at = now() - hours * HOUR
    return make_card(at, status=status, confirmed_at=at, handed_over_at=at, **moments)


def test_card_that_no_service_closes_turns_unfinished_after_48_hours() -> None:
    late, young = handed_over(48.1), handed_over(47.9)
    answered = handed_over(60, "ACCEPTED", accepted_at=now() - HOUR)

    assert turn_unfinished(at=now()) == 1

    for card in (late, young, answered):
        card.refresh_from_db()
    assert [card.status for card in (late, young, answered)] == [
        "UNFINISHED",
        "HANDED_OVER",
        "ACCEPTED",
    ]
    assert late.chronology.get(kind="status").actor is None


def test_card_taken_up_again_is_not_unfinished_at_once(dispatcher: User) -> None:
    card = handed_over(60)
    turn_unfinished_task()
    card.refresh_from_db()

    change_status(incident=card, to="ON_SCENE", actor=dispatcher, at=now())

    assert turn_unfinished(at=now()) == 0
