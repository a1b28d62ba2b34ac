"""What happens in the three places in the minute that repeats."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np

from cameras.demo.people.figure import Look, Stance
from cameras.demo.people.skeleton import Pose
from cameras.demo.places import embankment, playground, square
from cameras.demo.props import memorial, play
from cameras.demo.props.cars import car
from cameras.demo.props.furniture import BenchState, bench
from cameras.demo.scene.mesh import Mesh, Placement
from cameras.demo.story import (
    PERIOD_S,
    Actor,
    Circuit,
    Event,
    LampOutage,
    Prop,
    Spot,
    Stay,
    Story,
    Swinging,
    Walk,
)

GRAY = Look("#59636b", "#2c3138")
BROWN = Look("#6a5244", "#2b2d33", hair="#3a2a20")
NAVY = Look("#40526b", "#23272e", 1.78)
OLIVE = Look("#5f6650", "#34322e", 1.75, hat="#3c4038")
PLUM = Look("#7a5a70", "#2f2c33", 1.65, hair="#4a3024", skirt=True)
SAND = Look("#9c8766", "#3a3c44", 1.66, hair="#5a3f2a", skirt=True)
TEAL = Look("#3f7f8c", "#33404c", 1.18, hair="#4b3526")
RUST = Look("#b0583f", "#37424d", 1.2, hair="#2c211c")
OCHER = Look("#c29a45", "#3c4654", 1.06, hair="#6a4a2a")
HOODED = Look("#353d46", "#20252b", 1.79, hood=True)
WORKER = Look("#e07a2c", "#39414a", 1.76, hat="#e0a23a", vest="#d8dcc8")
VANDAL_A = Look("#4a3d3a", "#23282e", 1.76, hood=True)
VANDAL_B = Look("#2f4557", "#2c2f36", 1.8, hat="#8d2f2c")


def stroll(
    name: str, look: Look, begin: float, points: Sequence[Spot], speed: float = 1.3
) -> Actor:
    return Actor(name, look, (Walk(begin, points, speed),))


def walk_until(end: float, points: Sequence[Spot], *, speed: float) -> Walk:
    """Return a walk that arrives at a given moment."""
    return Walk(end - Walk(0, points, speed).length / speed, points, speed)


def lingers(
    name: str, look: Look, spot: Spot, heading_deg: float, pose: Pose = Pose.STAND
) -> Actor:
    """Somebody who stays for the whole period; the beat divides it."""
    beat = PERIOD_S / 12 if pose is Pose.STAND else PERIOD_S / 10
    return Actor(name, look, (Stay(0, PERIOD_S, spot, heading_deg, pose, 0.0, beat),))


# ---------------------------------------------------------------- Солнышко

BAG_DOWN_S, BAG_UP_S = 17.0, 50.0


def playground_story() -> Story:
    swing_x, swing_y = playground.SWINGS
    left, right = (
        Swinging((swing_x - 1.15, swing_y), 24),
        Swinging((swing_x + 1.15, swing_y), 25, 0.4),
    )
    actors = (
        Actor("swing-child-1", RUST, (left,)),
        Actor("swing-child-2", OCHER, (right,)),
        lingers("swing-mother", PLUM, (swing_x - 0.6, swing_y + 2.0), -100),
        Actor("ring-child", TEAL, (Circuit(_ring(4.6, -1.0, 3.4), 2, pose=Pose.RUN),)),
        Actor("slide-child", OCHER, (Circuit(_ring(5.0, 1.4, 4.4), 2, 0.45),)),
        lingers("sand-child", OCHER, (-0.9, -3.0), 200),
        lingers("bench-woman", SAND, (-5.1, -9.42), -90, Pose.SIT),
        lingers("bench-man", GRAY, (-6.0, -9.42), -90, Pose.SIT),
        lingers("phone-man", BROWN, (9.6, 6.9), 215, Pose.PHONE),
        *_walkers_of_the_walk(),
        _bag_owner(),
    )
    props = (
        Prop("swing-seat-1", "swing", _seat(left), is_tracked=False),
        Prop("swing-seat-2", "swing", _seat(right), is_tracked=False),
        Prop("bag", "bag", _bag),
    )
    left_bag = Event("left_object", BAG_DOWN_S, BAG_UP_S, (*playground.BAG_SPOT, 0.0))
    return Story(actors, props, (), (left_bag,))


def _ring(x: float, y: float, radius: float) -> list[Spot]:
    turns = np.linspace(0, 2 * math.pi, 10, endpoint=False)
    return [
        (x + radius * math.cos(t) * (1.0 + 0.12 * math.sin(3 * t)), y + radius * 0.62 * math.sin(t))
        for t in turns
    ]


def _walkers_of_the_walk() -> tuple[Actor, ...]:
    west = [(46.0, -10.3), (14.0, -10.6), (-14.0, -10.9), (-58.0, -10.4)]
    east = [(-58.0, -12.3), (-16.0, -12.1), (12.0, -12.4), (46.0, -12.2)]
    yard = [(15.2, 23.0), (15.0, 8.0), (14.8, -6.0), (12.0, -10.6), (-10.0, -11.2), (-58.0, -11.0)]
    return (
        stroll("walker-west", NAVY, 2, west, 1.35),
        stroll("walker-east", OLIVE, 21, east, 1.4),
        stroll("mother", PLUM, 33, [(x, y + 0.4) for x, y in east], 1.12),
        stroll("daughter", TEAL, 33.3, [(x, y - 0.35) for x, y in east], 1.12),
        stroll("from-the-yard", BROWN, 12, yard, 1.3),
        stroll("to-school-1", GRAY, 40, [(-13.5, -12.5), (-30, -11.8), (-58, -11.9)], 1.25),
    )


def _bag_owner() -> Actor:
    """A hooded man leaves a bag by the bench, goes into a house, and comes for it much later."""
    x, y = playground.BAG_SPOT
    spot, west, door = (x + 0.75, y - 0.35), (-10.0, -12.0), (36.8, -11.4)
    come = walk_until(BAG_DOWN_S - 1.3, [west, (0.0, -11.4), spot], speed=1.45)
    put = Stay(come.end, come.end + 2.6, spot, 160, Pose.BEND, beat_s=2.6)
    leave = Walk(put.end, [spot, (14.0, -11.6), door], 1.95)
    back = walk_until(BAG_UP_S - 1.3, [door, (14.0, -11.0), spot], speed=2.1)
    take = Stay(back.end, back.end + 2.6, spot, 160, Pose.BEND, beat_s=2.6)
    away = Walk(take.end, [spot, (0.0, -11.8), west], 2.2)
    return Actor("bag-owner", HOODED, (come, put, leave, back, take, away))


def bag_mesh(x: float, y: float, z: float, yaw: float) -> Mesh:
    mesh = Mesh()
    place = Placement(x, y, yaw, z)
    mesh.box(place, (0.62, 0.3, 0.34), "#4a5d7c", top="#5d7191")
    for across in (-0.155, 0.155):
        pocket = [
            place.point(u, across, v)
            for u, v in ((-0.2, 0.06), (0.2, 0.06), (0.2, 0.2), (-0.2, 0.2))
        ]
        mesh.face(pocket, "#3c4d68", place.direction(0, across, 0), is_decal=True)
    for across in (-0.08, 0.08):
        for along in (-1, 1):
            mesh.bar(
                place.point(0.16 * along, across, 0.33),
                place.point(0, across, 0.47),
                0.016,
                "#7c8794",
            )
    return mesh


_BAG_AT_REST = bag_mesh(*playground.BAG_SPOT, 0.0, 0.25)


def _bag(moment: float) -> Mesh | None:
    """The bag on the ground, in its owner's hand, or away."""
    moment %= PERIOD_S
    come, put, _, _, take, away = _bag_owner().motions
    if BAG_DOWN_S <= moment < BAG_UP_S:
        return _BAG_AT_REST
    for motion in (come, put, take, away):
        if motion.begin <= moment < motion.end:
            return _carried_bag(motion.at(moment, HOODED.scale))
    return None


