from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.utils.timezone import now

from incidents.actions.incidents import create_incident
from incidents.actions.transfer_act import act_of
from incidents.models import Damage, Participant
from tests.incidents.cards import make_category
from tests.incidents.factories import make_watched_camera
from tests.services import missing

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


def test_act_says_in_selectable_russian_what_was_handed_over(
    dispatcher: User, tmp_path: Path
) -> None:
    if shutil.which("pdftotext") is None:
        missing("pdftotext", package="poppler-utils")
    incident = create_incident(
        actor=dispatcher,
        source="DISPATCHER",
        place=make_watched_camera().location,
        category=make_category(name="Вандализм"),
        occurred_at=now(),
        at=now(),
        summary="Двое ломают скамью",
        where_exactly="у входа",
    )
    Participant.objects.create(incident=incident, clothes="синяя куртка", left_for="к школе")
    Damage.objects.create(incident=incident, item="Скамья парковая", inventory_number="101360417")
    incident.kusp_number, incident.kusp_officer = "4518", "Орлов Д. С."
    path = tmp_path / "act.pdf"

    path.write_bytes(act_of(incident=incident, actor=dispatcher, at=now()))

    text = subprocess.run(
        ["pdftotext", "-layout", str(path), "-"], check=True, capture_output=True, text=True
    ).stdout
    for said in (
        f"Акт приёма-передачи № {incident.name}",
        "Двое ломают скамью",
        "у входа",
        "4518",
        "Орлов Д. С.",
        "синяя куртка",
        "101360417",
        "Удержанные записи",
        "К03 качели с юга",
        "Докладывает ЕДДС",
        "Передал",
        "Принял",
    ):
        assert said in text
