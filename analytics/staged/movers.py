"""What moves without being a person: dogs on their walk, cars, swings."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from analytics.staged.sites import Spot
from cameras.demo.props import play
from cameras.demo.props.cars import SEDAN, VAN, car
from cameras.demo.scene.mesh import Mesh, Placement
from cameras.demo.story import Actor, Swinging, Walk

DOG_STRIDE_M = 0.7
DOG_LEGS = ((0.22, 0.08, 0), (0.22, -0.08, 1), (-0.24, 0.08, 1), (-0.24, -0.08, 0))
"""Along, across, and which two move together."""
SWING_SPACING_M = 1.1
MeshAt = Callable[[float], Mesh | None]


def dog_mesh(place: Placement, phase: float, color: str, size: float) -> Mesh:
    """A dog that points along `place.yaw`; the phase runs by 2 pi over two steps."""
    mesh = Mesh()

    def bar(start: tuple[float, float, float], end: tuple[float, float, float], r: float) -> None:
        first, last = (place.point(x * size, y * size, z * size) for x, y, z in (start, end))
        mesh.bar(first, last, r * size, color)

    bar((-0.3, 0, 0.45), (0.28, 0, 0.47), 0.125)
    bar((0.28, 0, 0.5), (0.42, 0, 0.68), 0.075)
    bar((0.36, 0, 0.68), (0.58, 0, 0.63), 0.085)
    bar((0.38, 0.05, 0.72), (0.35, 0.07, 0.82), 0.03)
    bar((-0.3, 0, 0.5), (-0.52, 0, 0.68), 0.03)
    for along, across, turn in DOG_LEGS:
        swing = 0.14 * math.sin(phase + turn * math.pi)
        bar((along, across, 0.42), (along + swing, across, 0.0), 0.042)
    return mesh


@dataclass(frozen=True)
class Dog:
    """Runs on a leash beside its owner."""

    owner: Actor
    color: str
    size: float = 1.0

    def mesh_at(self, moment: float) -> Mesh | None:
        for _, stance in self.owner.stances(moment):
            ahead, aside = 0.75, 0.55
            x = stance.x + ahead * math.cos(stance.heading) - aside * math.sin(stance.heading)
            y = stance.y + ahead * math.sin(stance.heading) + aside * math.cos(stance.heading)
            phase = 2 * math.pi * (stance.x + stance.y) / DOG_STRIDE_M
            return dog_mesh(Placement(x, y, stance.heading), phase, self.color, self.size)
        return None


@dataclass(frozen=True)
class Drive:
    """A car on its way; it stays at the end of it until `leaves_at`, or is gone at once."""

    way: Walk
    color: str
    leaves_at: float = 0.0
    has_lights: bool = False
    is_van: bool = False

    def mesh_maker(self) -> MeshAt:
        parked = self._mesh(self.way.end, lights=False)

        def mesh_at(moment: float) -> Mesh | None:
            if self.way.begin <= moment < self.way.end:
                return self._mesh(moment, lights=self.has_lights)
            return parked if self.way.end <= moment < self.leaves_at else None

        return mesh_at

    def _mesh(self, moment: float, *, lights: bool) -> Mesh:
        stance = self.way.at(moment, 1.0)
        shape = VAN if self.is_van else SEDAN
        place = Placement(stance.x, stance.y, stance.heading)
        return car(place, self.color, shape=shape, lights=lights)


def swing_seats(beam: Spot, turns: tuple[tuple[Swinging, float], ...]) -> list[MeshAt]:
    """Return the two seats of a swing; `turns` says who swings on which (its x) and when."""
    return [_seat(beam[0] + side, beam[1], turns) for side in (-SWING_SPACING_M, SWING_SPACING_M)]


def _seat(x: float, y: float, turns: tuple[tuple[Swinging, float], ...]) -> MeshAt:
    still = play.swing_seat(x, y, 0.0)
    mine = [turn for turn, at_x in turns if abs(at_x - x) < 0.1]

    def mesh_at(moment: float) -> Mesh:
        for turn in mine:
            if turn.begin <= moment < turn.end:
                return play.swing_seat(x, y, turn.angle(moment))
        return still

    return mesh_at
