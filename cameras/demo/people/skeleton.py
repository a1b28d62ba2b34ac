"""The joints of a person in a pose.

Local axes are forward, left and up, in meters, with the origin on the ground between the
feet (for a swing: on its seat). Lengths are those of a person of 1.72 m and scale with height.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

REFERENCE_HEIGHT_M = 1.72
STRIDE_M = 1.36
"""How far a person of reference height gets in two steps."""

THIGH, SHIN, UPPER_ARM, FOREARM = 0.44, 0.42, 0.29, 0.25
ANKLE_Z = 0.075
SEAT_Z = 0.47
TORSO = 0.5
HEAD_OVER_CHEST = 0.175


class Pose(Enum):
    WALK = "walk"
    RUN = "run"
    STAND = "stand"
    SIT = "sit"
    SWING = "swing"
    KICK = "kick"
    BEND = "bend"
    PHONE = "phone"
    PUSH = "push"


@dataclass(frozen=True)
class Limb:
    """Root, middle and end of an arm or a leg."""

    root: Array
    middle: Array
    end: Array


@dataclass(frozen=True)
class Skeleton:
    pelvis: Array
    chest: Array
    head: Array
    left_arm: Limb
    right_arm: Limb
    left_leg: Limb
    right_leg: Limb
    toes: tuple[Array, Array]


def pose_skeleton(pose: Pose, phase: float) -> Skeleton:
    """Return the skeleton; `phase` runs by 2 pi over two steps or over one movement."""
    if pose in GAITS:
        return _striding(phase, GAITS[pose])
    if pose in MOVEMENTS:
        return MOVEMENTS[pose](phase)
    return _standing(pose, phase)


def _leg(hip: Array, thigh: float, knee: float) -> Limb:
    """A leg by its thigh's angle forward of hanging and by the bend of its knee."""
    middle = hip + THIGH * np.array([math.sin(thigh), 0, -math.cos(thigh)])
    shin = thigh - knee
    return Limb(hip, middle, middle + SHIN * np.array([math.sin(shin), 0, -math.cos(shin)]))


def _arm(shoulder: Array, upper: float, elbow: float, out: float = 0.06) -> Limb:
    side = math.copysign(out, shoulder[1])
    middle = shoulder + UPPER_ARM * np.array([math.sin(upper), side, -math.cos(upper)])
    fore = upper + elbow
    end = middle + FOREARM * np.array([math.sin(fore), -side * 0.3, -math.cos(fore)])
    return Limb(shoulder, middle, end)


def _toe(leg: Limb, pitch: float) -> Array:
    foot = np.array([0.17 * math.cos(pitch), 0, -0.035 - 0.17 * math.sin(pitch)])
    toe: Array = leg.end + foot
    return toe


@dataclass(frozen=True)
class _Frame:
    """Where the trunk is, from which limbs hang."""

    pelvis: Array
    lean: float

    @property
    def chest(self) -> Array:
        chest: Array = self.pelvis + TORSO * np.array([math.sin(self.lean), 0, math.cos(self.lean)])
        return chest

    @property
    def head(self) -> Array:
        lean = self.lean * 0.75
        head: Array = self.chest + HEAD_OVER_CHEST * np.array(
            [math.sin(lean) + 0.1, 0, math.cos(lean)]
        )
        return head

    def hip(self, side: int) -> Array:
        hip: Array = self.pelvis + np.array([0, 0.085 * side, 0])
        return hip

    def shoulder(self, side: int) -> Array:
        shoulder: Array = self.chest + np.array([0, 0.2 * side, -0.045])
        return shoulder


def _assemble(
    frame: _Frame, arms: tuple[Limb, Limb], legs: tuple[Limb, Limb], pitches: tuple[float, float]
) -> Skeleton:
    toes = (_toe(legs[0], pitches[0]), _toe(legs[1], pitches[1]))
    return Skeleton(frame.pelvis, frame.chest, frame.head, *arms, *legs, toes)


@dataclass(frozen=True)
class _Gait:
    """Angles in radians: of thighs, of a lifted knee, of arms, of the trunk, of elbows."""

    swing: float
    lift: float
    arm: float
    lean: float
    elbow: float


