"""Faces in words: how alike, how good a picture is and why, what was refused and what was done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from analytics.actions.faces.refusals import FacesRefusedError
from analytics.engine.faces.enrolment import PhotoFault, PhotoRefusedError
from analytics.forms import FAIR_QUALITY, GOOD_QUALITY
from cameras.models import AuditEntry

Refusal = FacesRefusedError | PhotoRefusedError
REFUSALS = (FacesRefusedError, PhotoRefusedError)


def score_text(score: float) -> str:
    """Write a score; it says how alike two faces are, never who it is."""
    return _("similar, %(score)s") % {"score": number_format(score, 2)}


def quality_text(value: float) -> str:
    if value >= GOOD_QUALITY:
        return pgettext("quality", "good")
    return pgettext("quality", "fair") if value >= FAIR_QUALITY else pgettext("quality", "poor")


def hint_text(code: str) -> str:
    """Say what could be better in a photo; a code unknown here is shown as it is."""
    hints = {
        "small": _("the face is small: take a larger picture"),
        "blurred": _("the face is blurred: take a sharper picture"),
        "turned": _("the head is turned aside: take a picture from the front"),
        "dark": _("the face is dark"),
        "bright": _("the face is too bright"),
        "flat": _("the face has little contrast"),
        "cut_off": _("a part of the face is cut off"),
        "photo_of_photo": _("it looks like a photo of a photo: take the original"),
    }
    return hints.get(code, code)


def refusal_text(error: Refusal) -> str:
    if isinstance(error, PhotoRefusedError):
        return photo_fault_text(error.code, error.count)
    return str(error)


def photo_fault_text(code: PhotoFault, count: int = 0) -> str:
    faces = ngettext("There is %(count)d face", "There are %(count)d faces", count)
    texts = {
        PhotoFault.NOT_A_PICTURE: _("This is no picture: give a JPEG, PNG or WebP file."),
        PhotoFault.TOO_MANY_BYTES: _("The file is too large: at most 12 MB."),
        PhotoFault.TOO_LARGE: _("The picture has too many pixels: at most 40 million."),
        PhotoFault.TOO_SMALL: _("The picture is too small to hold a face."),
        PhotoFault.ANIMATED: _("The picture moves: give a still one."),
        PhotoFault.TRAILING_DATA: _("Something else hangs on the picture: save it anew."),
        PhotoFault.DAMAGED: _("The file is damaged."),
        PhotoFault.NO_FACE: _("No face was found: take a picture from the front, in good light."),
        PhotoFault.SEVERAL_FACES: _("%(faces)s on the photo: cut out the one that is meant.")
        % {"faces": faces % {"count": count}},
        PhotoFault.FACE_TOO_SMALL: _("The face is too small: a larger picture is needed."),
    }
    return texts.get(code, str(code))


def action_text(action: str) -> str:
    """Name a step of the log; a step unknown here is shown as it is written."""
    steps = {
        "faces.search": _("search by a face"),
        "faces.switch_on": _("switched on"),
        "faces.ask_switch": _("asked to switch on"),
        "faces.confirm_switch": _("switching on confirmed"),
        "faces.switch_off": _("switched off"),
        "faces.switch_ran_out": _("the term of a switch is over"),
        "faces.add_entry": _("entry added to the watch list"),
        "faces.confirm_entry": _("entry confirmed"),
        "faces.withdraw_entry": _("entry withdrawn"),
        "faces.entry_ran_out": _("the term of an entry is over"),
        "faces.set_threshold": _("threshold set"),
        "faces.redact": _("copy with faces hidden"),
        "faces.unusual_searching": _("unusual searching"),
        "faces.monthly_report": _("report of the month"),
    }
    return steps.get(action, action)


def detail_text(row: AuditEntry) -> str:
    """Say of a step of the log what a reader asks first: why, by which order, on what ground."""
    detail = row.detail
    parts = [str(detail[key]) for key in ("reason", "order", "ground_number") if detail.get(key)]
    if "shown" in detail:
        shown = len(detail["shown"])
        parts.append(
            ngettext("%(count)d face shown", "%(count)d faces shown", shown) % {"count": shown}
        )
    return " · ".join(parts)


def figure_rows(figures: Sequence[dict[str, Any]]) -> list[tuple[str, str]]:
    """Say what a calibration measured: label and value."""
    return [
        (label, _figure_text(figure))
        for figure in figures
        if (label := _figure_label(figure["name"].removeprefix("faces.calibration.")))
    ]


def _figure_label(name: str) -> str:
    known = {
        "pairs": _("pairs of certainly different people"),
        "far": _("of them at or above the threshold (FAR)"),
        "fpir": _("passers-by who would resemble one of 50 listed (FPIR)"),
        "same_pairs": _("pairs of one person, as people said"),
        "frr": _("of them below the threshold (FRR)"),
    }
    if name.startswith("threshold_at_far_"):
        return _("threshold for one false pair in %(count)s") % {
            "count": number_format(10 ** int(name.rpartition("-")[2]), force_grouping=True)
        }
    return known.get(name, "")


def _figure_text(figure: dict[str, Any]) -> str:
    value, unit = figure["value"], figure["unit"]
    if unit == "pairs":
        return number_format(int(value), force_grouping=True)
    if unit != "share":
        return number_format(value, 2)
    text = f"{number_format(100 * value, 3)} %"
    if figure["low"] is None or figure["high"] is None:
        return text
    low, high = (number_format(100 * figure[end], 3) for end in ("low", "high"))
    return f"{text} ({low} – {high})"
