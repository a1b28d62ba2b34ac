"""A staged scene: who does what where, in which light, and what a rule should say to it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from analytics.engine.catalog import Setting
from analytics.engine.frames import Frame
from analytics.engine.kinds import Kind
from analytics.staged.lights import Light, bare_stage
from analytics.staged.sites import Site
from analytics.staged.weather import (
    Branch,
    CloudShadows,
    Effect,
    Headlights,
    Infrared,
    Rain,
    Sensor,
    Snowfall,
    apply_all,
)
from cameras.demo.frames import FrameRenderer
from cameras.demo.scene.stage import Stage
from cameras.demo.story import Story

FPS = 5.0
LIGHTS = (Light.SUN, Light.CLOUDS, Light.LAMPS, Light.NIGHT)
SIGHTING_HZ = 10.0
"""How finely the truth of a way is sampled."""


@dataclass(frozen=True)
class Happening:
    """What really happens; seconds of the scene. `due_at`: when a rule with a dwell may say so."""

    start: float
    end: float
    due_at: float


@dataclass(frozen=True)
class Scene:
    name: str
    kind: Kind
    site: Site
    light: Light
    seconds: float
    setting: Setting
    truth: tuple[Happening, ...] = ()
    story: Story = field(default_factory=Story)
    effects: tuple[Effect, ...] = ()
    snow: bool = False
    fps: float = FPS
    change: tuple[float, Callable[[Stage], Stage]] | None = None
    """A moment, and what then makes another stage of the one before."""
    dress: Callable[[Stage], Stage] | None = None
    """What stands there from the beginning."""


def frames(scene: Scene) -> Iterator[Frame]:
    """Yield the pictures, 640x360; the same for the same scene, whenever it is called."""
    bare = bare_stage(scene.site, scene.light, snow=scene.snow)
    stage = scene.dress(bare) if scene.dress else bare
    renderer = FrameRenderer(stage, scene.story)
    change = scene.change
    for number in range(int(scene.seconds * scene.fps)):
        at = number / scene.fps
        if change is not None and at >= change[0]:
            renderer, change = FrameRenderer(change[1](bare), scene.story), None
        yield Frame(at, apply_all(scene.effects, renderer.frame(at).picture, at))


def effects_of(light: Light, seed: int, seconds: float) -> tuple[tuple[Effect, ...], bool]:
    """Return the weather of a scene by its seed, and whether snow lies on the ground.

    Every third scene is dry and calm; the others have rain, snow or wind. Clouds drift over
    every second sunny scene, headlights sweep over every dark one.
    """
    source = random.Random(f"weather-{seed}")  # noqa: S311 -- drawing, not secrets
    weather = source.choice(("calm", "calm", "wind", "rain", "snow", "wind"))
    effects: list[Effect] = []
    if light is Light.SUN and source.random() < 0.5:
        effects.append(CloudShadows(seed))
    if not light.is_day:
        effects.append(Headlights(tuple(_moments(source, seconds, every_s=25.0))))
    if weather == "wind":
        gain = 1.0 if light.is_day else 0.45
        effects.append(Branch(source.randrange(6), source.choice((-60, 20, 480, 520)), gain))
    is_rain = weather == "rain" and light is not Light.SUN
    if is_rain:
        effects.append(Rain(seed, source.uniform(0.5, 1.0)))
    is_snow = weather == "snow"
    if is_snow and light is not Light.SUN:
        effects.append(Snowfall(seed, source.uniform(0.35, 0.7)))
    return (*effects, *sensor_of(light, seed)), is_snow


def sensor_of(light: Light, seed: int) -> tuple[Effect, ...]:
    if light.is_infrared:
        return Infrared(), Sensor(seed, 4.0)
    return (Sensor(seed, 1.8 if light.is_day else 3.0),)


def _moments(source: random.Random, seconds: float, *, every_s: float) -> Iterator[float]:
    at = source.uniform(2, every_s)
    while at < seconds:
        yield at
        at += source.uniform(0.6, 1.6) * every_s
