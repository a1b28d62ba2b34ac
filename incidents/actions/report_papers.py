"""The report on paper: A4, to be read, signed and filed."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from fpdf import FPDF
from fpdf.fonts import FontFace

from incidents.actions.reports import Table, Value
from incidents.engine.charts import STEPS, heat_step

_FONT = "DejaVu"
# So small that no head of a table of eight columns is broken inside a word.
_HEAD = FontFace(emphasis="BOLD", fill_color=(226, 231, 236), size_pt=6)
_ROW_HEIGHT = 5.5
_FIRST_SHARE = 3.2  # the first column is so many times as wide as the others
_FIRST_SHARE_OF_MANY, _MANY = 1.8, 7
_MOST_ROWS = 60  # of a table: nobody reads a hundred pages
_LEAST_ROOM = 40.0
_HOUR_WIDTH, _NAME_WIDTH = 5.5, 34.0


class NoFontError(Exception):
    """The machine has no font with Cyrillic letters; the text names the file."""


class _Paper(FPDF):
    """Pages with their number below."""

    said: str = ""

    def footer(self) -> None:
        self.set_y(-12)
        self.set_font(_FONT, "", 8)
        self.cell(0, 5, self.said)
        self.set_y(-12)
        self.cell(0, 5, f"{self.page_no()} / {{nb}}", align="R")


def paper_of(tables: Sequence[Table], *, title: str, period: str, at: datetime) -> bytes:
    """Return the PDF.

    Raises:
        NoFontError: see there.
    """
    page = _new_paper(title, at)
    page.set_font(_FONT, "B", 15)
    page.multi_cell(0, 8, title, new_x="LMARGIN", new_y="NEXT")
    page.set_font(_FONT, "", 10)
    page.multi_cell(0, 6, period, new_x="LMARGIN", new_y="NEXT")
    for table in tables:
        _draw(page, table)
    page.ln(10)
    page.set_font(_FONT, "", 9)
    page.cell(0, 6, _("Made by") + f" {'_' * 34}   " + _("Date") + f" {'_' * 16}")
    target = io.BytesIO()
    page.output(target)
    return target.getvalue()


def _new_paper(title: str, at: datetime) -> _Paper:
    regular, bold = Path(settings.PDF_FONT), Path(settings.PDF_FONT_BOLD)
    if not (regular.exists() and bold.exists()):
        raise NoFontError(f"{regular} or {bold} is missing")
    page = _Paper(format="A4")
    local = timezone.localtime(at, timezone.get_default_timezone())
    page.said = _("Atomgrad, made on %(moment)s") % {"moment": f"{local:%d.%m.%Y %H:%M}"}
    page.set_margins(18, 14, 14)
    page.set_auto_page_break(auto=True, margin=18)
    page.add_font(_FONT, fname=str(regular))
    page.add_font(_FONT, style="B", fname=str(bold))
    page.set_title(title)
    page.set_lang(settings.LANGUAGE_CODE)
    page.set_creation_date(at)
    page.add_page()
    return page


def _draw(page: FPDF, table: Table) -> None:
    if page.get_y() > page.eph - _LEAST_ROOM + page.t_margin:
        page.add_page()
    page.ln(5)
    page.set_font(_FONT, "B", 11)
    page.multi_cell(0, 7, table.title, new_x="LMARGIN", new_y="NEXT")
    page.set_font(_FONT, "", 8)
    if not table.rows:
        page.multi_cell(0, 6, _("Nothing in this period."), new_x="LMARGIN", new_y="NEXT")
    elif table.is_heat_map:
        _draw_heat_map(page, table)
    else:
        _draw_rows(page, table)


def _draw_rows(page: FPDF, table: Table) -> None:
    others = len(table.head) - 1
    first_share = _FIRST_SHARE_OF_MANY if len(table.head) >= _MANY else _FIRST_SHARE
    with page.table(
        col_widths=(first_share, *([1.0] * others)),
        text_align=("LEFT", *(["RIGHT"] * others)),
        headings_style=_HEAD,
        line_height=_ROW_HEIGHT,
        borders_layout="HORIZONTAL_LINES",
        first_row_as_headings=True,
    ) as drawn:
        rows: list[list[Value]] = [[*table.head], *table.rows[:_MOST_ROWS]]
        for row in rows:
            line = drawn.row()
            for value in row:
                line.cell(_text(value))
    left_out = len(table.rows) - _MOST_ROWS
    if left_out > 0:
        text = ngettext(
            "%(count)d more row is in the spreadsheet.",
            "%(count)d more rows are in the spreadsheet.",
            left_out,
        )
        page.multi_cell(0, 6, text % {"count": left_out}, new_x="LMARGIN", new_y="NEXT")


def _draw_heat_map(page: FPDF, table: Table) -> None:
    most = max((_count(value) for row in table.rows for value in row[1:-1]), default=0)
    _draw_heat_row(page, table.head, None)
    for row in table.rows:
        _draw_heat_row(page, row, most)
    page.set_fill_color(255)
    page.set_text_color(0)


def _draw_heat_row(page: FPDF, row: Sequence[Value], most: int | None) -> None:
    """Draw the name, a square for each hour and the sum; a head where `most` is None."""
    if page.get_y() > page.eph:
        page.add_page()
    page.set_text_color(0)
    page.cell(_NAME_WIDTH, _ROW_HEIGHT, _cut(page, _text(row[0])))
    for value in row[1:-1]:
        step = 0 if most is None else heat_step(_count(value), most)
        page.set_fill_color(255 - step * 170 // STEPS)
        page.set_text_color(255 if step > STEPS - 2 else 0)
        text = "" if value == 0 else _text(value)
        page.cell(_HOUR_WIDTH, _ROW_HEIGHT, text, align="C", fill=step > 0)
    page.set_text_color(0)
    page.cell(0, _ROW_HEIGHT, _text(row[-1]), new_x="LMARGIN", new_y="NEXT")


def _cut(page: FPDF, text: str) -> str:
    """Shorten a name to its column."""
    while text and page.get_string_width(text) > _NAME_WIDTH - 2:
        text = text[:-2] + "…"
    return text


def _count(value: Value) -> int:
    return value if isinstance(value, int) else 0


def _text(value: Value) -> str:
    return "—" if value is None else str(value)
