"""Rows of alarms, incidents, shifts and what leaves the house."""

from incidents.models.alarms import Alarm, AlarmCounter, AlarmPicture, FalseReason
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
from incidents.models.interchange import (
    Delivery,
    Exchange,
    OutsideMessage,
    Reader,
    Subscriber,
)

__all__ = [
    "Alarm",
    "AlarmCounter",
    "AlarmPicture",
    "Category",
    "ChecklistItem",
    "ChecklistMark",
    "ChronologyEntry",
    "Damage",
    "Delivery",
    "Dispatch",
    "Exchange",
    "FalseReason",
    "Incident",
    "LegalHint",
    "Norm",
    "OutsideMessage",
    "Participant",
    "Reader",
    "Reminder",
    "Service",
    "Subscriber",
]
