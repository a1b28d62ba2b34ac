"""A drill looks real at the desk, leaves the house by no way and counts nowhere."""

from __future__ import annotations

import io
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.utils.timezone import localdate, now
from django.utils.translation import override
from pypdf import PdfReader

from archive.models import Hold
from cameras.models import Camera
from incidents.actions.alarm_cards import make_card_of_alarm
from incidents.actions.alarm_verdicts import judge_alarm
from incidents.actions.alarms import acknowledge_alarm
from incidents.actions.drills import DrillRefusedError, end_drill, start_drill
from incidents.actions.grading import priority_of_outside
from incidents.actions.incidents import change_status
from incidents.actions.interchange import publish_changes
from incidents.actions.packages import PackageRefusedError, create_package
from incidents.actions.transfer_act import act_of
from incidents.engine.scenarios import SCENARIOS
from incidents.models import (
    Alarm,
    Delivery,
    Drill,
    Incident,
    JournalEntry,
    Norm,
    OutsideMessage,
)
from incidents.queries.alarms import open_alarms
from incidents.queries.drills import Step, running_drill
from incidents.queries.incidents import incidents_visible_to
from incidents.queries.journal_words import words_of
from incidents.queries.precision import precision_of
from incidents.queries.reports import month_of, report_of
from incidents.queries.spoken import spoken_of
from incidents.serializers import AlarmSerializer
from tests.archive.factories import encode_clip, main_stream, make_camera, make_volume, record
from tests.cast import client_for, make_user
from tests.incidents.cards import make_category
from tests.incidents.factories import make_alarm
from tests.incidents.outside_rows import make_webhook, switch_on
from tests.incidents.shift_rows import make_drill

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

SECOND = timedelta(seconds=1)
Status = Incident.Status


@pytest.fixture
def camera() -> Camera:
    return make_camera(3)


@pytest.fixture
def drill(camera: Camera, senior: User) -> Drill:
    return make_drill(camera, senior)


def play_to_the_end(drill: Drill, dispatcher: User) -> Incident:
    """Do all that a dispatcher would do, up to the hand-over to the police."""
    alarm, moment = drill.alarm, drill.started_at
    acknowledge_alarm(alarm=alarm, actor=dispatcher, at=moment + 9 * SECOND)
    judge_alarm(alarm=alarm, verdict="REAL", actor=dispatcher, at=moment + 80 * SECOND)
    card = make_card_of_alarm(alarm=alarm, actor=dispatcher, at=moment + 90 * SECOND)
    return change_status(
        incident=card, to=Status.HANDED_OVER, actor=dispatcher, at=moment + 150 * SECOND
    )


def test_drill_comes_to_the_desk_as_a_real_alarm_does(drill: Drill, camera: Camera) -> None:
    make_alarm(camera)

    alarms = {alarm.is_drill: alarm for alarm in open_alarms(Alarm.objects.all(), at=now()).alarms}

    shown = AlarmSerializer(alarms[True]).data
    assert (alarms[True].state, alarms[False].group) == ("NEW", None)
    assert shown["title"] == "Порча имущества"
    assert shown["camera_label"] == "К03"
    assert "чеб" not in f"{shown['title']}{shown['sentence']}{shown['source_text']}"


def test_real_alarm_beside_a_drill_stays_real(drill: Drill, camera: Camera) -> None:
    real = make_alarm(camera)

    real.refresh_from_db()
    assert (real.is_drill, real.group) == (False, None)


def test_nothing_of_a_drill_leaves_the_house(drill: Drill, dispatcher: User) -> None:
    switch_on()
    make_webhook()
    card = play_to_the_end(drill, dispatcher)
    publish_changes(at=now())

    assert card.is_drill
    assert OutsideMessage.objects.count() == Delivery.objects.count() == 0
    assert not incidents_visible_to(make_user("police")).exists()
    assert not Hold.objects.exists()
    client = client_for(dispatcher)
    assert client.get(f"/api/incidents/{card.pk}.eido.json").status_code == 404
    assert client.get("/api/incidents.geojson").json()["features"] == []
    assert "<entry" not in client.get("/api/cap/").content.decode()


def test_text_read_aloud_begins_with_the_word_drill(drill: Drill, dispatcher: User) -> None:
    card = play_to_the_end(drill, dispatcher)

    text = spoken_of(card, speaker=dispatcher, at=now()).text

    assert text.startswith("УЧЕБНАЯ ТРЕВОГА. ")
    card.told_text = text
    assert spoken_of(card, speaker=dispatcher, at=now()).text == text
    card.told_text = "Двое ломают скамью"
    assert spoken_of(card, speaker=dispatcher, at=now()).text.startswith("УЧЕБНАЯ ТРЕВОГА. Двое")


def test_drill_has_no_package_and_its_act_says_drill(drill: Drill, dispatcher: User) -> None:
    card = play_to_the_end(drill, dispatcher)

    with override("ru"), pytest.raises(PackageRefusedError, match="Учебная"):
        create_package(incident=card, actor=dispatcher, at=now())
    paper = PdfReader(io.BytesIO(act_of(incident=card, actor=dispatcher, at=now())))
    assert "УЧЕБНАЯ ТРЕВОГА" in paper.pages[0].extract_text()


