"""What people say of an alarm: for a reason, by whoever has it in hand, the same everywhere."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.utils.timezone import now

from analytics.actions.verdicts import record_verdict
from cameras.models import AuditEntry, Camera
from incidents.actions.alarm_verdicts import VerdictRefusedError, judge_alarm
from incidents.actions.alarms import AlarmTakenError, acknowledge_alarm
from incidents.actions.outside_alarms import raise_outside_alarm
from incidents.models import Alarm, AlarmCounter
from tests.incidents.factories import detect, make_watched_camera

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def camera(transactional_db: None) -> Camera:
    return make_watched_camera()


@pytest.fixture
def alarm(camera: Camera) -> Alarm:
    return Alarm.objects.get(detection=detect(camera))


def fresh(alarm: Alarm) -> Alarm:
    return Alarm.objects.select_related("detection").get(pk=alarm.pk)


@pytest.mark.parametrize(
    ("verdict", "of_detection"), [("REAL", "REAL"), ("FALSE", "FALSE"), ("WATCH", "")]
)
def test_detection_says_the_same(
    alarm: Alarm, dispatcher: User, verdict: str, of_detection: str
) -> None:
    at = now()

    judge_alarm(alarm=alarm, verdict=verdict, actor=dispatcher, at=at)

    judged = fresh(alarm)
    assert (judged.verdict, judged.verdict_by, judged.verdict_at) == (verdict, dispatcher, at)
    assert judged.detection is not None
    assert judged.detection.verdict == of_detection
    # Who judges has taken it on; one change is told, not two.
    assert (judged.state, judged.acknowledged_by, judged.revision) == ("ACKED", dispatcher, 2)


def test_reason_of_a_false_one_is_kept(alarm: Alarm, dispatcher: User) -> None:
    judge_alarm(alarm=alarm, verdict="FALSE", actor=dispatcher, at=now(), reason="ANIMAL")

    assert fresh(alarm).verdict_reason == "ANIMAL"
    entry = AuditEntry.objects.get(action="incidents.judge")
    assert entry.detail == {"verdict": "FALSE", "reason": "ANIMAL", "before": ""}


def test_false_one_without_words_has_the_first_reason(alarm: Alarm, dispatcher: User) -> None:
    judge_alarm(alarm=alarm, verdict="FALSE", actor=dispatcher, at=now())

    assert fresh(alarm).verdict_reason == "NOTHING"


def test_real_one_is_observed(alarm: Alarm, dispatcher: User) -> None:
    judge_alarm(alarm=alarm, verdict="REAL", actor=dispatcher, at=now())

    assert fresh(alarm).certainty == Alarm.Certainty.OBSERVED


def test_said_twice_it_is_said_once(alarm: Alarm, dispatcher: User) -> None:
    for _ in range(2):
        judge_alarm(alarm=alarm, verdict="REAL", actor=dispatcher, at=now())

    assert AuditEntry.objects.filter(action="incidents.judge").count() == 1
    assert AlarmCounter.objects.get().last == 2


def test_it_is_said_by_whoever_has_it_in_hand(alarm: Alarm, dispatcher: User) -> None:
    other = User.objects.create(username="colleague")
    other.groups.set(dispatcher.groups.all())
    acknowledge_alarm(alarm=alarm, actor=other, at=now())

    with pytest.raises(AlarmTakenError) as taken:
        judge_alarm(alarm=alarm, verdict="REAL", actor=dispatcher, at=now())

    assert taken.value.alarm.acknowledged_by == other
    assert fresh(alarm).verdict == ""


def test_senior_says_it_of_anybodys_alarm(alarm: Alarm, dispatcher: User, senior: User) -> None:
    acknowledge_alarm(alarm=alarm, actor=dispatcher, at=now())

    judge_alarm(alarm=alarm, verdict="FALSE", actor=senior, at=now())

    judged = fresh(alarm)
    assert (judged.verdict_by, judged.acknowledged_by) == (senior, dispatcher)


def test_verdict_on_the_detection_is_the_alarms(alarm: Alarm, dispatcher: User) -> None:
    assert alarm.detection is not None
    for verdict, reason in (("FALSE", "NOTHING"), ("REAL", ""), ("", "")):
        record_verdict(detection=alarm.detection, verdict=verdict, actor=dispatcher, at=now())

        assert (fresh(alarm).verdict, fresh(alarm).verdict_reason) == (verdict, reason)


def test_taking_back_what_was_said_of_the_detection_keeps_watching(
    alarm: Alarm, dispatcher: User
) -> None:
    judge_alarm(alarm=alarm, verdict="REAL", actor=dispatcher, at=now())
    judge_alarm(alarm=alarm, verdict="WATCH", actor=dispatcher, at=now())

    watched = fresh(alarm)
    assert watched.detection is not None
    assert (watched.verdict, watched.detection.verdict) == ("WATCH", "")


def test_alarm_of_no_detector_is_judged_too(camera: Camera, dispatcher: User) -> None:
    alarm = raise_outside_alarm(
        source="CITIZEN",
        place=camera.location,
        kind="graffiti",
        text="",
        occurred_at=now(),
        at=now(),
    )

    judge_alarm(alarm=alarm, verdict="FALSE", actor=dispatcher, at=now(), reason="уже закрашено")

    assert fresh(alarm).verdict_reason == "уже закрашено"


@pytest.mark.parametrize(("verdict", "reason"), [("PERHAPS", ""), ("FALSE", "х" * 201)])
def test_what_can_not_be_said_is_refused(
    alarm: Alarm, dispatcher: User, verdict: str, reason: str
) -> None:
    with pytest.raises(VerdictRefusedError):
        judge_alarm(alarm=alarm, verdict=verdict, reason=reason, actor=dispatcher, at=now())

    assert fresh(alarm).verdict == ""
