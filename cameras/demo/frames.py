"""The frames of one camera: the still stage with everything that moves laid over it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from cameras.demo.people.figure import RIM, Body, Look, Stance, pose_body, shadow_outlines
from cameras.demo.people.sprite import Box, Sprite, draw_figure
from cameras.demo.scene.ground import fixed_point
from cameras.demo.scene.lighting import LAMP_REACH_M2, Lamp
from cameras.demo.scene.mesh import Mesh
from cameras.demo.scene.painter import Painter, corners_of
from cameras.demo.scene.projection import Array
from cameras.demo.scene.raster import SHIFT, Canvas, Image
from cameras.demo.scene.shadows import LampRays, Rays, SunRays, ground_outlines
from cameras.demo.scene.stage import GROUND_LAMP_GAIN, SUPERSAMPLING, Stage
from cameras.demo.story import STILL_POSES, Story

MIN_BOX_PX = 6
MIN_VISIBLE = 0.25
SHADOW_REACH_M = 14.0
LAMP_SHADE_HALF = 0.42
MIN_SHADE = 0.12


@dataclass(frozen=True)
class Sighting:
    """A tracked person or thing in one frame; the box is left, top, width, height in pixels."""

    track: str
    kind: str
    box: Box


@dataclass(frozen=True)
class Frame:
    picture: Image
    sightings: tuple[Sighting, ...]


@dataclass(frozen=True)
class _Person:
    track: str
    kind: str
    look: Look
    stance: Stance


@dataclass(frozen=True)
class _Shade:
    """A shadow on a part of the picture: how much of the light stays."""

    rows: slice
    columns: slice
    kept: NDArray[np.float32]

    def lay(self, picture: Image) -> None:
        part = picture[self.rows, self.columns]
        part[:] = (part * self.kept).astype(np.uint8)


@dataclass(frozen=True)
class _Figure:
    sprite: Sprite | None
    shades: tuple[_Shade, ...]


@dataclass(frozen=True)
class _Item:
    sprite: Sprite
    track: str
    kind: str
    is_tracked: bool = True


class FrameRenderer:
    """Draws the frames of one camera.

    `dark_stages` holds, for each outage of the story, the stage without that lamp.
    """

    def __init__(
        self,
        stage: Stage,
        story: Story,
        dark_stages: tuple[Stage, ...] = (),
        *,
        shadows: bool = True,
    ) -> None:
        self.stage, self.story, self.dark_stages = stage, story, dark_stages
        self.camera, self.lighting = stage.camera, stage.lighting
        self._lit = stage.picture.astype(np.int16)
        self._losses = [self._lit - dark.picture for dark in dark_stages]
        self._shadows = shadows
        self._open_ground = stage.ground
        self._painter = Painter(stage.fine_camera, stage.lighting)
        self._lights: dict[tuple[float, ...], Image] = {}
        self._figures: dict[tuple[Look, Stance], _Figure] = {}
        self._kept: dict[str, tuple[Mesh, Sprite | None]] = {}

    def frame(self, moment: float) -> Frame:
        """Return the picture at a moment of the story, in seconds."""
        picture = self._background(moment)
        people = [
            _Person(name, actor.kind, actor.look, stance)
            for actor in self.story.actors
            for name, stance in actor.stances(moment)
            if self._may_see(stance)
        ]
        figures = [(person, self._figure(person)) for person in people]
        if self._shadows:
            for _, figure in figures:
                for shade in figure.shades:
                    shade.lay(picture)
        items = [
            _Item(figure.sprite, person.track, person.kind)
            for person, figure in figures
            if figure.sprite is not None
        ]
        items += self._things(moment, picture)
        items.sort(key=lambda item: -item.sprite.depth)
        found = [self._lay(picture, item) for item in items]
        return Frame(picture, tuple(sighting for sighting in found if sighting is not None))

    def _background(self, moment: float) -> Image:
        """Return a copy of the stage in the light of the moment."""
        levels = tuple(outage.level_at(moment) for outage in self.story.outages)
        if levels not in self._lights:
            picture = self._lit.astype(np.float32)
            for level, loss in zip(levels, self._losses, strict=True):
                picture -= loss * np.float32(1 - level)
            self._lights[levels] = np.clip(picture + 0.5, 0, 255).astype(np.uint8)
        return self._lights[levels].copy()

    def _may_see(self, stance: Stance) -> bool:
        seen = self.camera.to_camera([(stance.x, stance.y, stance.z + 0.9)])
        depth = float(seen[0, 2])
        if depth < 1:
            return False
        x, y = self.camera.to_pixels(seen)[0]
        reach = self.camera.focal_px * 3.5 / depth
        across, down = self.camera.width, self.camera.height
        return bool(-reach < x < across + reach and -reach < y < down + reach)

    def _figure(self, person: _Person) -> _Figure:
        """Return the figure; one that hardly moves is drawn once for each of its stances."""
        key = (person.look, person.stance)
        figure = self._figures.get(key)
        if figure is None:
            figure = self._draw_figure(person.look, person.stance)
            if person.stance.pose in STILL_POSES:
                self._figures[key] = figure
        return figure

    def _draw_figure(self, look: Look, stance: Stance) -> _Figure:
        body = pose_body(look, stance)
        sprite = draw_figure(body, look, stance, self.camera, self.lighting)
        shades = self._cast(body, look, stance) if self._shadows else ()
        return _Figure(sprite, tuple(shades))

    def _things(self, moment: float, picture: Image) -> Iterator[_Item]:
        for prop in self.story.props:
            mesh = prop.mesh_at(moment)
            if mesh is None or not self._painter.sees(mesh):
                continue
            if self._shadows and mesh.casts_shadow:
                self._cast_mesh(picture, mesh)
            sprite = self._thing_sprite(prop.name, mesh)
            if sprite is not None:
                yield _Item(sprite, prop.name, prop.kind, prop.is_tracked)

    def _thing_sprite(self, name: str, mesh: Mesh) -> Sprite | None:
        kept = self._kept.get(name)
        if kept is None or kept[0] is not mesh:
            kept = (mesh, self._draw_thing(mesh))
            self._kept[name] = kept
        return kept[1]

    def _draw_thing(self, mesh: Mesh) -> Sprite | None:
        window = self._window(mesh)
        if window is None:
            return None
        left, top, width, height = window
        rows = slice(top * SUPERSAMPLING, (top + height) * SUPERSAMPLING)
        columns = slice(left * SUPERSAMPLING, (left + width) * SUPERSAMPLING)
        depth = self.stage.depth[rows, columns]
        canvas = Canvas.transparent(depth, left=columns.start, top=rows.start)
        self._painter.paint([mesh], canvas)
        if canvas.alpha is None:
            return None
        alpha = _smaller(canvas.alpha, width, height)
        color = _smaller(canvas.color, width, height).astype(np.float32)
        straight = color * (255 / np.maximum(alpha, 1).astype(np.float32))[..., None]
        plain = np.minimum(straight, 255).astype(np.uint8)
        return Sprite(left, top, plain, alpha, self._painter.depth_of(mesh.anchor()))

    def _window(self, mesh: Mesh) -> Box | None:
        pixels, depth = self.camera.project(corners_of(*mesh.bounds()))
        if (depth < 1).any():
            return None
        low, high = np.floor(pixels.min(axis=0)) - 2, np.ceil(pixels.max(axis=0)) + 3
        left, top = max(0, int(low[0])), max(0, int(low[1]))
        right, bottom = min(self.camera.width, int(high[0])), min(self.camera.height, int(high[1]))
        if right - left < 2 or bottom - top < 2:
            return None
        return left, top, right - left, bottom - top

    def _lay(self, picture: Image, item: _Item) -> Sighting | None:
        sprite = item.sprite
        height, width = sprite.alpha.shape
        hidden = self.stage.depth[
            sprite.top * SUPERSAMPLING : (sprite.top + height) * SUPERSAMPLING,
            sprite.left * SUPERSAMPLING : (sprite.left + width) * SUPERSAMPLING,
        ]
        seen = _smaller(((hidden > sprite.depth) * np.uint8(255)), width, height)
        alpha = (seen.astype(np.uint16) * sprite.alpha + 127) // 255
        part = picture[sprite.top : sprite.top + height, sprite.left : sprite.left + width]
        share = alpha.astype(np.float32)[..., None] / 255
        part[:] = (part + (sprite.color.astype(np.float32) - part) * share + 0.5).astype(np.uint8)
        return _sighting(item, alpha) if item.is_tracked else None

    def _cast(self, body: Body, look: Look, stance: Stance) -> Iterator[_Shade]:
        for rays, shade in self._rays_at(stance.x, stance.y):
            yield from self._shade(shadow_outlines(body, rays.on_ground, self.camera), shade)
        flat = np.concatenate([RIM, np.zeros((len(RIM), 1))], axis=1) * 0.3 * look.scale
        pixels, depth = self.camera.project(flat + np.array([stance.x, stance.y, 0]))
        if (depth > 1).all():
            yield from self._shade([pixels], 0.3)

    def _rays_at(self, x: float, y: float) -> Iterator[tuple[Rays, float]]:
        """Yield the lights that cast a visible shadow at a spot, and how dark it is there."""
        atmosphere = self.lighting.atmosphere
        if atmosphere.is_day:
            yield SunRays(atmosphere.sun_direction), atmosphere.sun_shade
            return
        near = sorted(self.lighting.lit_lamps(), key=lambda lamp: -_strength(lamp, x, y))[:2]
        for lamp in near:
            strength = _strength(lamp, x, y) * atmosphere.lamp_gain * GROUND_LAMP_GAIN
            shade = 0.9 * strength / (strength + LAMP_SHADE_HALF)
            away = math.hypot(lamp.x - x, lamp.y - y)
            if shade > MIN_SHADE and 0.6 < away < SHADOW_REACH_M:
                yield LampRays(lamp), shade

    def _cast_mesh(self, picture: Image, mesh: Mesh) -> None:
        x, y, _ = mesh.anchor()
        for rays, shade in self._rays_at(float(x), float(y)):
            outlines = [
                self.camera.to_pixels(seen)
                for seen in (self.camera.clip_near(flat) for flat in ground_outlines([mesh], rays))
                if len(seen) >= 3
            ]
            for cast in self._shade(outlines, shade):
                cast.lay(picture)

    def _shade(self, outlines: list[Array], shade: float) -> Iterator[_Shade]:
        if not outlines:
            return
        points = np.concatenate(outlines)
        left, top = np.maximum(np.floor(points.min(axis=0)).astype(int) - 4, 0)
        right = min(self.camera.width, int(points[:, 0].max()) + 5)
        bottom = min(self.camera.height, int(points[:, 1].max()) + 5)
        if right <= left or bottom <= top:
            return
        mask = np.zeros((bottom - top, right - left), np.uint8)
        for shape in outlines:
            cv2.fillConvexPoly(mask, fixed_point(shape - (left, top)), 255, cv2.LINE_AA, SHIFT)
        soft = cv2.GaussianBlur(mask, (5, 5), 0)
        rows, columns = slice(int(top), bottom), slice(int(left), right)
        yield _Shade(rows, columns, _kept_light(soft, self._open_ground[rows, columns], shade))


def _kept_light(mask: NDArray[np.generic], ground: Image, shade: float) -> NDArray[np.float32]:
    dark = mask.astype(np.float32) * ground * np.float32(shade / 255 / 255)
    return np.asarray(1 - dark, np.float32)[..., None]


def _strength(lamp: Lamp, x: float, y: float) -> float:
    squared = (lamp.x - x) ** 2 + (lamp.y - y) ** 2 + lamp.z**2
    return lamp.intensity * lamp.z / math.sqrt(squared) / (1 + squared / LAMP_REACH_M2)


def _smaller(image: NDArray[np.uint8], width: int, height: int) -> Image:
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _sighting(item: _Item, alpha: NDArray[np.uint16]) -> Sighting | None:
    """Return the box of what can be seen, if that is enough of the whole to be told."""
    drawn, visible = int((item.sprite.alpha > 127).sum()), alpha > 96
    if not drawn or visible.sum() < MIN_VISIBLE * drawn:
        return None
    rows, columns = np.flatnonzero(visible.any(axis=1)), np.flatnonzero(visible.any(axis=0))
    width, height = int(columns[-1] - columns[0]) + 1, int(rows[-1] - rows[0]) + 1
    if min(width, height) < MIN_BOX_PX:
        return None
    left, top = item.sprite.left + int(columns[0]), item.sprite.top + int(rows[0])
    return Sighting(item.track, item.kind, (left, top, width, height))
