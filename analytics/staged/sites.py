"""Where scenes are staged: modelled places, seen from near enough that persons are found."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, replace
from types import ModuleType

from analytics.engine.boxes import Point
from cameras.demo.places import embankment, playground, square
from cameras.demo.scene.projection import PinholeCamera

WIDTH, HEIGHT = 640, 360
PERSON_M = 1.72
MARGIN_PX = 8
OUTSIDE_M = 30.0
POSE_VARIANTS = 2

Spot = tuple[float, float]


@dataclass(frozen=True)
class Site:
    """A camera over a yard: open ground, in meters of the place, on which persons act."""

    name: str
    place: ModuleType
    camera: PinholeCamera
    yard: tuple[float, float, float, float]
    """West, south, east, north."""
    along_deg: float = 0.0
    """The direction in which people pass, an angle from east towards north."""

    def spot(self, source: random.Random) -> Spot:
        """Return a spot of the yard on which a whole person is seen."""
        west, south, east, north = self.yard
        while True:
            spot = (source.uniform(west, east), source.uniform(south, north))
            if self.sees_person(spot):
                return spot

    def sees_person(self, spot: Spot, *, margin_px: float = MARGIN_PX) -> bool:
        pixels, depth = self.camera.project([(*spot, 0.0), (*spot, PERSON_M)])
        across, down = pixels[:, 0], pixels[:, 1]
        return bool(
            depth.min() > 1
            and across.min() > 2 * margin_px
            and across.max() < WIDTH - 2 * margin_px
            and down.min() > margin_px
            and down.max() < HEIGHT - margin_px
        )

    def gate(self, spot: Spot, *, ahead: bool) -> Spot:
        """Return where one who passes a spot enters or leaves the picture, out of sight."""
        turn = math.radians(self.along_deg)
        sign = 1 if ahead else -1
        for step in range(4, int(OUTSIDE_M) * 2):
            away = sign * step / 2
            place = (spot[0] + away * math.cos(turn), spot[1] + away * math.sin(turn))
            if self._is_outside(place):
                return place
        return place

    def share(self, x: float, y: float, z: float = 0.0) -> Point:
        """Return where a point of the place is seen, as shares of the picture, cut to it."""
        pixels, _ = self.camera.project([(x, y, z)])
        across, down = float(pixels[0, 0]) / WIDTH, float(pixels[0, 1]) / HEIGHT
        return Point(min(max(across, 0.0), 1.0), min(max(down, 0.0), 1.0))

    def ring(self, center: Spot, reach_m: float) -> tuple[Point, ...]:
        """Return the outline of a square of ground around a spot, as shares of the picture."""
        x, y = center
        corners = ((-1, -1), (1, -1), (1, 1), (-1, 1))
        return tuple(self.share(x + a * reach_m, y + b * reach_m) for a, b in corners)

    def _is_outside(self, spot: Spot) -> bool:
        pixels, depth = self.camera.project([(*spot, 0.0), (*spot, PERSON_M)])
        if depth.max() < 1:
            return True
        width = float(pixels[0, 1] - pixels[1, 1]) / 2
        across = pixels[:, 0]
        return bool(across.max() < -width or across.min() > WIDTH + width)


def _camera(
    position: tuple[float, float, float], target: tuple[float, float, float], hfov_deg: float
) -> PinholeCamera:
    return PinholeCamera(position, target, hfov_deg, WIDTH, HEIGHT)


SITES = (
    Site(
        "swings", playground, _camera((-8.8, -7.2, 4.3), (-5.4, 1.2, 0.7), 66),
        (-9.5, -2.5, -2.0, 2.2),
    ),
    Site(
        "walk", playground, _camera((0.4, -20.4, 4.2), (3.0, -9.6, 0.5), 58),
        (-2.5, -13.0, 7.5, -9.9),
    ),
    Site(
        "pier", embankment, _camera((-6.0, -3.6, 4.4), (1.4, 3.4, 0.5), 62),
        (-2.5, 0.2, 5.0, 4.6),
    ),
    Site(
        "alley", embankment, _camera((22.0, -3.0, 4.2), (14.4, 2.6, 0.5), 62),
        (10.0, 0.0, 17.5, 4.6),
    ),
    Site(
        "plaza", square, _camera((0.4, -5.4, 4.4), (0.0, 4.8, 0.7), 60),
        (-5.0, 2.6, 5.0, 7.0),
    ),
    Site(
        "parking", square, _camera((14.0, -20.6, 4.4), (21.4, -13.4, 0.6), 64),
        (15.5, -17.5, 23.0, -12.4),
    ),
)  # fmt: skip


def site_of(number: int) -> Site:
    """Return one of the sites from one of its poses: each camera hangs a little differently."""
    site = SITES[number % len(SITES)]
    variant = number // len(SITES) % POSE_VARIANTS
    source = random.Random(f"{site.name}-{variant}")  # noqa: S311 -- drawing, not secrets
    x, y, z = site.camera.position
    moved = (x + source.uniform(-0.7, 0.7), y + source.uniform(-0.4, 0.4), z)
    camera = replace(
        site.camera,
        position=(moved[0], moved[1], z + source.uniform(-0.4, 0.4)),
        hfov_deg=site.camera.hfov_deg * source.uniform(0.96, 1.06),
    )
    return replace(site, name=f"{site.name}-{variant}", camera=camera)
