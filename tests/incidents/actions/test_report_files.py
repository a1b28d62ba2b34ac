from __future__ import annotations

import csv
import io
from datetime import date
from typing import Any

import pytest
from django.utils.timezone import now
from openpyxl import load_workbook
from pypdf import PdfReader

from incidents.actions.report_files import csv_of, plain_cell, xlsx_of
from incidents.actions.report_papers import NoFontError, paper_of
from incidents.actions.reports import Table

pytestmark = pytest.mark.unit

FORMULAS = [
    "=1+1",
    "+7",
    "-2",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "  =1",
    "＝1",
    "＋1",
    "－1",
    "＠1",
]


@pytest.mark.parametrize("text", FORMULAS)
def test_formula_becomes_text(text: str) -> None:
    assert plain_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["Солнышко", "3-й мкр", "a=b", "'", ""])
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert plain_cell(text) == text


def test_numbers_stay_numbers_and_nothing_is_empty() -> None:
    assert (plain_cell(-5), plain_cell(None)) == (-5, "")


def test_signs_that_no_book_can_hold_are_left_out() -> None:
    assert plain_cell("а\x00б\x0bв") == "абв"


def table(*rows: list[str | int | None]) -> Table:
    return Table("По местам", ["Место", "Число"], [*rows])


def test_csv_opens_as_it_was_written() -> None:
    content = csv_of([table(["Двор; «дом»\n2", 3], ["=1+1", None])], heading="Отчёт")

    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))
    assert rows == [
        ["Отчёт"],
        [],
        ["По местам"],
        ["Место", "Число"],
        ["Двор; «дом»\n2", "3"],
        ["'=1+1", ""],
    ]


def test_book_has_a_sheet_for_each_table_and_no_formula() -> None:
    rows: list[list[str | int | None]] = [[text, 7] for text in FORMULAS]

    book = load_workbook(io.BytesIO(xlsx_of([table(*rows), table()], heading="Отчёт")))

    assert book.sheetnames == ["По местам", "По местам 2"]
    cells = [cell for row in book.worksheets[0].iter_rows() for cell in row]
    assert {cell.data_type for cell in cells if cell.value is not None} == {"s", "n"}
    assert book.worksheets[0]["B3"].value == 7


def test_sheet_names_keep_to_their_length_and_signs() -> None:
    title = "Точность по [детекторам] и камерам: всё"

    book = load_workbook(io.BytesIO(xlsx_of([Table(title, ["a"])] * 3, heading="x")))

    assert len({name.casefold() for name in book.sheetnames}) == 3
    assert all(len(name) <= 31 and not set("[]:*?/\\") & set(name) for name in book.sheetnames)


def text_of(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


def test_letters_of_the_paper_can_be_selected() -> None:
    heat = Table("По часам", ["", *[f"{h:02d}" for h in range(24)], "Всего"], [], True)  # noqa: FBT003 -- a field
    heat.rows.append(["Курган Славы", *range(24), 276])

    content = paper_of(
        [table(["Набережная, ёлка", 12]), heat, table()],
        title="Отчёт о происшествиях",
        period="01.07.2026 – 31.07.2026",
        at=now(),
    )

    text = text_of(content)
    for part in ("Отчёт о происшествиях", "01.07.2026 – 31.07.2026", "Набережная, ёлка", "276"):
        assert part in text


def test_long_report_goes_over_pages_with_numbers() -> None:
    rows: list[list[str | int | None]] = [[f"Место {number}", number] for number in range(150)]

    tables = [table(*rows), table(*rows)]
    reader = PdfReader(
        io.BytesIO(paper_of(tables, title="t", period=str(date(2026, 7, 1)), at=now()))
    )
    text = "".join(page.extract_text() for page in reader.pages)

    assert len(reader.pages) > 2
    assert "Место 59" in text
    assert "Место 60" not in text, "the rest is in the spreadsheet, and the paper says so"
    assert text.count("90") == 2
    assert f"2 / {len(reader.pages)}" in reader.pages[1].extract_text()


def test_without_a_font_it_is_said(settings: Any) -> None:
    settings.PDF_FONT = "/nowhere/font.ttf"

    with pytest.raises(NoFontError, match="nowhere"):
        paper_of([], title="t", period="p", at=now())
