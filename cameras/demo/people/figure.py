"""A person as a set of rounded shapes in the picture, and the shadow that they cast."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import accumulate

import cv2
import numpy as np
from numpy.typing import NDArray

from cameras.demo.people.skeleton import REFERENCE_HEIGHT_M, Limb, Pose, Skeleton, pose_skeleton
from cameras.demo.scene.colors import rgb
from cameras.demo.scene.projection import Array, PinholeCamera

SHOE = "#17191c"


@dataclass(frozen=True)
class Look:
    """Height in meters and colors of a person; `skirt` is a coat or a dress to the knees."""

    coat: str = "#59636b"
    legs: str = "#2c3138"
    height: float = 1.72
    skin: str = "#c9a58c"
    hair: str = "#2a2320"
    hood: bool = False
    hat: str | None = None
    skirt: bool = False
    vest: str | None = None

    @property
    def scale(self) -> float:
        return self.height / REFERENCE_HEIGHT_M

    @property
    def is_child(self) -> bool:
        return self.height < 1.4


@dataclass(frozen=True)
class Stance:
    """Where a person stands and how; `heading` is an angle from east towards north, in radians."""

    x: float
    y: float
    heading: float
    pose: Pose = Pose.STAND
    phase: float = 0.0
    z: float = 0.0


@dataclass(frozen=True)
class Ball:
    """A sphere of the body, in the skeleton's own frame."""

    center: Array
    radius: float


@dataclass(frozen=True)
class Part:
    """A hull around some spheres, of one color; `ahead` draws it as if nearer, in meters."""

    balls: tuple[Ball, ...]
    color: Array
    is_round: bool = True
    ahead: float = 0.0


@dataclass(frozen=True)
class Body:
    """All spheres of a person in the world; `ends` are where each part's spheres end."""

    centers: Array
    radii: Array
    ends: tuple[int, ...]
    colors: Array
    is_round: tuple[bool, ...]
    ahead: Array

    def spans(self) -> list[slice]:
        starts = (0, *self.ends[:-1])
        return [slice(start, end) for start, end in zip(starts, self.ends, strict=True)]


def pose_body(look: Look, stance: Stance) -> Body:
    """Return the body of a person where it stands."""
    skeleton = pose_skeleton(stance.pose, stance.phase)
    parts = [*_legs(look, skeleton), *_arms(look, skeleton), *_trunk(look, skeleton)]
    parts += _head(look, skeleton, big=1.16 if look.is_child else 1.0)
    balls = [ball for part in parts for ball in part.balls]
    thick = look.scale * (1.12 if look.is_child else 1.0)
    return Body(
        _placed(np.array([ball.center for ball in balls]), look, stance),
        np.array([ball.radius for ball in balls]) * thick,
        tuple(accumulate(len(part.balls) for part in parts)),
        np.array([part.color for part in parts]),
        tuple(part.is_round for part in parts),
        np.array([part.ahead for part in parts]),
    )


def _placed(spots: Array, look: Look, stance: Stance) -> Array:
    cosine, sine = math.cos(stance.heading), math.sin(stance.heading)
    turn = np.array([[cosine, sine, 0], [-sine, cosine, 0], [0, 0, 1]]) * look.scale
    placed: Array = spots @ turn + np.array([stance.x, stance.y, stance.z])
    return placed


def _legs(look: Look, skeleton: Skeleton) -> Iterator[Part]:
    color = rgb(look.legs)
    legs = (skeleton.left_leg, skeleton.right_leg)
    for leg, toe, shade in zip(legs, skeleton.toes, (1.0, 0.9), strict=True):
        yield Part((Ball(leg.root, 0.09), Ball(leg.middle, 0.066)), color * shade)
        yield Part((Ball(leg.middle, 0.064), Ball(leg.end, 0.046)), color * shade)
        heel = leg.end + np.array([-0.02, 0, -0.03])
        yield Part((Ball(heel, 0.045), Ball(toe, 0.04)), rgb(SHOE), is_round=False)


def _arms(look: Look, skeleton: Skeleton) -> Iterator[Part]:
    color = rgb(look.coat) * 0.93
    for arm in (skeleton.left_arm, skeleton.right_arm):
        yield Part((Ball(arm.root, 0.066), Ball(arm.middle, 0.052)), color)
        yield Part((Ball(arm.middle, 0.052), Ball(arm.end, 0.042)), color)
        yield Part((Ball(_beyond(arm), 0.04),), rgb(look.skin), is_round=False)


