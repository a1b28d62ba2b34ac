"""What drawn persons do in a scene: pass, stay, sit, bring a thing; and how they look."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from analytics.staged.sites import Site, Spot
from cameras.demo.people.figure import Look, Stance
from cameras.demo.people.skeleton import Pose
from cameras.demo.scene.mesh import Mesh, Placement
from cameras.demo.story import Actor, Motion, Stay, Walk

COATS = (
    "#2f3b4d", "#59636b", "#7a2f2b", "#2f6a56", "#8a7a4e", "#3d3a52", "#a0522d", "#1f2428",
    "#7d8fa3", "#b08d57", "#4a5d32", "#c0c4c8", "#86324f", "#22577a",
)  # fmt: skip
TROUSERS = ("#2c3138", "#1d2126", "#4a4f57", "#3b3226", "#2b3a55", "#6b6256")
HAIRS = ("#2a2320", "#4b3a2c", "#7a6248", "#8d8d8d", "#171515")
FIDGET_S = (6.0, 14.0)


def random_look(source: random.Random, *, child: bool = False) -> Look:
    height = source.uniform(1.0, 1.35) if child else source.uniform(1.58, 1.9)
    return Look(
        coat=source.choice(COATS),
        legs=source.choice(TROUSERS),
        height=height,
        hair=source.choice(HAIRS),
        hood=source.random() < 0.2,
        skirt=source.random() < 0.2,
    )


def once(name: str, look: Look, motions: Iterable[Motion]) -> Actor:
    return Actor(name, look, tuple(motions), repeats=False)


def walk_to(begin: float, points: Sequence[Spot], source: random.Random) -> Walk:
    return Walk(begin, points, source.uniform(1.1, 1.5))


def arriving(end: float, points: Sequence[Spot], speed: float) -> Walk:
    """Return a way that ends at a moment."""
    return Walk(end - Walk(0, points, speed).length / speed, points, speed)


def passage(
    begin: float, site: Site, spot: Spot, source: random.Random, *, ahead: bool | None = None
) -> Walk:
    """Return a way through the whole picture over a spot."""
    forward = source.random() < 0.5 if ahead is None else ahead
    ends = site.gate(spot, ahead=not forward), site.gate(spot, ahead=forward)
    return walk_to(begin, [ends[0], spot, ends[1]], source)


def lingering(begin: float, end: float, spot: Spot, source: random.Random) -> list[Motion]:
    """Stand about a spot until `end`: turn, use the phone, take a few steps."""
    motions: list[Motion] = []
    at, place = begin, spot
    while at < end - 0.05:
        stop = min(end, at + source.uniform(*FIDGET_S))
        pose = source.choice((Pose.STAND, Pose.STAND, Pose.PHONE))
        motions.append(Stay(at, stop, place, source.uniform(0, 360), pose))
        at = stop
        step = (spot[0] + source.uniform(-0.5, 0.5), spot[1] + source.uniform(-0.5, 0.5))
        way = Walk(at, [place, step], 0.7)
        if math.dist(place, step) > 0.15 and way.end < end - 0.5:
            motions.append(way)
            at, place = way.end, step
    return motions


def visit(
    arrives: float, leaves: float, site: Site, spot: Spot, source: random.Random
) -> list[Motion]:
    """Come from out of sight, stay about a spot, and go."""
    come_from = site.gate(spot, ahead=source.random() < 0.5)
    go_to = site.gate(spot, ahead=source.random() < 0.5)
    come = arriving(arrives, [come_from, spot], source.uniform(1.1, 1.5))
    stays = lingering(come.end, leaves, spot, source)
    place = _last_spot(stays, spot)
    return [come, *stays, walk_to(leaves, [place, go_to], source)]


def _last_spot(motions: Sequence[Motion], fallback: Spot) -> Spot:
    """Return where the last motion ends."""
    if not motions:
        return fallback
    stance = motions[-1].at(motions[-1].end, 1.0)
    return stance.x, stance.y


@dataclass(frozen=True)
class Luggage:
    """A thing that is carried: along, across and up in meters, and its color."""

    size: tuple[float, float, float]
    color: str

    def mesh(self, x: float, y: float, z: float, yaw: float) -> Mesh:
        mesh = Mesh()
        along, across, up = self.size
        mesh.box(Placement(x, y, yaw, z), self.size, self.color, top=self.color)
        lid = Placement(x, y, yaw, z + up)
        mesh.box(lid, (along * 0.9, across * 0.8, 0.04), "#2a2f36")
        for side in (-1, 1):
            start = lid.point(0.25 * along * side, 0, 0.03)
            mesh.bar(start, lid.point(0, 0, 0.15), 0.016, "#20242a")
        return mesh


LUGGAGE = (
    Luggage((0.62, 0.3, 0.36), "#3b5a8c"),
    Luggage((0.42, 0.26, 0.5), "#8c2f2a"),
    Luggage((0.55, 0.24, 0.62), "#22262b"),
    Luggage((0.5, 0.4, 0.36), "#b08a58"),
    Luggage((0.46, 0.3, 0.44), "#2f6a4a"),
    Luggage((0.6, 0.32, 0.34), "#d2cfc6"),
)


@dataclass(frozen=True)
class Carried:
    """Where a thing is: in its owner's hand, on the ground, or away with them."""

    luggage: Luggage
    actor: Actor
    down_at: float
    up_at: float
    """When it is picked up again; infinite for one that is left."""
    spot: Spot

    def mesh_at(self) -> Callable[[float], Mesh | None]:
        lying = self.luggage.mesh(*self.spot, 0.0, 0.4)

        def mesh_at(moment: float) -> Mesh | None:
            if self.down_at <= moment < self.up_at:
                return lying
            stances = [stance for _, stance in self.actor.stances(moment)]
            return self._in_hand(stances[0]) if stances else None

        return mesh_at

    def _in_hand(self, stance: Stance) -> Mesh:
        x = stance.x + 0.3 * math.sin(stance.heading)
        y = stance.y - 0.3 * math.cos(stance.heading)
        return self.luggage.mesh(x, y, 0.3, stance.heading)