def _carried_bag(stance: Stance) -> Mesh:
    if stance.pose is Pose.BEND:
        return _BAG_AT_REST
    x = stance.x + 0.27 * math.sin(stance.heading)
    y = stance.y - 0.27 * math.cos(stance.heading)
    return bag_mesh(x, y, 0.36, stance.heading)


def _seat(swing: Swinging) -> Callable[[float], Mesh]:
    x, y = swing.spot
    return lambda moment: play.swing_seat(x, y, swing.angle(moment))


# ---------------------------------------------------------------- Набережная

LAMP_OUT_S, LAMP_BACK_S = 27.0, 55.0


def embankment_story() -> Story:
    east = [(-60.0, 3.4), (-20.0, 3.8), (10.0, 3.3), (60.0, 3.6)]
    west = [(60.0, 4.4), (12.0, 4.2), (-18.0, 4.5), (-60.0, 4.2)]
    bikes = [(-60.0, 2.2), (0.0, 2.3), (60.0, 2.2)]
    lawn = [(-60.0, -10.3), (60.0, -10.6)]
    actors = (
        stroll("couple-1", BROWN, 0, east, 1.15),
        stroll("couple-2", PLUM, 0.2, [(x, y - 0.75) for x, y in east], 1.15),
        stroll("evening-1", GRAY, 18, west, 1.3),
        stroll("evening-2", OLIVE, 36, west, 1.25),
        stroll("evening-3", SAND, 36.4, [(x, y - 0.7) for x, y in west], 1.25),
        Actor("runner", RUST_ADULT, (Walk(8, bikes, 2.7, Pose.RUN),)),
        stroll("father", NAVY, 44, [(x, y - 2.4) for x, y in east], 1.1),
        stroll("son", TEAL, 44.4, [(x, y - 1.8) for x, y in east], 1.1),
        stroll("road-walker", OLIVE, 26, lawn, 1.4),
        lingers("by-the-water-1", NAVY, (2.1, 4.7), 90),
        lingers("by-the-water-2", GRAY, (27.6, 4.6), 80),
        lingers("by-the-water-3", SAND, (28.35, 4.65), 110),
        lingers("bench-reader", BROWN, (1.7, -0.22), 90, Pose.SIT),
        lingers("bench-pair-1", OLIVE, (13.6, -0.22), 90, Pose.SIT),
        lingers("bench-pair-2", PLUM, (14.4, -0.22), 90, Pose.SIT),
        lingers("talk-1", GRAY, (-3.2, 4.6), 20),
        lingers("talk-2", BROWN, (-2.3, 4.75), 200),
        *_lamp_breakers(),
    )
    lamp = next(lamp for lamp in embankment.LAMPS if lamp.x == 8)
    outage = LampOutage(lamp, _lamp_level)
    broken = Event("vandalism", 22.0, LAMP_OUT_S + 3, (8.0, 0.6, 0.0), (1.6, 1.6, 4.8))
    return Story(actors, (), (outage,), (broken,))


