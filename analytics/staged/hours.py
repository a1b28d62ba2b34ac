"""Hours of normal life: people pass, sit, play; dogs, cars, weather; day turns into night."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

from analytics.engine.frames import Frame
from analytics.staged.acting import lingering, once, passage, random_look, visit, walk_to
from analytics.staged.lights import Light, bare_stage, with_things
from analytics.staged.movers import Dog, Drive, swing_seats
from analytics.staged.sites import SITES, Site, Spot, site_of
from analytics.staged.weather import (
    Branch,
    CloudShadows,
    During,
    Effect,
    Headlights,
    Infrared,
    Rain,
    Sensor,
    Snowfall,
    apply_all,
)
from cameras.demo.frames import FrameRenderer
from cameras.demo.people.skeleton import Pose
from cameras.demo.places import playground
from cameras.demo.props.furniture import bench
from cameras.demo.scene.lighting import Lamp
from cameras.demo.scene.mesh import Mesh, Placement
from cameras.demo.story import Actor, LampOutage, Motion, Prop, Stay, Story, Swinging, Walk

HOUR_S = 3600.0
BUSY_FPS, IDLE_FPS = 5.0, 2.0
BUSY_MARGIN_S = 2.0
LIGHT_STEPS = 48
"""A change of light is drawn in so many steps, each below the sensor's noise."""
NO_LAMP = Lamp(0, 0, 1, 0)
VISITS_PER_HOUR = (0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 2, 2, 1, 0)
PASSERS_PER_HOUR = (
    2, 1, 1, 1, 1, 3, 8, 14, 14, 10, 10, 10, 12, 12, 10, 10, 12, 16, 16, 14, 12, 10, 6, 3,
)  # fmt: skip
CAR_COLORS = ("#6f7a84", "#9a9ea0", "#7b5a50", "#4d5a66", "#8a8f93", "#9a3f3a")
DOG_COLORS = ("#6b4a2f", "#2a2622", "#b89b6a", "#d8d2c4")
FREE_BAY = (23.8, -8.6)
SNOW_HOURS = (3, 10, 16)
DARKENING_HOUR = 22
"""In it the camera changes to infra-red."""


@dataclass(frozen=True)
class Turn:
    """The light changes into another from `begin` to `end`."""

    begin: float
    end: float
    light: Light


DARK_HOURS: dict[int, tuple[Light, tuple[Turn, ...]]] = {
    **dict.fromkeys((0, 1, 2, 3, 4, 23), (Light.NIGHT, ())),
    5: (Light.LAMPS, (Turn(1800, 1802, Light.TWILIGHT),)),
    6: (Light.TWILIGHT, (Turn(300, 3000, Light.CLOUDS),)),
    19: (Light.SUN, (Turn(300, 1500, Light.CLOUDS), Turn(1600, 3500, Light.TWILIGHT))),
    20: (Light.TWILIGHT, (Turn(1500, 1502, Light.LAMPS),)),
    21: (Light.LAMPS, ()),
    22: (Light.LAMPS, ()),
}
"""The hours of night, dawn and dusk."""


@dataclass(frozen=True)
class Hour:
    """One hour of one camera; seconds count from its start."""

    number: int
    site: Site
    first_light: Light
    turns: tuple[Turn, ...]
    story: Story
    busy: tuple[tuple[float, float], ...]
    effects: tuple[Effect, ...]
    bench: Placement
    snow: bool = False

    @property
    def own_bench(self) -> Mesh:
        """A bench of its own, which nobody damages."""
        return bench(self.bench, 2.0)


def frames(hour: Hour, seconds: float = HOUR_S) -> Iterator[Frame]:
    """Yield the pictures, fewer of them while nothing moves."""
    light, turns, at = hour.first_light, list(hour.turns), 0.0
    renderer = _renderer(hour, light, turns[0] if turns else None)
    while at < seconds:
        if turns and at >= turns[0].end:
            light = turns.pop(0).light
            renderer = _renderer(hour, light, turns[0] if turns else None)
        yield Frame(at, apply_all(hour.effects, renderer.frame(at).picture, at))
        at = round(at + 1 / (BUSY_FPS if _is_busy(hour, at) else IDLE_FPS), 3)


def _is_busy(hour: Hour, at: float) -> bool:
    return any(begin <= at < end for begin, end in hour.busy)


def _renderer(hour: Hour, light: Light, turn: Turn | None) -> FrameRenderer:
    stages = [
        with_things(bare_stage(hour.site, each, snow=hour.snow), (hour.own_bench,))
        for each in ((light,) if turn is None else (light, turn.light))
    ]
    if turn is None:
        return FrameRenderer(stages[0], hour.story)
    fading = LampOutage(NO_LAMP, partial(_left_of, turn))
    return FrameRenderer(stages[0], replace(hour.story, outages=(fading,)), (stages[1],))


