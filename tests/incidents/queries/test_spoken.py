from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.utils import translation

from archive.models import Hold
from cameras.models import Camera
from incidents.models import Participant
from incidents.queries.spoken import Spoken, labels_of, spoken_of
from tests.incidents.cards import make_card, make_place

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

AT = datetime(2026, 7, 10, 21, 12, 5, tzinfo=ZoneInfo("Europe/Moscow"))


@pytest.fixture
def speaker(dispatcher: User) -> User:
    dispatcher.first_name, dispatcher.last_name = "Мария", "Ковалёва"
    return dispatcher


def said(speaker: User, at: datetime = AT + timedelta(minutes=3)) -> Spoken:
    place = make_place(address="3-й микрорайон, д. 12")
    camera = Camera.objects.create(location=place, number=3, name="качели")
    incident = make_card(AT, place=place, where_exactly="у входа", summary="Двое сломали скамью")
    Participant.objects.create(
        incident=incident, sex="M", age="16–20", clothes="синяя куртка", left_for="к школе"
    )
    Hold.objects.create(
        camera=camera,
        started_at=AT - timedelta(minutes=10),
        ended_at=AT + timedelta(minutes=10),
        reason=incident.name,
        created_at=AT,
        created_by=speaker,
    )
    with translation.override("ru"):
        return spoken_of(incident, speaker=speaker, at=at)


def test_message_keeps_the_order_of_the_police_register(speaker: User) -> None:
    message = said(speaker)

    assert message.text == (
        "Докладывает ЕДДС, Мария Ковалёва. В 21:12, Солнышко, 3-й микрорайон, д. 12, у входа: "
        "Двое сломали скамью. 1 неустановленное лицо. Приметы: мужчина, на вид 16–20, "
        "синяя куртка. Ушли: к школе. Пострадавших, оружия нет. "
        "Запись камер К03 удержана с 21:02 до 21:22."
    )
    assert [piece.text for piece in message.pieces if piece.is_strong][:2] == [
        "В 21:12",
        "Солнышко",
    ]
    assert message.seconds <= 30


def test_message_of_another_day_names_the_day(speaker: User) -> None:
    assert "В 10.07.2026 21:12," in said(speaker, AT + timedelta(days=1)).text


def test_dangers_are_told_first_of_all_that_there_are(speaker: User) -> None:
    incident = make_card(AT, injured_count=2, has_weapon=True, has_fire=True)

    with translation.override("ru"):
        text = spoken_of(incident, speaker=speaker, at=AT).text

    assert "Пострадавших: 2. Есть оружие. Есть огонь." in text
    assert "нет" not in text


def test_what_somebody_wrote_is_read_as_it_is(speaker: User) -> None:
    incident = make_card(AT, told_text="Говорю сам.")

    assert spoken_of(incident, speaker=speaker, at=AT).text == "Говорю сам."


def test_cameras_in_a_row_are_named_by_their_ends() -> None:
    cameras = [Camera(number=number) for number in (1, 2, 3, 7, 9, 10)]

    with translation.override("ru"):
        assert labels_of(cameras) == "К01–К03, К07, К09, К10"
