"""The bytes of a package from any place on, made while they are sent.

A package that is not sealed yet is sealed on the way: the films are hashed as they go out, then
the manifests are written. What goes wrong ends the iteration with an error, so that the connection
breaks off: there is never a ZIP that looks whole and is not.
"""

from __future__ import annotations

import threading
import time
import zlib
from collections.abc import Callable, Iterator
from datetime import datetime

from django.db import connections
from django.utils import timezone

from archive.engine.film import FilmHasher, digest_film, film_pieces
from archive.engine.zip64 import central_directory, descriptor, local_header
from incidents.actions.package_making import lay_out_package
from incidents.actions.package_sealing import (
    PackageChangedError,
    Slot,
    entry_of,
    layout_of,
    record_digest,
    seal_package,
)
from incidents.actions.package_sources import film_of_member, open_source
from incidents.actions.packages import package_folder
from incidents.models import Package, PackageMember

_CHUNK_BYTES = 4 << 20
_LOOK_SECONDS = 0.02
_LONGEST_WAIT_SECONDS = 60.0
_WORKER_SECONDS = 0.4  # so long a worker may take to begin
State = Package.State
Kind = PackageMember.Kind
OnProgress = Callable[[int], None]


class PackageBrokenOffError(Exception):
    """The package was cancelled, or could not be laid out."""


class PackageBytes:
    """Iterates over the bytes `start` to `end` (exclusive; None: to the end) once."""

    def __init__(
        self,
        package: Package,
        *,
        start: int = 0,
        end: int | None = None,
        on_progress: OnProgress = lambda position: None,
        clock: Callable[[], datetime] = timezone.now,
    ) -> None:
        self._package = package
        self._start, self._end = start, end
        self._on_progress = on_progress
        self._clock = clock
        self._is_laying = False

    def __iter__(self) -> Iterator[bytes]:
        position, number = 0, 0
        while (member := self._member(number)) is not None and not self._is_behind(position):
            slot = Slot(member, entry_of(self._package, member), position)
            if slot.end > self._start:
                yield from self._told(self._slot(slot), max(self._start, position))
            position, number = slot.end, number + 1
        if not self._is_behind(position):
            yield from self._told(self._directory(position), max(self._start, position))

    def _is_behind(self, position: int) -> bool:
        return self._end is not None and position >= self._end

    def _told(self, chunks: Iterator[bytes], position: int) -> Iterator[bytes]:
        for chunk in chunks:
            data = chunk if self._end is None else chunk[: max(self._end - position, 0)]
            # A piece of a source of which the film takes nothing is empty.
            if data:
                yield data
            position += len(data)
            self._on_progress(position)
            if self._end is not None and position >= self._end:
                return

    # --- what comes next ----------------------------------------------------------------

    def _member(self, number: int) -> PackageMember | None:
        """Return the next member; wait for it while the package is being laid out."""
        waited_until = time.monotonic() + _LONGEST_WAIT_SECONDS
        while True:
            rows = self._package.members.select_related("package")
            state = Package.objects.values_list("state", flat=True).get(pk=self._package.pk)
            if state in {State.FAILED, State.CANCELLED}:
                raise PackageBrokenOffError(state)
            if member := rows.filter(position=number).first():
                return member
            if state != State.PREPARING:
                return None
            if time.monotonic() > waited_until - _LONGEST_WAIT_SECONDS + _WORKER_SECONDS:
                self._have_laid_out()
            if time.monotonic() > waited_until:
                raise PackageBrokenOffError("nobody lays the package out")
            time.sleep(_LOOK_SECONDS)

    def _have_laid_out(self) -> None:
        """Do it beside the sending, if no worker has begun: films go out while others are read."""
        if self._is_laying:
            return
        self._is_laying = True
        threading.Thread(
            target=_lay_out, args=(self._package.pk,), name="package-layout", daemon=True
        ).start()

    def _sealed(self) -> Package:
        package = seal_package(package=self._package, at=self._clock())
        if package.state != State.SEALED:
            raise PackageBrokenOffError(package.state)
        return package

    # --- bytes --------------------------------------------------------------------------

    def _slot(self, slot: Slot) -> Iterator[bytes]:
        """The member's header, content and descriptor, from the first byte that is wanted."""
        skip = max(self._start - slot.start, 0)
        member = slot.member
        if member.kind == Kind.LATE and not member.stored:
            self._sealed()
            member.refresh_from_db()
        header = local_header(slot.entry, member.crc32 or 0)
        if skip < len(header):
            yield header[skip:]
        skip = max(skip - len(header), 0)
        if member.kind != Kind.FILM:
            yield from _stored(member, skip)
            return
        if skip < member.size_bytes:
            yield from self._film(member, skip)
        if self._is_behind(slot.end - 1):
            return  # the rest is not asked for, and would need the CRC
        if member.crc32 is None:
            film = film_of_member(member)
            record_digest(member, digest_film(film, open_source(self._package)))
        yield descriptor(slot.entry, member.crc32 or 0)[max(skip - member.size_bytes, 0) :]

    def _film(self, member: PackageMember, skip: int) -> Iterator[bytes]:
        film = film_of_member(member)
        if skip:
            for piece in film_pieces(film, open_source(self._package), start=skip):
                yield piece.data
        elif member.crc32 is None:
            yield from self._hashed_film(member)
        else:
            yield from self._known_film(member, member.crc32)

    def _hashed_film(self, member: PackageMember) -> Iterator[bytes]:
        film = film_of_member(member)
        hasher = FilmHasher(film)
        try:
            for piece in film_pieces(film, open_source(self._package)):
                hasher.update(piece)
                yield piece.data
            record_digest(member, hasher.finish())
        finally:
            hasher.close()

    def _known_film(self, member: PackageMember, expected: int) -> Iterator[bytes]:
        """A film that was signed before: the same bytes, or none that look whole."""
        crc32 = 0
        for piece in film_pieces(film_of_member(member), open_source(self._package)):
            crc32 = zlib.crc32(piece.data, crc32)
            yield piece.data
        if crc32 != expected:
            raise PackageChangedError(member.path)

    def _directory(self, position: int) -> Iterator[bytes]:
        package = self._sealed()
        layout = layout_of(package)
        crcs = [slot.member.crc32 or 0 for slot in layout.slots]
        data = central_directory([slot.entry for slot in layout.slots], crcs)
        yield data[max(self._start - position, 0) :]


def _stored(member: PackageMember, skip: int) -> Iterator[bytes]:
    """A file of the package's own folder. Raises OSError, or PackageChangedError."""
    crc32, sent = 0, skip
    with (package_folder(member.package) / member.stored).open("rb") as file:
        file.seek(skip)
        while data := file.read(_CHUNK_BYTES):
            crc32, sent = zlib.crc32(data, crc32), sent + len(data)
            yield data
    if sent != member.size_bytes or (skip == 0 and crc32 != member.crc32):
        raise PackageChangedError(member.path)


def _lay_out(package_id: int) -> None:
    try:
        lay_out_package(package_id=package_id)
    finally:
        connections.close_all()
