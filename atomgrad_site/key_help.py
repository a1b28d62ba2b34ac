"""What the help page says of keys."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import pgettext


@dataclass(frozen=True, slots=True)
class KeyEntry:
    keys: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class KeyGroup:
    title: str
    entries: tuple[KeyEntry, ...]


def key_groups() -> tuple[KeyGroup, ...]:
    return (_everywhere(), _desk(), _overview(), _archive(), _analysis(), _shift())


def _group(title: str, *entries: tuple[str, str]) -> KeyGroup:
    rows = tuple(KeyEntry(tuple(keys.split()), text) for keys, text in entries)
    return KeyGroup(title, rows)


def _everywhere() -> KeyGroup:
    return _group(
        _("Everywhere"),
        ("Alt", _("hold it: every control shows its key")),
        ("F1", _("this page")),
        ("F2", _("desk")),
        ("0", _("overview")),
        ("F4", _("archive")),
        ("F8", _("alarms and hints")),
        ("F9", _("shift")),
        ("F10", _("health")),
        ("M", _("mute the sound for 3 minutes, or turn it on")),
        ("T", _("night or day theme")),
    )


def _desk() -> KeyGroup:
    letter = pgettext("key of the camera number", "C")
    return _group(
        _("Desk"),
        ("1 … 9", _("place by its number")),
        (f"{letter} 0 4", _("camera by its number: the letter, then the digits")),
        ("O", _("pause or resume the tour of the places")),
        ("Enter", _("accept the alarm in hand, or the most urgent one")),
        ("Y N W", _("the alarm in hand is real, false, or to be watched")),
        ("1 … 6", _("after N: why it was false")),
        ("K", _("after Y: open the card")),
        ("G", _("the alarms of the group in hand")),
        ("Space", _("mark this moment: frames of all cameras of the place, footage is kept")),
        ("A Esc", _("open it in the archive, or close it")),
        ("V", _("frames round what analysis found")),
        ("Tab Enter", _("the chosen neighboring camera becomes the large picture")),
    )


def _overview() -> KeyGroup:
    return _group(
        _("Overview"),
        ("← → ↑ ↓", _("choose a camera")),
        ("Enter", _("open it on the desk")),
        ("Z", _("large tiles by place, or up to 25 small ones")),
        ("V", _("frames round what analysis found")),
        ("PgUp PgDn", _("another screen, when the cameras do not fit on one")),
    )


def _archive() -> KeyGroup:
    return _group(
        _("Archive"),
        ("Space", _("run or stop")),
        (", .", _("one frame back or forward")),
        ("← →", _("5 seconds; with Shift a minute")),
        ("- +", _("speed from 1× to 16×")),
        ("I O", _("beginning and end of a fragment")),
        ("S", _("save the frame as JPG")),
        ("E", _("save the fragment as MP4")),
        ("H", _("hold the fragment from deletion")),
        ("G", _("go to a time")),
        ("V", _("frames round what analysis found")),
    )


def _analysis() -> KeyGroup:
    return _group(
        _("Analysis: drawing"),
        ("1 … 5", _("what to draw: zone, line, thing, mask, meters")),
        ("← → ↑ ↓", _("move the cross; with Shift finer")),
        ("Enter", _("set a point; take a drawing up or put it down")),
        ("Esc", _("leave what is half drawn")),
        ("Del", _("remove the point or the drawing")),
        ("N", _("a new rule")),
        ("P", _("try the rules on the last hour")),
        ("S", _("save the drawings and the rules")),
    )


def _shift() -> KeyGroup:
    return _group(
        _("Shift"),
        ("S", _("open the shift, or sign the sheet to hand it over")),
        ("P", _("play the sound test")),
        ("Y N", _("the sound is heard, or not")),
        ("Enter", _("take the shift over")),
    )
