"""What the portal can raise."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """The name of a kind is kept in the database and in the names of measured figures."""

    TAMPER = "tamper"
    MOTION = "motion"
    INTRUSION = "intrusion"
    CROSSING = "crossing"
    LOITERING = "loitering"
    CROWD = "crowd"
    GROUP = "group"
    RUNNING = "running"
    FALL = "fall"
    FIGHT = "fight"
    ABANDONED = "abandoned"
    ASSET = "asset"
    FIRE = "fire"
    SMOKE = "smoke"
    VEHICLE = "vehicle"
    DOG = "dog"
    UNUSUAL = "unusual"
    SOUND = "sound"
    FACE = "face"
    """Raised by the watch list alone: no rule can be set for it."""


class Grade(StrEnum):
    """How loud: an alarm comes to the desk, a hint waits in the list and on the time line."""

    ALARM = "ALARM"
    HINT = "HINT"


class Sensitivity(StrEnum):
    LOW = "LOW"
    NORMAL = "NORMAL"
    HIGH = "HIGH"
