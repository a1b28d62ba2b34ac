"""The sign of a place, to be printed and hung: A4 or A5, in the town's language."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override
from fpdf import FPDF

from archive.actions.qr_codes import draw_code
from incidents.actions.report_papers import NoFontError
from incidents.models import CitizenDesk, PlaceSign

Size = Literal["A4", "A5"]
_FONT = "DejaVu"
# Named here: fpdf2 warns of its own A5, which was wrong once.
_SIZES: dict[Size, tuple[float, float]] = {"A4": (210.0, 297.0), "A5": (148.0, 210.0)}
_DARK, _LIGHT = (17, 22, 26), 255


@dataclass(frozen=True, slots=True)
class _Sheet:
    """The page with its measures: all of them are thousandths of the width."""

    pdf: FPDF
    width: float

    def at(self, thousandths: float) -> float:
        return self.width * thousandths / 1000

    def line(self, text: str, *, top: float, size: float, style: Literal["", "B"] = "") -> float:
        """Write centered lines, smaller where the longest word does not fit; return the end."""
        margin, points = self.at(70), self.at(size) * 72 / 25.4
        room = self.width - 2 * margin
        self.pdf.set_font(_FONT, style, points)
        widest = max((self.pdf.get_string_width(word) for word in text.split()), default=0.0)
        if widest > room:
            self.pdf.set_font(_FONT, style, points * room / widest)
        self.pdf.set_xy(margin, self.at(top))
        height = self.pdf.font_size * 1.25
        self.pdf.multi_cell(room, height, text, align="C", new_x="LMARGIN", new_y="NEXT")
        return self.pdf.get_y() / self.width * 1000


def sign_paper(*, sign: PlaceSign, desk: CitizenDesk, url: str, size: Size) -> bytes:
    """Return the PDF.

    Args:
        url: of the form for this place, for the QR code.

    Raises:
        NoFontError: the machine has no font with Cyrillic letters.

    """
    with override(settings.LANGUAGE_CODE):
        return _draw(_new_sheet(sign, size), sign, desk, url)


def _new_sheet(sign: PlaceSign, size: Size) -> _Sheet:
    regular, bold = Path(settings.PDF_FONT), Path(settings.PDF_FONT_BOLD)
    if not (regular.exists() and bold.exists()):
        raise NoFontError(f"{regular} or {bold} is missing")
    pdf = FPDF(format=_SIZES[size])
    pdf.set_auto_page_break(auto=False)
    pdf.set_margin(0)
    pdf.add_font(_FONT, fname=str(regular))
    pdf.add_font(_FONT, style="B", fname=str(bold))
    pdf.set_title(f"{sign.place.name} {sign.shown}")
    pdf.set_lang(settings.LANGUAGE_CODE)
    pdf.add_page()
    return _Sheet(pdf, _SIZES[size][0])


def _draw(sheet: _Sheet, sign: PlaceSign, desk: CitizenDesk, url: str) -> bytes:
    pdf = sheet.pdf
    pdf.set_fill_color(*_DARK)
    pdf.rect(0, 0, sheet.width, sheet.at(400), style="F")
    _draw_camera(sheet, top=60)
    pdf.set_text_color(_LIGHT)
    sheet.line(_("UNDER VIDEO SURVEILLANCE"), top=240, size=62, style="B")
    pdf.set_text_color(*_DARK)
    end = sheet.line(sign.place.name, top=435, size=44, style="B")
    end = sheet.line(
        _("To tell what happens here: scan the code or name the number"), top=end + 12, size=26
    )
    side = sheet.at(340)
    left = (sheet.width - side) / 2
    draw_code(pdf, url, left=left, top=sheet.at(end + 25), side=side, correction="q")
    end = sheet.line(sign.shown, top=end + 380, size=130, style="B")
    end = sheet.line(_address_text(url), top=end + 5, size=24)
    if desk.phone:
        phone = _("Duty service: %(phone)s") % {"phone": desk.phone}
        end = sheet.line(phone, top=end + 18, size=38, style="B")
    sheet.line(_("Danger to life: 112"), top=end + 10, size=38, style="B")
    if desk.operator:
        said = _("Cameras are kept by: %(name)s") % {"name": desk.operator}
        sheet.line(said, top=1360, size=18)
    target = io.BytesIO()
    pdf.output(target)
    return target.getvalue()


def _address_text(url: str) -> str:
    """The address as people type it: without the scheme, up to the number."""
    return url.partition("://")[2].rstrip("/").rpartition("/")[0] + "/"


def _draw_camera(sheet: _Sheet, *, top: float) -> None:
    """A camera on its bracket, light on dark."""
    pdf, at = sheet.pdf, sheet.at
    pdf.set_fill_color(_LIGHT)
    left = 385
    pdf.rect(
        at(left), at(top), at(190), at(85), style="F", round_corners=True, corner_radius=at(12)
    )
    pdf.polygon(
        [
            (at(left + 190), at(top + 12)),
            (at(left + 240), at(top)),
            (at(left + 240), at(top + 85)),
            (at(left + 190), at(top + 73)),
        ],
        style="F",
    )
    pdf.rect(at(left + 60), at(top + 85), at(24), at(45), style="F")
    pdf.rect(at(left - 20), at(top + 118), at(104), at(20), style="F")
    pdf.set_fill_color(*_DARK)
    pdf.ellipse(at(left + 20), at(top + 24), at(37), at(37), style="F")
