"""The sentence that explains a detection, in the language of whoever reads it.

The facts are those of `analytics.engine.detector.Sighting`, kept in the row as they were; an
old row may lack one that a newer detector writes, so each sentence has a form without it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.formats import number_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from analytics.engine.kinds import Kind

Facts = Mapping[str, Any]

_MINUTE, _HOUR = 60, 3600
_KILOMETERS_PER_HOUR = 3.6  # of a meter per second
_PERCENT = 100


def title(kind: str) -> str:
    """Name a situation in two or three words; an unknown kind keeps its own name."""
    name = _TITLES.get(kind)
    return name() if name else kind


def sentence(kind: str, facts: Facts, place: str = "") -> str:
    """Say what was seen, where and for how long, without a full stop.

    `place` is the name of the zone, line or asset; empty: the whole picture.
    """
    say = _SENTENCES.get(kind)
    return capfirst(say(facts, place)) if say else title(kind)


def duration_text(seconds: float) -> str:
    """Write a duration as people say it: 12 s, 7 min 12 s, 1 h 5 min."""
    whole = max(0, round(seconds))
    parts = {"hours": whole // _HOUR, "minutes": whole // _MINUTE % 60, "seconds": whole % 60}
    if whole < _MINUTE:
        return _("%(seconds)d s") % parts
    if whole >= _HOUR:
        text = _("%(hours)d h %(minutes)d min") if parts["minutes"] else _("%(hours)d h")
    else:
        text = _("%(minutes)d min %(seconds)d s") if parts["seconds"] else _("%(minutes)d min")
    return text % parts


# --- parts of sentences -------------------------------------------------------------------


def _number(facts: Facts, name: str) -> float | None:
    value = facts.get(name)
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if is_number and value is not None else None


def _count(facts: Facts, name: str) -> int:
    return max(1, round(_number(facts, name) or 1))


def _where(facts: Facts, place: str) -> str:
    zone = str(facts.get("zone") or place)
    return _("in the zone “%(zone)s”") % {"zone": zone} if zone else _("in the picture")


def _lasting(text: str, facts: Facts, name: str = "seconds") -> str:
    """Add how long it has lasted: "person lies" becomes "person lies 20 s"."""
    seconds = _number(facts, name)
    if seconds is None:
        return text
    return _("%(what)s %(duration)s") % {"what": text, "duration": duration_text(seconds)}


def _is_there(who: str, facts: Facts, place: str) -> str:
    text = _("%(who)s %(where)s") % {"who": who, "where": _where(facts, place)}
    return _lasting(text, facts)


def _people(count: int) -> str:
    return ngettext("%(count)d person", "%(count)d people", count) % {"count": count}


def _percent(share: float) -> str:
    percent = share * _PERCENT
    return number_format(percent, 0 if percent >= 1 else 1)


# --- one sentence per kind ----------------------------------------------------------------


def _tamper(facts: Facts, place: str) -> str:
    del place
    states: dict[str, Callable[[], str]] = {
        "covered": lambda: _("the lens is covered"),
        "half_covered": lambda: _("half of the lens is covered"),
        "defocused": lambda: _("the picture is out of focus"),
        "moved": lambda: _("the camera looks elsewhere"),
        "glare": lambda: _("the camera is blinded by light"),
        "black": lambda: _("the picture is black"),
        "frozen": lambda: _("the picture stands still"),
        "lost": lambda: _("no frames from the camera"),
    }
    state = states.get(str(facts.get("state")))
    if state is None:
        return title(Kind.TAMPER)
    seconds = _number(facts, "seconds")
    if seconds is None:
        return state()
    return _("%(what)s, %(duration)s") % {"what": state(), "duration": duration_text(seconds)}


def _motion(facts: Facts, place: str) -> str:
    share = _number(facts, "share")
    where = _where(facts, place)
    if share is None:
        return _("movement %(where)s") % {"where": where}
    return _("movement %(where)s, %(percent)s %% of its area") % {
        "where": where,
        "percent": _percent(share),
    }


def _intrusion(facts: Facts, place: str) -> str:
    zone = str(facts.get("zone") or place)
    if not zone:
        return _is_there(_("person"), facts, place)
    seconds = _number(facts, "seconds")
    text = _("person entered the zone “%(zone)s”") % {"zone": zone}
    if seconds is None:
        return text
    return _("%(what)s, %(duration)s") % {"what": text, "duration": duration_text(seconds)}


def _crossing(facts: Facts, place: str) -> str:
    line = str(facts.get("line") or place)
    direction = str(facts.get("direction", "")).upper()
    if direction == "TO_RIGHT":
        return _("person crossed the line “%(line)s” from left to right") % {"line": line}
    if direction == "TO_LEFT":
        return _("person crossed the line “%(line)s” from right to left") % {"line": line}
    return _("person crossed the line “%(line)s”") % {"line": line}


def _loitering(facts: Facts, place: str) -> str:
    return _is_there(_("person"), facts, place)


def _crowd(facts: Facts, place: str) -> str:
    return _is_there(_people(_count(facts, "persons")), facts, place)


def _group(facts: Facts, place: str) -> str:
    count = _count(facts, "persons")
    who = ngettext("group of %(count)d person", "group of %(count)d people", count)
    return _is_there(who % {"count": count}, facts, place)


def _running(facts: Facts, place: str) -> str:
    del place
    speed = _number(facts, "speed_m_s")
    if speed is None:
        return _("person is running")
    return _("person is running, %(speed)s km/h") % {
        "speed": number_format(speed * _KILOMETERS_PER_HOUR, 0)
    }


def _fall(facts: Facts, place: str) -> str:
    del place
    return _lasting(_("person is lying"), facts, "seconds_down")


def _fight(facts: Facts, place: str) -> str:
    del place
    persons = _number(facts, "persons")
    if not persons:
        return _("looks like a fight")
    return _("looks like a fight, %(people)s") % {"people": _people(_count(facts, "persons"))}


def _abandoned(facts: Facts, place: str) -> str:
    del place
    text = _lasting(_("thing left alone"), facts)
    away = _number(facts, "owner_away_s")
    if away is None or facts.get("owner") in {None, "", 0}:
        return _("%(what)s, who left it was not seen") % {"what": text}
    return _("%(what)s, its owner went away %(away)s ago") % {
        "what": text,
        "away": duration_text(away),
    }


def _asset(facts: Facts, place: str) -> str:
    asset = str(facts.get("asset") or place)
    texts: dict[str, Callable[[], str]] = {
        "removed": lambda: _("“%(asset)s” is gone"),
        "moved": lambda: _("“%(asset)s” was moved"),
        "damaged": lambda: _("“%(asset)s” is damaged"),
        "painted": lambda: _("“%(asset)s” is painted over"),
    }
    text = texts.get(str(facts.get("change")), lambda: _("“%(asset)s” looks different"))
    return text() % {"asset": asset}


def _fire(facts: Facts, place: str) -> str:
    del place
    return _lasting(_("fire is seen"), facts)


def _smoke(facts: Facts, place: str) -> str:
    del place
    return _lasting(_("smoke is seen"), facts)


def label_text(label: str) -> str:
    """Name an object as the network that found it does; an unknown label keeps its own name."""
    names: dict[str, Callable[[], str]] = {
        "person": lambda: _("person"),
        "bicycle": lambda: _("bicycle"),
        "car": lambda: _("car"),
        "motorcycle": lambda: _("motorcycle"),
        "bus": lambda: _("bus"),
        "truck": lambda: _("truck"),
        "bird": lambda: _("bird"),
        "cat": lambda: _("cat"),
        "dog": lambda: _("dog"),
        "backpack": lambda: _("backpack"),
        "handbag": lambda: _("handbag"),
        "suitcase": lambda: _("suitcase"),
        "face": lambda: _("face"),
    }
    name = names.get(label)
    return name() if name else label


def _vehicle(facts: Facts, place: str) -> str:
    label = str(facts.get("label") or "")
    return _is_there(label_text(label) if label else _("vehicle"), facts, place)


def _dog(facts: Facts, place: str) -> str:
    return _is_there(_("dog"), facts, place)


def _unusual(facts: Facts, place: str) -> str:
    del place
    texts: dict[str, Callable[[], str]] = {
        "place": lambda: _("somebody is where there is hardly ever anybody"),
        "hour": lambda: _("somebody is here at an hour when the place is usually empty"),
        "speed": lambda: _("somebody moves at a speed that is unusual here"),
        "count": lambda: _("more people than usual at this hour"),
    }
    text = texts.get(str(facts.get("what")), lambda: title(Kind.UNUSUAL))()
    share = _number(facts, "share")
    if share is None:
        return text
    return _("%(what)s, seen in %(percent)s %% of the time") % {
        "what": text,
        "percent": _percent(share),
    }


def _sound(facts: Facts, place: str) -> str:
    del place
    level, usual = _number(facts, "level_db"), _number(facts, "usual_db")
    if level is None or usual is None:
        return _("louder than usual")
    return _("louder than usual by %(decibels)s dB") % {
        "decibels": number_format(abs(level - usual), 0)
    }


def score_text(score: float) -> str:
    """Write how much two faces resemble each other: 0,71. Never more than that is known."""
    return number_format(score, 2)


def _face(facts: Facts, place: str) -> str:
    del place
    score = _number(facts, "score")
    name = str(facts.get("name") or "")
    if score is None or not name:
        return _("a face resembles one of the watch list: compare the pictures")
    return _("similar to “%(name)s”, %(score)s: compare the pictures") % {
        "name": name,
        "score": score_text(score),
    }


_SENTENCES: dict[str, Callable[[Facts, str], str]] = {
    Kind.TAMPER: _tamper,
    Kind.MOTION: _motion,
    Kind.INTRUSION: _intrusion,
    Kind.CROSSING: _crossing,
    Kind.LOITERING: _loitering,
    Kind.CROWD: _crowd,
    Kind.GROUP: _group,
    Kind.RUNNING: _running,
    Kind.FALL: _fall,
    Kind.FIGHT: _fight,
    Kind.ABANDONED: _abandoned,
    Kind.ASSET: _asset,
    Kind.FIRE: _fire,
    Kind.SMOKE: _smoke,
    Kind.VEHICLE: _vehicle,
    Kind.DOG: _dog,
    Kind.UNUSUAL: _unusual,
    Kind.SOUND: _sound,
    Kind.FACE: _face,
}
_TITLES: dict[str, Callable[[], str]] = {
    Kind.TAMPER: lambda: _("Camera tampering"),
    Kind.MOTION: lambda: _("Motion"),
    Kind.INTRUSION: lambda: _("Intrusion into a zone"),
    Kind.CROSSING: lambda: _("Line crossing"),
    Kind.LOITERING: lambda: _("Long stay"),
    Kind.CROWD: lambda: _("Crowd"),
    Kind.GROUP: lambda: _("Group that stays"),
    Kind.RUNNING: lambda: _("Running"),
    Kind.FALL: lambda: _("Person lying"),
    Kind.FIGHT: lambda: _("Possible fight"),
    Kind.ABANDONED: lambda: _("Abandoned object"),
    Kind.ASSET: lambda: _("Damage to property"),
    Kind.FIRE: lambda: _("Fire"),
    Kind.SMOKE: lambda: _("Smoke"),
    Kind.VEHICLE: lambda: _("Vehicle in a zone"),
    Kind.DOG: lambda: _("Dog in a zone"),
    Kind.UNUSUAL: lambda: _("Unusual behavior"),
    Kind.SOUND: lambda: _("Loud sound"),
    Kind.FACE: lambda: _("Similar face"),
}
