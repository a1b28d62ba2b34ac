"""What the demo town's cameras watch for: drawings and rules from the town's own geometry.

The town's minute repeats for ever, so each rule rests for long after it raised something: a
newcomer sees every staged event found, and no alarm each minute.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import time
from math import dist

from analytics.actions.rules import add_usual_rules
from analytics.engine.detectors import entries
from analytics.engine.kinds import Kind
from analytics.models import Region, Watch, WatchRule
from analytics.queries import weights_on_disk
from analytics.setup import REST
from cameras.demo.places import embankment, playground, square
from cameras.demo.props.memorial import STELE_Y
from cameras.demo.scene.projection import PinholeCamera
from cameras.demo.town import DemoCamera
from cameras.models import Camera

REST_S = 3600.0
"""Between two detections of one rule."""

Spot = tuple[float, float, float]


@dataclass(frozen=True)
class DemoRule:
    """`spots` are meters in the town: corners of a zone or a thing, or the ends of a line."""

    camera: int
    kind: Kind
    shape: Region.Shape
    name_ru: str
    name_en: str
    spots: Sequence[Spot]
    grade: WatchRule.Grade = WatchRule.Grade.HINT
    overrides: Mapping[str, float] = field(default_factory=dict)


def ground(west: float, south: float, east: float, north: float) -> list[Spot]:
    return [(west, south, 0), (east, south, 0), (east, north, 0), (west, north, 0)]


def upright(x: float, y: float, *, width: float, low: float, high: float) -> list[Spot]:
    """Return the corners of a thing that stands there, from one height to another."""
    half = width / 2
    return [
        (x + east, y + north, up)
        for up in (low, high)
        for east, north in ((-half, -half), (half, -half), (half, half), (-half, half))
    ]


_BAG_X, _BAG_Y = playground.BAG_SPOT
_BENCH = square.WEST_BENCH
_LAMP = next(lamp for lamp in embankment.LAMPS if lamp.x == 8)  # noqa: PLR2004 -- as in its story
DEMO_RULES: tuple[DemoRule, ...] = (
    DemoRule(
        2, Kind.LOITERING, Region.Shape.ZONE, "Край площадки", "Edge of the playground",
        ground(7.0, 5.0, 12.0, 8.5),
    ),
    # A bag is put down, and taken again half a minute later.
    DemoRule(
        3, Kind.ABANDONED, Region.Shape.ZONE, "Вход со двора", "Entrance from the yard",
        ground(_BAG_X - 4, _BAG_Y - 1.5, _BAG_X + 4, _BAG_Y + 1.2),
        grade=WatchRule.Grade.ALARM,
        overrides={"static_s": 15.0, "owner_away_s": 12.0},
    ),
    DemoRule(
        5, Kind.CROSSING, Region.Shape.LINE, "Поперёк аллеи", "Across the alley",
        [(2.0, 1.0, 0), (2.0, 5.0, 0)],
    ),
    # Two young men kick a lamp until it goes dark.
    DemoRule(
        6, Kind.INTRUSION, Region.Shape.ZONE, "У фонаря", "At the lamp",
        ground(_LAMP.x - 1.6, _LAMP.y - 0.6, _LAMP.x + 1.6, _LAMP.y + 1.0),
        grade=WatchRule.Grade.ALARM,
        overrides={"dwell_s": 3.0},
    ),
    DemoRule(
        8, Kind.ASSET, Region.Shape.ASSET, "Стела", "Stele",
        upright(0.0, STELE_Y, width=1.9, low=1.6, high=6.0),
        grade=WatchRule.Grade.ALARM,
    ),
    DemoRule(
        9, Kind.CROWD, Region.Shape.ZONE, "Площадь", "Square", ground(-10, -16, 10, 8),
    ),
    # A bench is broken, and mended.
    DemoRule(
        9, Kind.INTRUSION, Region.Shape.ZONE, "У лавки", "At the bench",
        ground(_BENCH.x - 0.6, _BENCH.y - 1.6, _BENCH.x + 1.9, _BENCH.y + 1.6),
        grade=WatchRule.Grade.ALARM,
        overrides={"dwell_s": 3.0},
    ),
    # A car parks there; the network of objects does not know drawn cars.
    DemoRule(
        10, Kind.MOTION, Region.Shape.ZONE, "Свободное место", "Free bay",
        ground(22.6, -11.4, 25.2, -6.2),
    ),
)  # fmt: skip


@dataclass(frozen=True)
class DemoStretch:
    """A measured stretch on the ground, for speeds in meters per second."""

    camera: int
    name_ru: str
    name_en: str
    ends: tuple[Spot, Spot]


DEMO_STRETCHES: tuple[DemoStretch, ...] = (
    DemoStretch(6, "Ширина аллеи, ближе", "Width of the alley, near", ((12, 0.6, 0), (12, 4.6, 0))),
    DemoStretch(6, "Ширина аллеи, дальше", "Width of the alley, far", ((0, 0.6, 0), (0, 4.6, 0))),
)


def watch_demo_camera(*, camera: Camera, demo: DemoCamera, in_russian: bool) -> None:
    """Give a camera of the demo town its rules, as far as the networks' files are there.

    Those that wait for a file come with the next start after it; what staff changed stays.
    """
    Watch.objects.get_or_create(camera=camera)
    add_usual_rules(camera=camera)
    present = {item.weights.name for item in weights_on_disk() if item.is_present}
    for stretch in DEMO_STRETCHES:
        if stretch.camera == demo.number:
            _add_stretch(stretch, camera, demo.optics, in_russian=in_russian)
    for rule in DEMO_RULES:
        if rule.camera == demo.number and _can_watch(rule, present):
            _add(rule, camera, demo.optics, in_russian=in_russian)


def _can_watch(rule: DemoRule, present: Collection[str]) -> bool:
    return all(name in present for name in entries()[rule.kind].needs)


def _add(rule: DemoRule, camera: Camera, optics: PinholeCamera, *, in_russian: bool) -> None:
    region, is_new = Region.objects.get_or_create(
        camera=camera,
        shape=rule.shape,
        name=rule.name_ru if in_russian else rule.name_en,
        defaults={"points": points_of(rule, optics)},
    )
    if not is_new and WatchRule.objects.filter(region=region).exists():
        return
    WatchRule.objects.create(
        camera=camera,
        kind=rule.kind,
        region=region,
        grade=rule.grade,
        overrides={**rule.overrides, REST: REST_S},
        starts=time(0),
        ends=time(0),
    )


def _add_stretch(
    stretch: DemoStretch, camera: Camera, optics: PinholeCamera, *, in_russian: bool
) -> None:
    Region.objects.get_or_create(
        camera=camera,
        shape=Region.Shape.SCALE,
        name=stretch.name_ru if in_russian else stretch.name_en,
        defaults={
            "points": _rounded(shares_of(stretch.ends, optics)),
            "length_m": round(dist(*stretch.ends), 2),
        },
    )


def points_of(rule: DemoRule, optics: PinholeCamera) -> list[list[float]]:
    """Return where the spots are in the picture; a thing gets its rectangle."""
    shares = shares_of(rule.spots, optics)
    return _rounded(_rectangle(shares) if rule.shape == Region.Shape.ASSET else shares)


def shares_of(spots: Sequence[Spot], optics: PinholeCamera) -> list[tuple[float, float]]:
    """Return where the spots are, in shares of the picture; what is outside comes to its edge."""
    pixels, _away = optics.project([list(spot) for spot in spots])
    return [
        (min(max(x / optics.width, 0.0), 1.0), min(max(y / optics.height, 0.0), 1.0))
        for x, y in pixels
    ]


def _rounded(points: Sequence[tuple[float, float]]) -> list[list[float]]:
    return [[round(float(x), 4), round(float(y), 4)] for x, y in points]


def _rectangle(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    left, right, top, bottom = min(xs), max(xs), min(ys), max(ys)
    return [(left, top), (right, top), (right, bottom), (left, bottom)]