def _striding(phase: float, gait: _Gait) -> Skeleton:
    angles = []
    for turn in (phase, phase + math.pi):
        thigh = gait.swing * math.sin(turn) + 0.06
        knee = 0.1 + gait.lift * max(0.0, math.cos(turn)) ** 1.6
        angles.append((thigh, knee))
    reach = max(THIGH * math.cos(t) + SHIN * math.cos(t - k) for t, k in angles)
    frame = _Frame(np.array([0.0, 0.0, reach + ANKLE_Z]), gait.lean)
    legs = tuple(_leg(frame.hip(side), *angle) for side, angle in zip((1, -1), angles, strict=True))
    arms = tuple(
        _arm(frame.shoulder(side), -gait.arm * math.sin(turn) - 0.05, gait.elbow)
        for side, turn in ((1, phase), (-1, phase + math.pi))
    )
    pitches = tuple(max(0.0, 0.9 * (k - t - 0.2)) for t, k in angles)
    return _assemble(frame, (arms[0], arms[1]), (legs[0], legs[1]), (pitches[0], pitches[1]))


def _standing(pose: Pose, phase: float) -> Skeleton:
    sway = 0.012 * math.sin(phase)
    frame = _Frame(np.array([sway, sway, THIGH + SHIN + ANKLE_Z - 0.01]), 0.02 + sway)
    legs = (_leg(frame.hip(1), 0.07, 0.1), _leg(frame.hip(-1), -0.02, 0.06))
    upper, elbow = {Pose.PHONE: (0.5, 1.7), Pose.PUSH: (1.1, 0.5)}.get(pose, (0.03, 0.22))
    right = _arm(frame.shoulder(-1), upper + sway * 2, elbow)
    left_bend = (1.1, 0.5) if pose is Pose.PUSH else (-0.02, 0.2)
    left = _arm(frame.shoulder(1), left_bend[0] - sway * 2, left_bend[1])
    return _assemble(frame, (left, right), legs, (0.0, 0.0))


def _seated(phase: float) -> Skeleton:
    sway = 0.015 * math.sin(phase)
    frame = _Frame(np.array([0.0, 0.0, SEAT_Z + 0.09]), -0.1 + sway)
    legs = (_leg(frame.hip(1), 1.5, 1.5), _leg(frame.hip(-1), 1.46, 1.36))
    arms = (_arm(frame.shoulder(1), 0.35, 0.75), _arm(frame.shoulder(-1), 0.3 + sway, 0.85))
    return _assemble(frame, arms, legs, (0.0, 0.0))


def _swinging(phase: float) -> Skeleton:
    """A child on a swing's seat; the phase is that of the swing."""
    lean = -0.3 * math.sin(phase)
    frame = _Frame(np.array([0.0, 0.0, 0.1]), lean - 0.05)
    reach = 1.35 + 0.35 * math.sin(phase)
    knee = 0.75 - 0.6 * math.sin(phase)
    legs = (_leg(frame.hip(1), reach, knee), _leg(frame.hip(-1), reach - 0.05, knee))
    arms = (_arm(frame.shoulder(1), 0.5, 2.0, 0.12), _arm(frame.shoulder(-1), 0.5, 2.0, 0.12))
    return _assemble(frame, arms, legs, (-0.6, -0.6))


def _kicking(phase: float) -> Skeleton:
    swing = math.sin(phase)
    frame = _Frame(np.array([0.02, 0.0, THIGH + SHIN + ANKLE_Z - 0.03]), -0.12 - 0.1 * swing)
    kick = _leg(frame.hip(-1), 0.25 + 0.95 * swing, 0.5 - 0.4 * swing)
    legs = (_leg(frame.hip(1), -0.08, 0.05), kick)
    arms = (_arm(frame.shoulder(1), 0.7, 0.6, 0.3), _arm(frame.shoulder(-1), -0.7, 0.4, 0.3))
    return _assemble(frame, arms, legs, (0.0, -0.5))


def _bending(phase: float) -> Skeleton:
    """Down to the ground and up again over one turn of the phase."""
    depth = (1 - math.cos(phase)) / 2
    thigh, knee = 0.9 * depth, 1.35 * depth
    high = THIGH * math.cos(thigh) + SHIN * math.cos(thigh - knee) + ANKLE_Z
    frame = _Frame(np.array([-0.2 * depth, 0.0, high]), 1.05 * depth)
    legs = (_leg(frame.hip(1), thigh, knee), _leg(frame.hip(-1), thigh, knee))
    reach = 0.45 * depth
    arms = (_arm(frame.shoulder(1), reach, 0.15), _arm(frame.shoulder(-1), reach, 0.15))
    return _assemble(frame, arms, legs, (0.0, 0.0))


GAITS = {
    Pose.WALK: _Gait(swing=0.44, lift=0.75, arm=0.42, lean=0.05, elbow=0.35),
    Pose.RUN: _Gait(swing=0.68, lift=1.35, arm=0.75, lean=0.16, elbow=1.35),
}
MOVEMENTS: dict[Pose, Callable[[float], Skeleton]] = {
    Pose.SIT: _seated,
    Pose.SWING: _swinging,
    Pose.KICK: _kicking,
    Pose.BEND: _bending,
}
