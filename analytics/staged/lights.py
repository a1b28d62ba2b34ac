"""The light in which a site is seen: by day, under clouds, in the evening, at night."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from functools import lru_cache

import cv2
import numpy as np

from analytics.engine.frames import Image
from analytics.staged.sites import Site
from cameras.demo.frames import FrameRenderer
from cameras.demo.scene.lighting import Atmosphere, Mood
from cameras.demo.scene.mesh import Mesh
from cameras.demo.scene.painter import Painter
from cameras.demo.scene.raster import FAR_M, Canvas
from cameras.demo.scene.stage import Stage, World, build_stage
from cameras.demo.story import Prop, Story

KEPT_STAGES = 12
"""Stages of 7 MB each that a process keeps."""
SNOW_GRAY = 214.0
SNOW_COVER = 0.72


class Light(StrEnum):
    SUN = "sun"
    CLOUDS = "clouds"
    TWILIGHT = "twilight"  # after sunset, before the lamps are on
    LAMPS = "lamps"
    NIGHT = "night"  # lamps, and a camera that sees in infra-red: gray

    @property
    def is_day(self) -> bool:
        return self in (Light.SUN, Light.CLOUDS)

    @property
    def is_infrared(self) -> bool:
        return self is Light.NIGHT


@lru_cache(maxsize=KEPT_STAGES)
def bare_stage(site: Site, light: Light, *, snow: bool = False) -> Stage:
    """Return the site while nobody is there; built in about a second, kept for the next call."""
    mood = Mood.DUSK if light in (Light.LAMPS, Light.NIGHT) else Mood.DAY
    world: World = site.place.world(mood)
    world = replace(world, backdrop=replace(world.backdrop, has_shore_lights=False))
    if light is Light.TWILIGHT:
        world = replace(world, glows=[])
    stage = build_stage(site.camera, world, atmosphere_of(site, light))
    return replace(stage, picture=_under_snow(stage)) if snow else stage


def atmosphere_of(site: Site, light: Light) -> Atmosphere:
    known: dict[Mood, Atmosphere] = site.place.ATMOSPHERES
    day, dusk = known[Mood.DAY], known[Mood.DUSK]
    match light:
        case Light.SUN:
            return day
        case Light.CLOUDS:
            sky = ("#a9b4bd", "#b4bdc4", "#c2c9ce", "#cfd4d7")
            weak = _scaled(day.sun_color, 0.12)
            bright = _scaled(day.ambient, 1.25)
            return replace(day, sun_color=weak, ambient=bright, sky=sky, sun_shade=0.16)
        case Light.TWILIGHT:
            return replace(dusk, ambient=_scaled(dusk.ambient, 1.15))
        case Light.LAMPS:
            return replace(dusk, ambient=_scaled(dusk.ambient, 0.8))
        case Light.NIGHT:
            sky = ("#0b0f15", "#10151c", "#171c23", "#20242a")
            dark = _scaled(dusk.ambient, 0.55)
            return replace(dusk, ambient=dark, sky=sky, haze="#242a31")


def with_things(stage: Stage, meshes: tuple[Mesh, ...]) -> Stage:
    """Return the stage with more still things on it, their shadows and their depth."""
    if not meshes:
        return stage
    props = tuple(
        Prop(str(n), "thing", _always(mesh), is_tracked=False) for n, mesh in enumerate(meshes)
    )
    picture = FrameRenderer(stage, Story(props=props)).frame(0).picture
    depth = stage.depth.copy()
    ignored = np.zeros((*depth.shape, 3), np.uint8)
    Painter(stage.fine_camera, stage.lighting).paint(meshes, Canvas(ignored, depth))
    size = (stage.camera.width, stage.camera.height)
    is_open = cv2.resize((depth >= FAR_M / 2).astype(np.uint8) * 255, size)
    ground = np.minimum(stage.ground, np.asarray(is_open, np.uint8))
    return replace(stage, picture=picture, depth=depth, ground=ground)


def _always(mesh: Mesh) -> Callable[[float], Mesh]:
    return lambda moment: mesh


def _under_snow(stage: Stage) -> Image:
    """Whiten the ground, unevenly, as bright as the light on it."""
    picture = stage.picture.astype(np.float32)
    gray = cv2.cvtColor(stage.picture, cv2.COLOR_BGR2GRAY).astype(np.float32)
    broad = cv2.GaussianBlur(gray, (0, 0), 9)
    white = np.clip(broad / max(float(broad.max()), 1.0) * 1.25, 0.25, 1.0) * SNOW_GRAY
    share = stage.ground.astype(np.float32)[..., None] / 255 * SNOW_COVER
    tint = np.array([1.03, 1.0, 0.97], np.float32)
    covered = picture + (white[..., None] * tint - picture) * share
    return np.asarray(np.clip(covered, 0, 255), np.uint8)


def _scaled(color: tuple[float, float, float], gain: float) -> tuple[float, float, float]:
    return (color[0] * gain, color[1] * gain, color[2] * gain)
