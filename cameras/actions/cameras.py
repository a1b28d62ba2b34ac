"""Places, cameras and streams: every change that a person makes.

Rows come validated by a form or built by a command; each action checks them once more, writes
them and the audit row in one transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db import models, transaction
from django.db.models import Max

from cameras.audit import write_audit_entry
from cameras.models import Camera, Location, Stream
from cameras.queries import parse_stream_address
from cameras.secrets import encrypt_secret

FIRST_NUMBER = 1


@dataclass(frozen=True, slots=True)
class StreamSetup:
    """A stream to be added. The address may carry user name and password."""

    address: str
    role: Stream.Role = Stream.Role.MAIN
    username: str = ""
    password: str = ""
    transport: Stream.Transport = Stream.Transport.TCP


@transaction.atomic
def save_location(*, actor: User | None, location: Location, at: datetime) -> None:
    """Add a place or change it. Faces are not recognized on a new playground: that takes a change.

    Raises:
        ValidationError: a field is not valid.
    """
    if location._state.adding and location.icon == Location.Icon.PLAYGROUND:
        location.excludes_faces = True
    _save(actor, location, at, changed=_changed_fields(location))


@transaction.atomic
def save_camera(*, actor: User | None, camera: Camera, at: datetime) -> None:
    """Add a camera or change it.

    Raises:
        ValidationError: a field is not valid.
    """
    _save(actor, camera, at, changed=_changed_fields(camera))


@transaction.atomic
def save_stream(
    *, actor: User | None, stream: Stream, at: datetime, password: str | None = None
) -> None:
    """Add a stream or change it; credentials in its address are split off.

    Args:
        password: to be encrypted; None keeps what is there, an empty one clears it.

    Raises:
        AddressError: the address is not of an allowed form.
        ValidationError: a field is not valid.
    """
    address = parse_stream_address(stream.url)
    stream.url = address.url
    if address.username or address.password:
        stream.username, password = address.username, address.password
    changed = _changed_fields(stream)
    if password is not None:
        stream.password_encrypted = encrypt_secret(password)
        changed.append("password")
    _save(actor, stream, at, changed=changed)


@transaction.atomic
def set_stream_password(*, actor: User | None, stream: Stream, password: str, at: datetime) -> None:
    """Store another password; an empty one clears it."""
    stream.password_encrypted = encrypt_secret(password)
    stream.save(update_fields=["password_encrypted"])
    write_audit_entry(actor=actor, action="cameras.set_password", target=stream, at=at)


@transaction.atomic
def remove(*, actor: User | None, row: Location | Camera | Stream, at: datetime) -> None:
    """Remove a place without cameras, a camera without recordings, or such a stream.

    Raises:
        ProtectedError: something still needs it.
    """
    write_audit_entry(
        actor=actor,
        action=f"cameras.remove_{row._meta.model_name}",
        target=row,
        at=at,
        detail={"name": str(row)},
    )
    row.delete()


@transaction.atomic
def add_camera(
    *,
    actor: User | None,
    location_name: str,
    name: str,
    streams: Sequence[StreamSetup],
    at: datetime,
    number: int | None = None,
) -> Camera:
    """Add a camera with its streams; make the place if it is new.

    Args:
        number: the next free one when None.

    Raises:
        AddressError: an address is not of an allowed form.
        ValidationError: a field is not valid, or the number is taken.
    """
    location = Location.objects.filter(name=location_name).first()
    if location is None:
        location = Location(name=location_name, position=Location.objects.count())
        save_location(actor=actor, location=location, at=at)
    camera = Camera(location=location, name=name, number=number or next_number())
    save_camera(actor=actor, camera=camera, at=at)
    for setup in streams:
        stream = Stream(
            camera=camera,
            role=setup.role,
            url=setup.address,
            username=setup.username,
            transport=setup.transport,
        )
        save_stream(actor=actor, stream=stream, at=at, password=setup.password)
    return camera


def next_number() -> int:
    """Return the number after the highest in use."""
    highest = Camera.objects.aggregate(highest=Max("number"))["highest"]
    return FIRST_NUMBER if highest is None else int(highest) + 1


def _changed_fields(row: models.Model) -> list[str]:
    """Return the names of the fields that differ from the database; all of a new row."""
    names = [field.name for field in row._meta.concrete_fields if not field.primary_key]
    names = [name for name in names if name != "password_encrypted"]
    if row.pk is None:
        return names
    before = type(row)(pk=row.pk)
    before.refresh_from_db()
    return [name for name in names if getattr(before, name) != getattr(row, name)]


def _save(
    actor: User | None, row: Location | Camera | Stream, at: datetime, *, changed: list[str]
) -> None:
    is_new = row.pk is None
    row.full_clean()
    row.save()
    verb = "add" if is_new else "edit"
    write_audit_entry(
        actor=actor,
        action=f"cameras.{verb}_{row._meta.model_name}",
        target=row,
        at=at,
        detail={"name": str(row), "fields": changed},
    )
