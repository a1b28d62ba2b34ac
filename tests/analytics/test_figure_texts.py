"""Measured figures have names in words."""

from __future__ import annotations

import re

import pytest
from django.utils import translation

from analytics.evaluation import simulated
from analytics.evaluation.damage import Damage
from analytics.figure_texts import figure_label

NAMES = [
    "abandoned.composites.elsewhere",
    "alarms_per_camera_day",
    "assets",
    "at_joins",
    "delay_p95",
    "error_max",
    "false.alarms",
    "false.minutes",
    "false_frames",
    "false_seconds",
    "given.recall",
    "minded.false",
    "off_flame",
    "owner",
    "recall",
    "seconds_labeled",
    "sightings",
    "smoke.drawn.recall",
    "start_late",
    "timeline.delay_median",
    "vehicle.false",
    *(f"simulated.{name}.recall" for name in simulated.TAMPERING),
    *(f"fine.{name}.recall" for name in simulated.FINE_TAMPERING),
    *(f"{name}.false" for name in simulated.LIGHT),
    *(f"{damage}.recall" for damage in Damage),
]


@pytest.mark.parametrize("name", NAMES)
def test_every_part_of_a_figure_is_told_in_russian(name: str) -> None:
    with translation.override("ru"):
        label = figure_label(name)

    assert not re.search(r"[A-Za-z]", label)


def test_part_without_words_keeps_its_own() -> None:
    with translation.override("en"):
        assert figure_label("recall.40px") == "found, 40px"
