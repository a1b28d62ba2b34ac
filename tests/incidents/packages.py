"""A place with footage, an incident there, and its package: for tests."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User

from archive.models import Recording, Volume
from cameras.models import Camera
from incidents.actions.incidents import create_incident
from incidents.actions.package_bytes import PackageBytes
from incidents.actions.packages import create_package
from incidents.models import Category, Incident, Package
from tests.archive.factories import (
    NOON,
    Clip,
    encode_clip,
    main_stream,
    make_camera,
    make_volume,
    record_run,
    split_clip,
)

HAPPENED = NOON + timedelta(seconds=6)
BEGIN, END = NOON + timedelta(seconds=1), NOON + timedelta(seconds=11)
LATER = NOON + timedelta(minutes=5)
FILE_SECONDS = 3


def clips(seconds: int = 12) -> list[Clip]:
    """Return a film of so many seconds, in files of three seconds as a recorder cuts them."""
    return list(split_clip(encode_clip(25 * seconds), FILE_SECONDS))


def make_place(actor: User, *, cameras: int = 2) -> tuple[Incident, list[Recording]]:
    """Return an incident at a place whose cameras have twelve seconds of footage."""
    volume = make_volume(Path(settings.ARCHIVE_DIR))
    rows = []
    for number in range(1, cameras + 1):
        camera = make_camera(number, name=f"вид {number}")
        rows += record_run(main_stream(camera), volume, clips())
    return make_incident(actor, camera), rows


def make_incident(actor: User, camera: Camera, **values: Any) -> Incident:
    category, _made = Category.objects.get_or_create(
        code="vandalism", defaults={"name": "Вандализм", "priority": 2}
    )
    return create_incident(
        actor=actor,
        source=Incident.Source.DISPATCHER,
        place=camera.location,
        category=category,
        occurred_at=HAPPENED,
        at=LATER,
        **values,
    )


def make_package(incident: Incident, actor: User, **values: Any) -> Package:
    return create_package(
        **{
            "incident": incident,
            "actor": actor,
            "at": LATER,
            "started_at": BEGIN,
            "ended_at": END,
            **values,
        }
    )


def fetch(package: Package, start: int = 0, end: int | None = None) -> bytes:
    return b"".join(PackageBytes(package, start=start, end=end))


def opened(data: bytes) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(data))


def volume_file(row: Recording) -> Path:
    return Path(Volume.objects.get().path) / row.path


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
