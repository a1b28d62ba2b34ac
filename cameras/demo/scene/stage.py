"""A place as one camera sees it while nobody is there: the picture and its depth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from cameras.demo.scene import backdrop as beyond
from cameras.demo.scene import noise
from cameras.demo.scene.backdrop import Backdrop
from cameras.demo.scene.colors import bgr_array, rgb
from cameras.demo.scene.ground import GroundPainter, GroundPlan
from cameras.demo.scene.lighting import LAMP_COLOR, LAMP_REACH_M2, Atmosphere, Lamp, Lighting, tone
from cameras.demo.scene.mesh import Mesh
from cameras.demo.scene.painter import Painter
from cameras.demo.scene.projection import Array, PinholeCamera
from cameras.demo.scene.raster import FAR_M, Canvas, Depth, Image
from cameras.demo.scene.shadows import LampRays, SunRays, shadow_mask

Picture = NDArray[np.float32]

SUPERSAMPLING = 2
GROUND_LAMP_GAIN = 1.9
DAY_GROUND, DUSK_GROUND = 1.02, 0.78
CONTACT_SHADE = 0.3
LENS_BLUR_PX = 0.5


@dataclass(frozen=True)
class Glow:
    """The halo of a light source; `radius_m` is its size around the source."""

    position: tuple[float, float, float]
    radius_m: float = 2.4
    strength: float = 1.0
    by_day: bool = False
    clearance_m: float = 7.6


def _no_lantern(_: Lamp) -> None:
    return None


@dataclass
class World:
    """One modelled place, the same for all of its cameras."""

    plan: GroundPlan
    backdrop: Backdrop
    meshes: list[Mesh] = field(default_factory=list)
    lamps: list[Lamp] = field(default_factory=list)
    glows: list[Glow] = field(default_factory=list)
    lantern_of: Callable[[Lamp], Mesh | None] = _no_lantern

    def everything(self) -> list[Mesh]:
        """Return all objects with the lanterns of the lamps, lit or dark as the lamps are."""
        lanterns = [self.lantern_of(lamp) for lamp in self.lamps]
        return [*self.meshes, *(mesh for mesh in lanterns if mesh is not None)]


@dataclass(frozen=True)
class Stage:
    """`depth` is SUPERSAMPLING times as large as `picture`; open ground has depth FAR_M.

    `ground` is 255 where the picture shows bare ground, on which shadows can fall.
    """

    camera: PinholeCamera
    lighting: Lighting
    picture: Image
    depth: Depth
    ground: Image

    @property
    def fine_camera(self) -> PinholeCamera:
        return self.camera.scaled(SUPERSAMPLING)


def build_stage(camera: PinholeCamera, world: World, atmosphere: Atmosphere) -> Stage:
    lighting = Lighting(atmosphere, tuple(world.lamps))
    lighted = _StagePainter(camera, world, lighting)
    picture = lighted.picture()
    return Stage(camera, lighting, picture, lighted.depth, lighted.bare_ground())


def without_lamp(world: World, lamp: Lamp) -> World:
    """Return the world with one of its lamps dark."""
    lamps = [replace(other, intensity=0.0) if other == lamp else other for other in world.lamps]
    glows = [glow for glow in world.glows if glow.position != lamp.position]
    return replace(world, lamps=lamps, glows=glows)


class _StagePainter:
    def __init__(self, camera: PinholeCamera, world: World, lighting: Lighting) -> None:
        self.camera, self.world, self.lighting = camera, world, lighting
        self.meshes = [mesh for mesh in world.everything() if self._is_clear(mesh)]
        self.fine = camera.scaled(SUPERSAMPLING)
        self.rays = camera.rays()
        self.distance, self.x, self.y = self._ground_coordinates()
        self._is_ground = np.ones(self.distance.shape, bool)
        self.depth: Depth = np.full((self.fine.height, self.fine.width), FAR_M, np.float32)

    def _is_clear(self, mesh: Mesh) -> bool:
        if not mesh.clearance_m:
            return True
        away = mesh.anchor()[:2] - np.asarray(self.camera.position)[:2]
        return float(np.hypot(*away)) >= mesh.clearance_m

    def picture(self) -> Image:
        color = self._ground()
        canvas = Canvas(np.clip(color + 0.5, 0, 255).astype(np.uint8), self.depth)
        beyond.paint_horizon(self.fine, canvas, self.world.backdrop, self.lighting.atmosphere)
        Painter(self.fine, self.lighting).paint(self.meshes, canvas)
        size = (self.camera.width, self.camera.height)
        small = cv2.resize(canvas.color, size, interpolation=cv2.INTER_AREA)
        soft = cv2.GaussianBlur(small, (0, 0), LENS_BLUR_PX).astype(np.float32)
        glowing = self._with_glows(soft)
        shaded = glowing * beyond.vignette(*size)[..., None]
        return np.asarray(np.clip(shaded + 0.5, 0, 255), np.uint8)

    def bare_ground(self) -> Image:
        """Return the ground that nothing hides, 255 where it is; only after the picture."""
        size = (self.camera.width, self.camera.height)
        is_open = (self.depth >= FAR_M / 2).astype(np.uint8) * 255
        small = cv2.resize(is_open, size, interpolation=cv2.INTER_AREA)
        return np.asarray(small * self._is_ground, np.uint8)

    def _ground_coordinates(self) -> tuple[Picture, Picture, Picture]:
        down = np.minimum(self.rays[..., 2], -1e-5)
        reach = -self.camera.position[2] / down
        x = self.camera.position[0] + self.rays[..., 0] * reach
        y = self.camera.position[1] + self.rays[..., 1] * reach
        as_float = (np.asarray(values, np.float32) for values in (reach, x, y))
        distance, across, along = as_float
        return distance, across, along

    def _ground(self) -> Picture:
        """Return the lit ground, the sky and the water, blue, green, red, at the fine size."""
        painter = GroundPainter(self.fine, self._fine(self.distance))
        painter.paint(self.world.plan)
        light = self._ground_light() * self._texture(painter.grain)
        albedo = painter.color.astype(np.float32) / 255
        lit = tone(albedo * self._fine(light[..., ::-1])) * 255
        haze = bgr_array(rgb(self.lighting.atmosphere.haze))
        share = 1 - np.exp(-((self.distance / self.lighting.atmosphere.haze_m) ** 1.35))
        lit += (haze - lit) * self._fine(share)[..., None]
        return self._with_sky_and_water(np.asarray(lit, np.float32))

    def _with_sky_and_water(self, lit: Picture) -> Picture:
        atmosphere = self.lighting.atmosphere
        sky = beyond.paint_sky(self.camera, self.rays, atmosphere)
        is_sky = self._fine(np.asarray(self.rays[..., 2] >= -2e-4, np.float32))
        lit += (self._fine(sky) - lit) * is_sky[..., None]
        water = self.world.backdrop.water
        self._is_ground = self.rays[..., 2] < 0
        if water is not None:
            picture, share = beyond.paint_water(self.camera, self.rays, water, atmosphere)
            self._is_ground &= share < 0.5
            wet = self._fine(share) * (1 - is_sky)
            lit += (self._fine(picture) - lit) * wet[..., None]
        return lit

    def _fine(self, picture: Picture) -> Picture:
        size = (self.fine.width, self.fine.height)
        return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR), np.float32)

    def _texture(self, grain: Image) -> Picture:
        """Return how the ground's color varies, (h, w, 1), around 1."""
        small = cv2.resize(
            grain, (self.camera.width, self.camera.height), interpolation=cv2.INTER_AREA
        )
        amount = small.astype(np.float32) / 255
        near = np.clip(14 / np.maximum(self.distance, 1), 0, 1)
        middle = np.clip(45 / np.maximum(self.distance, 1), 0, 1)
        fine = noise.sample(11, 1.2, self.x * 26, self.y * 26) * near * 0.2
        coarse = noise.sample(12, 5, self.x * 11, self.y * 11) * middle * 0.22
        broad = noise.sample(13, 22, self.x * 9, self.y * 9) * 0.26
        varied = 1 + amount * (fine + coarse + broad)
        return np.asarray(varied[..., None], np.float32)

    def _ground_light(self) -> Picture:
        """Return (h, w, 3) light on the ground, red, green, blue, with cast shadows."""
        atmosphere = self.lighting.atmosphere
        light = np.empty((*self.distance.shape, 3), np.float32)
        light[:] = atmosphere.ambient
        open_sky = 1 - CONTACT_SHADE * self._contact_shade()
        light *= open_sky[..., None] * (DAY_GROUND if atmosphere.is_day else DUSK_GROUND)
        if atmosphere.is_day:
            light += self._sunlight()
        for lamp in self.lighting.lit_lamps():
            light += self._lamplight(lamp)
        return light

    def _contact_shade(self) -> Picture:
        """Return where objects stand close over the ground and keep the sky off it."""
        overhead = SunRays(np.array([0.0, 0.0, 1.0]))
        mask = shadow_mask(self.meshes, overhead, self.camera, soft_px=5)
        return np.asarray(mask / 255, np.float32)

    def _sunlight(self) -> Picture:
        atmosphere = self.lighting.atmosphere
        direction = atmosphere.sun_direction
        mask = shadow_mask(self.meshes, SunRays(direction), self.camera)
        share = (1 - mask / 255) * float(direction[2])
        return np.asarray(share[..., None] * np.array(atmosphere.sun_color), np.float32)

    def _lamplight(self, lamp: Lamp) -> Picture:
        squared = (self.x - lamp.x) ** 2 + (self.y - lamp.y) ** 2 + np.float32(lamp.z**2)
        slant = lamp.z / np.sqrt(squared)
        gain = self.lighting.atmosphere.lamp_gain * lamp.intensity * GROUND_LAMP_GAIN
        falloff = gain * (slant * 0.95 + 0.05) / (1 + squared / LAMP_REACH_M2)
        if float(falloff.max()) > 0.02:
            mask = shadow_mask(self.meshes, LampRays(lamp), self.camera, soft_px=2.2)
            falloff *= 1 - 0.85 * mask.astype(np.float32) / 255
        return np.asarray(falloff[..., None] * LAMP_COLOR, np.float32)

    def _with_glows(self, picture: Picture) -> Picture:
        for glow in self.world.glows:
            if glow.by_day or not self.lighting.atmosphere.is_day:
                self._add_glow(picture, glow)
        return picture

    def _add_glow(self, picture: Picture, glow: Glow) -> None:
        pixels, depth = self.camera.project(np.array([glow.position]))
        away = float(depth[0])
        aside = np.subtract(glow.position, self.camera.position)[:2]
        if away < 1 or float(np.hypot(*aside)) < glow.clearance_m:
            return
        size = self.camera.focal_px * glow.radius_m / away
        radius = int(np.clip(size, 14, 190))
        clear = 0.35 + 0.5 * float(
            np.exp(-((away / (self.lighting.atmosphere.haze_m * 2.2)) ** 1.3))
        )
        if self._is_hidden(pixels[0], away):
            clear *= 0.3
        _screen(picture, pixels[0], beyond.glow_disc(radius) * np.float32(clear * glow.strength))

    def _is_hidden(self, pixel: Array, away: float) -> bool:
        column, row = (round(float(value) * SUPERSAMPLING) for value in pixel)
        if not (0 <= row < self.fine.height and 0 <= column < self.fine.width):
            return False
        return bool(self.depth[row, column] < away - 0.6)


def _screen(picture: Picture, center: Sequence[float] | Array, disc: Picture) -> None:
    """Lay a halo over a picture so that it only brightens."""
    radius = disc.shape[0] // 2
    left, top = round(float(center[0])) - radius, round(float(center[1])) - radius
    height, width = picture.shape[:2]
    x0, y0 = max(0, left), max(0, top)
    x1, y1 = min(width, left + disc.shape[1]), min(height, top + disc.shape[0])
    if x0 >= x1 or y0 >= y1:
        return
    part = picture[y0:y1, x0:x1]
    part += (255 - part) * disc[y0 - top : y1 - top, x0 - left : x1 - left]