RUST_ADULT = Look("#a8553f", "#1f2329", 1.74, hair="#2a2320")


def _lamp_breakers() -> tuple[Actor, ...]:
    """Two young men kick a lamp's pole until it goes dark, and run away."""
    actors = []
    for name, look, speed, spot, heading, start in (
        ("vandal-1", VANDAL_A, 1.8, (7.35, 0.75), -10, (-20.0, 1.2)),
        ("vandal-2", VANDAL_B, 1.84, (8.6, 1.25), 225, (-20.0, 1.8)),
    ):
        come = walk_until(21.0, [start, (0.0, start[1]), spot], speed=speed)
        kick = Stay(come.end, LAMP_OUT_S + 1.5, spot, heading, Pose.KICK, beat_s=1.25)
        flee = Walk(kick.end, [spot, (4.0, 1.6), (-12.0, 1.5), (-40.0, 1.4)], 3.4, Pose.RUN)
        actors.append(Actor(name, look, (come, kick, flee)))
    return tuple(actors)


def _lamp_level(moment: float) -> float:
    """Flickers when it is kicked, goes dark, and comes back with a flicker."""
    moment %= PERIOD_S
    if 23.0 <= moment < LAMP_OUT_S:
        return 0.35 if int(moment * 6) % 5 in (1, 2) else 1.0
    if LAMP_OUT_S <= moment < LAMP_BACK_S:
        return 0.0
    if LAMP_BACK_S <= moment < LAMP_BACK_S + 2:
        return 0.5 if int(moment * 6) % 3 else 1.0
    return 1.0


