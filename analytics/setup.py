"""From what staff drew and set to what an analyzer runs.

What can not be made (a zone with two points in an old row, an override of a parameter that is
gone) is a problem in words; the camera's other rules live on.
"""

from __future__ import annotations

import logging
import zoneinfo
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import time
from functools import cached_property
from typing import Any

import numpy as np
from django.conf import settings

from analytics.engine.boxes import Point
from analytics.engine.catalog import Entry, Place, Setting
from analytics.engine.detectors import entries
from analytics.engine.episodes import EpisodeParameters
from analytics.engine.kinds import Grade, Kind, Sensitivity
from analytics.engine.rules import ALL_DAYS, Rule, Schedule
from analytics.engine.scene import Direction, GroundScale, Line, ScaleMark, Scene, SceneError, Zone
from analytics.failure_texts import Code, Problem
from analytics.models import Region, WatchRule
from cameras.models import Camera, StreamStatus

logger = logging.getLogger(__name__)

USUAL_ASPECT = 16 / 9
REST = "rest_s"
"""An override that every rule knows: see EpisodeParameters."""
DEPTH_FACTOR = 2.0
"""As in GroundScale.meters_between: depth is seen half as high as width is wide."""


@dataclass
class CameraSetup:
    """A camera's scene and the makings of its rules, read once; rules are made without the rows.

    `problems` fills while scene and rules are made.
    """

    regions: Sequence[Region]
    rows: Sequence[WatchRule]
    aspect: float = USUAL_ASPECT
    problems: list[Problem] = field(default_factory=list)

    @cached_property
    def scene(self) -> Scene:
        masks = [
            zone for region in self._of(Region.Shape.MASK) if (zone := self._try(_zone, region))
        ]
        return Scene(tuple(masks), self._ground())

    @property
    def kinds(self) -> frozenset[str]:
        """Of its rules."""
        return frozenset(row.kind for row in self.rows)

    def make_rules(self) -> list[Rule]:
        """Make them anew, without memory, as an analyzer wants them when the picture changes."""
        made = [self._try(self._rule, row) for row in self.rows]
        return [rule for rule in made if rule is not None]

    def _of(self, shape: Region.Shape) -> list[Region]:
        return [region for region in self.regions if region.shape == shape]

    def _ground(self) -> GroundScale | None:
        drawn = self._of(Region.Shape.SCALE)
        marks = [mark for region in drawn if (mark := self._try(self._mark, region))]
        return GroundScale.from_marks(marks) if marks else None

    def _mark(self, region: Region) -> ScaleMark:
        start, end = _two_points(region)
        across, deep = end.x - start.x, (end.y - start.y) / self.aspect * DEPTH_FACTOR
        width = float(np.hypot(across, deep))
        if not region.length_m or region.length_m <= 0 or width <= 0:
            msg = "a measured stretch needs a length above zero"
            raise SceneError(msg)
        middle = Point((start.x + end.x) / 2, (start.y + end.y) / 2)
        return ScaleMark(middle, width / region.length_m)

    def _rule(self, row: WatchRule) -> Rule:
        entry = _entry_of(row.kind)
        overrides = dict(row.overrides or {})
        rest_s = float(overrides.pop(REST, 0))
        setting = Setting(
            zone=_zone(row.region) if _wants_zone(entry) and row.region else None,
            line=_line(row.region) if entry.place is Place.LINE and row.region else None,
            ground=self.scene.ground,
            sensitivity=Sensitivity(row.sensitivity),
            overrides=overrides or None,
            grade=Grade(row.grade),
        )
        return Rule(
            entry.make(setting),
            grade=Grade(row.grade),
            schedule=_schedule(row),
            number=row.pk or 0,
            place=row.region.name if row.region else "",
            episode_parameters=EpisodeParameters(rest_s=rest_s),
        )

    def _try(self, make: Any, row: Region | WatchRule) -> Any:
        """Return what is made of a row, or None with the problem noted."""
        try:
            return make(row)
        except (SceneError, ValueError, TypeError) as error:
            # TypeError: a JSON column that holds something else than it should.
            problem = _problem_of(row)
            if problem not in self.problems:
                logger.warning("camera %d: %s: %s", row.camera_id, problem.what, error)
                self.problems.append(problem)
            return None


def _problem_of(row: Region | WatchRule) -> Problem:
    if isinstance(row, Region):
        return Problem(Code.DRAWING, row.name)
    return Problem(Code.RULE, row.kind)


def setup_of(camera: Camera, *, kinds: Collection[str] = ()) -> CameraSetup:
    """Read what is drawn and set on a camera.

    Args:
        kinds: only rules of these; one that the camera has no rule of is looked for in the whole
            picture if it can be. Empty: the rules that are switched on.

    """
    regions = list(Region.objects.filter(camera=camera))
    rows = WatchRule.objects.filter(camera=camera).select_related("region").order_by("pk")
    chosen = rows.filter(kind__in=kinds) if kinds else rows.filter(is_enabled=True)
    present = {row.kind for row in chosen}
    extra = [row for kind in kinds if kind not in present for row in _whole_picture(camera, kind)]
    return CameraSetup(regions, [*chosen, *extra], aspect=_aspect_of(camera))


def scene_of(camera: Camera) -> Scene:
    return setup_of(camera).scene


def rules_of(camera: Camera) -> list[Rule]:
    """Make the rules that are switched on; those that can not be made are left out."""
    return setup_of(camera).make_rules()


def _whole_picture(camera: Camera, kind: str) -> Iterable[WatchRule]:
    entry = _entry_of(kind)
    if entry.place is Place.PICTURE or entry.zone_is_optional:
        yield WatchRule(camera=camera, kind=kind, grade=entry.grade, starts=time(0), ends=time(0))


def _entry_of(kind: str) -> Entry:
    try:
        return entries()[Kind(kind)]
    except (KeyError, ValueError) as error:
        msg = f"there is no detector of {kind}"
        raise SceneError(msg) from error


def _wants_zone(entry: Entry) -> bool:
    return entry.place in {Place.ZONE, Place.ASSET} or entry.zone_is_optional


def _points(region: Region) -> tuple[Point, ...]:
    return tuple(Point(float(x), float(y)) for x, y in region.points)


def _two_points(region: Region) -> tuple[Point, Point]:
    points = _points(region)
    if len(points) != 2:  # noqa: PLR2004 -- a stretch has two ends
        msg = f"it needs two points, and has {len(points)}"
        raise SceneError(msg)
    return points[0], points[1]


def _zone(region: Region) -> Zone:
    return Zone(region.name, _points(region))


def _line(region: Region) -> Line:
    return Line(region.name, *_two_points(region), Direction(region.direction))


def _schedule(row: WatchRule) -> Schedule:
    return Schedule(
        days=frozenset(row.days) or ALL_DAYS,
        start=row.starts,
        end=row.ends,
        zone=zoneinfo.ZoneInfo(settings.TIME_ZONE),
    )


def _aspect_of(camera: Camera) -> float:
    status = StreamStatus.objects.filter(stream__camera=camera, width__gt=0, height__gt=0).first()
    return status.width / status.height if status else USUAL_ASPECT
