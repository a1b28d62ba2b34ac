"""The papers of a package, in the town's language: reference paper, act, how to check."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from archive.actions import export_manifest, proofs
from archive.actions.papers import Paper, code_content, hash_text, local_time, moment_text
from archive.engine.timeline import from_us
from archive.models import Gap
from cameras.models import Camera
from incidents.models import Package

STATEMENT, ACT = "справка.pdf", "акт.pdf"
_MOST_LINES = 12
_HASH_LINE = 32
_PAPER_BYTES, _LINE_BYTES = 60_000, 600  # two subsets of fonts; a line of a table


@dataclass(frozen=True, slots=True)
class FilmLine:
    """An original as the papers name it."""

    camera: str
    name: str
    size_bytes: int
    sha256: str


def town_language() -> AbstractContextManager[None]:
    """The language of papers and file names, whoever asks for them."""
    return override(settings.LANGUAGE_CODE)


def facts_of(package: Package) -> dict[str, Any]:
    """What the papers and the list say of the case, taken down once."""
    incident, person = package.incident, package.created_by
    with town_language():
        category = str(incident.category.name)
    return {
        "software": f"Atomgrad {settings.VERSION}",
        "incident": {
            "number": incident.name,
            "category": category,
            "place": ", ".join(
                part for part in (incident.place.name, incident.place.address) if part
            ),
            "occurred_at": export_manifest.moment_text(incident.occurred_at),
            "kusp": incident.kusp_number,
        },
        "clock": export_manifest.clock_note(),
        "requested": {
            "by": person.get_username(),
            "name": person.get_full_name(),
            "at": export_manifest.moment_text(package.created_at),
            "reason": package.reason,
        },
    }


def caption_lines(package: Package, camera: Camera, moment: datetime) -> list[str]:
    local = timezone.localtime(moment, timezone.get_default_timezone())
    stamp = f"{local:%d.%m.%Y %H:%M:%S}.{local.microsecond // 1000:03d} (UTC{local:%z})"
    return [
        f"{stamp} · {package.incident.name}",
        f"{camera.label} {camera.location.name}, {camera.name}",
    ]


# --- papers -----------------------------------------------------------------------------


def paper_sizes(package: Package, film_count: int) -> list[tuple[str, str, int]]:
    """Return role, name and the size that is set aside for each paper: about twice what it takes.

    They are not drawn for it: that takes a second, and a download has begun by then.
    """
    lines = film_count + len(package.missing[:_MOST_LINES]) + _MOST_LINES
    size = _PAPER_BYTES + lines * _LINE_BYTES
    return [("statement", STATEMENT, size), ("act", ACT, size)]


def papers_of(
    package: Package, films: Sequence[FilmLine], changed: Sequence[str]
) -> list[tuple[str, str, bytes]]:
    """Return role, name and content of each paper.

    Raises:
        NoPaperError: the machine has no font for them.

    """
    with town_language():
        return [
            ("statement", STATEMENT, _statement(package, films, changed)),
            ("act", ACT, _act(package, films, changed)),
        ]


def _statement(package: Package, films: Sequence[FilmLine], changed: Sequence[str]) -> bytes:
    paper = Paper(_("Reference paper of the evidence package"), made_at=package.created_at)
    for name, value in _rows(package):
        paper.row(name, value)
    paper.space(2)
    paper.heading(_("Original recordings"))
    paper.table(
        [_("Camera"), _("File"), _("Bytes"), "SHA-256"],
        [[film.camera, film.name, str(film.size_bytes), _in_lines(film.sha256)] for film in films],
        widths=(36, 54, 22, 63),
    )
    paper.space(3)
    for line in [*missing_lines(package.missing), *_changed_lines(changed)]:
        paper.text(line)
    paper.space(3)
    paper.text(_explanation())
    paper.code(_code_text(package), _code_caption())
    paper.signature_line()
    return paper.content()


def _code_text(package: Package) -> str:
    """Return what the code holds; manifest.json signs this paper, so its hash can't be in it."""
    key = proofs.key_ring().signer().fingerprint
    return code_content(f"package {package.public_id}", f"key SHA-256 {key}")


def _code_caption() -> str:
    return _(
        "The code holds the number of the package and the fingerprint of the key as they stand on "
        "this paper: what the check shows is compared with it without typing."
    )


def _rows(package: Package) -> list[tuple[str, str]]:
    facts = package.facts
    incident, asked = facts["incident"], facts["requested"]
    return [
        (_("Package"), package.name),
        (_("Number of the package"), str(package.public_id)),
        (_("Incident"), f"{incident['number']}, {incident['category']}"),
        (_("Place"), incident["place"]),
        (_("Happened"), moment_text(datetime.fromisoformat(incident["occurred_at"]))),
        (_("Number in the KUSP"), incident["kusp"] or "—"),
        (_("From"), moment_text(package.started_at)),
        (_("Until"), moment_text(package.ended_at)),
        (_("Clock of the recorder"), clock_text(facts["clock"])),
        (_("Made by"), asked["name"] or asked["by"]),
        (_("Reason"), asked["reason"]),
        (_("Made at"), moment_text(package.created_at)),
        (_("Software"), facts["software"]),
        (_("Fingerprint of the key"), hash_text(proofs.key_ring().signer().fingerprint)),
    ]


