from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now

from analytics.models import RedactedCopy
from archive.models import Export
from tests.analytics.actions.faces.test_redacting import make_export

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


@pytest.fixture
def export(settings: LazySettings, tmp_path: Path, senior: User) -> Export:
    settings.EXPORT_DIR = tmp_path
    return make_export(senior, tmp_path, b"film")


def url_of(export: Export, name: str = "export-redacted") -> str:
    return reverse(name, args=[export.public_id])


def test_copy_is_asked_for_and_its_state_told(
    export: Export, as_user: Callable[[str], Client]
) -> None:
    client = as_user("dispatcher")
    keep = [{"at_s": 1.5, "box": [10, 20, 50, 60]}]
    assert client.get(url_of(export)).status_code == 404

    answer = client.post(url_of(export), {"keep": keep}, content_type="application/json")

    assert answer.status_code == 201
    assert client.get(url_of(export)).json() == answer.json()
    assert (answer.json()["state"], answer.json()["url"]) == ("WAITING", "")
    assert RedactedCopy.objects.get().chosen == keep


@pytest.mark.parametrize(
    "keep",
    [[{"at_s": 1, "box": [1, 2, 3]}], [{"at_s": "x", "box": [1, 2, 3, 4]}], [{"at_s": 1}], 7],
)
def test_bad_choice_is_refused(
    export: Export, as_user: Callable[[str], Client], keep: object
) -> None:
    client = as_user("dispatcher")

    answer = client.post(url_of(export), {"keep": keep}, content_type="application/json")

    assert (answer.status_code, RedactedCopy.objects.count()) == (400, 0)


def test_file_is_sent_once_it_is_ready(
    export: Export, as_user: Callable[[str], Client], tmp_path: Path
) -> None:
    client = as_user("dispatcher")
    url = url_of(export, "export-redacted-file")
    copy = RedactedCopy.objects.create(
        export=export, requested_by=export.requested_by, requested_at=now(), reported_at=now()
    )
    assert client.get(url).status_code == 404

    copy.state, copy.path, copy.sha256 = RedactedCopy.State.DONE, "redacted/1/clip.mp4", "abc"
    copy.save()
    (tmp_path / "redacted" / "1").mkdir(parents=True)
    (tmp_path / copy.path).write_bytes(b"covered")

    answer = client.get(url, headers={"Range": "bytes=0-2"})

    assert (answer.status_code, answer["Content-Range"]) == (206, "bytes 0-2/7")
    assert client.get(url_of(export)).json()["url"] == url


def test_who_may_not_export_gets_nothing(export: Export, as_user: Callable[[str], Client]) -> None:
    client = as_user("stranger")

    answers = [
        client.get(url_of(export)),
        client.post(url_of(export), {}, content_type="application/json"),
        client.get(url_of(export, "export-redacted-file")),
    ]

    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert not RedactedCopy.objects.exists()
