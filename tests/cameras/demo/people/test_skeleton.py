from __future__ import annotations

import math

import pytest

from cameras.demo.people.skeleton import Pose, Skeleton, pose_skeleton

pytestmark = pytest.mark.unit

PHASES = [index * math.pi / 8 for index in range(16)]


def lowest_toe(skeleton: Skeleton) -> float:
    return float(min(toe[2] for toe in skeleton.toes))


@pytest.mark.parametrize("pose", [Pose.WALK, Pose.RUN, Pose.STAND, Pose.KICK, Pose.BEND])
def test_one_foot_is_always_on_the_ground(pose: Pose) -> None:
    heights = [lowest_toe(pose_skeleton(pose, phase)) for phase in PHASES]

    assert max(heights) < 0.09
    assert min(heights) > -0.06


def test_walk_repeats_after_two_steps() -> None:
    first, later = (pose_skeleton(Pose.WALK, phase) for phase in (0.7, 0.7 + 2 * math.pi))

    assert later.left_leg.end == pytest.approx(first.left_leg.end)


def test_legs_swap_after_one_step() -> None:
    first, later = (pose_skeleton(Pose.WALK, phase) for phase in (0.7, 0.7 + math.pi))

    assert later.right_leg.end[0] == pytest.approx(first.left_leg.end[0])


def test_standing_person_is_as_tall_as_the_reference() -> None:
    skeleton = pose_skeleton(Pose.STAND, 0.0)

    crown = float(skeleton.head[2]) + 0.15

    assert crown == pytest.approx(1.72, abs=0.08)


def test_bending_brings_the_hands_down() -> None:
    up, down = (pose_skeleton(Pose.BEND, phase) for phase in (0.0, math.pi))

    assert up.left_arm.end[2] > 0.8
    assert down.left_arm.end[2] < 0.5
