"""All that is drawn and set on one camera, saved at once: the page sends it as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time
from typing import Any, TypedDict

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from analytics.actions.regions import (
    Drawing,
    add_region,
    change_region,
    delete_region,
    unsaved_region,
)
from analytics.actions.rules import (
    RuleRefusedError,
    RuleSetting,
    add_rule,
    add_usual_rules,
    change_rule,
    delete_rule,
    unsaved_rule,
)
from analytics.models import Region, Watch, WatchRule
from cameras.models import Camera


class SetupChangedError(Exception):
    """Somebody else has saved since the page was opened."""


@dataclass(frozen=True)
class RegionDraft:
    """`ref` names it among the drafts; `number` is its row's, None for a new one."""

    ref: str
    drawing: Drawing
    number: int | None = None


@dataclass(frozen=True)
class RuleDraft:
    """`region_ref` names a RegionDraft, empty: the whole picture. `setting` is without region."""

    setting: RuleSetting
    region_ref: str = ""
    number: int | None = None


@dataclass(frozen=True)
class SetupDraft:
    regions: Sequence[RegionDraft]
    rules: Sequence[RuleDraft]


class _By(TypedDict):
    """What every action notes."""

    actor: User
    at: datetime
    address: str | None


@transaction.atomic
def save_setup(
    *,
    camera: Camera,
    draft: SetupDraft,
    revision: int,
    actor: User,
    at: datetime,
    address: str | None = None,
) -> None:
    """Make the camera's drawings and rules those of the draft: add, change, delete.

    Args:
        revision: of the state that the draft was made from.

    Raises:
        SetupChangedError: that is no longer the state.
        RegionRefusedError, RuleRefusedError: a part is not valid; nothing was saved.

    """
    watch, is_new = _locked_watch(camera)
    if not is_new and watch.revision != revision:
        raise SetupChangedError
    by: _By = {"actor": actor, "at": at, "address": address}
    _drop_left_out(camera, draft, by)
    regions = {part.ref: _save_region(camera, part, by) for part in draft.regions}
    for part in draft.rules:
        _save_rule(camera, part, regions, by)
    if is_new:
        add_usual_rules(camera=camera)


def _locked_watch(camera: Camera) -> tuple[Watch, bool]:
    """Return the camera's watch, kept from others until the transaction ends; True: it is new."""
    Camera.objects.select_for_update(of=("self",)).get(pk=camera.pk)
    return Watch.objects.get_or_create(camera=camera)


def _drop_left_out(camera: Camera, draft: SetupDraft, by: _By) -> None:
    kept_rules = {part.number for part in draft.rules}
    for rule in WatchRule.objects.filter(camera=camera).select_related("camera", "region"):
        if rule.pk not in kept_rules:
            delete_rule(rule=rule, **by)
    kept_regions = {part.number for part in draft.regions}
    for region in Region.objects.filter(camera=camera).select_related("camera"):
        if region.pk not in kept_regions:
            delete_region(region=region, **by)


def _save_region(camera: Camera, part: RegionDraft, by: _By) -> Region:
    if part.number is None:
        return add_region(camera=camera, drawing=part.drawing, **by)
    region = Region.objects.select_related("camera").filter(camera=camera, pk=part.number).first()
    if region is None:
        raise SetupChangedError
    change_region(region=region, drawing=part.drawing, **by)
    return region


def _save_rule(camera: Camera, part: RuleDraft, regions: Mapping[str, Region], by: _By) -> None:
    setting = placed(part, regions)
    if part.number is None:
        add_rule(camera=camera, setting=setting, **by)
        return
    rules = WatchRule.objects.select_related("camera", "region").filter(camera=camera)
    rule = rules.filter(pk=part.number).first()
    if rule is None:
        raise SetupChangedError
    change_rule(rule=rule, setting=setting, **by)


def unsaved_rows(camera: Camera, draft: SetupDraft) -> tuple[list[Region], list[WatchRule]]:
    """Return the rows that `save_setup` would leave, unsaved: a trial runs by them.

    Raises:
        RegionRefusedError, RuleRefusedError: a part is not valid.

    """
    regions = {part.ref: unsaved_region(camera, part.drawing) for part in draft.regions}
    rules = [unsaved_rule(camera, placed(part, regions)) for part in draft.rules]
    # What the page does not show stays as it is saved.
    overrides = dict(WatchRule.objects.filter(camera=camera).values_list("pk", "overrides"))
    for part, rule in zip(draft.rules, rules, strict=True):
        rule.overrides = overrides.get(part.number or 0, {})
    return list(regions.values()), rules


def draft_of(data: Mapping[str, Any]) -> SetupDraft:
    """Return the draft that a checked request, or a trial's row, holds as JSON."""
    return SetupDraft(
        regions=[_region_draft(part) for part in data["regions"]],
        rules=[_rule_draft(part) for part in data["rules"]],
    )


def _region_draft(part: Mapping[str, Any]) -> RegionDraft:
    drawing = Drawing(
        shape=part["shape"],
        name=part["name"],
        points=[(float(x), float(y)) for x, y in part["points"]],
        direction=part["direction"],
        length_m=part["length_m"],
    )
    return RegionDraft(part["ref"], drawing, part["id"])


def _rule_draft(part: Mapping[str, Any]) -> RuleDraft:
    setting = RuleSetting(
        kind=part["kind"],
        grade=part["grade"],
        sensitivity=part["sensitivity"],
        days=part["days"],
        starts=time.fromisoformat(part["starts"]),
        ends=time.fromisoformat(part["ends"]),
        is_enabled=part["is_enabled"],
    )
    return RuleDraft(setting, part["region"], part["id"])


def placed(part: RuleDraft, regions: Mapping[str, Region]) -> RuleSetting:
    """Return the rule's setting with its region. Raises RuleRefusedError: there is none such."""
    if not part.region_ref:
        return part.setting
    region = regions.get(part.region_ref)
    if region is None:
        raise RuleRefusedError(_("A rule names a drawing that is not there."))
    return replace(part.setting, region=region)