def test_nothing_of_a_drill_is_counted(drill: Drill, dispatcher: User) -> None:
    before = report_of(month_of(localdate()))
    play_to_the_end(drill, dispatcher)

    report, precision = report_of(month_of(localdate())), precision_of(month_of(localdate()))
    assert report == before
    assert precision.by_both == []


def test_drill_ends_with_times_against_the_norms(
    drill: Drill, dispatcher: User, senior: User
) -> None:
    Norm.objects.filter(interval=Norm.Interval.CONFIRM).update(seconds=45)
    play_to_the_end(drill, dispatcher)

    ended = end_drill(
        drill=drill, actor=senior, at=drill.started_at + 200 * SECOND, remarks="бодро"
    )

    steps = {step.code: step for step in (Step(**step) for step in ended.result)}
    assert {code: step.seconds for code, step in steps.items()} == {
        "ACCEPTED": 9,
        "JUDGED": 80,
        "CARD": 90,
        "HANDED_OVER": 150,
    }
    assert (steps["ACCEPTED"].is_over, steps["JUDGED"].is_over) == (False, True)
    entry = JournalEntry.objects.get()
    assert (entry.kind, entry.text, entry.detail["trainee"]) == ("DRILL", "бодро", "dispatcher")
    assert "ломают скамью" in words_of(entry)


def test_book_tells_nothing_before_the_end(drill: Drill) -> None:
    assert running_drill() == drill
    assert not JournalEntry.objects.exists()


def test_end_takes_the_alarm_off_the_desk_and_closes_the_card(
    drill: Drill, dispatcher: User, senior: User
) -> None:
    card = play_to_the_end(drill, dispatcher)

    end_drill(drill=drill, actor=senior, at=now() + 300 * SECOND)

    card.refresh_from_db()
    assert card.status == Status.CLOSED
    assert open_alarms(Alarm.objects.all(), at=now()).alarms == []
    with pytest.raises(DrillRefusedError):
        end_drill(drill=drill, actor=senior, at=now() + 301 * SECOND)


def test_drill_that_nobody_took_ends_too(drill: Drill, senior: User) -> None:
    end_drill(drill=drill, actor=senior, at=now())

    drill.alarm.refresh_from_db()
    assert (drill.alarm.verdict, drill.alarm.verdict_reason) == ("FALSE", "УЧЕБНАЯ ТРЕВОГА")
    assert [step["seconds"] for step in drill.result] == [None] * 4
    assert running_drill() is None


def test_card_that_was_only_begun_is_closed_as_a_drill(
    drill: Drill, dispatcher: User, senior: User
) -> None:
    card = make_card_of_alarm(alarm=drill.alarm, actor=dispatcher, at=now())

    end_drill(drill=drill, actor=senior, at=now())

    card.refresh_from_db()
    assert (card.status, card.false_reason) == (Status.FALSE_ALARM, "УЧЕБНАЯ ТРЕВОГА")


def test_only_one_drill_at_a_time_and_only_by_a_senior(
    drill: Drill, camera: Camera, dispatcher: User, senior: User
) -> None:
    with pytest.raises(DrillRefusedError):
        start_drill(actor=senior, scenario="bag", camera=camera, at=now())
    with pytest.raises(DrillRefusedError):
        end_drill(drill=drill, actor=dispatcher, at=now())
    end_drill(drill=drill, actor=senior, at=now())
    with pytest.raises(DrillRefusedError):
        start_drill(actor=dispatcher, scenario="bag", camera=camera, at=now())


@pytest.mark.django_db(transaction=True)
def test_of_two_drills_that_begin_at_once_one_does(camera: Camera, senior: User) -> None:
    def start() -> None:
        try:
            start_drill(actor=senior, scenario="bag", camera=camera, at=now())
        except DrillRefusedError:
            pass
        finally:
            connection.close()

    threads = [threading.Thread(target=start) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Drill.objects.count() == Alarm.objects.count() == 1


@pytest.mark.parametrize("scenario", [scenario.code for scenario in SCENARIOS])
def test_each_scenario_is_as_urgent_as_the_real_thing(
    scenario: str, camera: Camera, senior: User
) -> None:
    make_category("other")
    drill = start_drill(actor=senior, scenario=scenario, camera=camera, at=now())

    assert drill.alarm.priority == priority_of_outside(drill.alarm.kind)
    assert drill.alarm.text


def test_recorded_moment_is_the_picture(camera: Camera, senior: User, data_dir: Path) -> None:
    moment = now() - timedelta(hours=3)
    record(
        main_stream(camera), make_volume(settings.ARCHIVE_DIR), encode_clip(50), started_at=moment
    )

    with pytest.raises(DrillRefusedError, match="ближайшая"):
        start_drill(
            actor=senior, scenario="bench", camera=camera, at=now(), footage_at=moment - 60 * SECOND
        )
    drill = start_drill(
        actor=senior, scenario="bench", camera=camera, at=now(), footage_at=moment + SECOND
    )

    shown = AlarmSerializer(Alarm.objects.get(pk=drill.alarm_id)).data
    assert shown["footage_us"] == int((moment + SECOND).timestamp() * 1e6)
    assert client_for(senior).get(shown["picture_url"])["Content-Type"] == "image/jpeg"
