"""How light falls: the sky, the sun, the lamps, and the haze between.

The falloff of a lamp is 1 / (1 + (d / 4 m)^2), the haze is 1 - exp(-(d / D)^1.35); both
are chosen for the eye, not measured.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from cameras.demo.scene.colors import mix, rgb

Array = NDArray[np.float64]

LAMP_COLOR = np.array([1.0, 0.84, 0.62])
LAMP_REACH_M2 = 16.0


class Mood(Enum):
    DUSK = "dusk"
    DAY = "day"


@dataclass(frozen=True)
class Lamp:
    """A street lamp: the light source stands at (x, y, z)."""

    x: float
    y: float
    z: float
    intensity: float

    @property
    def position(self) -> tuple[float, float, float]:
        return (self.x, self.y, self.z)


@dataclass(frozen=True)
class Atmosphere:
    """What a mood sets: `sky` holds four colors from the zenith down to the horizon."""

    mood: Mood
    ambient: tuple[float, float, float]
    haze: str
    haze_m: float
    sky: tuple[str, str, str, str]
    tree_line: str
    lamp_gain: float
    sun_color: tuple[float, float, float] = (0.0, 0.0, 0.0)
    sun_azimuth_deg: float = 215.0
    sun_height_deg: float = 38.0
    sun_shade: float = 0.52
    """How much of the light a shadow takes by day."""

    @property
    def is_day(self) -> bool:
        return self.mood is Mood.DAY

    @property
    def sun_direction(self) -> Array:
        """Unit vector towards the sun."""
        azimuth, height = math.radians(self.sun_azimuth_deg), math.radians(self.sun_height_deg)
        return np.array(
            [
                math.sin(azimuth) * math.cos(height),
                math.cos(azimuth) * math.cos(height),
                math.sin(height),
            ]
        )


def burning(lamps: tuple[Lamp, ...], mood: Mood) -> tuple[Lamp, ...]:
    """Return the lamps as they burn in a mood: by day they are off."""
    if mood is Mood.DUSK:
        return lamps
    return tuple(replace(lamp, intensity=0.0) for lamp in lamps)


def tone(light: Array) -> Array:
    """Bend bright values so that nothing near a lamp burns out."""
    bent: Array = light * 1.25 / (1 + 0.32 * light)
    return bent


@dataclass(frozen=True)
class Lighting:
    atmosphere: Atmosphere
    lamps: tuple[Lamp, ...]

    def lit_lamps(self) -> tuple[Lamp, ...]:
        if self.atmosphere.is_day:
            return ()
        return tuple(lamp for lamp in self.lamps if lamp.intensity > 0)

    def light_at(self, points: Array, normals: Array | None = None, flat: float = 0.55) -> Array:
        """Return (N, 3) light at (N, 3) points.

        Without normals a surface takes the share `flat` of each lamp, whatever its angle. A row of
        zeros among the normals means the same.
        """
        facing_sky = np.full(len(points), 0.6) if normals is None else normals[:, 2]
        light = np.asarray(self.atmosphere.ambient) * (0.72 + 0.28 * facing_sky)[:, None]
        light = light + self._sun_at(len(points), normals, flat)
        for lamp in self.lit_lamps():
            light += self._lamp_at(lamp, points, normals, flat)
        return light

    def _sun_at(self, count: int, normals: Array | None, flat: float) -> Array:
        share = np.full(count, flat)
        if normals is not None:
            aligned = np.clip(normals @ self.atmosphere.sun_direction, 0, None)
            share = np.where(np.any(normals != 0, axis=1), aligned, flat)
        lit: Array = share[:, None] * np.asarray(self.atmosphere.sun_color)
        return lit

    def _lamp_at(self, lamp: Lamp, points: Array, normals: Array | None, flat: float) -> Array:
        towards = np.asarray(lamp.position) - points
        squared = np.einsum("ij,ij->i", towards, towards)
        share = np.full(len(points), flat)
        if normals is not None:
            aligned = np.einsum("ij,ij->i", towards, normals) / np.sqrt(squared + 1e-6)
            aligned = np.clip(aligned, 0, None) * 0.9 + 0.1
            share = np.where(np.any(normals != 0, axis=1), aligned, flat)
        gain = self.atmosphere.lamp_gain * lamp.intensity * share / (1 + squared / LAMP_REACH_M2)
        lit: Array = gain[:, None] * LAMP_COLOR
        return lit

    def hazed(self, color: Array, depth: Array) -> Array:
        """Mix the haze into (N, 3) colors seen over (N,) meters."""
        share = 1 - np.exp(-((np.maximum(depth, 0) / self.atmosphere.haze_m) ** 1.35))
        return mix(color, rgb(self.atmosphere.haze), share[..., None])
