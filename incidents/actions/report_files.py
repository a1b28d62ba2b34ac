"""The report for spreadsheets. Nothing that somebody typed is ever taken for a formula there."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from incidents.actions.reports import Table, Value

# What begins a formula in Excel, LibreOffice and Google Sheets (OWASP, CSV injection), the
# full-width signs of East Asian keyboards among them.
_FORMULA = re.compile(r"^\s*[=+\-@＝＋－＠]|^[\t\r\n]")
# No XML, and so no spreadsheet, can hold these.
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_SHEET_NAME_LENGTH = 31
_NOT_IN_SHEET_NAMES = re.compile(r"[\[\]:*?/\\']")
_FIRST_WIDTH, _WIDTH, _HEAT_WIDTH = 44, 15, 5


def plain_cell(value: Value) -> str | int:
    """Return what a spreadsheet shows as it is: an apostrophe keeps a formula from being one."""
    if value is None:
        return ""
    if isinstance(value, int):
        return value
    text = _CONTROLS.sub("", value)
    return f"'{text}" if _FORMULA.match(text) else text


def csv_of(tables: Sequence[Table], *, heading: str) -> bytes:
    """Return the tables one below the other, as Russian Excel opens them: semicolons, a BOM."""
    target = io.StringIO(newline="")
    writer = csv.writer(target, delimiter=";", lineterminator="\r\n")
    writer.writerow([plain_cell(heading)])
    for table in tables:
        writer.writerow([])
        writer.writerow([plain_cell(table.title)])
        writer.writerow([plain_cell(value) for value in table.head])
        for row in table.rows:
            writer.writerow([plain_cell(value) for value in row])
    return target.getvalue().encode("utf-8-sig")


def xlsx_of(tables: Sequence[Table], *, heading: str | None) -> bytes:
    """Return a book with a sheet for each table; without a heading it begins with the head."""
    book = Workbook()
    book.remove(book.worksheets[0])
    names = _sheet_names([table.title for table in tables])
    for table, name in zip(tables, names, strict=True):
        _fill(book.create_sheet(name), table, heading)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def _fill(sheet: Worksheet, table: Table, heading: str | None) -> None:
    first = 1
    if heading is not None:
        _write(sheet, 1, [f"{heading}. {table.title}"], is_bold=True)
        first = 2
    _write(sheet, first, table.head, is_bold=True)
    for number, row in enumerate(table.rows, first + 1):
        _write(sheet, number, row)
    sheet.freeze_panes = f"B{first + 1}"
    for column in range(1, len(table.head) + 1):
        width = _HEAT_WIDTH if table.is_heat_map else _WIDTH
        letter = get_column_letter(column)
        sheet.column_dimensions[letter].width = _FIRST_WIDTH if column == 1 else width


def _write(sheet: Worksheet, row: int, values: Sequence[Value], *, is_bold: bool = False) -> None:
    for column, value in enumerate(values, 1):
        shown = plain_cell(value)
        cell = sheet.cell(row, column)
        cell.value = shown
        if isinstance(shown, str):
            cell.data_type = "s"  # a text, whatever it looks like
        if is_bold:
            cell.font = Font(bold=True)


def _sheet_names(titles: Sequence[str]) -> list[str]:
    """Cut titles to what a sheet may be called, each once."""
    names: list[str] = []
    for title in titles:
        name = _NOT_IN_SHEET_NAMES.sub(" ", title)[:_SHEET_NAME_LENGTH]
        number = 2
        while name.casefold() in {other.casefold() for other in names}:
            ending = f" {number}"
            name = f"{name[: _SHEET_NAME_LENGTH - len(ending)]}{ending}"
            number += 1
        names.append(name)
    return names
