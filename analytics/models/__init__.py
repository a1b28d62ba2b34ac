"""What analysis keeps: rules and findings, and faces."""

from analytics.models.faces import (
    FaceCalibration,
    FaceEncounter,
    FaceSearch,
    FaceSwitch,
    FaceThreshold,
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
    "FaceCalibration",
    "FaceEncounter",
    "FaceSearch",
    "FaceSwitch",
    "FaceThreshold",
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
