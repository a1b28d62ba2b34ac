"""Dictionaries as files: written for spreadsheets, and read from what they save."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable
from pathlib import PurePath
from typing import Any

from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from incidents.actions.dictionaries import Row
from incidents.actions.dictionary_columns import Dictionary, text_of, title_of
from incidents.actions.report_files import plain_cell, xlsx_of
from incidents.actions.reports import Table, Value

MOST_BYTES = 2 * 1024 * 1024
MOST_ROWS = 2000
MOST_COLUMNS = 50
# A spreadsheet is a ZIP: a small one can be a very large one.
_MOST_UNPACKED = 64 * 1024 * 1024


class FileRefusedError(Exception):
    """Why a file cannot be read; to be shown."""


def dictionary_csv(dictionary: Dictionary, rows: Iterable[Row]) -> bytes:
    """Return the rows as Russian Excel opens them: semicolons, a byte order mark."""
    target = io.StringIO(newline="")
    writer = csv.writer(target, delimiter=";", lineterminator="\r\n")
    table = _table(dictionary, rows)
    lines: list[list[Value]] = [[*table.head], *table.rows]
    for line in lines:
        writer.writerow([plain_cell(value) for value in line])
    return target.getvalue().encode("utf-8-sig")


def dictionary_xlsx(dictionary: Dictionary, rows: Iterable[Row]) -> bytes:
    return xlsx_of([_table(dictionary, rows)], heading=None)


def _table(dictionary: Dictionary, rows: Iterable[Row]) -> Table:
    head = [title_of(dictionary, column) for column in dictionary.columns]
    cells: list[list[Any]] = [[text_of(row, name) for name in dictionary.columns] for row in rows]
    return Table(str(dictionary.model._meta.verbose_name_plural), head, cells)


def read_table(name: str, content: bytes) -> list[list[str]]:
    """Return the cells of a CSV or XLSX file, without empty lines at its end.

    Raises:
        FileRefusedError: see there.
    """
    if len(content) > MOST_BYTES:
        raise FileRefusedError(_("The file is larger than 2 MB."))
    ending = PurePath(name).suffix.lower()
    if ending == ".csv":
        lines = _csv_lines(content)
    elif ending == ".xlsx":
        lines = _xlsx_lines(content)
    else:
        raise FileRefusedError(_("Choose a CSV or an XLSX file."))
    while lines and not any(cell.strip() for cell in lines[-1]):
        lines.pop()
    if len(lines) > MOST_ROWS + 1:
        raise FileRefusedError(_("More than %(count)d rows.") % {"count": MOST_ROWS})
    return [[_as_typed(cell) for cell in line[:MOST_COLUMNS]] for line in lines]


def _as_typed(cell: str) -> str:
    """Take off the apostrophe that kept a text from being a formula."""
    return cell[1:] if cell.startswith("'") and plain_cell(cell[1:]) == cell else cell


def _csv_lines(content: bytes) -> list[list[str]]:
    text = _decoded(content)
    first = text.partition("\n")[0]
    delimiter = max(";,\t", key=first.count)
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise FileRefusedError(_("This is no CSV: %(reason)s.") % {"reason": error}) from error


def _decoded(content: bytes) -> str:
    """Excel with Russian settings saves a plain CSV in the Windows code page."""
    for encoding in ("utf-8-sig", "cp1251"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise FileRefusedError(_("The letters of the file are of an unknown encoding."))


def _xlsx_lines(content: bytes) -> list[list[str]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(entry.file_size for entry in packed.infolist()) > _MOST_UNPACKED:
                raise FileRefusedError(_("The file is too large when unpacked."))
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        sheet: Any = book.worksheets[0]
        rows = sheet.iter_rows(max_row=MOST_ROWS + 2, max_col=MOST_COLUMNS)
        return [[_cell_text(cell.value) for cell in row] for row in rows]
    except (zipfile.BadZipFile, InvalidFileException, KeyError, IndexError, ValueError) as error:
        raise FileRefusedError(_("This is no XLSX file.")) from error


def _cell_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    return str(value)
