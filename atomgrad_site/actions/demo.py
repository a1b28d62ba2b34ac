"""Cameras that play prepared pictures: the demo town, or a person's own clips."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from django.db import transaction
from django.utils.timezone import now
from django.utils.translation import gettext as _

from atomgrad_site.actions.demo_watching import watch_demo_camera
from cameras.demo.town import DemoCamera, DemoLocation
from cameras.engine.addresses import parse_address
from cameras.models import Camera, Location, Stream
from incidents.actions.source_settings import add_missing_signs, save_citizen_desk
from incidents.models import CitizenDesk

CLIP_SUFFIXES = frozenset({".avi", ".m4v", ".mkv", ".mov", ".mp4", ".ts"})
DEMO_SCHEME = "demo://"
CLIP_SCHEME = "file://"

# Where the middle of each demo place lies on the town's drawing, and the scale there:
# drawing units (460 x 560) and units per meter.
PLAN_SIZE = (460.0, 560.0)
PLAN_ANCHORS = {
    "playground": (150.0, 412.0),
    "embankment": (300.0, 132.0),
    "square": (372.0, 385.0),
}
PLAN_UNITS_PER_METER = 2.0


class NumbersTakenError(Exception):
    """A real camera has a number that the demo town needs."""


class NoClipsError(Exception):
    """The folder is absent or holds no clip."""


@transaction.atomic
def load_demo_town(*, town: Sequence[DemoLocation], in_russian: bool) -> None:
    """Make or renew the rows of the demo town and turn its cameras on; clips are turned off."""
    numbers = [camera.number for place in town for camera in place.cameras]
    if Camera.objects.filter(number__in=numbers, is_demo=False).exists():
        raise NumbersTakenError
    Camera.objects.filter(streams__url__startswith=CLIP_SCHEME, is_demo=True).update(
        is_enabled=False
    )
    for position, place in enumerate(town):
        values = {
            "address": place.address_ru if in_russian else place.address_en,
            "icon": place.icon,
            "position": position,
            "is_demo": True,
        }
        location, _created = Location.objects.update_or_create(
            name=place.name_ru if in_russian else place.name_en,
            defaults=values,
            create_defaults={
                **values,
                "excludes_faces": place.icon == Location.Icon.PLAYGROUND,
            },
        )
        for camera in place.cameras:
            _load_demo_camera(camera, place=place, location=location, in_russian=in_russian)
    _open_demo_citizen_desk()


def _open_demo_citizen_desk() -> None:
    """Let anybody try the report by the number on a sign; what staff have set stays."""
    at = now()
    add_missing_signs(at=at)
    if not CitizenDesk.objects.exists():
        row = CitizenDesk(is_open=True, operator=_("Duty service of the demo town"))
        save_citizen_desk(row=row, actor=None, at=at)


def _load_demo_camera(
    demo: DemoCamera, *, place: DemoLocation, location: Location, in_russian: bool
) -> None:
    plan_x, plan_y = plan_percent(place.key, demo.plan_position)
    camera, _created = Camera.objects.update_or_create(
        number=demo.number,
        defaults={
            "location": location,
            "name": demo.name_ru if in_russian else demo.name_en,
            "is_enabled": True,
            "is_demo": True,
            "plan_x": plan_x,
            "plan_y": plan_y,
            "bearing": demo.bearing_deg,
        },
    )
    for role in Stream.Role:
        url = f"{DEMO_SCHEME}{demo.code}/{role.lower()}"
        Stream.objects.update_or_create(camera=camera, role=role, defaults={"url": url})
    watch_demo_camera(camera=camera, demo=demo, in_russian=in_russian)


def plan_percent(place_key: str, meters: tuple[float, float]) -> tuple[float, float]:
    """Turn meters east and north of a place's middle into percent of the town's drawing."""
    (x, y), (width, height) = PLAN_ANCHORS[place_key], PLAN_SIZE
    east, north = (value * PLAN_UNITS_PER_METER for value in meters)
    return 100 * (x + east) / width, 100 * (y - north) / height


def turn_off_prepared_cameras() -> int:
    """Stop all cameras that play prepared pictures; their footage stays. Return how many."""
    return Camera.objects.filter(is_demo=True, is_enabled=True).update(is_enabled=False)


def find_clips(folder: Path) -> list[Path]:
    clips = sorted(
        path
        for path in (folder.iterdir() if folder.is_dir() else ())
        if path.suffix.lower() in CLIP_SUFFIXES and path.is_file()
    )
    if not clips:
        raise NoClipsError(folder)
    return clips


@transaction.atomic
def load_clips(*, folder: Path) -> list[Camera]:
    """Make each clip of the folder a camera that plays it for ever, as if it were live.

    Cameras of the demo town and of clips elsewhere are turned off.
    """
    folder = folder.resolve()
    clips = find_clips(folder)
    turn_off_prepared_cameras()
    location, _created = Location.objects.update_or_create(
        address=str(folder),
        is_demo=True,
        defaults={"name": _clip_place_name(folder), "icon": Location.Icon.PLACE},
    )
    return [_load_clip(clip, location=location, folder=folder) for clip in clips]


def _clip_place_name(folder: Path) -> str:
    name = _("Clips of %(folder)s") % {"folder": folder.name}
    taken = Location.objects.filter(name=name).exclude(address=str(folder)).exists()
    return str(folder)[-100:] if taken else name[:100]


def _load_clip(clip: Path, *, location: Location, folder: Path) -> Camera:
    url = parse_address(f"{CLIP_SCHEME}{quote(str(clip))}", allowed_folders=[folder]).url
    stream = Stream.objects.filter(url=url, camera__is_demo=True).select_related("camera").first()
    if stream is not None:
        Camera.objects.filter(pk=stream.camera_id).update(is_enabled=True)
        return stream.camera
    camera = Camera.objects.create(
        location=location, number=_free_number(), name=clip.stem[:100], is_demo=True
    )
    Stream.objects.create(camera=camera, role=Stream.Role.MAIN, url=url)
    return camera


def _free_number() -> int:
    taken = set(Camera.objects.values_list("number", flat=True))
    return next(number for number in itertools.count(1) if number not in taken)
