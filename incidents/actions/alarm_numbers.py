"""The one counter of all changes of alarms: who changes one holds it until the commit."""

from __future__ import annotations

from incidents.models import AlarmCounter

_COUNTER = 1


def hold_counter() -> AlarmCounter:
    """Return the counter; whoever asks next waits until this transaction ends."""
    rows = AlarmCounter.objects.select_for_update()
    counter = rows.filter(pk=_COUNTER).first()
    if counter is not None:
        return counter
    # The very first: of two at once one waits for the other's row.
    AlarmCounter.objects.get_or_create(pk=_COUNTER)
    return rows.get(pk=_COUNTER)


def take_numbers(counter: AlarmCounter, count: int = 1) -> range:
    """Take the next numbers from a counter that is held."""
    first = counter.last + 1
    counter.last += count
    counter.save(update_fields=["last"])
    return range(first, counter.last + 1)


def next_number() -> int:
    """Hold the counter and take the next number."""
    return take_numbers(hold_counter())[0]
