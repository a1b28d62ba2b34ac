"""Files of a package that lie in its folder whole: its pages, the stills, the working copies."""

from __future__ import annotations

import hashlib
import logging
import uuid
import zlib
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from archive.actions.export_jobs import save_frame
from archive.engine.frames import FrameNotFoundError
from archive.engine.volume import write_durably
from archive.models import Export
from cameras.models import Camera
from incidents.actions import package_papers
from incidents.actions.captions import captioned
from incidents.actions.packages import package_folder
from incidents.models import Package, PackageMember, WorkingCopy

logger = logging.getLogger(__name__)

_STILLS, _COPIES = "02_кадры", "03_рабочая_копия"
_BLOCK = 4 << 20


def stored_member(
    package: Package, role: str, path: str, data: bytes, camera: Camera | None = None
) -> PackageMember:
    """Write the bytes; the member is not saved."""
    stored = f"{uuid.uuid4().hex}-{role}"
    write_durably(package_folder(package) / stored, data)
    return PackageMember(
        package=package,
        kind=PackageMember.Kind.STORED,
        role=role,
        path=path,
        stored=stored,
        size_bytes=len(data),
        crc32=zlib.crc32(data),
        sha256=hashlib.sha256(data).hexdigest(),
        camera=camera,
    )


def still_members(package: Package, camera: Camera, at: datetime) -> list[PackageMember]:
    """The frame of the moment, as it is and with a caption; none where there is no footage."""
    moment = min(max(package.incident.occurred_at, package.started_at), package.ended_at)
    try:
        still = save_frame(camera=camera, actor=package.created_by, moment=moment, at=at)
        data = (Path(settings.EXPORT_DIR) / still.path).read_bytes()
    except (FrameNotFoundError, OSError, ValueError) as error:
        logger.warning("package %d: no still of camera %d: %s", package.pk, camera.pk, error)
        return []
    with package_papers.town_language():
        name = _still_name(camera, still)
        shown = captioned(data, package_papers.caption_lines(package, camera, still.started_at))
    return [
        stored_member(package, "still", f"{_STILLS}/{name}.jpg", data, camera),
        stored_member(package, "caption", f"{_STILLS}/{name}_подпись.jpg", shown, camera),
    ]


def _still_name(camera: Camera, still: Export) -> str:
    local = timezone.localtime(still.started_at, timezone.get_default_timezone())
    millisecond = local.microsecond // 1000
    return f"{camera.label}_{local:%Y%m%dT%H%M%S}.{millisecond:03d}{local:%z}"


def copy_member(package: Package, copy: WorkingCopy) -> PackageMember:
    """A working copy that was made before; it is linked, not copied."""
    source = Path(settings.EXPORT_DIR) / copy.path
    stored = f"{copy.public_id.hex}-copy"
    target = package_folder(package) / stored
    if not target.exists():
        target.hardlink_to(source)
    with target.open("rb") as file:
        crc32 = 0
        while data := file.read(_BLOCK):
            crc32 = zlib.crc32(data, crc32)
    return PackageMember(
        package=package,
        kind=PackageMember.Kind.STORED,
        role="copy",
        path=f"{_COPIES}/{source.name}",
        stored=stored,
        size_bytes=copy.size_bytes,
        crc32=crc32,
        sha256=copy.sha256,
        camera=copy.camera,
    )
