from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import translation
from django.utils.timezone import now

from archive.models import Export
from incidents.actions.alarms import acknowledge_alarm
from incidents.actions.incident_fields import change_fields
from incidents.actions.incidents import change_status, create_incident, note
from incidents.queries.story import story_of
from tests.incidents.cards import make_card, make_category
from tests.incidents.factories import make_alarm, make_watched_camera

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


def test_story_has_the_alarm_its_taking_the_hold_the_status_and_the_export(
    dispatcher: User,
) -> None:
    camera = make_watched_camera()
    alarm = acknowledge_alarm(alarm=make_alarm(camera), actor=dispatcher, at=now())
    incident = create_incident(
        actor=dispatcher,
        source="DETECTOR",
        place=camera.location,
        category=make_category(),
        occurred_at=alarm.raised_at,
        at=now(),
        alarms=[alarm],
    )
    change_status(incident=incident, to="CONFIRMED", actor=dispatcher, at=now())
    moment = now()
    Export.objects.create(
        camera=camera,
        kind="MP4",
        started_at=moment - timedelta(minutes=1),
        ended_at=moment,
        reason=f"запрос по {incident.name}",
        requested_at=moment,
        requested_by=dispatcher,
    )

    with translation.override("ru"):
        lines = [(line.text, line.who) for line in story_of(incident)]

    assert lines[0] == ("Выгрузка: К03, MP4", "dispatcher")
    assert lines[1] == ("Статус: подтверждена", "dispatcher")
    assert {
        ("Удержана запись 1 камеры", ""),
        ("Карточка заведена: детектор", "dispatcher"),
        ("Тревогу принял", "dispatcher"),
        ("Тревога P3 Обычная: Длительное пребывание, К03", ""),
    } == set(lines[2:])


@pytest.mark.parametrize(("language", "text"), [("ru", "Оружие: да"), ("en", "Weapon: yes")])
def test_a_field_is_told_in_the_language_of_the_reader(
    language: str, text: str, dispatcher: User
) -> None:
    incident = make_card(now())
    change_fields(incident=incident, actor=dispatcher, at=now(), version=1, has_weapon=True)

    with translation.override(language):
        assert story_of(incident)[0].text == text


def test_what_no_one_has_words_for_is_shown_all_the_same() -> None:
    incident = make_card(now())
    note(incident=incident, kind="satellite", detail={"text": "снимок"}, actor=None, at=now())

    assert story_of(incident)[0].text == "снимок"


def test_what_came_of_it_and_the_package_have_words() -> None:
    incident = make_card(now())
    outcome = {"disposition": "PROTOCOL", "disposition_article": "КоАП 7.17"}
    note(incident=incident, kind="outcome", detail=outcome, actor=None, at=now())
    note(incident=incident, kind="package_made", detail={"name": "П-1"}, actor=None, at=now())

    with translation.override("ru"):
        assert [line.text for line in story_of(incident)] == [
            "Запрошен пакет: П-1",
            "Результат: протокол составлен, КоАП 7.17",
        ]
