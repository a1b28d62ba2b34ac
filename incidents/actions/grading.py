"""How urgent a situation is, and how sure the portal can be of it."""

from __future__ import annotations

from analytics.engine.kinds import Kind
from analytics.models import Detection, WatchEntry
from incidents.models import Alarm, Category

_PRIORITIES: dict[str, Alarm.Priority] = {
    # Life, fire, what may explode.
    Kind.FIRE: Alarm.Priority.URGENT,
    Kind.SMOKE: Alarm.Priority.URGENT,
    Kind.FIGHT: Alarm.Priority.URGENT,
    Kind.FALL: Alarm.Priority.URGENT,
    Kind.ABANDONED: Alarm.Priority.URGENT,
    # Damage, disorder in the making, a camera that sees nothing any more.
    Kind.ASSET: Alarm.Priority.IMPORTANT,
    Kind.TAMPER: Alarm.Priority.IMPORTANT,
    Kind.CROWD: Alarm.Priority.IMPORTANT,
    # Whom the police look for, perhaps: a person compares the pictures before anything follows.
    Kind.FACE: Alarm.Priority.IMPORTANT,
    # Somebody where or when nobody should be: look, mostly nothing follows.
    Kind.INTRUSION: Alarm.Priority.ORDINARY,
    Kind.CROSSING: Alarm.Priority.ORDINARY,
    Kind.LOITERING: Alarm.Priority.ORDINARY,
    Kind.GROUP: Alarm.Priority.ORDINARY,
    Kind.RUNNING: Alarm.Priority.ORDINARY,
    Kind.DOG: Alarm.Priority.ORDINARY,
    # Order and cleanliness; what a person only wants to know.
    Kind.VEHICLE: Alarm.Priority.LOW,
    Kind.MOTION: Alarm.Priority.LOW,
    Kind.UNUSUAL: Alarm.Priority.LOW,
    Kind.SOUND: Alarm.Priority.LOW,
}
# Guesses about what people do and who they are: never more than possible, however high the score.
_GUESSES = frozenset({Kind.FIGHT, Kind.UNUSUAL, Kind.FACE})
# Of the watch list. A child that is alone may be lost again in the next minute.
_URGENT_ENTRIES = frozenset({WatchEntry.Kind.MISSING_CHILD})
# States that the portal knows without looking into the picture.
_KNOWN_STATES = frozenset({"lost", "black"})
_LIKELY_SCORE = 0.5  # "p > ~50 %", the Common Alerting Protocol 1.2


def priority_of_outside(kind: str) -> Alarm.Priority:
    """Return the priority of what no detector raised: of the kind, or of its category."""
    if kind in _PRIORITIES:
        return _PRIORITIES[kind]
    category = Category.objects.filter(code=kind).values_list("priority", flat=True).first()
    return Alarm.Priority(category or Alarm.Priority.ORDINARY)


def priority_of(detection: Detection) -> Alarm.Priority:
    if detection.kind == Kind.FACE and detection.facts.get("entry_kind") in _URGENT_ENTRIES:
        return Alarm.Priority.URGENT
    return _PRIORITIES.get(detection.kind, Alarm.Priority.ORDINARY)


def certainty_of(detection: Detection) -> Alarm.Certainty:
    if detection.kind == Kind.TAMPER and detection.facts.get("state") in _KNOWN_STATES:
        return Alarm.Certainty.OBSERVED
    if detection.kind in _GUESSES or detection.score < _LIKELY_SCORE:
        return Alarm.Certainty.POSSIBLE
    return Alarm.Certainty.LIKELY
