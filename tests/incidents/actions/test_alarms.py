"""Alarms are raised once, numbered in the order of their commits, and taken on by one person."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils.timezone import now

from analytics.actions.detections import end_detection
from analytics.actions.verdicts import record_verdict
from analytics.models import Detection
from cameras.models import AuditEntry, Camera
from incidents.actions import alarms
from incidents.actions.grading import certainty_of, priority_of
from incidents.models import Alarm, AlarmCounter
from tests.incidents.factories import detect, make_watched_camera

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def camera(transactional_db: None) -> Camera:
    return make_watched_camera()


def alarm_of(detection: Detection) -> Alarm:
    return Alarm.objects.get(detection=detection)


def test_alarm_follows_a_detection(camera: Camera) -> None:
    detection = detect(camera, kind="abandoned")

    alarm = alarm_of(detection)

    assert (alarm.sequence, alarm.revision, alarm.state) == (1, 1, Alarm.State.NEW)
    assert (alarm.priority, alarm.certainty) == (1, Alarm.Certainty.LIKELY)
    assert (alarm.camera, alarm.kind, alarm.raised_at) == (
        camera,
        "abandoned",
        detection.raised_at,
    )


def test_hint_raises_no_alarm(camera: Camera) -> None:
    detect(camera, grade="HINT")

    assert Alarm.objects.count() == 0
    assert AlarmCounter.objects.count() == 0


def test_detection_found_late_is_quiet(camera: Camera) -> None:
    late = detect(camera, at=now() - timedelta(minutes=6))
    fresh = detect(camera, at=now() - timedelta(minutes=4))

    assert (alarm_of(late).state, alarm_of(fresh).state) == (Alarm.State.QUIET, Alarm.State.NEW)


def test_raising_twice_is_one_alarm_and_one_number(camera: Camera) -> None:
    detection = detect(camera)

    again = alarms.raise_alarm(detection=detection, at=now())

    assert again == alarm_of(detection)
    assert AlarmCounter.objects.get().last == 1


def test_missed_alarm_is_raised_afterwards(camera: Camera) -> None:
    detection = detect(camera)
    Alarm.objects.all().delete()  # as if the worker had died before it
    detect(camera, grade="HINT")

    first, second = alarms.raise_missed_alarms(at=now()), alarms.raise_missed_alarms(at=now())

    assert (first, second) == (1, 0)
    assert alarm_of(detection).sequence == 2


def test_numbers_become_visible_in_their_order(camera: Camera) -> None:
    """Eight workers at once: whoever has read up to a number has missed nothing before it."""
    cameras = [camera, *(make_watched_camera(number) for number in range(11, 18))]
    seen: list[list[int]] = []
    start = threading.Barrier(9)

    def raise_some(worker: int) -> None:
        start.wait()
        for _ in range(3):
            detect(cameras[worker], kind="motion", picture=None)
        connection.close()

    workers = [threading.Thread(target=raise_some, args=[number]) for number in range(8)]
    for worker in workers:
        worker.start()
    start.wait()
    while any(worker.is_alive() for worker in workers):
        seen.append(list(Alarm.objects.order_by("sequence").values_list("sequence", flat=True)))
        time.sleep(0.01)
    for worker in workers:
        worker.join()

    complete = list(Alarm.objects.order_by("sequence").values_list("sequence", flat=True))
    assert len(complete) == 24
    assert all(numbers == complete[: len(numbers)] for numbers in seen)


def test_acknowledging_is_written_and_audited(camera: Camera, dispatcher: User) -> None:
    alarm = alarm_of(detect(camera))
    moment = now()

    alarms.acknowledge_alarm(alarm=alarm, actor=dispatcher, at=moment, address="192.0.2.7")

    alarm.refresh_from_db()
    assert (alarm.state, alarm.acknowledged_by, alarm.acknowledged_at) == (
        Alarm.State.ACKNOWLEDGED,
        dispatcher,
        moment,
    )
    assert (alarm.sequence, alarm.revision) == (1, 2)
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action, entry.target, entry.address) == (
        dispatcher,
        "incidents.acknowledge",
        f"incidents.alarm:{alarm.pk}",
        "192.0.2.7",
    )


def test_second_person_is_told_who_was_first(
    camera: Camera, dispatcher: User, senior: User
) -> None:
    alarm = alarm_of(detect(camera))
    alarms.acknowledge_alarm(alarm=alarm, actor=dispatcher, at=now())

    with pytest.raises(alarms.AlarmTakenError) as caught:
        alarms.acknowledge_alarm(alarm=alarm, actor=senior, at=now())

    assert caught.value.alarm.acknowledged_by == dispatcher
    assert AuditEntry.objects.count() == 1
    assert AlarmCounter.objects.get().last == 2


def test_same_person_may_ask_again(camera: Camera, dispatcher: User) -> None:
    alarm = alarm_of(detect(camera))

    first = alarms.acknowledge_alarm(alarm=alarm, actor=dispatcher, at=now())
    again = alarms.acknowledge_alarm(alarm=alarm, actor=dispatcher, at=now())

    assert again.acknowledged_at == first.acknowledged_at
    assert AuditEntry.objects.count() == 1


def test_one_of_many_wins(camera: Camera, dispatcher: User) -> None:
    alarm = alarm_of(detect(camera))
    people = [User.objects.create(username=f"person-{number}") for number in range(6)]
    start = threading.Barrier(len(people))
    won: list[User] = []

    def take(person: User) -> None:
        start.wait()
        try:
            alarms.acknowledge_alarm(alarm=Alarm.objects.get(pk=alarm.pk), actor=person, at=now())
            won.append(person)
        except alarms.AlarmTakenError:
            pass
        connection.close()

    threads = [threading.Thread(target=take, args=[person]) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    alarm.refresh_from_db()
    assert won == [alarm.acknowledged_by]
    assert AuditEntry.objects.count() == 1


def test_end_moves_the_revision(camera: Camera) -> None:
    detection = detect(camera)

    end_detection(identity=detection.identity, ended_at=now() + timedelta(seconds=20))

    alarm = alarm_of(detection)
    assert (alarm.sequence, alarm.revision) == (1, 2)


def test_rolled_back_alarm_leaves_no_hole(camera: Camera) -> None:
    lost = detect(camera, grade="HINT")
    lost.grade = "ALARM"
    with transaction.atomic():
        alarms.raise_alarm(detection=lost, at=now())
        transaction.set_rollback(True)

    detection = detect(camera)

    assert alarm_of(detection).sequence == 1


@pytest.mark.parametrize(
    ("kind", "score", "facts", "priority", "certainty"),
    [
        ("fire", 0.9, {}, 1, "LIKELY"),
        ("fight", 0.99, {}, 1, "POSSIBLE"),
        ("face", 0.9, {"name": "Иванов И. И."}, 2, "POSSIBLE"),
        ("face", 0.9, {"entry_kind": "WANTED"}, 2, "POSSIBLE"),
        ("face", 0.9, {"entry_kind": "MISSING"}, 2, "POSSIBLE"),
        ("face", 0.9, {"entry_kind": "MISSING_CHILD"}, 1, "POSSIBLE"),
        ("running", 0.9, {"entry_kind": "MISSING_CHILD"}, 3, "LIKELY"),
        ("tamper", 1.0, {"state": "lost"}, 2, "OBSERVED"),
        ("tamper", 0.8, {"state": "moved"}, 2, "LIKELY"),
        ("crossing", 0.4, {}, 3, "POSSIBLE"),
        ("vehicle", 0.6, {}, 4, "LIKELY"),
        ("a kind of another version", 0.6, {}, 3, "LIKELY"),
    ],
)
def test_grading(
    kind: str, score: float, facts: dict[str, str], priority: int, certainty: str
) -> None:
    detection = Detection(kind=kind, score=score, facts=facts)

    assert (priority_of(detection), certainty_of(detection)) == (priority, certainty)


def test_verdict_takes_a_new_alarm_on(camera: Camera, dispatcher: User) -> None:
    detection = detect(camera)
    at = now()

    record_verdict(detection=detection, verdict="FALSE", actor=dispatcher, at=at)

    alarm = alarm_of(detection)
    assert (alarm.state, alarm.acknowledged_by, alarm.acknowledged_at) == (
        Alarm.State.ACKNOWLEDGED,
        dispatcher,
        at,
    )
    assert alarm.revision == 2
    actions = AuditEntry.objects.order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["analytics.judge", "incidents.acknowledge", "incidents.judge"]


def test_verdict_leaves_an_alarm_with_whoever_took_it_on(
    camera: Camera, dispatcher: User, senior: User
) -> None:
    detection = detect(camera)
    alarms.acknowledge_alarm(alarm=alarm_of(detection), actor=dispatcher, at=now())

    record_verdict(detection=detection, verdict="REAL", actor=senior, at=now())

    alarm = alarm_of(detection)
    assert (alarm.acknowledged_by, alarm.revision) == (dispatcher, 3)


def test_verdict_on_an_alarm_found_late_leaves_it_quiet(camera: Camera, dispatcher: User) -> None:
    detection = detect(camera, at=now() - timedelta(hours=1))

    record_verdict(detection=detection, verdict="REAL", actor=dispatcher, at=now())

    alarm = alarm_of(detection)
    assert (alarm.state, alarm.revision) == (Alarm.State.QUIET, 2)


def test_verdict_taken_back_is_told_and_the_alarm_stays_taken_on(
    camera: Camera, dispatcher: User
) -> None:
    detection = detect(camera)
    for verdict in ("REAL", ""):
        record_verdict(detection=detection, verdict=verdict, actor=dispatcher, at=now())

    alarm = alarm_of(detection)
    assert (alarm.state, alarm.revision) == (Alarm.State.ACKNOWLEDGED, 3)


def test_verdict_on_a_hint_is_no_business_of_the_desk(camera: Camera, dispatcher: User) -> None:
    detection = detect(camera, grade="HINT")

    record_verdict(detection=detection, verdict="REAL", actor=dispatcher, at=now())

    assert (Alarm.objects.count(), AlarmCounter.objects.count()) == (0, 0)


def test_verdict_that_is_rolled_back_tells_nobody(camera: Camera, dispatcher: User) -> None:
    detection = detect(camera)

    with transaction.atomic():
        record_verdict(detection=detection, verdict="REAL", actor=dispatcher, at=now())
        transaction.set_rollback(True)

    assert alarm_of(detection).revision == 1
