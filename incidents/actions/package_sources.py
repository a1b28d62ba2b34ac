"""Where the bytes of a package's films lie: in the archive, or a copy of what was growing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from archive.engine.film import Film, FilmSource, read_film
from archive.engine.reader import ByteSource, LocalFile
from archive.models import Recording
from archive.storage import open_recording
from incidents.actions.packages import package_folder
from incidents.models import Package, PackageMember


def film_of_member(member: PackageMember) -> Film:
    """Raises FootageGoneError."""
    return read_film(package_folder(member.package) / member.stored)


def open_source(package: Package) -> Callable[[FilmSource], ByteSource]:
    """Return what opens the sources of the package's films; it raises FileNotFoundError."""

    def opened(source: FilmSource) -> ByteSource:
        copy = package_folder(package) / copy_name(source.name)
        if copy.is_file():
            return LocalFile(copy)
        row = Recording.objects.select_related("volume").filter(path=source.name).first()
        if row is None:
            raise FileNotFoundError(source.name)
        return open_recording(row)

    return opened


def copy_name(path: str) -> str:
    """Name the copy of a minute that was still being recorded when the package was laid out."""
    return f"growing-{hashlib.sha256(path.encode()).hexdigest()[:16]}.mp4"
