"""Who fetched a package: a receipt for each, in the chronology and the audit log."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F

from cameras.audit import write_audit_entry
from incidents.actions.incidents import note
from incidents.actions.package_making import lay_out_package
from incidents.actions.package_sealing import seal_package
from incidents.models import Package, PackageReceipt

logger = logging.getLogger(__name__)

RESUMED_WITHIN = timedelta(hours=1)
_ACTIVE = timedelta(seconds=30)


@transaction.atomic
def begin_receipt(
    *, package: Package, person: User, is_police: bool, at: datetime, address: str | None = None
) -> PackageReceipt:
    """Note that a person fetches a package; the rest of one that broke off is the same receipt."""
    resumed = PackageReceipt.objects.filter(
        package=package,
        person=person,
        address=address,
        finished_at=None,
        changed_at__gt=at - RESUMED_WITHIN,
    ).first()
    if resumed is not None:
        PackageReceipt.objects.filter(pk=resumed.pk).update(changed_at=at)
        return resumed
    receipt = PackageReceipt.objects.create(
        package=package,
        person=person,
        is_police=is_police,
        address=address,
        started_at=at,
        changed_at=at,
    )
    detail = {"package": str(package.public_id), "name": package.name, "is_police": is_police}
    note(
        incident=package.incident,
        kind="package_fetched",
        detail={**detail, "receipt": receipt.pk},
        actor=person,
        at=at,
    )
    write_audit_entry(
        actor=person,
        action="incidents.fetch_package",
        target=package,
        at=at,
        detail=detail,
        address=address,
    )
    return receipt


def add_bytes(*, receipt: PackageReceipt, sent: int, at: datetime) -> None:
    """Count what was sent since the last time."""
    rows = PackageReceipt.objects.filter(pk=receipt.pk)
    rows.update(bytes_sent=F("bytes_sent") + sent, changed_at=at)


@transaction.atomic
def finish_receipt(*, receipt: PackageReceipt, at: datetime) -> bool:
    """Say that the package was sent whole, if as many bytes were sent as it has."""
    row = PackageReceipt.objects.select_related("package__incident", "person").get(pk=receipt.pk)
    size = row.package.size_bytes
    if row.finished_at is not None or size is None or row.bytes_sent < size:
        return False
    if not PackageReceipt.objects.filter(pk=row.pk, finished_at=None).update(finished_at=at):
        return False
    detail = {
        "package": str(row.package.public_id),
        "name": row.package.name,
        "bytes": row.bytes_sent,
        "is_police": row.is_police,
        "receipt": row.pk,
    }
    incident = row.package.incident
    note(incident=incident, kind="package_received", detail=detail, actor=row.person, at=at)
    write_audit_entry(
        actor=row.person,
        action="incidents.receive_package",
        target=row.package,
        at=at,
        detail=detail,
        address=row.address,
    )
    return True


def seal_if_idle(*, package_id: int, at: datetime) -> None:
    """Lay out and seal a package, unless somebody fetches it just now and so does the same."""
    if PackageReceipt.objects.filter(package=package_id, changed_at__gt=at - _ACTIVE).exists():
        return
    lay_out_package(package_id=package_id)
    try:
        seal_package(package=Package.objects.get(pk=package_id), at=at)
    except OSError:
        # Whoever fetches it is told; the next attempt may find the disk or bucket well again.
        logger.exception("package %d could not be sealed", package_id)
