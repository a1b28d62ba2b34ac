"""What analysis keeps: rules and findings, and faces."""

from analytics.models.faces import (
    FaceEncounter,
    FaceSearch,
    FaceSwitch,
    WatchEntry,
    WatchEntryPlace,
    WatchHit,
    WatchPhoto,
)
from analytics.models.redaction import RedactedCopy
from analytics.models.watching import (
    Backfill,
    BackfillPiece,
    BoxMinute,
    Detection,
    EvaluationRun,
    LearnedState,
    Region,
    Trial,
    Watch,
    WatchRule,
)

__all__ = [
    "Backfill",
    "BackfillPiece",
    "BoxMinute",
    "Detection",
    "EvaluationRun",
    "FaceEncounter",
    "FaceSearch",
    "FaceSwitch",
    "LearnedState",
    "RedactedCopy",
    "Region",
    "Trial",
    "Watch",
    "WatchEntry",
    "WatchEntryPlace",
    "WatchHit",
    "WatchPhoto",
    "WatchRule",
]
