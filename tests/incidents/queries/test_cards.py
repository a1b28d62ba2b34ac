from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils.timezone import now

from incidents.models import Incident, Norm
from incidents.queries.cards import course_of, known_officers, matching, only_open, open_first
from tests.incidents.cards import make_card

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

SECOND = timedelta(seconds=1)


def test_course_tells_what_is_done_what_runs_and_what_is_over_its_norm() -> None:
    for interval, seconds in (("REVIEW", 30), ("CONFIRM", 75), ("HAND_OVER", 180)):
        Norm.objects.update_or_create(interval=interval, defaults={"seconds": seconds})
    moment = now()
    card = make_card(
        moment,
        status="CONFIRMED",
        reviewed_at=moment + 9 * SECOND,
        confirmed_at=moment + 109 * SECOND,
    )

    steps = course_of(card, at=moment + 199 * SECOND)

    assert [step.state for step in steps] == ["done", "done", "now"] + ["ahead"] * 6
    assert [(step.seconds, step.norm_s, step.is_over, step.fill) for step in steps[:3]] == [
        (9, 30, False, 30),
        (100, 75, True, 100),
        (90, 180, False, 50),
    ]
    assert steps[2].is_running


def test_card_that_stands_still_runs_against_no_norm() -> None:
    moment = now()
    card = make_card(
        moment, status="UNFINISHED", confirmed_at=moment, handed_over_at=moment + SECOND
    )

    steps = course_of(card, at=moment + 999 * SECOND)

    assert [step.status for step in steps if step.state == "now"] == [Incident.Status.HANDED_OVER]
    assert not any(step.is_running for step in steps)


def test_closed_card_is_done_to_its_end() -> None:
    moment = now()
    card = make_card(moment, status="CLOSED", closed_at=moment)

    assert {step.state for step in course_of(card, at=moment)} == {"done"}


def test_open_cards_come_first_and_then_the_newest() -> None:
    moment = now()
    closed = make_card(moment, status="CLOSED")
    old = make_card(moment - 60 * SECOND)
    new = make_card(moment - 30 * SECOND, status="ACCEPTED")

    assert list(open_first(Incident.objects.all())) == [new, old, closed]
    assert set(only_open(Incident.objects.all())) == {old, new}


@pytest.mark.parametrize(
    "text", ["АГ-2026-{number}", "{number}", "4518", "112-77", "скамью", "СКАМЬЮ", "Скамью"]
)
def test_card_is_found_by_its_numbers_and_by_words_in_any_case(text: str) -> None:
    card = make_card(now(), summary="ломают скамью", kusp_number="4518", ext_112_number="112-77")
    make_card(now(), summary="другое")

    found = matching(Incident.objects.all(), text.format(number=f"{card.number:06d}"))

    assert list(found) == [card]


def test_officers_are_known_by_the_last_hand_overs() -> None:
    moment = now()
    make_card(moment, kusp_officer="Орлов", accepted_at=moment - 9 * SECOND)
    make_card(moment, kusp_officer="Белова", accepted_at=moment)
    make_card(moment, kusp_officer="Орлов", accepted_at=moment - 99 * SECOND)

    assert known_officers() == ["Белова", "Орлов"]
