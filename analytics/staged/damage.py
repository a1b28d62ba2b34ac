"""Town property that is taken, moved, tilted, broken or painted over between two pictures."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from analytics.engine.boxes import Point
from analytics.engine.catalog import Setting
from analytics.engine.kinds import Kind
from analytics.engine.scene import Zone
from analytics.staged.acting import once, random_look, visit
from analytics.staged.lights import with_things
from analytics.staged.scenes import LIGHTS, Happening, Scene, effects_of
from analytics.staged.sites import HEIGHT, WIDTH, Site, Spot, site_of
from cameras.demo.props import furniture, play
from cameras.demo.scene.colors import mix, rgb
from cameras.demo.scene.lighting import Lamp
from cameras.demo.scene.mesh import Array, Bar, Face, Mesh, Placement
from cameras.demo.scene.painter import corners_of
from cameras.demo.scene.stage import Stage
from cameras.demo.story import Story

CHANGED_AT_S = 45.0
SECONDS = 110.0
FPS = 2.0
ASSET = {"sample_every_s": 1.5, "confirm_s": 20.0}
"""Short, so that scenes are: 30 s to learn the thing, 20 s to confirm a change."""
MARGIN_PX = 6
SEEN_MOVE, MOVE_TRIES = 0.35, 40
"""Of the width of what is moved, in the picture: a step away from the camera is hardly seen."""
NIGHT_PAINTS = ("#f4f4f4", "#151515")
"""A camera in infra-red sees no color: only what is brighter or darker has changed."""
PAINTS = ("#d81f7a", "#e6e21c", "#12c2e0", "#f26a1b", "#f4f4f4", "#151515")


class Damage(StrEnum):
    ERASED = "erased"
    MOVED = "moved"
    TILTED = "tilted"
    BROKEN = "broken"
    PAINTED = "painted"


@dataclass(frozen=True)
class Asset:
    """One piece of property: `make` builds it where it stands."""

    make: Callable[[Placement], Mesh]


def _bench(place: Placement) -> Mesh:
    return furniture.bench(place, 2.0)


def _bin(place: Placement) -> Mesh:
    return furniture.bin_box(place.x, place.y, place.yaw)


def _lamp(place: Placement) -> Mesh:
    return furniture.street_lamp(Lamp(place.x, place.y, 2.5, 0.0), globe=True)


def _rider(place: Placement) -> Mesh:
    return play.spring_rider(place.x, place.y, place.yaw, "#b5813d")


def _swing(place: Placement) -> Mesh:
    """A small swing for toddlers."""
    mesh = Mesh()
    for part in play.swing_frame(place.x, place.y):
        mesh.extend(part)
    for side in (-1.0, 1.0):
        mesh.extend(play.swing_seat(place.x + side, place.y, 0.0))
    middle = np.array([place.x, place.y, 0.0])
    return reshaped(mesh, lambda points: middle + (points - middle) * 0.6)


ASSETS = (Asset(_bench), Asset(_bin), Asset(_lamp), Asset(_rider), Asset(_swing))


def reshaped(mesh: Mesh, change: Callable[[Array], Array]) -> Mesh:
    """Return the mesh with all its points moved by a function of (n, 3) meters."""
    found = Mesh(casts_shadow=mesh.casts_shadow)
    found.faces = [replace(face, points=change(face.points)) for face in mesh.faces]
    found.bars = [
        replace(bar, start=change(bar.start[None])[0], end=change(bar.end[None])[0])
        for bar in mesh.bars
    ]
    return found


def damaged(
    asset: Asset,
    place: Placement,
    site: Site,
    damage: Damage,
    source: random.Random,
    paints: tuple[str, ...] = PAINTS,
) -> Mesh | None:
    """Return what is left of it, or None."""
    whole = asset.make(place)
    match damage:
        case Damage.ERASED:
            return None
        case Damage.MOVED:
            return asset.make(_moved(place, whole, site, source))
        case Damage.TILTED:
            return _tilted(whole, place, source.choice((-1, 1)) * source.uniform(0.4, 0.6))
        case Damage.BROKEN:
            return _broken(whole, place, source)
        case Damage.PAINTED:
            return _painted(whole, source, paints)


def _moved(place: Placement, whole: Mesh, site: Site, source: random.Random) -> Placement:
    """A third of its width or more, as seen in the picture, and turned a little."""
    low, high = whole.bounds()
    step = max(0.35, 0.35 * float((high - low)[:2].max())) * source.choice((-1, 1))
    width = float(np.ptp(_pixels(whole, site)[:, 0]))
    for _ in range(MOVE_TRIES):
        turn = source.uniform(0, math.pi)
        x, y = place.x + step * math.cos(turn), place.y + step * math.sin(turn)
        ways = site.camera.project([(place.x, place.y, 0.0), (x, y, 0.0)])[0]
        if float(np.linalg.norm(ways[1] - ways[0])) >= SEEN_MOVE * width:
            break
        step *= 1.1
    return Placement(x, y, place.yaw + 0.25)


def _tilted(whole: Mesh, place: Placement, angle: float) -> Mesh:
    cosine, sine = math.cos(angle), math.sin(angle)
    turn = np.array([[cosine, 0, sine], [0, 1, 0], [-sine, 0, cosine]])
    foot = np.array([place.x, place.y, 0.0])
    leaning = reshaped(whole, lambda points: foot + (points - foot) @ turn.T)
    leaning.faces = [replace(face, normal=turn @ face.normal) for face in leaning.faces]
    sunk = float(leaning.bounds()[0][2])
    return reshaped(leaning, lambda points: points - np.array([0, 0, min(0.0, sunk)]))


def _broken(whole: Mesh, place: Placement, source: random.Random) -> Mesh:
    """The upper half is gone and lies about in pieces."""
    low, high = whole.bounds()
    half = float(low[2] + 0.5 * (high[2] - low[2]))
    rest = Mesh()
    rest.faces = [face for face in whole.faces if float(face.points[:, 2].mean()) < half]
    rest.bars = [bar for bar in (_below(bar, half) for bar in whole.bars) if bar is not None]
    colors = [face.color for face in whole.faces] or [bar.color for bar in whole.bars]
    for _ in range(3):
        x, y = place.x + source.uniform(-0.8, 0.8), place.y + source.uniform(-0.7, 0.7)
        lying = Placement(x, y, source.uniform(0, math.pi))
        rest.box(lying, (source.uniform(0.4, 0.8), 0.12, 0.06), source.choice(colors))
    return rest


def _below(bar: Bar, height: float) -> Bar | None:
    """Return the part of a bar that is below a height."""
    low, high = sorted((bar.start, bar.end), key=lambda point: float(point[2]))
    if low[2] >= height:
        return None
    if high[2] <= height:
        return bar
    share = (height - low[2]) / (high[2] - low[2])
    return replace(bar, start=low, end=low + (high - low) * share)


def _painted(whole: Mesh, source: random.Random, paints: tuple[str, ...]) -> Mesh:
    """Spray paint over most of its faces and bars, one of those that differ most from it."""
    colors = [face.color for face in whole.faces] + [bar.color for bar in whole.bars]
    own = np.mean(colors, axis=0)
    differing = sorted((rgb(paint) for paint in paints), key=lambda c: -float(abs(c - own).sum()))
    paint = differing[0 if paints is NIGHT_PAINTS else source.randrange(3)]
    found = Mesh()
    found.faces = [_sprayed(face, paint) if source.random() < 0.7 else face for face in whole.faces]
    found.bars = [
        replace(bar, color=mix(bar.color, paint, 0.85)) if source.random() < 0.7 else bar
        for bar in whole.bars
    ]
    return found


def _sprayed(face: Face, paint: Array) -> Face:
    return replace(face, color=mix(face.color, paint, 0.85))


def asset(number: int, *, is_control: bool) -> Scene:
    """A thing that changes while somebody stands by it; a control is left as it was."""
    light = LIGHTS[number % len(LIGHTS)]
    change = number // len(LIGHTS)
    kind = tuple(Damage)[change % len(Damage)]
    thing = ASSETS[change // len(Damage) % len(ASSETS)]
    site = site_of(change)
    name = f"asset-{'control' if is_control else kind}-{number}"
    source = random.Random(name)  # noqa: S311 -- drawing, not secrets
    spot, place = _free_place(site, thing, source)
    whole = thing.make(place)
    left = damaged(thing, place, site, kind, source, NIGHT_PAINTS if light.is_infrared else PAINTS)
    stand = (spot[0] + 1.4, spot[1] - 0.3)
    who = once(
        "vandal", random_look(source),
        visit(CHANGED_AT_S - 4, CHANGED_AT_S + 3, site, stand, source),
    )  # fmt: skip
    seed = random.Random(name).randrange(10_000)  # noqa: S311 -- drawing, not secrets
    effects, snow = effects_of(light, seed, SECONDS)
    truth = [] if is_control else [Happening(CHANGED_AT_S, SECONDS, CHANGED_AT_S)]
    return Scene(
        name, Kind.ASSET, site, light, SECONDS,
        Setting(zone=Zone("staged", outline_of(whole, site)), overrides=ASSET),
        tuple(truth), Story((who,)), effects, snow, FPS,
        dress=lambda stage: with_things(stage, (whole,)),
        change=None if is_control else (CHANGED_AT_S, lambda stage: _after(stage, left)),
    )  # fmt: skip


def _after(bare: Stage, left: Mesh | None) -> Stage:
    return with_things(bare, () if left is None else (left,))


def _free_place(site: Site, thing: Asset, source: random.Random) -> tuple[Spot, Placement]:
    """Return a place in which the whole thing is seen, in front of nothing but ground."""
    for _ in range(200):
        x, y = site.spot(source)
        place = Placement(x, y, source.uniform(-0.6, 0.6))
        pixels = _pixels(thing.make(place), site)
        low, high = pixels.min(axis=0), pixels.max(axis=0)
        if low.min() > 14 and high[0] < WIDTH - 14 and high[1] < HEIGHT - 14:
            return (x, y), place
    return (x, y), place


def _pixels(mesh: Mesh, site: Site) -> Array:
    return site.camera.project(corners_of(*mesh.bounds()))[0]


def outline_of(mesh: Mesh, site: Site) -> tuple[Point, ...]:
    """Return what staff would draw around a thing: a rectangle with a little room."""
    pixels = _pixels(mesh, site)
    left, top = np.maximum(pixels.min(axis=0) - MARGIN_PX, 0) / (WIDTH, HEIGHT)
    right, bottom = np.minimum(pixels.max(axis=0) + MARGIN_PX, (WIDTH, HEIGHT)) / (WIDTH, HEIGHT)
    corners = ((left, top), (right, top), (right, bottom), (left, bottom))
    return tuple(Point(float(x), float(y)) for x, y in corners)
