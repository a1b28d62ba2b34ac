"""Whose faces are described in numbers: where, and while, they may be compared."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.utils.timezone import now

from analytics.models import FaceSwitch
from analytics.watching.faces_hub import HubFaces
from analytics.watching.source import LiveSource
from cameras.models import Location
from tests.analytics.actions.faces.rows import switch_on
from tests.archive.factories import make_camera

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


def test_hub_describes_faces_where_and_while_they_may_be_compared(staff: User) -> None:
    row, excluded = make_camera(1), make_camera(2, place="Площадка")
    Location.objects.filter(pk=excluded.location_id).update(excludes_faces=True)
    hub = HubFaces(settings.WEIGHTS_DIR, LiveSource(settings.REDIS_URL), lambda _passing: None)

    def described() -> list[bool]:
        hub.refresh()
        return [hub.compares(camera.pk) for camera in (row, excluded)]

    switch_on(by=staff, at=now() - timedelta(days=1))  # finding alone
    assert described() == [False, False]
    FaceSwitch.objects.all().delete()
    switch_on(FaceSwitch.Name.SEARCH, by=staff, at=now() - timedelta(days=1))
    assert described() == [True, False]
    FaceSwitch.objects.filter(name=FaceSwitch.Name.DETECTION).delete()
    assert described() == [False, False]