# ---------------------------------------------------------------- Курган Славы

BENCH_BROKEN_S, BENCH_MENDED_S = 17.0, 50.0


def square_story() -> Story:
    north = [(-1.6, -40.0), (-1.2, -16.0), (-0.6, -2.0), (-3.2, 9.2), (-15.0, 10.4), (-34.0, 12.0)]
    south = [(34.0, 9.5), (14.0, 9.0), (3.6, 7.6), (1.6, -6.0), (2.4, -24.0), (2.0, -42.0)]
    across = [
        (-34.0, -5.0),
        (-13.0, -4.6),
        (3.0, -5.4),
        (13.0, -12.5),
        (30.0, -13.2),
        (62.0, -13.0),
    ]
    actors = (
        stroll("guest-1", BROWN, 0, north, 1.2),
        stroll("guest-2", SAND, 0.3, [(x + 0.8, y) for x, y in north], 1.2),
        stroll("guest-3", GRAY, 22, south, 1.3),
        stroll("grandmother", PLUM, 38, south, 1.05),
        stroll("grandson", TEAL, 38.6, [(x + 0.7, y + 0.2) for x, y in south], 1.05),
        stroll("passer", NAVY, 14, across, 1.4),
        lingers("at-the-flame-1", NAVY, (-1.7, 9.6), 80),
        lingers("at-the-flame-2", SAND, (-0.9, 9.8), 95),
        Actor("square-child", RUST, (Circuit(_ring(4.2, -1.5, 3.6), 2, pose=Pose.RUN),)),
        lingers("square-father", OLIVE, (4.4, -4.6), 110, Pose.PHONE),
        lingers("bench-sitter", GRAY, (9.52, -7.4), 180, Pose.SIT),
        *_bench_breakers(),
        _worker(),
        _driver(),
    )
    props = (
        Prop("flame", "flame", _flame, is_tracked=False),
        Prop("bench", "bench", _bench, is_tracked=False),
        Prop("car", "car", _car),
    )
    place = square.WEST_BENCH
    events = (
        Event("vandalism", 12.0, BENCH_BROKEN_S + 2, (place.x, place.y, 0.0), (1.2, 2.2, 1.1)),
        Event("parking", 8.0, PARKED_S, (*BAY, 0.0), (2.0, 4.6, 1.5)),
    )
    return Story(actors, props, (), events)


def _bench_breakers() -> tuple[Actor, ...]:
    x, y = square.WEST_BENCH.x, square.WEST_BENCH.y
    actors = []
    for name, look, speed, spot, heading, pose in (
        ("vandal-1", VANDAL_A, 1.6, (x + 0.85, y + 0.5), 180, Pose.KICK),
        ("vandal-2", VANDAL_B, 1.75, (x + 1.25, y - 0.9), 150, Pose.STAND),
    ):
        come = walk_until(11.0, [(-24.0, spot[1]), (-13.0, spot[1]), spot], speed=speed)
        hit = Stay(come.end, BENCH_BROKEN_S + 1.6, spot, heading, pose, beat_s=1.3)
        flee = Walk(hit.end, [spot, (-7.4, -13.0), (-8.0, -27.0), (-12.0, -42.0)], 3.3, Pose.RUN)
        actors.append(Actor(name, look, (come, hit, flee)))
    return tuple(actors)


