"""Evidence packages: asked for in one click, cancelled. Made: package_making, package_sealing."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from kombu.exceptions import OperationalError

from archive.actions.holds import create_hold
from archive.engine.file_names import safe_name_part
from archive.queries import active_holds
from cameras.access import Act, can
from cameras.audit import write_audit_entry
from cameras.models import Camera
from incidents import tasks
from incidents.actions.incidents import HELD_FOR, note
from incidents.models import Incident, Package
from incidents.queries.packages import Absence, absences_of, cameras_of, usual_range

logger = logging.getLogger(__name__)

LONGEST = timedelta(hours=6)
"""A range of a whole day is an export of the archive, not what an incident is about."""
FOLDER = "packages"
"""Below EXPORT_DIR: what is kept of each package, without its footage."""
_SPARE_BYTES = 200_000_000
_SEAL_AFTER_SECONDS = 120
_LONGEST_NAME = 120


class PackageRefusedError(Exception):
    """Why no package can be made, as a sentence for the person."""


class FootageMissingError(PackageRefusedError):
    """Some of the footage is kept no more; the rest can be packed if the person agrees."""

    def __init__(self, absences: Sequence[Absence], *, is_all: bool) -> None:
        self.absences = list(absences)
        self.is_all = is_all
        super().__init__(_absence_text(absences, is_all=is_all))


def package_folder(package: Package) -> Path:
    return Path(settings.EXPORT_DIR) / FOLDER / str(package.public_id)


def create_package(  # noqa: PLR0913 -- what a person chooses, by name
    *,
    incident: Incident,
    actor: User,
    at: datetime,
    started_at: datetime | None = None,
    ended_at: datetime | None = None,
    cameras: Iterable[Camera] | None = None,
    reason: str = "",
    accepts_missing: bool = False,
    address: str | None = None,
) -> Package:
    """Decide what the package is, keep its footage, and have it laid out.

    Args:
        started_at, ended_at, cameras: None: around the incident, all cameras of its place.
        accepts_missing: the person knows that some footage is kept no more.

    Raises:
        FootageMissingError: some or all of the footage is not there.
        PackageRefusedError: no right, no such range, or no room.

    """
    usual = usual_range(incident)
    begin, end = started_at or usual[0], ended_at or usual[1]
    chosen = list(cameras_of(incident) if cameras is None else cameras)
    if incident.is_drill:
        raise PackageRefusedError(_("A drill leaves the house by no way: it has no package."))
    _check(actor, chosen, begin, end, at)
    absences = _check_footage(chosen, begin, end, accepts_missing=accepts_missing)
    with transaction.atomic():
        package = Package.objects.create(
            incident=incident,
            started_at=begin,
            ended_at=end,
            reason=reason or incident.name,
            created_at=at,
            created_by=actor,
            name=_name(incident, begin, end),
            missing=[hole.as_json() for hole in absences],
        )
        package.cameras.set(chosen)
        _hold(package, chosen, actor, at, address)
        _note(package, "package_made", actor, at, address)
        transaction.on_commit(partial(_wake, package.pk))
    return package


def _check(
    actor: User, cameras: Sequence[Camera], begin: datetime, end: datetime, at: datetime
) -> None:
    if not can(actor, Act.MAKE_PACKAGES):
        raise PackageRefusedError(_("You have no right to do this."))
    if not cameras:
        raise PackageRefusedError(_("This place has no cameras."))
    if end <= begin:
        raise PackageRefusedError(_("The end must be later than the beginning."))
    if end - begin > LONGEST:
        hours = LONGEST // timedelta(hours=1)
        raise PackageRefusedError(
            _("A package may span at most %(hours)d hours.") % {"hours": hours}
        )
    if end > at:
        raise PackageRefusedError(
            _("The range is recorded only at %(time)s: make the package then, or end it earlier.")
            % {"time": _clock(end)}
        )
    folder = Path(settings.EXPORT_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(folder).free < _SPARE_BYTES:
        raise PackageRefusedError(_("There is too little space for the papers of a package."))


def _check_footage(
    cameras: Sequence[Camera], begin: datetime, end: datetime, *, accepts_missing: bool
) -> list[Absence]:
    absences = absences_of(cameras, begin, end)
    whole_us = round((end - begin).total_seconds() * 1_000_000)
    empty = {hole.camera for hole in absences if hole.ended_us - hole.started_us >= whole_us}
    if len(empty) == len(cameras):
        raise FootageMissingError(absences, is_all=True)
    asked = [hole for hole in absences if hole.needs_consent or hole.camera in empty]
    if asked and not accepts_missing:
        raise FootageMissingError(asked, is_all=False)
    return absences


def _absence_text(absences: Sequence[Absence], *, is_all: bool) -> str:
    if is_all:
        return _("There is no footage of this range any more: no camera of the place has it.")
    numbers = sorted({hole.camera for hole in absences})
    labels = ", ".join(_("C%(number)02d") % {"number": number} for number in numbers)
    text = ngettext(
        "Footage of camera %(cameras)s is missing: it is kept no more, or was never recorded.",
        "Footage of cameras %(cameras)s is missing: it is kept no more, or was never recorded.",
        len(numbers),
    )
    return text % {"cameras": labels}


def _clock(moment: datetime) -> str:
    local = timezone.localtime(moment, timezone.get_default_timezone())
    return date_format(local, "H:i:s")


def _name(incident: Incident, begin: datetime, end: datetime) -> str:
    """АГ-2026-000123_Солнышко_2026-11-21_1912-1919."""
    zone = timezone.get_default_timezone()
    first, last = timezone.localtime(begin, zone), timezone.localtime(end, zone)
    stamp = f"{first:%Y-%m-%d_%H%M}-{last:%H%M}"
    parts = (incident.name, safe_name_part(incident.place.name))
    return "_".join([*parts, stamp])[:_LONGEST_NAME]


def _hold(
    package: Package, cameras: Sequence[Camera], actor: User, at: datetime, address: str | None
) -> None:
    """Keep all that the package takes from: it must give the same bytes as long as that lasts."""
    until = at + HELD_FOR
    for camera in cameras:
        kept = active_holds(at).filter(
            camera=camera, started_at__lte=package.started_at, ended_at__gte=package.ended_at
        )
        if not kept.filter(expires_at=None).exists() and not (
            kept.filter(expires_at__gte=until).exists()
        ):
            create_hold(
                camera=camera,
                actor=actor,
                started_at=package.started_at,
                ended_at=package.ended_at,
                reason=package.incident.name,
                expires_at=until,
                at=at,
                address=address,
            )


def _note(package: Package, kind: str, actor: User, at: datetime, address: str | None) -> None:
    detail = {
        "package": str(package.public_id),
        "name": package.name,
        "from": package.started_at.isoformat(),
        "until": package.ended_at.isoformat(),
        "cameras": sorted(package.cameras.values_list("number", flat=True)),
    }
    note(incident=package.incident, kind=kind, detail=detail, actor=actor, at=at)
    write_audit_entry(
        actor=actor,
        action=f"incidents.{kind}",
        target=package,
        at=at,
        detail={**detail, "reason": package.reason},
        address=address,
    )


def _wake(package_id: int) -> None:
    """Have a worker lay it out at once, and compute its hashes if nobody fetches it soon."""
    try:
        tasks.lay_out_package.delay(package_id=package_id)
        tasks.seal_package.apply_async(
            kwargs={"package_id": package_id}, countdown=_SEAL_AFTER_SECONDS
        )
    except OperationalError as error:
        # Who fetches it does both.
        logger.warning("package %d waits, Redis does not answer: %s", package_id, error)


@transaction.atomic
def cancel_package(
    *, package: Package, actor: User, at: datetime, address: str | None = None
) -> Package:
    """Call off a package that is not made yet; a running download breaks off within a second.

    Raises:
        PackageRefusedError: it is made already, or no right.

    """
    if not can(actor, Act.MAKE_PACKAGES):
        raise PackageRefusedError(_("You have no right to do this."))
    unmade = [Package.State.PREPARING, Package.State.READY]
    changed = Package.objects.filter(pk=package.pk, state__in=unmade).update(
        state=Package.State.CANCELLED
    )
    if changed != 1:
        raise PackageRefusedError(_("The package is made: it can not be cancelled any more."))
    package.refresh_from_db()
    _note(package, "package_cancelled", actor, at, address)
    return package