def _left_of(turn: Turn, at: float) -> float:
    """Return the share of the old light that is left."""
    gone = min(1.0, max(0.0, (at - turn.begin) / (turn.end - turn.begin)))
    return 1 - round(gone * LIGHT_STEPS) / LIGHT_STEPS


def hour_of(number: int) -> Hour:
    """Return an hour of the day, 0 to 23; each is seen by another camera."""
    source = random.Random(f"hour-{number}")  # noqa: S311 -- drawing, not secrets
    site = site_of(number)
    cast = _Cast(site, source, number % 24)
    first, turns = light_of(number % 24)
    effects, snow = _weather(number, first, turns, source)
    story = cast.story()
    return Hour(number, site, first, turns, story, cast.busy(), effects, cast.bench, snow)


def light_of(hour: int) -> tuple[Light, tuple[Turn, ...]]:
    """Return the light at the start of an hour of the day, and how it changes."""
    if hour in DARK_HOURS:
        return DARK_HOURS[hour]
    begins = Light.SUN if hour % 2 else Light.CLOUDS
    ends = Light.CLOUDS if begins is Light.SUN else Light.SUN
    if hour % 3 == 0:  # a front comes or goes, over minutes
        return begins, (Turn(1200, 1500, ends), Turn(2700, 2760, begins))
    return begins, ()


def _weather(
    number: int, first: Light, turns: tuple[Turn, ...], source: random.Random
) -> tuple[tuple[Effect, ...], bool]:
    """Rain for half an hour, snow all day, wind, sun between clouds, and the sensor's noise."""
    effects: list[Effect] = []
    snow = number % 24 in SNOW_HOURS
    if first is Light.SUN and number % 4 == 1:
        effects.append(CloudShadows(number))
    if not first.is_day:
        effects.append(Headlights(tuple(_poisson(source, HOUR_S, per_hour=20))))
    if number % 3 == 1:
        gain = 1.0 if first.is_day else 0.45
        effects.append(Branch(number % 6, source.choice((-60, 20, 500)), gain))
    if number % 5 == 2:
        effects.append(During(900, 2700, Rain(number, 0.8)))
    if snow:
        effects.append(During(600, 2400, Snowfall(number, 0.5)))
    if first is Light.NIGHT:
        effects += [Infrared(), Sensor(number, 4.0)]
    elif number % 24 == DARKENING_HOUR:
        effects += [During(1200, HOUR_S, Infrared()), Sensor(number, 3.0)]
    else:
        effects.append(Sensor(number, 1.8 if first.is_day else 2.8))
    return tuple(effects), snow


def _poisson(source: random.Random, seconds: float, *, per_hour: float) -> Iterator[float]:
    if per_hour <= 0:
        return
    at = 20.0 + source.expovariate(per_hour / HOUR_S)
    while at < seconds - 90:
        yield at
        at += source.expovariate(per_hour / HOUR_S)


