from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from analytics.actions.verdicts import record_verdict
from cameras.models import AuditEntry
from tests.analytics.factories import make_detection
from tests.archive.factories import NOON, make_camera

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


def test_verdict_is_kept_with_who_and_when(dispatcher: User) -> None:
    detection = make_detection(make_camera())

    record_verdict(detection=detection, verdict="FALSE", actor=dispatcher, at=NOON)

    detection.refresh_from_db()
    assert (detection.verdict, detection.verdict_by, detection.verdict_at) == (
        "FALSE",
        dispatcher,
        NOON,
    )
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor, entry.detail["verdict"]) == (
        "analytics.judge",
        dispatcher,
        "FALSE",
    )


def test_verdict_taken_back_names_nobody(dispatcher: User) -> None:
    detection = make_detection(make_camera())
    record_verdict(detection=detection, verdict="REAL", actor=dispatcher, at=NOON)

    record_verdict(detection=detection, verdict="", actor=dispatcher, at=NOON)

    detection.refresh_from_db()
    assert (detection.verdict, detection.verdict_by, detection.verdict_at) == ("", None, None)
    assert AuditEntry.objects.latest("id").detail["before"] == "REAL"


def test_verdict_that_does_not_exist_is_refused(dispatcher: User) -> None:
    detection = make_detection(make_camera())

    with pytest.raises(ValueError, match="MAYBE"):
        record_verdict(detection=detection, verdict="MAYBE", actor=dispatcher, at=NOON)

    assert AuditEntry.objects.count() == 0
