"""What is drilled: the cases that a desk must know by heart. The texts stand in drill_words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scenario:
    code: str
    kind: str  # as a detector would raise it
    priority: int
    certainty: str


# Priorities and certainties as real ones of the kind have: a drill must not be known by them.
SCENARIOS = (
    Scenario("bench", "asset", 2, "LIKELY"),
    Scenario("bag", "abandoned", 1, "LIKELY"),
    Scenario("fight", "fight", 1, "POSSIBLE"),
    Scenario("person", "fall", 1, "LIKELY"),
    Scenario("fire", "fire", 1, "LIKELY"),
    Scenario("crowd", "crowd", 2, "LIKELY"),
)
BY_CODE = {scenario.code: scenario for scenario in SCENARIOS}