def _beyond(arm: Limb) -> Array:
    along = arm.end - arm.middle
    return arm.end + along / np.linalg.norm(along) * 0.05


def _trunk(look: Look, skeleton: Skeleton) -> Iterator[Part]:
    aside = np.array([0.0, 1.0, 0.0])
    up = skeleton.chest - skeleton.pelvis
    up = up / np.linalg.norm(up)
    chest, waist = skeleton.chest - up * 0.045, skeleton.pelvis + up * 0.04
    upper = tuple(Ball(chest + aside * side, 0.086) for side in (-0.135, 0.135))
    collar = Ball(skeleton.chest + up * 0.025, 0.075)
    lower = tuple(Ball(waist + aside * side, 0.105) for side in (-0.06, 0.06))
    yield Part((*upper, collar, *lower), rgb(look.coat))
    if look.skirt:
        hem = _hem(skeleton)
        gown = (*lower, *(Ball(spot, 0.12) for spot in hem))
        yield Part(gown, rgb(look.coat) * 0.96, ahead=0.16)
    if look.vest is not None:
        band = tuple(Ball(waist + up * 0.14 + aside * side, 0.108) for side in (-0.08, 0.08))
        yield Part(band, rgb(look.vest), is_round=False, ahead=0.02)


def _hem(skeleton: Skeleton) -> list[Array]:
    legs = (skeleton.left_leg, skeleton.right_leg)
    return [leg.root * 0.35 + leg.middle * 0.65 for leg in legs]


def _head(look: Look, skeleton: Skeleton, *, big: float) -> Iterator[Part]:
    head = skeleton.head
    neck = skeleton.chest + (head - skeleton.chest) * 0.45
    yield Part((Ball(skeleton.chest, 0.055), Ball(neck, 0.055)), rgb(look.skin) * 0.85)
    crown = rgb(look.coat) * 0.85 if look.hood else rgb(look.hat or look.hair)
    back = head + np.array([-0.03, 0, 0.03])
    low = head + np.array([-0.035, 0, -0.06 if look.hood or look.skirt else 0.0])
    yield Part((Ball(back, 0.122 * big), Ball(low, 0.11 * big)), crown)
    brow, chin = head + np.array([0.035, 0, -0.01]), head + np.array([0.04, 0, -0.065])
    small = 0.8 if look.hood else 1.0
    face = (Ball(brow, 0.088 * big * small), Ball(chin, 0.068 * big * small))
    yield Part(face, rgb(look.skin), is_round=False)


RIM_POINTS = 18
_TURNS = np.linspace(0, 2 * np.pi, RIM_POINTS, endpoint=False)
RIM = np.stack([np.cos(_TURNS), np.sin(_TURNS)], axis=-1)
_GROUND_RIM = np.concatenate([RIM[::2], np.zeros((RIM_POINTS // 2, 1))], axis=1)


@dataclass(frozen=True)
class Silhouette:
    """The spheres of a body as circles in the picture."""

    centers: Array
    radii: Array

    def hulls(
        self, spans: list[slice], *, shift: Array | None = None, grow: float = 1.0
    ) -> list[Array]:
        """Return the hull of each part; `shift` moves circles by shares of their radius."""
        radii = np.maximum(self.radii * grow, 0.4)[:, None, None]
        centers = self.centers if shift is None else self.centers + self.radii[:, None] * shift
        rims = (centers[:, None, :] + radii * RIM).astype(np.float32)
        return [_hull(rims[span].reshape(-1, 2)) for span in spans]


def silhouette(body: Body, camera: PinholeCamera) -> Silhouette:
    centers, depth = camera.project(body.centers)
    return Silhouette(centers, camera.focal_px * body.radii / np.maximum(depth, 0.3))


def _hull(points: NDArray[np.float32]) -> Array:
    return np.asarray(cv2.convexHull(points).reshape(-1, 2), np.float64)


def shadow_outlines(
    body: Body, on_ground: Callable[[Array], Array | None], camera: PinholeCamera
) -> list[Array]:
    """Return the shadows of the larger parts on the ground, in pixels."""
    ground = on_ground(body.centers)
    if ground is None:
        return []
    rims = ground[:, None, :] + body.radii[:, None, None] * _GROUND_RIM
    pixels, depth = camera.project(rims)
    if (depth < 1).any():
        return []
    flat = pixels.astype(np.float32)
    spans = zip(body.spans(), body.is_round, strict=True)
    return [_hull(flat[span].reshape(-1, 2)) for span, is_round in spans if is_round]
