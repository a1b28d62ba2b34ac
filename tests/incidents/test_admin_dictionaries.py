"""Setup pages of the dictionaries, as staff use them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from cameras.access import Role
from cameras.models import AuditEntry
from incidents.models import Category, ChecklistItem, LegalHint, Norm, Service
from tests.cast import client_for, make_user
from tests.incidents.cards import make_category

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


@pytest.fixture
def staff() -> Client:
    return client_for(make_user(Role.STAFF))


@pytest.fixture(autouse=True)
def clean(db: None) -> None:
    for model in (ChecklistItem, LegalHint, Category, Service, Norm):
        model.objects.all().delete()


def form_data(**changes: str) -> dict[str, Any]:
    return {
        "code": "fight",
        "name": "Драка",
        "priority": "1",
        "is_counted": "on",
        "is_active": "on",
        "position": "3",
        "legal_hints-TOTAL_FORMS": "1",
        "legal_hints-INITIAL_FORMS": "0",
        "legal_hints-0-article": "20.1",
        "legal_hints-0-text": "Мелкое хулиганство",
        "legal_hints-0-valid_from": "2026-01-01",
        "legal_hints-0-position": "0",
        "checklist-TOTAL_FORMS": "1",
        "checklist-INITIAL_FORMS": "0",
        "checklist-0-text": "Вызвать скорую",
        "checklist-0-fact": "HANDED_OVER",
        "checklist-0-is_active": "on",
        "checklist-0-position": "0",
        **changes,
    }


def test_category_with_its_hints_and_steps_is_written_by_actions(staff: Client) -> None:
    police = Service.objects.create(code="police", name="Полиция")

    answer = staff.post(
        reverse("admin:incidents_category_add"), {**form_data(), "services": [police.pk]}
    )

    assert answer.status_code == 302, answer.context["errors"]
    category = Category.objects.get()
    assert [each.code for each in category.services.all()] == ["police"]
    assert category.legal_hints.get().article == "20.1"
    step = category.checklist.get()
    assert (step.text, step.fact) == ("Вызвать скорую", "HANDED_OVER")
    noted = AuditEntry.objects.filter(action="dictionary.add").order_by("pk")
    assert [entry.target.partition(":")[0] for entry in noted] == [
        "incidents.category",
        "incidents.legalhint",
        "incidents.checklistitem",
    ]
    assert {entry.actor.get_username() for entry in noted if entry.actor} == {"staff"}


def test_steps_are_listed_by_what_ticks_them(staff: Client) -> None:
    ChecklistItem.objects.create(text="Записать номер КУСП", fact="KUSP")
    ChecklistItem.objects.create(text="Назвать себя")

    page = staff.get(reverse("admin:incidents_checklistitem_changelist"), {"fact__exact": "KUSP"})

    text = page.content.decode()
    assert "Записать номер КУСП" in text
    assert "Назвать себя" not in text


def test_history_tells_who_changed_what(staff: Client) -> None:
    staff.post(reverse("admin:incidents_category_add"), form_data())
    category = Category.objects.get()
    hint, step = category.legal_hints.get(), category.checklist.get()
    changed = form_data(name="Драка, побои")
    changed |= {
        "legal_hints-INITIAL_FORMS": "1",
        "legal_hints-0-id": str(hint.pk),
        "legal_hints-0-category": str(category.pk),
        "legal_hints-0-penalty": "500 ₽",
        "checklist-INITIAL_FORMS": "1",
        "checklist-0-id": str(step.pk),
        "checklist-0-category": str(category.pk),
        "checklist-0-DELETE": "on",
    }

    answer = staff.post(reverse("admin:incidents_category_change", args=[category.pk]), changed)

    assert answer.status_code == 302, answer.context["errors"]
    page = staff.get(reverse("admin:incidents_category_history", args=[category.pk]))
    text = page.content.decode()
    assert "<del>Драка</del>" in text
    assert "500 ₽" in text
    assert "staff" in text
    assert not ChecklistItem.objects.exists()
    assert AuditEntry.objects.filter(action="dictionary.remove").count() == 1


def test_category_that_the_portal_needs_is_removed_by_no_way(staff: Client) -> None:
    other = make_category("other")
    url = reverse("admin:incidents_category_changelist")

    one = staff.post(reverse("admin:incidents_category_delete", args=[other.pk]), {"post": "yes"})
    staff.post(url, {"action": "delete_selected", "_selected_action": [other.pk], "post": "yes"})

    assert one.status_code == 403
    assert Category.objects.filter(code="other").exists()


@pytest.mark.parametrize(
    ("model", "query", "found"),
    [
        ("category", "q=побои", 1),
        ("category", "priority=1", 1),
        ("service", "q=48153", 1),
        ("legalhint", "in_force=yes", 1),
        ("legalhint", "in_force=no", 1),
        ("checklistitem", "q=скорую", 1),
        ("norm", "", 1),
    ],
)
def test_lists_are_searched_and_narrowed_and_so_are_their_files(
    staff: Client, model: str, query: str, found: int
) -> None:
    fight = make_category("fight", name="Драка, побои", priority=1)
    make_category("noise", name="Шум", priority=4)
    Service.objects.create(code="police", name="Полиция", phone="+7 48153 02")
    Service.objects.create(code="fire", name="Пожарные")
    for valid_until in (None, "2020-01-01"):
        LegalHint.objects.create(
            category=fight,
            article="20.1",
            text="x",
            valid_from="2019-01-01",
            valid_until=valid_until,
        )
    ChecklistItem.objects.create(category=fight, text="Вызвать скорую")
    ChecklistItem.objects.create(text="Назвать себя")
    Norm.objects.create(interval="REVIEW", seconds=30)
    url = reverse(f"admin:incidents_{model}_changelist")

    page = staff.get(f"{url}?{query}")
    file = staff.get(f"{url}export.csv?{query}")

    assert page.context["cl"].result_count == found
    assert len(file.content.decode("utf-8-sig").strip().splitlines()) == found + 1


def test_file_is_looked_at_before_it_is_written(staff: Client) -> None:
    url = reverse("admin:incidents_norm_import")
    file = SimpleUploadedFile("norms.csv", b"interval;seconds\nREVIEW;30\n")

    looked = staff.post(url, {"file": file})

    assert not Norm.objects.exists()
    assert "norms.csv" in looked.content.decode()
    agreed = re.search(r'name="agreed" value="([^"]+)"', looked.content.decode())
    assert agreed is not None
    answer = staff.post(url, {"agreed": agreed.group(1)}, follow=True)
    assert Norm.objects.get().seconds == 30
    assert answer.redirect_chain[0][0] == reverse("admin:incidents_norm_changelist")
    again = staff.post(url, {"agreed": agreed.group(1)})
    assert Norm.objects.count() == 1
    assert again.status_code == 200, "shown again: it is as the file says already"


def test_faulty_file_offers_nothing_to_agree_to(staff: Client) -> None:
    file = SimpleUploadedFile("norms.csv", b"interval;seconds\nREVIEW;soon\n")

    page = staff.post(reverse("admin:incidents_norm_import"), {"file": file}).content.decode()

    assert 'name="agreed"' not in page
    assert "import-faults" in page


@pytest.mark.parametrize("agreed", ["", "made up", "eyJ4IjoxfQ:1:abc"])
def test_made_up_agreement_is_refused(staff: Client, agreed: str) -> None:
    answer = staff.post(reverse("admin:incidents_norm_import"), {"agreed": agreed})

    assert answer.status_code == 200
    assert not Norm.objects.exists()


def test_agreement_to_another_dictionary_is_refused(staff: Client) -> None:
    file = SimpleUploadedFile("norms.csv", b"interval;seconds\nREVIEW;30\n")
    looked = staff.post(reverse("admin:incidents_norm_import"), {"file": file})
    agreed = re.search(r'name="agreed" value="([^"]+)"', looked.content.decode())
    assert agreed is not None

    staff.post(reverse("admin:incidents_service_import"), {"agreed": agreed.group(1)})

    assert not Norm.objects.exists()
