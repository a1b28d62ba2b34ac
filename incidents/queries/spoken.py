"""The message that is read aloud to the police, in the order of their own register.

Who reports; when and where; what; how many, their marks and where they go; injured and weapons;
the camera and what is kept. It is read in about half a minute, so nothing else is in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from archive.models import Hold
from cameras.models import Camera
from incidents.models import Incident, Participant
from incidents.queries.drill_words import drill_mark

SIGNS_PER_SECOND = 14.5
"""Of Russian read aloud without haste; measured on the example of the desk's own rules."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A few words; strong ones are those that the voice must not swallow."""

    text: str
    is_strong: bool = False


@dataclass(frozen=True, slots=True)
class Spoken:
    pieces: tuple[Piece, ...]

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces)

    @property
    def seconds(self) -> int:
        return round(len(self.text) / SIGNS_PER_SECOND)


def spoken_of(incident: Incident, *, speaker: User, at: datetime) -> Spoken:
    """Build the message of a card, or return the one that was written; a drill is named first."""
    if incident.told_text:
        return Spoken((*_mark(incident, before=incident.told_text), Piece(incident.told_text)))
    people = list(incident.participants.all())
    pieces = (
        *_mark(incident),
        *_who_and_where(incident, speaker, at),
        *_people(people),
        *_dangers(incident),
        *_kept(incident),
    )
    return Spoken(tuple(pieces))


def _mark(incident: Incident, *, before: str = "") -> Iterator[Piece]:
    """Name a drill, unless the text that follows does."""
    if incident.is_drill and not before.startswith(drill_mark()):
        yield Piece(f"{drill_mark()}. ", is_strong=True)


def _who_and_where(incident: Incident, speaker: User, at: datetime) -> Iterator[Piece]:
    names = {"duty": settings.DUTY_NAME, "name": speaker.get_full_name() or speaker.username}
    yield Piece(_("This is %(duty)s, %(name)s.") % names + " ")
    moment = timezone.localtime(incident.occurred_at)
    text = f"{moment:%H:%M}"
    if moment.date() != timezone.localtime(at).date():
        text = f"{moment:%d.%m.%Y} {text}"
    yield Piece(_("At %(time)s") % {"time": text}, is_strong=True)
    yield Piece(", ")
    yield Piece(incident.place.name, is_strong=True)
    beside = [incident.place.address, incident.where_exactly]
    yield Piece("".join(f", {part}" for part in beside if part) + ": ")
    yield Piece(_sentence(incident.summary or incident.category.name), is_strong=True)
    yield Piece(" ")


def _people(people: list[Participant]) -> Iterator[Piece]:
    seen = [person for person in people if person.role == Participant.Role.UNKNOWN]
    if seen:
        count = ngettext(
            "%(count)s unidentified person.", "%(count)s unidentified persons.", len(seen)
        )
        yield Piece(count % {"count": len(seen)} + " ")
    for number, person in enumerate(seen, start=1):
        if said := marks_of(person):
            name = _("Person %(number)s") % {"number": number} if len(seen) > 1 else _("Marks")
            yield Piece(f"{name}: {_sentence(said)} ")
    for place in dict.fromkeys(person.left_for for person in seen if person.left_for):
        yield Piece(_("Left") + ": ")
        yield Piece(_sentence(place), is_strong=True)
        yield Piece(" ")


def marks_of(person: Participant) -> str:
    """Return what is seen of a person, in one line."""
    age = _("about %(age)s by sight") % {"age": person.age} if person.age else ""
    sex = {"M": _("man"), "F": _("woman")}.get(person.sex, "")
    parts = (sex, age, person.marks, person.clothes, person.items, person.vehicle)
    return ", ".join(part for part in parts if part)


def _dangers(incident: Incident) -> Iterator[Piece]:
    if incident.injured_count:
        yield Piece(_("Injured: %(count)s.") % {"count": incident.injured_count}, is_strong=True)
        yield Piece(" ")
    if incident.has_weapon:
        yield Piece(_("There is a weapon."), is_strong=True)
        yield Piece(" ")
    if incident.has_fire:
        yield Piece(_("There is fire."), is_strong=True)
        yield Piece(" ")
    if incident.has_children:
        yield Piece(_("Children are near.") + " ")
    if not (incident.injured_count or incident.has_weapon):
        yield Piece(_("No injured, no weapon.") + " ")
    elif not incident.has_weapon:
        yield Piece(_("No weapon.") + " ")


def _kept(incident: Incident) -> Iterator[Piece]:
    holds = list(
        Hold.objects.filter(reason=incident.name, released_at=None)
        .select_related("camera")
        .order_by("camera__number")
    )
    if not holds:
        return
    begin = timezone.localtime(min(hold.started_at for hold in holds))
    end = timezone.localtime(max(hold.ended_at for hold in holds))
    yield Piece(
        _("Footage of %(cameras)s is kept from %(begin)s to %(end)s.")
        % {
            "cameras": labels_of([hold.camera for hold in holds]),
            "begin": f"{begin:%H:%M}",
            "end": f"{end:%H:%M}",
        }
    )


def labels_of(cameras: list[Camera]) -> str:
    """Name cameras shortly: "К01–К04, К07"."""
    runs: list[list[Camera]] = []
    for camera in cameras:
        if runs and camera.number == runs[-1][-1].number + 1:
            runs[-1].append(camera)
        elif not runs or camera.number != runs[-1][-1].number:
            runs.append([camera])
    return ", ".join(_run_text(run) for run in runs)


def _run_text(run: list[Camera]) -> str:
    if len(run) == 1:
        return run[0].label
    between = "–" if len(run) > 2 else ", "  # noqa: PLR2004 -- two are named both
    return f"{run[0].label}{between}{run[-1].label}"


def _sentence(text: str) -> str:
    text = text.strip()
    return text if text[-1:] in ".!?…" else f"{text}."