def clock_text(clock: dict[str, Any]) -> str:
    if clock.get("is_synchronized") is False:
        return _("not synchronized with a time service")
    if clock["offset_seconds"] is None:
        return _("not measured")
    return _("off by %(seconds)+.3f s") % {"seconds": clock["offset_seconds"]}


def _act(package: Package, films: Sequence[FilmLine], changed: Sequence[str]) -> bytes:
    paper = Paper(_("Act of transfer of recordings"), made_at=package.created_at)
    line = "_" * 40
    paper.row(_("Package"), package.name)
    paper.row(_("Incident"), package.facts["incident"]["number"])
    paper.row(_("Place"), package.facts["incident"]["place"])
    paper.row(
        _("Recordings"), f"{moment_text(package.started_at)}\n{moment_text(package.ended_at)}"
    )
    paper.row(_("Carrier"), line)
    paper.row(_("Handed over by"), line)
    paper.row(_("Taken by"), line)
    paper.space(3)
    paper.table(
        ["№", _("File"), _("Bytes"), "SHA-256"],
        [
            [str(number), film.name, str(film.size_bytes), _in_lines(film.sha256)]
            for number, film in enumerate(films, start=1)
        ],
        widths=(8, 82, 22, 63),
    )
    paper.space(3)
    for text in [*missing_lines(package.missing), *_changed_lines(changed)]:
        paper.text(text)
    paper.space(3)
    paper.text(_("The recordings were copied as they are, without encoding them anew."))
    paper.space(8)
    short = "_" * 22
    paper.text(_("Handed over") + f" {short}      " + _("Taken") + f" {short}")
    paper.space(4)
    paper.text(_("Date") + " " + "_" * 16)
    return paper.content()


def _in_lines(digest: str) -> str:
    return "\n".join(digest[at : at + _HASH_LINE] for at in range(0, len(digest), _HASH_LINE))


def missing_lines(missing: Sequence[dict[str, Any]]) -> list[str]:
    """Say of each interval without footage which it is and why; of many only the first."""
    if not missing:
        return [_("Nothing is missing: all cameras have footage of the whole range.")]
    lines = [_("Without footage:"), *(_missing_line(hole) for hole in missing[:_MOST_LINES])]
    if len(missing) > _MOST_LINES:
        lines.append(_("… and %(count)d more, see manifest.json") % {"count": len(missing)})
    return lines


def _missing_line(hole: dict[str, Any]) -> str:
    label = _("C%(number)02d") % {"number": hole["camera"]}
    start, end = from_us(hole["started_us"]), from_us(hole["ended_us"])
    return f"{label}: {local_time(start)} – {local_time(end)}, {why_missing(hole)}"


def why_missing(hole: dict[str, Any]) -> str:
    if hole["kind"] == "gone":
        return _("was recorded, but is kept no more")
    if hole["kind"] == "damaged":
        return _("the file can not be read: %(path)s") % {"path": hole["path"]}
    causes = [str(Gap.Cause(cause).label) for cause in hole["causes"]]
    return _("was not recorded") + (f" ({', '.join(causes)})" if causes else "")


def _changed_lines(changed: Sequence[str]) -> list[str]:
    if not changed:
        return [_("All source files are as they were recorded.")]
    lines = [_("These source files are not as they were recorded:")]
    lines += list(changed[:_MOST_LINES])
    if len(changed) > _MOST_LINES:
        lines.append(_("… and %(count)d more, see manifest.json") % {"count": len(changed)})
    return lines


def _explanation() -> str:
    return _(
        "The originals hold the encoded pictures as the cameras sent them: they were copied and "
        "not encoded anew. Each has a manifest and a signature (Ed25519) beside it; manifest.json "
        "signs everything else. To check, open verify.html in a browser, choose the whole folder, "
        "and compare the fingerprint of the key with the one on this paper."
    )


def readme(package: Package) -> str:
    """Return README.txt: what lies where, and how it is checked."""
    lines = [
        package.name,
        "",
        _("01_оригинал: recordings as the cameras made them, with manifest and signature each."),
        _("02_кадры: the frame of the moment of each camera, as it is and with a caption."),
        _("03_рабочая_копия, if there: films to look at; they prove nothing by themselves."),
        _("справка.pdf, акт.pdf: the papers for the case file."),
        _("manifest.json, manifest.sig: list of the files with hashes, and its signature."),
        "",
        _("How to check that nothing was changed, without the portal and without a network:"),
        _("1. Unpack the archive into a folder."),
        _("2. Open verify.html in Chrome, Edge, Yandex Browser or Firefox."),
        _("3. Press “Folder” and choose the unpacked folder. Large files take some minutes."),
        _("4. Green: the file is what was handed out. Red: the page says what differs."),
        _("5. Compare the fingerprint of the key on the page with the one in справка.pdf."),
        "",
        _("The same by a program: python -m archive.engine.verify FOLDER --key FINGERPRINT"),
        _("Recordings open in any player (VLC) and browser."),
    ]
    return "﻿" + "\r\n".join(lines) + "\r\n"