class _Cast:
    """Who comes in one hour."""

    def __init__(self, site: Site, source: random.Random, hour: int) -> None:
        self.site, self.source, self.hour = site, source, hour
        self.bench = self._bench_place()
        self._actors: list[Actor] = []
        self._props: list[Prop] = []
        self._busy: list[tuple[float, float]] = []

    def story(self) -> Story:
        self._passers()
        self._visits()
        self._cars()
        if self.site.name.startswith(SITES[0].name):
            self._swings()
        return Story(tuple(self._actors), tuple(self._props))

    def busy(self) -> tuple[tuple[float, float], ...]:
        """When somebody or something moves, with a margin."""
        found: list[tuple[float, float]] = []
        for begin, end in sorted(self._busy):
            first, last = begin - BUSY_MARGIN_S, end + BUSY_MARGIN_S
            if found and first <= found[-1][1]:
                found[-1] = (found[-1][0], max(found[-1][1], last))
            else:
                found.append((first, last))
        return tuple(found)

    def _bench_place(self) -> Placement:
        for _ in range(200):
            x, y = self.site.spot(self.source)
            around = [(x - 1.2, y - 1), (x + 1.2, y - 1), (x, y + 0.5)]
            if all(self.site.sees_person(spot) for spot in around):
                return Placement(x, y, self.source.uniform(-0.4, 0.4))
        return Placement(x, y)

    def _add(self, actor: Actor) -> None:
        self._actors.append(actor)
        self._busy.append((actor.motions[0].begin, actor.motions[-1].end))

    def _name(self, what: str) -> str:
        return f"{what}-{len(self._actors)}"

    def _passers(self) -> None:
        source = self.source
        for begin in _poisson(source, HOUR_S, per_hour=PASSERS_PER_HOUR[self.hour]):
            way = passage(begin, self.site, self.site.spot(source), source)
            walker = once(self._name("passer"), random_look(source), [way])
            self._add(walker)
            chance = source.random()
            if chance < 0.15:
                dog = Dog(walker, source.choice(DOG_COLORS), source.uniform(0.7, 1.15))
                self._props.append(Prop(f"dog-{len(self._props)}", "dog", dog.mesh_at))
            elif chance < 0.4:
                self._company(way)

    def _company(self, way: Walk) -> None:
        """A second person, or a child, beside the first."""
        aside = self.source.uniform(0.6, 0.8)
        beside = Walk(way.begin + 0.2, [(x, y + aside) for x, y in way.points], way.speed)
        look = random_look(self.source, child=self.source.random() < 0.4)
        self._add(once(self._name("company"), look, [beside]))

    def _visits(self) -> None:
        for begin in _poisson(self.source, HOUR_S, per_hour=VISITS_PER_HOUR[self.hour]):
            (self._sits, self._plays, self._talks)[self.source.randrange(3)](begin)

    def _sits(self, begin: float) -> None:
        source = self.source
        before = self.bench.point(0.3, -0.6, 0)[:2]
        come = walk_to(begin, [self.site.gate(before, ahead=False), before], source)
        rests = come.end + source.uniform(90, 240)
        facing = math.degrees(self.bench.yaw) - 90
        seat = Stay(come.end, rests, self.bench.point(0.3, 0.02, 0)[:2], facing, Pose.SIT)
        away = walk_to(rests, [before, self.site.gate(before, ahead=source.random() < 0.5)], source)
        self._add(once(self._name("sits"), random_look(source), [come, seat, away]))

    def _talks(self, begin: float) -> None:
        source = self.source
        spot, until = self.site.spot(source), begin + source.uniform(60, 150)
        other = (spot[0] + 0.9, spot[1] + 0.3)
        for place in (spot, other):
            motions = visit(begin + source.uniform(0, 5), until, self.site, place, source)
            self._add(once(self._name("talks"), random_look(source), motions))

    def _plays(self, begin: float) -> None:
        """Two children run about while a parent stands by."""
        source = self.source
        until = begin + source.uniform(60, 150)
        parent = visit(begin, until, self.site, self.site.spot(source), source)
        self._add(once(self._name("parent"), random_look(source), parent))
        for _ in range(2):
            look = random_look(source, child=True)
            self._add(once(self._name("child"), look, self._running_about(begin, until)))

    def _running_about(self, begin: float, until: float) -> list[Motion]:
        source = self.source
        here = self.site.spot(source)
        motions: list[Motion] = [walk_to(begin, [self.site.gate(here, ahead=True), here], source)]
        while motions[-1].end < until:
            at = motions[-1].end
            if source.random() < 0.3:
                motions += lingering(at, at + source.uniform(2, 6), here, source)
                last = motions[-1].at(motions[-1].end, 1.0)
                here = (last.x, last.y)
                continue
            there = self.site.spot(source)
            is_fast = source.random() < 0.5
            speed, pose = (2.2, Pose.RUN) if is_fast else (1.1, Pose.WALK)
            motions.append(Walk(at, [here, there], speed, pose))
            here = there
        gate = self.site.gate(here, ahead=False)
        return [*motions, walk_to(motions[-1].end, [here, gate], source)]

    def _cars(self) -> None:
        """Cars on the road behind the playground; at the car park one comes to stay."""
        source, name = self.source, self.site.name
        if name.startswith(("swings", "walk")):
            for begin in _poisson(source, HOUR_S, per_hour=6):
                self._drive(begin, [(-60.0, 21.0), (60.0, 21.0)], source.uniform(7, 11))
        if name.startswith("parking"):
            lane = [(70.0, -14.2), (27.0, -14.2), (24.2, -12.6), FREE_BAY]
            self._drive(source.uniform(300, 1500), lane, 4.0, leaves_at=HOUR_S * 2)

    def _drive(
        self, begin: float, points: list[Spot], speed: float, *, leaves_at: float = 0.0
    ) -> None:
        way = Walk(begin, points, speed)
        color = self.source.choice(CAR_COLORS)
        drive = Drive(way, color, leaves_at, not 7 <= self.hour < 19, self.source.random() < 0.25)
        self._props.append(Prop(f"car-{len(self._props)}", "car", drive.mesh_maker()))
        self._busy.append((way.begin, way.end + 2))

    def _swings(self) -> None:
        """Children on the swings, one after another; the seats hang there all day."""
        source, turns = self.source, []
        per_hour = 3 if 9 <= self.hour < 21 else 0
        for begin in _poisson(source, HOUR_S, per_hour=per_hour):
            x = playground.SWINGS[0] + source.choice((-1.1, 1.1))
            swinging = Swinging((x, playground.SWINGS[1]), begin=begin, end=begin + 60.0)
            turns.append((swinging, x))
            look = random_look(source, child=True)
            self._add(once(self._name("swings"), look, [swinging]))
        for number, mesh_at in enumerate(swing_seats(playground.SWINGS, tuple(turns))):
            self._props.append(Prop(f"seat-{number}", "swing", mesh_at, is_tracked=False))
