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
from incidents.models.packages import (
    EvidenceRequest,
    Package,
    PackageMember,
    PackageReceipt,
    WorkingCopy,
)
from incidents.models.shifts import Drill, Handover, JournalEntry, Shift, TownMode
from incidents.models.sources import (
    AddressBlock,
    AlarmSource,
    CitizenDesk,
    CitizenReport,
    EmergencyCall,
    OnvifDevice,
    OnvifTopic,
    OutsideReport,
    PlaceSign,
    RateWindow,
)

__all__ = [
    "AddressBlock",
    "Alarm",
    "AlarmCounter",
    "AlarmPicture",
    "AlarmSource",
    "Category",
    "ChecklistItem",
    "ChecklistMark",
    "ChronologyEntry",
    "CitizenDesk",
    "CitizenReport",
    "Damage",
    "Delivery",
    "Dispatch",
    "Drill",
    "EmergencyCall",
    "EvidenceRequest",
    "Exchange",
    "FalseReason",
    "Handover",
    "Incident",
    "JournalEntry",
    "LegalHint",
    "Norm",
    "OnvifDevice",
    "OnvifTopic",
    "OutsideMessage",
    "OutsideReport",
    "Package",
    "PackageMember",
    "PackageReceipt",
    "Participant",
    "PlaceSign",
    "RateWindow",
    "Reader",
    "Reminder",
    "Service",
    "Shift",
    "Subscriber",
    "TownMode",
    "WorkingCopy",
]
