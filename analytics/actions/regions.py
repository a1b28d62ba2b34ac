"""What staff draw on a camera's picture: each change is checked by the engine, noted, and seen
by the camera's worker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from analytics.actions.revisions import note_change
from analytics.engine.boxes import Point
from analytics.engine.scene import MIN_ZONE_AREA, MIN_ZONE_POINTS, Line, Zone, polygon_area
from analytics.models import Region
from cameras.audit import write_audit_entry
from cameras.models import Camera

MAX_POINTS = 60
SHORTEST_LINE = 0.01
"""Of the picture; analytics.engine.scene.Line refuses less."""
LONGEST_STRETCH_M = 200.0
_TWO_POINTED = {Region.Shape.LINE, Region.Shape.SCALE}


class RegionRefusedError(Exception):
    """Why it can not be used, as a sentence for the person."""


@dataclass(frozen=True)
class Drawing:
    """Points are shares of the picture, 0 to 1 from its upper left corner."""

    shape: str
    name: str
    points: Sequence[tuple[float, float]]
    direction: str = Region.Direction.BOTH
    length_m: float | None = None
    """Of a measured stretch."""


@transaction.atomic
def add_region(
    *, camera: Camera, drawing: Drawing, actor: User, at: datetime, address: str | None = None
) -> Region:
    """Keep a new drawing. Raises RegionRefusedError."""
    check_drawing(drawing)
    _check_name(camera, drawing, other_than=None)
    region = Region.objects.create(camera=camera, changed_at=at, **_values(drawing))
    _note(region, "analytics.add_region", actor, at, address)
    return region


@transaction.atomic
def change_region(
    *, region: Region, drawing: Drawing, actor: User, at: datetime, address: str | None = None
) -> bool:
    """Draw it anew; return whether anything differs. Raises RegionRefusedError."""
    values = _values(drawing)
    if all(getattr(region, name) == value for name, value in values.items()):
        return False
    check_drawing(drawing)
    if drawing.shape != region.shape:
        raise RegionRefusedError(_("A drawing keeps its kind: draw a new one instead."))
    _check_name(region.camera, drawing, other_than=region)
    for name, value in values.items():
        setattr(region, name, value)
    region.changed_at = at
    region.save()
    _note(region, "analytics.change_region", actor, at, address)
    return True


@transaction.atomic
def delete_region(*, region: Region, actor: User, at: datetime, address: str | None = None) -> None:
    """Remove a drawing, and with it the rules that stand on it."""
    _note(region, "analytics.delete_region", actor, at, address)
    region.delete()


def unsaved_region(camera: Camera, drawing: Drawing) -> Region:
    """Return the row that `add_region` would write, for a trial. Raises RegionRefusedError."""
    check_drawing(drawing)
    return Region(camera=camera, **_values(drawing))


def check_drawing(drawing: Drawing) -> None:
    """Refuse what no detector can use. Raises RegionRefusedError with a sentence."""
    if not drawing.name.strip():
        raise RegionRefusedError(_("Give every drawing a name: alarms are told by it."))
    named = {"name": drawing.name}
    _check_points(drawing, named)
    if drawing.shape in _TWO_POINTED:
        _check_line(drawing, named)
    else:
        _check_zone(drawing, named)
    if drawing.shape == Region.Shape.SCALE and not (
        drawing.length_m and 0 < drawing.length_m <= LONGEST_STRETCH_M
    ):
        raise RegionRefusedError(
            _("“%(name)s” needs its length in meters, above zero and up to 200.") % named
        )


def _check_points(drawing: Drawing, named: dict[str, str]) -> None:
    if len(drawing.points) > MAX_POINTS:
        raise RegionRefusedError(_("“%(name)s” has too many points: at most 60.") % named)
    # Written so that a point that is no number is refused too.
    if not all(0 <= x <= 1 and 0 <= y <= 1 for x, y in drawing.points):
        raise RegionRefusedError(_("“%(name)s” reaches beyond the picture.") % named)


def _check_zone(drawing: Drawing, named: dict[str, str]) -> None:
    points = _points(drawing)
    if len(points) < MIN_ZONE_POINTS:
        raise RegionRefusedError(
            _("“%(name)s” has %(count)d points, and needs at least three.")
            % {**named, "count": len(points)}
        )
    if polygon_area(points) < MIN_ZONE_AREA:
        raise RegionRefusedError(_("“%(name)s” is too small to see anything in it.") % named)
    Zone(drawing.name, points)  # the engine has the last word


def _check_line(drawing: Drawing, named: dict[str, str]) -> None:
    points = _points(drawing)
    if len(points) != 2:  # noqa: PLR2004 -- the two ends of a line
        raise RegionRefusedError(
            _("“%(name)s” has %(count)d points, and needs two.") % {**named, "count": len(points)}
        )
    start, end = points
    if ((start.x - end.x) ** 2 + (start.y - end.y) ** 2) ** 0.5 < SHORTEST_LINE:
        raise RegionRefusedError(_("The ends of “%(name)s” are too close together.") % named)
    Line(drawing.name, start, end)


def _points(drawing: Drawing) -> tuple[Point, ...]:
    return tuple(Point(x, y) for x, y in drawing.points)


def _check_name(camera: Camera, drawing: Drawing, *, other_than: Region | None) -> None:
    same = Region.objects.filter(camera=camera, shape=drawing.shape, name=drawing.name.strip())
    if other_than is not None:
        same = same.exclude(pk=other_than.pk)
    if same.exists():
        raise RegionRefusedError(
            _("There is “%(name)s” on this camera already.") % {"name": drawing.name}
        )


def _values(drawing: Drawing) -> dict[str, Any]:
    is_line, is_scale = (
        drawing.shape == shape for shape in (Region.Shape.LINE, Region.Shape.SCALE)
    )
    return {
        "shape": drawing.shape,
        "name": drawing.name.strip(),
        # A tenth of a pixel of the widest picture: more digits would only make changes of nothing.
        "points": [[round(x, 5), round(y, 5)] for x, y in drawing.points],
        "direction": drawing.direction if is_line else Region.Direction.BOTH,
        "length_m": drawing.length_m if is_scale else None,
    }


def _note(region: Region, action: str, actor: User, at: datetime, address: str | None) -> None:
    detail = {"camera": region.camera_id, "shape": region.shape, "name": region.name}
    write_audit_entry(
        actor=actor,
        action=action,
        target=region,
        at=at,
        detail={**detail, "points": region.points},
        address=address,
    )
    note_change(region.camera)
