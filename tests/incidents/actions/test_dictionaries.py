"""Dictionaries: what is noted of a change, and files out and in."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db.models import ProtectedError
from django.utils import translation
from django.utils.timezone import now
from openpyxl import Workbook, load_workbook

from cameras.models import AuditEntry
from incidents.actions.dictionaries import remove_row, save_row
from incidents.actions.dictionary_columns import (
    CATEGORIES,
    CHECKLIST,
    LEGAL_HINTS,
    NORMS,
    SERVICES,
    Dictionary,
)
from incidents.actions.dictionary_files import (
    MOST_BYTES,
    FileRefusedError,
    dictionary_csv,
    dictionary_xlsx,
    read_table,
)
from incidents.actions.dictionary_import import ImportRefusedError, import_table, plan_import
from incidents.models import Category, ChecklistItem, LegalHint, Norm, Service
from incidents.queries.history import history_of
from tests.incidents.cards import make_card, make_category

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


@pytest.fixture
def clean(db: None) -> None:
    """What the migrations fill in is not of interest here."""
    for model in (ChecklistItem, LegalHint, Category, Service, Norm):
        model.objects.all().delete()


@pytest.fixture
def filled(clean: None) -> None:
    police = Service.objects.create(code="police", name="Полиция", phone="+7 48153 02", position=1)
    fight = make_category("fight", name="=Драка; «у входа»", priority=1, evidence="лица")
    fight.services.set([police])
    LegalHint.objects.create(
        category=fight, article="20.1", text="Мелкое хулиганство", valid_from=date(2026, 1, 1)
    )
    ChecklistItem.objects.create(category=fight, text="- вызвать скорую", is_required=True)
    ChecklistItem.objects.create(text="Назвать себя", position=2)
    ChecklistItem.objects.create(text="Записать номер КУСП", fact="KUSP", position=3)
    Norm.objects.create(interval="REVIEW", seconds=30)


def take(dictionary: Dictionary, table: list[list[str]], actor: User) -> Any:
    digest = plan_import(dictionary=dictionary, table=table).digest
    return import_table(dictionary=dictionary, table=table, digest=digest, actor=actor, at=now())


# --- writing ------------------------------------------------------------------------------


def test_change_is_noted_field_by_field(clean: None, staff: User) -> None:
    category = Category(code="fight", name="Драка", priority=1)
    save_row(row=category, actor=staff, at=now())
    police = Service.objects.create(code="police", name="Полиция")
    category.name = "Драка, побои"

    changed = save_row(row=category, services=[police], actor=staff, at=now())

    assert changed == {"name": ["Драка", "Драка, побои"], "services": [[], ["police"]]}
    entry = AuditEntry.objects.get(action="dictionary.change")
    assert (entry.actor, entry.detail["fields"]) == (staff, changed)
    steps = history_of(category)
    assert [step.act for step in steps] == ["change", "add"]
    assert steps[0].fields[0].before == "Драка"


def test_nothing_changed_is_not_noted(clean: None, staff: User) -> None:
    norm = Norm.objects.create(interval="REVIEW", seconds=30)

    assert save_row(row=norm, actor=staff, at=now()) == {}
    assert not AuditEntry.objects.exists()


def test_code_of_a_category_stays(clean: None, staff: User) -> None:
    category = make_category("fight")
    category.code = "brawl"

    with pytest.raises(ValidationError, match="code"):
        save_row(row=category, actor=staff, at=now())
    assert Category.objects.get().code == "fight"


def test_hint_ends_no_sooner_than_it_begins(clean: None, staff: User) -> None:
    hint = LegalHint(
        category=make_category(),
        article="7.17",
        text="Порча",
        valid_from=date(2026, 2, 1),
        valid_until=date(2026, 1, 1),
    )

    with pytest.raises(ValidationError, match="valid_until"):
        save_row(row=hint, actor=staff, at=now())


def test_category_of_a_card_and_those_the_portal_needs_cannot_be_removed(
    clean: None, staff: User
) -> None:
    used = make_category("fight")
    make_card(now(), category=used)
    with pytest.raises(ProtectedError):
        remove_row(row=used, actor=staff, at=now())
    with pytest.raises(ValidationError):
        remove_row(row=make_category("other"), actor=staff, at=now())

    unused = make_category("noise", name="Шум")
    remove_row(row=unused, actor=staff, at=now())

    assert not Category.objects.filter(code="noise").exists()
    removed = AuditEntry.objects.get(action="dictionary.remove", detail__name="Шум")
    assert removed.detail["fields"]["code"] == ["noise", None]


# --- files --------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["ru", "en"])
@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize("dictionary", [CATEGORIES, SERVICES, LEGAL_HINTS, CHECKLIST, NORMS])
def test_what_was_written_is_read_back_as_no_change(
    filled: None, dictionary: Dictionary, form: str, language: str
) -> None:
    write = {"csv": dictionary_csv, "xlsx": dictionary_xlsx}[form]
    with translation.override(language):
        content = write(dictionary, dictionary.model.objects.all())
    table = read_table(f"file.{form}", content)

    plan = plan_import(dictionary=dictionary, table=table)

    assert (plan.faults, plan.changes) == ([], [])
    assert plan.same == dictionary.model.objects.count() > 0


def test_no_cell_of_a_file_is_a_formula(filled: None) -> None:
    text = dictionary_csv(CATEGORIES, Category.objects.all()).decode("utf-8-sig")
    assert '"\'=Драка; «у входа»"' in text

    book = load_workbook(io.BytesIO(dictionary_xlsx(CATEGORIES, Category.objects.all())))
    cells = [cell for row in book.worksheets[0].iter_rows() for cell in row]
    assert "f" not in {cell.data_type for cell in cells}
    assert "'=Драка; «у входа»" in [cell.value for cell in cells]


def test_file_adds_and_changes_and_leaves_the_rest(filled: None, staff: User) -> None:
    table = [
        ["code", "name", "services", "is_counted"],
        ["fight", "Драка", "", "да"],
        ["noise", "Шум", "police", "нет"],
    ]

    plan = take(CATEGORIES, table, staff)

    assert [(row.name, row.is_new) for row in plan.changes] == [("Драка", False), ("Шум", True)]
    fight, noise = Category.objects.get(code="fight"), Category.objects.get(code="noise")
    assert (fight.name, fight.priority, fight.services.count()) == ("Драка", 1, 0)
    assert (noise.is_counted, [each.code for each in noise.services.all()]) == (False, ["police"])
    assert LegalHint.objects.count() == 1
    noted = AuditEntry.objects.get(action="dictionary.import")
    assert noted.detail == {"dictionary": "category", "file": "", "added": 1, "changed": 1}
    assert AuditEntry.objects.filter(action="dictionary.add").count() == 1


def test_file_sets_what_ticks_a_step_and_leaves_it_where_it_has_no_such_column(
    filled: None, staff: User
) -> None:
    take(CHECKLIST, [["category", "text", "position"], ["", "Записать номер КУСП", "4"]], staff)
    assert ChecklistItem.objects.get(position=4).fact == "KUSP"

    take(
        CHECKLIST,
        [
            ["category", "text", "fact"],
            ["", "Назвать себя", "CONFIRMED"],
            ["", "Записать номер КУСП", ""],
        ],
        staff,
    )

    facts = dict(ChecklistItem.objects.values_list("text", "fact"))
    assert (facts["Назвать себя"], facts["Записать номер КУСП"]) == ("CONFIRMED", "")
    plan = plan_import(
        dictionary=CHECKLIST, table=[["category", "text", "fact"], ["", "Назвать себя", "LATER"]]
    )
    assert [(fault.line, "LATER" in fault.text) for fault in plan.faults] == [(2, True)]


def test_every_fault_is_named_with_its_line_and_nothing_is_written(
    filled: None, staff: User
) -> None:
    table = [
        ["category", "article", "text", "valid_from", "valid_until", "position"],
        ["fight", "7.17", "Порча", "01.02.2026", "", "1"],
        ["nowhere", "7.17", "Порча", "2026-02-01", "", "1"],
        ["fight", "7.18", "Порча", "32.02.2026", "", "one"],
        ["fight", "7.19", "", "2026-02-01", "2026-01-01", "1"],
        ["fight", "7.17", "Ещё раз", "2026-02-01", "", "1"],
    ]

    plan = plan_import(dictionary=LEGAL_HINTS, table=table)

    assert sorted({fault.line for fault in plan.faults}) == [3, 4, 5, 6]
    assert len([fault for fault in plan.faults if fault.line == 4]) == 2
    with pytest.raises(ImportRefusedError):
        import_table(dictionary=LEGAL_HINTS, table=table, digest=plan.digest, actor=staff, at=now())
    assert LegalHint.objects.count() == 1
    assert not AuditEntry.objects.exists()


def test_unknown_double_and_missing_columns_are_named(filled: None) -> None:
    table = [["name", "Наименование файла", "name"], ["Шум", "", ""]]

    faults = plan_import(dictionary=CATEGORIES, table=table).faults

    assert [fault.line for fault in faults] == [1, 1, 1]


def test_what_was_not_shown_is_not_written(filled: None, staff: User) -> None:
    table = [["interval", "seconds"], ["REVIEW", "45"]]
    digest = plan_import(dictionary=NORMS, table=table).digest
    Norm.objects.filter(interval="REVIEW").update(seconds=20)

    with pytest.raises(ImportRefusedError) as refused:
        import_table(dictionary=NORMS, table=table, digest=digest, actor=staff, at=now())

    assert refused.value.plan.changes[0].fields[0][1:] == ("20", "45")
    assert Norm.objects.get().seconds == 20


def test_csv_of_the_windows_code_page_is_read() -> None:
    assert read_table("a.csv", "code;name\r\nfight;Драка\r\n\r\n".encode("cp1251")) == [
        ["code", "name"],
        ["fight", "Драка"],
    ]


def test_days_and_numbers_of_a_spreadsheet_are_read(filled: None) -> None:
    book = Workbook()
    sheet: Any = book.worksheets[0]
    sheet.append(["category", "article", "text", "valid_from", "position"])
    sheet.append(["fight", "20.1", "Мелкое хулиганство", date(2026, 1, 1), 0])
    target = io.BytesIO()
    book.save(target)

    plan = plan_import(dictionary=LEGAL_HINTS, table=read_table("a.XLSX", target.getvalue()))

    assert (plan.same, plan.faults) == (1, [])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.xlsx", b"no book"),
        ("a.xlsx", b"PK\x03\x04 cut off"),
        ("a.ods", b"x"),
        ("a.csv", b"a" * (MOST_BYTES + 1)),
        ("a.csv", b'"open'),
        ("a.csv", b"x\n" * 2002),
        ("a.csv", b"\x98\xff"),
    ],
)
def test_file_that_is_none_is_refused(name: str, content: bytes) -> None:
    with pytest.raises(FileRefusedError):
        read_table(name, content)


def test_empty_file_lacks_its_columns() -> None:
    assert plan_import(dictionary=NORMS, table=read_table("a.csv", b"")).faults
