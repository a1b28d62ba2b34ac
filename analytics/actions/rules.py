"""Rules: which detector watches where, when and how loud."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from analytics.actions.revisions import note_change
from analytics.engine.catalog import Entry, Place
from analytics.engine.detectors import entries
from analytics.engine.kinds import Kind
from analytics.models import Region, WatchRule
from cameras.audit import write_audit_entry
from cameras.models import Camera

DAYS_IN_WEEK = 7
SHAPE_OF_PLACE = {
    Place.ZONE: Region.Shape.ZONE,
    Place.LINE: Region.Shape.LINE,
    Place.ASSET: Region.Shape.ASSET,
}


class RuleRefusedError(Exception):
    """Why it can not watch, as a sentence for the person."""


@dataclass(frozen=True)
class RuleSetting:
    """`days` as in WatchRule; empty: every day."""

    kind: str
    region: Region | None = None
    grade: str = WatchRule.Grade.ALARM
    sensitivity: str = WatchRule.Sensitivity.NORMAL
    days: Sequence[int] = field(default_factory=list)
    starts: time = time(0)
    ends: time = time(0)
    is_enabled: bool = True


@transaction.atomic
def add_usual_rules(*, camera: Camera) -> list[WatchRule]:
    """Give a camera the rules that every camera has; return those that it had not yet."""
    # Locked: two dispatchers may come upon a new camera at once.
    Camera.objects.select_for_update().get(pk=camera.pk)
    present = set(WatchRule.objects.filter(camera=camera).values_list("kind", flat=True))
    return [
        WatchRule.objects.create(
            camera=camera, kind=kind, grade=entry.grade, starts=time(0), ends=time(0)
        )
        for kind, entry in entries().items()
        if entry.is_usual and kind not in present
    ]


@transaction.atomic
def add_rule(
    *, camera: Camera, setting: RuleSetting, actor: User, at: datetime, address: str | None = None
) -> WatchRule:
    """Let a detector watch. Raises RuleRefusedError."""
    check_setting(camera, setting)
    rule = WatchRule.objects.create(camera=camera, **_values(setting))
    _note(rule, "analytics.add_rule", actor, at, address)
    return rule


@transaction.atomic
def change_rule(
    *, rule: WatchRule, setting: RuleSetting, actor: User, at: datetime, address: str | None = None
) -> bool:
    """Set a rule anew; return whether anything differs. Raises RuleRefusedError."""
    values = _values(setting)
    if all(getattr(rule, name) == value for name, value in values.items()):
        return False
    check_setting(rule.camera, setting)
    if setting.kind != rule.kind:
        raise RuleRefusedError(_("A rule keeps its situation: add a new one instead."))
    for name, value in values.items():
        setattr(rule, name, value)
    rule.save()
    _note(rule, "analytics.change_rule", actor, at, address)
    return True


@transaction.atomic
def lower_to_hints(
    *, camera: Camera, kind: str, actor: User, at: datetime, address: str | None = None
) -> int:
    """Let a detector of a camera only hint from now on; return how many of its rules changed."""
    loud = WatchRule.objects.select_for_update(of=("self",)).select_related("camera", "region")
    rules = list(loud.filter(camera=camera, kind=kind, grade=WatchRule.Grade.ALARM))
    for rule in rules:
        rule.grade = WatchRule.Grade.HINT
        rule.save(update_fields=["grade"])
        _note(rule, "analytics.change_rule", actor, at, address)
    return len(rules)


@transaction.atomic
def delete_rule(*, rule: WatchRule, actor: User, at: datetime, address: str | None = None) -> None:
    """Take a rule away; what it raised stays."""
    _note(rule, "analytics.delete_rule", actor, at, address)
    rule.delete()


def unsaved_rule(camera: Camera, setting: RuleSetting) -> WatchRule:
    """Return the row that `add_rule` would write, for a trial. Raises RuleRefusedError."""
    check_setting(camera, setting)
    return WatchRule(camera=camera, **_values(setting))


def check_setting(camera: Camera, setting: RuleSetting) -> None:
    """Refuse what can not be watched. Raises RuleRefusedError with a sentence."""
    if setting.kind not in set(Kind) or Kind(setting.kind) not in entries():
        raise RuleRefusedError(_("There is no such situation."))
    if any(day not in range(DAYS_IN_WEEK) for day in setting.days):
        raise RuleRefusedError(_("A day of the week is a number from 0, Monday, to 6."))
    if setting.region is not None and setting.region.camera_id != camera.pk:
        raise RuleRefusedError(_("The drawing belongs to another camera."))
    _check_place(entries()[Kind(setting.kind)], setting.region)


def _check_place(entry: Entry, region: Region | None) -> None:
    wanted = SHAPE_OF_PLACE.get(entry.place)
    if wanted is None:
        wanted = Region.Shape.ZONE if entry.zone_is_optional else None
        is_right = region is None or region.shape == wanted
    elif region is None:
        is_right = entry.zone_is_optional
    else:
        is_right = region.shape == wanted
    if not is_right:
        raise RuleRefusedError(_refusal_of(wanted))


def _refusal_of(wanted: Region.Shape | None) -> str:
    return {
        Region.Shape.ZONE: _("This situation needs a zone: draw it and choose it."),
        Region.Shape.LINE: _("This situation needs a line: draw it and choose it."),
        Region.Shape.ASSET: _("This situation needs a guarded thing: draw it and choose it."),
    }.get(wanted or Region.Shape.MASK, _("This situation is watched in the whole picture."))


def _values(setting: RuleSetting) -> dict[str, Any]:
    days = sorted(set(setting.days))
    return {
        "kind": setting.kind,
        "region": setting.region,
        "grade": setting.grade,
        "sensitivity": setting.sensitivity,
        "days": [] if len(days) == DAYS_IN_WEEK else days,
        "starts": setting.starts,
        "ends": setting.ends,
        "is_enabled": setting.is_enabled,
    }


def _note(rule: WatchRule, action: str, actor: User, at: datetime, address: str | None) -> None:
    write_audit_entry(
        actor=actor,
        action=action,
        target=rule,
        at=at,
        detail={
            "camera": rule.camera_id,
            "kind": rule.kind,
            "region": rule.region.name if rule.region else "",
            "grade": rule.grade,
            "is_enabled": rule.is_enabled,
        },
        address=address,
    )
    note_change(rule.camera)
