from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils.timezone import now

from analytics import tasks
from analytics.models import FaceSwitch
from cameras.audit import write_audit_entry
from cameras.models import AuditEntry
from tests.analytics.actions.faces.rows import make_entry, switch_on

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

MONTHS = timedelta(days=70)


def test_what_has_a_term_runs_out(staff: User, police: User) -> None:
    switch_on(by=staff, at=now() - MONTHS)
    entry = make_entry(police, at=now() - MONTHS)
    entry.photos.create(
        picture="faces/watch-list/none.bin",
        template=b"",
        recognizer="pixels",
        quality=1,
        eye_distance_px=80,
    )

    tasks.run_out_faces()

    assert not FaceSwitch.objects.exists()
    assert not entry.photos.exists()


def test_unusual_searching_and_the_report_are_written(police: User) -> None:
    long_ago = now().replace(day=1) - timedelta(days=3)
    for at in [now()] * 21 + [long_ago]:
        write_audit_entry(
            actor=police, action="faces.search", target=police, at=at, detail={"shown": []}
        )

    tasks.review_face_searches()

    written = AuditEntry.objects.filter(actor=None).order_by("pk")
    assert [row.action for row in written] == ["faces.unusual_searching", "faces.monthly_report"]
