"""Rows of packages and requests for the test of all routes: small files, no footage."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.models import User
from django.utils.timezone import now

from archive.models import Recording
from incidents.actions.packages import package_folder
from incidents.models import EvidenceRequest, Incident, Package, PackageMember
from tests.incidents.cards import make_card


@dataclass(frozen=True)
class PackageRows:
    incident: Incident
    package: Package
    request: EvidenceRequest


def make_package_rows(recording: Recording, owner: User) -> PackageRows:
    """Return an incident that was handed over, its package with a still, and a request."""
    camera, moment = recording.stream.camera, now()
    term = {"started_at": recording.started_at, "ended_at": recording.ended_at}
    incident = make_card(
        recording.started_at,
        place=camera.location,
        status=Incident.Status.HANDED_OVER,
        handed_over_at=moment,
    )
    incident.cameras.add(camera)
    package = Package.objects.create(
        incident=incident,
        reason="order 7",
        created_at=moment,
        created_by=owner,
        name="package",
        state=Package.State.READY,
        size_bytes=1000,
        **term,
    )
    folder = package_folder(package)
    folder.mkdir(parents=True)
    (folder / "still").write_bytes(b"\xff\xd8")
    PackageMember.objects.create(
        package=package,
        position=0,
        kind=PackageMember.Kind.STORED,
        role="still",
        path="still.jpg",
        stored="still",
        size_bytes=2,
        crc32=zlib.crc32(b"\xff\xd8"),
    )
    request = EvidenceRequest.objects.create(
        number="7",
        dated_on=moment.date(),
        basis=EvidenceRequest.Basis.CASE,
        place=camera.location,
        text="footage",
        made_at=moment,
        made_by=owner,
        due_at=moment + timedelta(days=3),
        **term,
    )
    return PackageRows(incident, package, request)