def _worker() -> Actor:
    x, y = square.WEST_BENCH.x, square.WEST_BENCH.y
    spot = (x + 0.95, y + 0.2)
    come = Walk(27.0, [(-7.6, -40.0), (-7.4, -20.0), (-7.6, -10.0), spot], 1.85)
    mend = Stay(come.end, 52.0, spot, 180, Pose.BEND, beat_s=(52.0 - come.end) / 2)
    leave = Walk(52.0, [spot, (-7.0, -12.0), (-7.2, -24.0), (-7.4, -40.0)], 1.7)
    return Actor("worker", WORKER, (come, mend, leave))


@lru_cache(maxsize=2)
def _bench_mesh(state: BenchState) -> Mesh:
    return bench(square.WEST_BENCH, 2.0, state)


def _bench(moment: float) -> Mesh:
    is_broken = BENCH_BROKEN_S <= moment % PERIOD_S < BENCH_MENDED_S
    return _bench_mesh(BenchState.BROKEN if is_broken else BenchState.WHOLE)


def _flame(moment: float) -> Mesh:
    return memorial.flame(2 * math.pi * 12 * moment / PERIOD_S)


# ---- a car that parks, waits and leaves

BAY = (23.8, -8.7)
PARKED_S, LEAVES_S = 14.5, 47.0
_DRIVE_IN = Walk(5.0, [(62.0, -14.6), (36.0, -14.6), (27.0, -14.4), (24.0, -12.6), BAY], 4.4)
_DRIVE_OUT = Walk(LEAVES_S, [BAY, (23.8, -12.2), (26.5, -15.6), (34.0, -16.6), (62.0, -16.8)], 3.8)
_PARKED = car(Placement(*BAY, math.pi / 2), "#9a3f3a")


def _car(moment: float) -> Mesh | None:
    moment %= PERIOD_S
    if _DRIVE_IN.begin <= moment < PARKED_S:
        gone = _eased((moment - 5.0) / (PARKED_S - 5.0)) * _DRIVE_IN.length
        return _moving(_DRIVE_IN, gone, backwards=False)
    if PARKED_S <= moment < LEAVES_S:
        return _PARKED
    if LEAVES_S <= moment < 58.5:
        gone = (1 - _eased(1 - (moment - LEAVES_S) / 11.5)) * _DRIVE_OUT.length
        return _moving(_DRIVE_OUT, gone, backwards=True)
    return None


def _eased(share: float) -> float:
    """From 0 to 1, slower towards the end."""
    return 1 - math.pow(1 - min(1.0, max(0.0, share)), 1.7)


def _moving(way: Walk, gone: float, *, backwards: bool) -> Mesh:
    stance = way.at(way.begin + gone / way.speed, 1.0)
    heading = stance.heading
    if backwards and gone < 7.5:
        share = max(0.0, (gone - 4.0) / 3.5)
        heading = math.pi / 2 + share * (math.radians(-10) - math.pi / 2)
    return car(Placement(stance.x, stance.y, heading), "#9a3f3a", lights=True)


def _driver() -> Actor:
    """Gets out of the parked car, walks to the square and comes back."""
    door = (BAY[0] - 1.3, BAY[1] - 0.3)
    out = Walk(PARKED_S + 2, [door, (22.4, -12.6), (13.0, -13.0), (6.0, -12.0), (4.0, -9.0)], 1.75)
    wait = Stay(out.end, out.end + 2.0, (4.0, -9.0), 95, beat_s=2.0)
    speed = out.length / (LEAVES_S - 2 - wait.end)
    back = Walk(wait.end, [(4.0, -9.0), (6.0, -12.2), (13.0, -13.4), (22.4, -12.6), door], speed)
    return Actor("driver", GRAY, (out, wait, back))
