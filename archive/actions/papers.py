"""How the portal's papers for a case file look: A4, one font, names on the left, values beside."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from fpdf import FPDF
from fpdf.enums import WrapMode

from archive.actions.qr_codes import draw_code

_FONT = "DejaVu"
_LABEL_WIDTH, _VALUE_LEFT = 55, 77  # mm
_BOTTOM = 20
_HASH_GROUP = 8
_CODE_SIDE, _CODE_MARGIN = 36, 5  # mm


class NoPaperError(Exception):
    """The machine has no font for a paper, or what it tells of is gone; the text says which."""


class Paper:
    """A document that is written from top to bottom.

    Raises:
        NoPaperError: the fonts that the settings name are missing.
    """

    def __init__(self, title: str, *, made_at: datetime | None = None) -> None:
        regular, bold = Path(settings.PDF_FONT), Path(settings.PDF_FONT_BOLD)
        if not (regular.exists() and bold.exists()):
            raise NoPaperError(f"{regular} or {bold} is missing")
        self._pdf = FPDF(format="A4")
        self._pdf.set_margins(20, 15, 15)
        self._pdf.set_auto_page_break(auto=True, margin=_BOTTOM)
        self._pdf.add_font(_FONT, fname=str(regular))
        self._pdf.add_font(_FONT, style="B", fname=str(bold))
        self._pdf.set_title(title)
        self._pdf.set_lang(settings.LANGUAGE_CODE)
        if made_at is not None:
            self._pdf.set_creation_date(made_at)
        self._pdf.add_page()
        self.heading(title, size=14, align="C")
        self.space(3)

    def heading(self, text: str, *, size: int = 11, align: str = "L") -> None:
        self._pdf.set_font(_FONT, "B", size)
        self._pdf.multi_cell(0, size * 0.55, text, align=align, new_x="LMARGIN")

    def space(self, height: float) -> None:
        self._pdf.ln(height)

    def row(self, name: str, value: str) -> None:
        """Write a name and, beside it, what is said of it; long words are broken anywhere."""
        if self._pdf.will_page_break(10):
            self._pdf.add_page()
        top = self._pdf.get_y()
        self._pdf.set_font(_FONT, "B", 9)
        self._pdf.multi_cell(_LABEL_WIDTH, 5, name, new_x="LMARGIN", new_y="NEXT", align="L")
        left_end = self._pdf.get_y()
        self._pdf.set_xy(_VALUE_LEFT, top)
        self._pdf.set_font(_FONT, "", 9)
        wrap = WrapMode.CHAR if " " not in value else WrapMode.WORD
        self._pdf.multi_cell(0, 5, value, new_x="LMARGIN", new_y="NEXT", align="L", wrapmode=wrap)
        self._pdf.set_y(max(self._pdf.get_y(), left_end) + 1)

    def text(self, text: str) -> None:
        self._pdf.set_font(_FONT, "", 9)
        self._pdf.multi_cell(0, 5, text, align="L", new_x="LMARGIN")

    def table(
        self,
        heads: Sequence[str],
        rows: Sequence[Sequence[str]],
        widths: Sequence[int] | None = None,
    ) -> None:
        """Write a table over the whole width; its head is repeated on each page.

        Args:
            widths: of the columns, in relation to each other; default: all the same.
        """
        self._pdf.set_font(_FONT, "", 8)
        with self._pdf.table(
            align="LEFT",
            text_align="LEFT",
            line_height=5,
            borders_layout="HORIZONTAL_LINES",
            padding=(0.5, 0),
            col_widths=None if widths is None else tuple(widths),
        ) as table:
            for cells in (heads, *rows):
                table.row(cells)

    def code(self, content: str, caption: str) -> None:
        """Draw a QR code with what it is, and where files are checked, beside it, on one page."""
        height = _CODE_SIDE + 2 * _CODE_MARGIN
        if self._pdf.will_page_break(height):
            self._pdf.add_page()
        top, left = self._pdf.get_y() + _CODE_MARGIN, self._pdf.l_margin
        draw_code(self._pdf, content, left=left, top=top, side=_CODE_SIDE)
        self._pdf.set_xy(left + _CODE_SIDE + 2 * _CODE_MARGIN, top)
        self._pdf.set_font(_FONT, "", 9)
        text = _lines(caption, verify_address())
        self._pdf.multi_cell(0, 5, text, align="L", new_x="LMARGIN", new_y="NEXT")
        self._pdf.set_y(max(self._pdf.get_y(), top + _CODE_SIDE) + _CODE_MARGIN)

    def signature_line(self) -> None:
        line, short = "_" * 24, "_" * 12
        self.text(_("Handed out by") + f" {line}   " + _("Date") + f" {short}")

    def content(self) -> bytes:
        target = io.BytesIO()
        self._pdf.output(target)
        return target.getvalue()


def code_content(*facts: str) -> str:
    """Return what a code holds: the facts, and where files are checked."""
    return _lines(*facts, verify_address())


def _lines(*texts: str) -> str:
    return "\n".join(filter(None, texts))


def verify_address() -> str:
    """Return where others open the page that checks files; empty: the town told no address."""
    return settings.PUBLIC_URL + reverse("archive-verify") if settings.PUBLIC_URL else ""


def hash_text(digest: str) -> str:
    """Return a hash in groups, so that two of them can be compared by eye, in two lines."""
    groups = [digest[at : at + _HASH_GROUP] for at in range(0, len(digest), _HASH_GROUP)]
    half = len(groups) // 2
    return " ".join(groups[:half]) + "\n" + " ".join(groups[half:])


def moment_text(moment: datetime) -> str:
    """Return a moment in the town's time and in UTC."""
    local = timezone.localtime(moment, timezone.get_default_timezone())
    return f"{local:%d.%m.%Y %H:%M:%S} ({local:%z}), {moment:%Y-%m-%d %H:%M:%S} UTC"


def local_time(moment: datetime) -> str:
    local = timezone.localtime(moment, timezone.get_default_timezone())
    return f"{local:%d.%m.%Y %H:%M:%S}"
