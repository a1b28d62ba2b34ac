"""Scenes by number: one that should raise an alarm, or one that looks like it and should not."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from analytics.engine.boxes import Point
from analytics.engine.catalog import Setting
from analytics.engine.kinds import Kind
from analytics.engine.scene import Direction, Line, Zone
from analytics.staged.acting import (
    LUGGAGE,
    Carried,
    arriving,
    lingering,
    once,
    passage,
    random_look,
    visit,
    walk_to,
)
from analytics.staged.lights import Light
from analytics.staged.scenes import LIGHTS, SIGHTING_HZ, Happening, Scene, effects_of
from analytics.staged.sites import HEIGHT, WIDTH, Site, Spot, site_of
from cameras.demo.people.skeleton import Pose
from cameras.demo.story import Actor, Motion, Prop, Stay, Story, Walk

LOITERING = {"dwell_s": 20.0}
CROWD = {"min_persons": 5.0, "dwell_s": 5.0}
ABANDONED = {"static_s": 15.0, "owner_away_s": 8.0}
AWAY_M = 2.0
"""So far from the thing its owner is away."""
BEND_S = 2.6
GAP_M, GAP_SHARE = 1.15, 0.06
"""Between those who gather: on the ground, and across the picture."""
CENTER_M = 0.86
"""The middle of a person above the ground."""


@dataclass(frozen=True)
class Call:
    """One number of a kind: its place, its light and its own source of chance."""

    kind: Kind
    number: int
    is_control: bool

    @property
    def name(self) -> str:
        return f"{self.kind}-{'control' if self.is_control else 'event'}-{self.number}"

    @property
    def source(self) -> random.Random:
        return random.Random(self.name)  # noqa: S311 -- drawing, not secrets

    @property
    def site(self) -> Site:
        return site_of(self.number)

    @property
    def light(self) -> Light:
        return LIGHTS[self.number // 6 % len(LIGHTS)]

    def scene(
        self,
        seconds: float,
        setting: Setting,
        truth: Sequence[Happening],
        actors: Sequence[Actor],
        props: Sequence[Prop] = (),
    ) -> Scene:
        seed = random.Random(f"seed-{self.name}").randrange(10_000)  # noqa: S311 -- drawing
        effects, snow = effects_of(self.light, seed, seconds)
        story = Story(tuple(actors), tuple(props))
        return Scene(
            self.name, self.kind, self.site, self.light, seconds, setting, tuple(truth), story,
            effects, snow,
        )  # fmt: skip


def loitering(number: int, *, is_control: bool) -> Scene:
    """One stays for 35 s where 20 s are too long; a control stays 9 s, or only passes."""
    call = Call(Kind.LOITERING, number, is_control)
    site, source = call.site, call.source
    spot, arrives = site.spot(source), source.uniform(8, 14)
    zone = Zone("staged", site.ring(spot, 2.2))
    stays_s = source.choice((0.0, 9.0)) if is_control else 35.0
    motions = visit(arrives, arrives + stays_s, site, spot, source)
    who = once("who-stays", random_look(source), motions)
    seconds = arrives + stays_s + 12
    inside = [at for at, foot in _feet(who, site, seconds) if zone.contains(foot)]
    due = inside[0] + LOITERING["dwell_s"]
    truth = [] if is_control else [Happening(inside[0], inside[-1], due)]
    setting = Setting(zone=zone, overrides=LOITERING)
    return call.scene(seconds, setting, truth, [who, *_passers(site, source, seconds)])


def crowd(number: int, *, is_control: bool) -> Scene:
    """Seven gather where five are many; in a control three."""
    call = Call(Kind.CROWD, number, is_control)
    site, source = call.site, call.source
    middle = _inner_spot(site, source)
    zone = Zone("staged", site.ring(middle, 3.6))
    spots = _apart(site, source, middle, zone, 3 if is_control else 7)
    actors, comes = [], 5.0
    for index, spot in enumerate(spots):
        comes += source.uniform(0.8, 2.4)
        look = random_look(source)
        actors.append(once(f"one-{index}", look, visit(comes, 42.0, site, spot, source)))
    truth = [] if is_control else [_gathering(actors, site, zone)]
    return call.scene(52.0, Setting(zone=zone, overrides=CROWD), truth, actors)


def crossing(number: int, *, is_control: bool) -> Scene:
    """One crosses a line in the watched direction; a control the other way, or turns back."""
    call = Call(Kind.CROSSING, number, is_control)
    site, source = call.site, call.source
    spot, ahead = _inner_spot(site, source), source.random() < 0.5
    line = _line_at(site, spot)
    begin = source.uniform(3, 8)
    turns_back = is_control and number % 2 == 1
    way = _turning_back(site, spot, begin, ahead=ahead) if turns_back else [
        passage(begin, site, spot, source, ahead=ahead)
    ]  # fmt: skip
    who = once("who-crosses", random_look(source), way)
    seconds = way[-1].end + 3
    crossings = _crossings(who, site, line, seconds)
    direction = crossings[0][1] if crossings else Direction.BOTH
    watched = _other(direction) if is_control and not turns_back else direction
    truth = [] if is_control else [Happening(at, at, at) for at, _ in crossings[:1]]
    drawn = Line("staged", line.start, line.end, watched)
    return call.scene(seconds, Setting(line=drawn), truth, [who])


def abandoned(number: int, *, is_control: bool) -> Scene:
    """One brings a thing, puts it down and goes; a control stays by it, or takes it along."""
    call = Call(Kind.ABANDONED, number, is_control)
    site, source = call.site, call.source
    spot, beside = _inner_spot(site, source), source.uniform(0.35, 0.5)
    stand = (spot[0] + beside, spot[1] - 0.2)
    come = arriving(source.uniform(14, 18), [site.gate(stand, ahead=False), stand], 1.3)
    heading = math.degrees(math.atan2(spot[1] - stand[1], spot[0] - stand[0]))
    put = Stay(come.end, come.end + BEND_S, stand, heading, Pose.BEND, beat_s=BEND_S)
    down, seconds = put.begin + BEND_S / 2, put.end + 42
    motions, up = _after_putting(call, source, put, stand)
    owner = once("owner", random_look(source), [come, put, *motions])
    thing = Carried(source.choice(LUGGAGE), owner, down, up, spot)
    due = max(down + ABANDONED["static_s"], put.end + AWAY_M / 1.4 + ABANDONED["owner_away_s"])
    truth = [] if is_control else [Happening(down, seconds, due)]
    others = _passers(site, source, seconds) if number % 3 == 0 else []
    props = [Prop("thing", "bag", thing.mesh_at())]
    setting = Setting(overrides=ABANDONED)
    return call.scene(seconds, setting, truth, [owner, *others], props)


def _after_putting(
    call: Call, source: random.Random, put: Stay, stand: Spot
) -> tuple[list[Motion], float]:
    """Return what the owner does then, and when the thing is picked up again."""
    gate = call.site.gate(stand, ahead=True)
    if not call.is_control:
        return [walk_to(put.end, [stand, gate], source)], math.inf
    if call.number % 2:
        stays = lingering(put.end, put.end + 60, stand, source)
        return stays, math.inf
    waits = lingering(put.end, put.end + 9, stand, source)
    last = waits[-1].at(waits[-1].end, 1.0)
    back = Walk(put.end + 9, [(last.x, last.y), stand, stand], 0.8)
    take = Stay(back.end, back.end + BEND_S, stand, put.heading_deg, Pose.BEND, beat_s=BEND_S)
    away = walk_to(take.end, [stand, gate], source)
    return [*waits, back, take, away], take.begin + BEND_S / 2


def _passers(site: Site, source: random.Random, seconds: float) -> list[Actor]:
    """One or two others, who only pass."""
    return [
        once(
            f"passer-{index}",
            random_look(source),
            [passage(source.uniform(0, seconds * 0.7), site, site.spot(source), source)],
        )
        for index in range(source.randint(0, 2))
    ]


def _feet(
    actor: Actor, site: Site, seconds: float, z: float = 0.0
) -> Iterator[tuple[float, Point]]:
    """Yield where the actor stands in the picture, SIGHTING_HZ times a second."""
    for step in range(int(seconds * SIGHTING_HZ)):
        at = step / SIGHTING_HZ
        for _, stance in actor.stances(at):
            pixels, depth = site.camera.project([(stance.x, stance.y, z)])
            if depth[0] > 1:
                yield at, Point(float(pixels[0, 0]) / WIDTH, float(pixels[0, 1]) / HEIGHT)


def _gathering(actors: Sequence[Actor], site: Site, zone: Zone) -> Happening:
    """Return from when to when as many as a crowd needs are in the zone."""
    inside = [
        [at for at, foot in _feet(actor, site, 52.0) if zone.contains(foot)] for actor in actors
    ]
    needed = int(CROWD["min_persons"])
    start = sorted(moments[0] for moments in inside)[needed - 1]
    end = sorted(moments[-1] for moments in inside)[-needed]
    return Happening(start, end, start + CROWD["dwell_s"])


def _inner_spot(site: Site, source: random.Random) -> Spot:
    """Return a spot with room around it."""
    for _ in range(400):
        x, y = site.spot(source)
        around = [(x + a, y + b) for a, b in ((-1.2, 0), (1.2, 0), (0, -1.0), (0, 1.0))]
        if all(site.sees_person(spot) for spot in around):
            return x, y
    return site.spot(source)


def _apart(site: Site, source: random.Random, middle: Spot, zone: Zone, count: int) -> list[Spot]:
    """Return spots in a zone, a meter apart, where nobody hides another from the camera."""
    found: list[Spot] = []
    patience = 1.0
    while len(found) < count:
        turn, away = source.uniform(0, 2 * math.pi), 3.2 * math.sqrt(source.random())
        spot = (middle[0] + away * math.cos(turn), middle[1] + away * math.sin(turn))
        patience *= 0.997
        if site.sees_person(spot) and zone.contains(site.share(*spot)) and all(
            math.dist(spot, other) > GAP_M * patience
            and abs(site.share(*spot).x - site.share(*other).x) > GAP_SHARE * patience
            for other in found
        ):  # fmt: skip
            found.append(spot)
    return found


def _line_at(site: Site, spot: Spot) -> Line:
    """Return a line across the way of those who pass, at the height of their middle."""
    turn = math.radians(site.along_deg + 90)
    aside = 1.7
    ends = [
        site.share(spot[0] + s * math.cos(turn), spot[1] + s * math.sin(turn), CENTER_M)
        for s in (-aside, aside)
    ]
    return Line("staged", ends[0], ends[1])


def _turning_back(site: Site, spot: Spot, begin: float, *, ahead: bool) -> list[Motion]:
    """Come near the line, wait before it, and go back."""
    gate = site.gate(spot, ahead=not ahead)
    length = math.dist(gate, spot)
    share = max(0.2, 1 - 1.4 / length)
    near = (gate[0] + (spot[0] - gate[0]) * share, gate[1] + (spot[1] - gate[1]) * share)
    come = Walk(begin, [gate, near], 1.3)
    wait = Stay(come.end, come.end + 3, near, 90)
    return [come, wait, Walk(wait.end, [near, gate], 1.3)]


def _crossings(
    actor: Actor, site: Site, line: Line, seconds: float
) -> list[tuple[float, Direction]]:
    found = []
    before: Direction | None = None
    for at, middle in _feet(actor, site, seconds, CENTER_M):
        side = _side(line, middle)
        if before is not None and side is not before:
            found.append((at, side))
        before = side
    return found


def _side(line: Line, point: Point) -> Direction:
    """The side of the endless line, named by the crossing that leads there."""
    along_x, along_y = (line.end.x - line.start.x) * WIDTH, (line.end.y - line.start.y) * HEIGHT
    away_x, away_y = (point.x - line.start.x) * WIDTH, (point.y - line.start.y) * HEIGHT
    return Direction.TO_RIGHT if along_x * away_y - along_y * away_x > 0 else Direction.TO_LEFT


def _other(direction: Direction) -> Direction:
    return Direction.TO_LEFT if direction is Direction.TO_RIGHT else Direction.TO_RIGHT
