"""The watch list: whom the police look for, on a ground, until a day, under two keys."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NoReturn

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from analytics import face_templates
from analytics.actions.faces import photos as given
from analytics.actions.faces.refusals import (
    FacesRefusedError,
    require_right,
    require_switch,
    stripped,
)
from analytics.actions.faces.switches import check_end
from analytics.models import FaceSwitch, WatchEntry, WatchPhoto
from cameras.access import Act
from cameras.audit import write_audit_entry
from cameras.models import Location

MAX_PHOTOS = 10


def add_entry(  # noqa: PLR0913 -- the columns of the row, by name
    *,
    actor: User,
    kind: str,
    name: str,
    ground: str,
    ground_number: str,
    places: Sequence[Location],
    until: datetime,
    photos: Sequence[bytes],
    are_cut: bool = False,
    at: datetime,
    networks: given.FaceNetworks | None = None,
    address: str | None = None,
) -> WatchEntry:
    """Put a person on the list; nothing matches before another person confirms it.

    Args:
        places: empty: everywhere but at excluded places.
        photos: of this one person, one face on each.
        are_cut: they were cut out here around the faces that are meant.
        networks: those of this process, if None.

    Raises:
        FacesRefusedError: no right, the list is off, a word or number is missing, the term or a
            place does not fit, or there is no photo.
        PhotoRefusedError: a photo can not be used.

    """
    require_right(actor, Act.MANAGE_WATCH_LIST)
    require_switch(FaceSwitch.Name.WATCH_LIST, at)
    entry = WatchEntry(
        kind=_known(kind, WatchEntry.Kind.values),
        name=stripped(name, longest=200, refusal=_("Say who is looked for.")),
        ground=_known(ground, WatchEntry.Ground.values),
        ground_number=stripped(
            ground_number, longest=100, refusal=_("Give the number of the ground.")
        ),
        until=until,
        created_by=actor,
        created_at=at,
    )
    check_end(until, at)
    _check_places(places)
    enrolled = _enroll(photos, networks, are_cut=are_cut)
    return _insert(entry, places, enrolled, address)


def _insert(
    entry: WatchEntry,
    places: Sequence[Location],
    photos: Sequence[given.Enrolled],
    address: str | None,
) -> WatchEntry:
    contents = [photo.jpeg for photo in photos]
    # Before the transaction: a bucket may take a second.
    with given.saved_photos(contents, folder="watch-list") as paths, transaction.atomic():
        entry.save(force_insert=True)
        entry.places.set(places)
        for path, photo in zip(paths, photos, strict=True):
            _insert_photo(entry, path, photo)
        _note(entry, "faces.add_entry", entry.created_by, entry.created_at, address)
    return entry


def _insert_photo(entry: WatchEntry, path: str, enrolled: given.Enrolled) -> None:
    WatchPhoto.objects.create(
        entry=entry,
        picture=path,
        template=face_templates.seal(enrolled.template.astype("float32").tobytes()),
        recognizer=enrolled.recognizer,
        quality=enrolled.quality.value,
        eye_distance_px=enrolled.face.eye_distance,
    )


@transaction.atomic
def confirm_entry(
    *, actor: User, entry: WatchEntry, at: datetime, address: str | None = None
) -> WatchEntry:
    """Let an entry match from now.

    Raises:
        FacesRefusedError: no right, the list is off, it is one's own entry, or it is confirmed,
            withdrawn or over already.

    """
    require_right(actor, Act.CONFIRM_WATCH_LIST)
    require_switch(FaceSwitch.Name.WATCH_LIST, at)
    entry = WatchEntry.objects.select_for_update(of=("self",)).get(pk=entry.pk)
    if entry.created_by_id == actor.pk:
        raise FacesRefusedError(_("It is your own entry: another person confirms it."))
    _check_open(entry, at)
    if entry.confirmed_at is not None:
        raise FacesRefusedError(_("The entry is confirmed already."))
    entry.confirmed_by, entry.confirmed_at = actor, at
    entry.save(update_fields=["confirmed_by", "confirmed_at"])
    _note(entry, "faces.confirm_entry", actor, at, address)
    return entry


@transaction.atomic
def withdraw_entry(
    *, actor: User, entry: WatchEntry, reason: str, at: datetime, address: str | None = None
) -> WatchEntry:
    """Take a person off the list at once, or refuse an entry that waits; its photos are deleted.

    Raises:
        FacesRefusedError: no right, no reason, or it is withdrawn or over already.

    """
    require_right(actor, Act.MANAGE_WATCH_LIST, Act.CONFIRM_WATCH_LIST)
    why = stripped(reason, longest=300, refusal=_("Give the reason."))
    entry = WatchEntry.objects.select_for_update(of=("self",)).get(pk=entry.pk)
    _check_open(entry, at)
    entry.withdrawn_by, entry.withdrawn_at = actor, at
    entry.save(update_fields=["withdrawn_by", "withdrawn_at"])
    _note(entry, "faces.withdraw_entry", actor, at, address, reason=why)
    _forget_photos(entry)
    return entry


@transaction.atomic
def run_out(*, at: datetime) -> int:
    """Delete the photos and templates of entries whose term is over; return how many entries.

    They match nothing from the end of their term on, whether this has run or not. The rows stay:
    hits and reports name them.
    """
    over = WatchEntry.objects.filter(Q(until__lte=at), photos__isnull=False).distinct()
    entries = list(over)
    for entry in entries:
        _note(entry, "faces.entry_ran_out", None, at, None)
        _forget_photos(entry)
    return len(entries)


def _forget_photos(entry: WatchEntry) -> None:
    given.delete_photos(entry.photos.values_list("picture", flat=True))
    entry.photos.all().delete()


def _enroll(
    photos: Sequence[bytes], networks: given.FaceNetworks | None, *, are_cut: bool
) -> list[given.Enrolled]:
    if not photos:
        raise FacesRefusedError(_("Give at least one photo."))
    if len(photos) > MAX_PHOTOS:
        refuse_photos()
    opened = networks or given.networks()
    return [given.enroll(photo, opened, is_cut=are_cut) for photo in photos]


def refuse_photos() -> NoReturn:
    """Say that there are too many. Raises FacesRefusedError."""
    raise FacesRefusedError(_("At most %(count)d photos.") % {"count": MAX_PHOTOS})


def _known(value: str, values: Sequence[str]) -> str:
    if value not in values:
        raise FacesRefusedError(_("Choose one of the list."))
    return value


def _check_places(places: Sequence[Location]) -> None:
    excluded = [place.name for place in places if place.excludes_faces]
    if excluded:
        raise FacesRefusedError(
            _("Faces are not recognized here: %(places)s.") % {"places": ", ".join(excluded)}
        )


def _check_open(entry: WatchEntry, at: datetime) -> None:
    if entry.withdrawn_at is not None:
        raise FacesRefusedError(_("The entry is withdrawn already."))
    if entry.until <= at:
        raise FacesRefusedError(_("The term of the entry is over."))


def _note(
    entry: WatchEntry,
    action: str,
    actor: User | None,
    at: datetime,
    address: str | None,
    reason: str = "",
) -> None:
    detail = {
        "kind": entry.kind,
        "ground": entry.ground,
        "ground_number": entry.ground_number,
        "places": list(entry.places.values_list("pk", flat=True)),
        "until": entry.until.isoformat(),
        "photos": entry.photos.count(),
    }
    if reason:
        detail["reason"] = reason
    write_audit_entry(
        actor=actor, action=action, target=entry, at=at, detail=detail, address=address
    )
