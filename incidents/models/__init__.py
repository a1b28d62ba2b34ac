"""Rows of alarms, incidents, shifts and what leaves the house."""

from incidents.models.alarms import Alarm, AlarmCounter
from incidents.models.dictionaries import Category, ChecklistItem, LegalHint, Norm, Service
from incidents.models.incidents import (
    ChecklistMark,
    ChronologyEntry,
    Damage,
    Dispatch,
    Incident,
    Participant,
    Reminder,
)

__all__ = [
    "Alarm",
    "AlarmCounter",
    "Category",
    "ChecklistItem",
    "ChecklistMark",
    "ChronologyEntry",
    "Damage",
    "Dispatch",
    "Incident",
    "LegalHint",
    "Norm",
    "Participant",
    "Reminder",
    "Service",
]
