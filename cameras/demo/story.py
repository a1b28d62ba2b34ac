"""Who does what and when, in one period of a place that repeats for ever."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import numpy as np

from cameras.demo.people.figure import Look, Stance
from cameras.demo.people.skeleton import STRIDE_M, Pose
from cameras.demo.scene.lighting import Lamp
from cameras.demo.scene.mesh import Mesh
from cameras.demo.scene.projection import Array

PERIOD_S = 60.0

STILL_POSES = (Pose.STAND, Pose.SIT, Pose.PHONE)
STILL_STEP = math.pi / 8
"""A sway is so small that it is drawn in sixteen steps."""

Spot = tuple[float, float]


class Motion(Protocol):
    """A stretch of time, in seconds of the story, in which a person does one thing."""

    @property
    def begin(self) -> float: ...

    @property
    def end(self) -> float: ...

    def at(self, moment: float, scale: float) -> Stance: ...


@dataclass(frozen=True)
class Stay:
    begin: float
    end: float
    spot: Spot
    heading_deg: float
    pose: Pose = Pose.STAND
    z: float = 0.0
    beat_s: float = 4.0

    def at(self, moment: float, scale: float) -> Stance:
        phase = 2 * math.pi * (moment - self.begin) / self.beat_s
        if self.pose in STILL_POSES:
            phase = round(phase % (2 * math.pi) / STILL_STEP) * STILL_STEP
        heading = math.radians(self.heading_deg)
        return Stance(*self.spot, heading, self.pose, phase, self.z)


@dataclass(frozen=True)
class Walk:
    """A way along points at a speed in meters per second; the corners are rounded."""

    begin: float
    points: Sequence[Spot]
    speed: float = 1.3
    pose: Pose = Pose.WALK

    @cached_property
    def _track(self) -> Array:
        track = np.array(self.points, dtype=np.float64)
        for _ in range(3 if len(track) > 2 else 0):
            quarter = track[:-1] * 0.75 + track[1:] * 0.25
            three_quarters = track[:-1] * 0.25 + track[1:] * 0.75
            inner = np.stack([quarter, three_quarters], axis=1).reshape(-1, 2)
            track = np.concatenate([track[:1], inner, track[-1:]])
        return track

    @cached_property
    def _distances(self) -> Array:
        steps = np.hypot(*np.diff(self._track, axis=0).T)
        return np.concatenate([[0.0], np.cumsum(steps)])

    @property
    def length(self) -> float:
        return float(self._distances[-1])

    @property
    def end(self) -> float:
        return self.begin + self.length / self.speed

    def at(self, moment: float, scale: float) -> Stance:
        gone = (moment - self.begin) * self.speed
        x, y = self._place(gone)
        ahead, behind = self._place(gone + 0.25), self._place(gone - 0.25)
        heading = math.atan2(ahead[1] - behind[1], ahead[0] - behind[0])
        stride = STRIDE_M * scale * (1.5 if self.pose is Pose.RUN else 1.0)
        return Stance(x, y, heading, self.pose, 2 * math.pi * gone / stride)

    def _place(self, gone: float) -> Spot:
        x = float(np.interp(gone, self._distances, self._track[:, 0]))
        y = float(np.interp(gone, self._distances, self._track[:, 1]))
        return x, y


@dataclass(frozen=True)
class Circuit:
    """A closed way that takes exactly the period, or a whole part of it, for ever."""

    points: Sequence[Spot]
    laps: int = 1
    start_share: float = 0.0
    pose: Pose = Pose.WALK
    begin: float = 0.0
    end: float = PERIOD_S

    @cached_property
    def _walk(self) -> Walk:
        track = np.array([*self.points, self.points[0]], dtype=np.float64)
        for _ in range(3):
            ahead = np.roll(track[:-1], -1, axis=0)
            pair = np.stack([track[:-1] * 0.75 + ahead * 0.25, track[:-1] * 0.25 + ahead * 0.75], 1)
            ring = pair.reshape(-1, 2)
            track = np.concatenate([ring, ring[:1]])
        spots = [(float(x), float(y)) for x, y in track]
        straight = Walk(0, spots, 1.0, self.pose)
        return Walk(0, spots, straight.length * self.laps / PERIOD_S, self.pose)

    def at(self, moment: float, scale: float) -> Stance:
        walk = self._walk
        lap_s = PERIOD_S / self.laps
        within = (moment + self.start_share * lap_s) % lap_s
        x, y = walk._place(within * walk.speed)  # noqa: SLF001 -- the circuit is a closed walk
        ahead = walk._place(((within + 0.2) % lap_s) * walk.speed)  # noqa: SLF001 -- as above
        heading = math.atan2(ahead[1] - y, ahead[0] - x)
        strides = max(1, round(walk.length / (STRIDE_M * scale)))
        return Stance(x, y, heading, self.pose, 2 * math.pi * strides * within / lap_s)


@dataclass(frozen=True)
class Swinging:
    """A child on a swing: `beats` whole swings in a period."""

    spot: Spot
    beats: int = 24
    reach: float = 0.55
    begin: float = 0.0
    end: float = PERIOD_S

    def angle(self, moment: float) -> float:
        return self.reach * math.sin(2 * math.pi * self.beats * moment / PERIOD_S)

    def at(self, moment: float, scale: float) -> Stance:
        angle = self.angle(moment)
        across, drop = 1.95 * math.sin(angle), 1.95 * math.cos(angle)
        phase = 2 * math.pi * self.beats * moment / PERIOD_S
        x, y = self.spot
        return Stance(x, y + across, math.pi / 2, Pose.SWING, phase, 2.5 - drop)


@dataclass(frozen=True)
class Actor:
    """`kind` is "person" or "child"; the motions follow one another without a break.

    One who does not repeat is seen once, at the moments of the motions themselves.
    """

    name: str
    look: Look
    motions: tuple[Motion, ...]
    repeats: bool = True

    @property
    def kind(self) -> str:
        return "child" if self.look.is_child else "person"

    def stances(self, moment: float) -> Iterator[tuple[str, Stance]]:
        """Yield a track's name and its stance for each run of the story that lasts until now.

        A way may be longer than the period: then two runs are seen at once.
        """
        if not self.repeats:
            yield from self._once(moment)
            return
        last = self.motions[-1].end
        runs = max(1, math.ceil(last / PERIOD_S))
        for run in range(runs):
            now = moment % PERIOD_S + run * PERIOD_S
            for motion in self.motions:
                if motion.begin <= now < motion.end:
                    name = self.name if runs == 1 else f"{self.name}-{run + 1}"
                    yield name, motion.at(now, self.look.scale)
                    break

    def _once(self, moment: float) -> Iterator[tuple[str, Stance]]:
        for motion in self.motions:
            if motion.begin <= moment < motion.end:
                yield self.name, motion.at(moment, self.look.scale)
                return


@dataclass(frozen=True)
class Prop:
    """A thing that changes: `mesh_at` returns its mesh at a moment, or None while it is away."""

    name: str
    kind: str
    mesh_at: Callable[[float], Mesh | None]
    is_tracked: bool = True


@dataclass(frozen=True)
class LampOutage:
    """A lamp that goes dark; `level_at` is its light from 0 to 1."""

    lamp: Lamp
    level_at: Callable[[float], float]


@dataclass(frozen=True)
class Event:
    """Something that an operator should see; `spot` and `size_m` give the box around it."""

    kind: str
    start_s: float
    end_s: float
    spot: tuple[float, float, float]
    size_m: tuple[float, float, float] = (0.7, 0.7, 0.5)


@dataclass(frozen=True)
class Story:
    actors: tuple[Actor, ...] = ()
    props: tuple[Prop, ...] = ()
    outages: tuple[LampOutage, ...] = ()
    events: tuple[Event, ...] = field(default=())
