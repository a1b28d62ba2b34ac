"""Rules tried on the last hour before they are saved: asked for, called off, cleaned away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext as _

from analytics import tasks
from analytics.actions.setups import draft_of, unsaved_rows
from analytics.models import Trial
from cameras.audit import write_audit_entry
from cameras.models import Camera

TERM = timedelta(hours=1)
"""Of footage, up to now."""
AT_ONCE = 2
"""Trials of all cameras together: they must not starve exports of their workers."""
KEPT = timedelta(days=1)
SILENCE = timedelta(seconds=60)
"""A run that says nothing for so long has died with its worker."""
ERROR_LENGTH = 300
OPEN_STATES = (Trial.State.WAITING, Trial.State.RUNNING)


class TrialRefusedError(Exception):
    """Why it can not be tried now, as a sentence for the person."""


@transaction.atomic
def request_trial(
    *,
    camera: Camera,
    draft: Mapping[str, Any],
    actor: User,
    at: datetime,
    address: str | None = None,
) -> Trial:
    """Have a draft tried on the camera's last hour; the person's earlier trial is called off.

    Args:
        draft: as `setups.draft_of` takes it.

    Raises:
        TrialRefusedError: too many are under way, or nothing is switched on.
        RegionRefusedError, RuleRefusedError: a part of the draft is not valid.

    """
    _regions, rules = unsaved_rows(camera, draft_of(draft))
    if not any(rule.is_enabled for rule in rules):
        raise TrialRefusedError(_("Switch at least one rule on to try it."))
    delete_old_trials(at=at)
    Trial.objects.filter(requested_by=actor, state__in=OPEN_STATES).update(
        state=Trial.State.CANCELLED
    )
    if Trial.objects.filter(state__in=OPEN_STATES, reported_at__gt=at - SILENCE).count() >= AT_ONCE:
        raise TrialRefusedError(_("Others are trying rules just now: try again in a minute."))
    trial = Trial.objects.create(
        camera=camera,
        started_at=at - TERM,
        ended_at=at,
        draft=draft,
        requested_at=at,
        requested_by=actor,
        reported_at=at,
    )
    write_audit_entry(
        actor=actor,
        action="analytics.try_rules",
        target=trial,
        at=at,
        address=address,
        detail={"camera": camera.pk, "kinds": sorted({rule.kind for rule in rules})},
    )
    transaction.on_commit(partial(tasks.run_trial.delay, trial_id=trial.pk))
    return trial


def cancel_trial(*, trial: Trial) -> None:
    """Call it off; what it found so far can still be looked at."""
    Trial.objects.filter(pk=trial.pk, state__in=OPEN_STATES).update(state=Trial.State.CANCELLED)


def claim_trial(*, trial_id: int, at: datetime) -> Trial | None:
    """Take a trial that waits; None: it was called off, or another worker has it."""
    waiting = Trial.objects.filter(pk=trial_id, state=Trial.State.WAITING)
    if not waiting.update(state=Trial.State.RUNNING, reported_at=at):
        return None
    return Trial.objects.select_related("camera").get(pk=trial_id)


def report_trial(
    *, trial: Trial, hits: Sequence[Mapping[str, Any]], progress: float, at: datetime
) -> bool:
    """Note how far it is; False: it was called off."""
    running = Trial.objects.filter(pk=trial.pk, state=Trial.State.RUNNING)
    return bool(running.update(hits=list(hits), progress=progress, reported_at=at))


def finish_trial(
    *,
    trial: Trial,
    hits: Sequence[Mapping[str, Any]],
    problems: Sequence[str],
    at: datetime,
) -> None:
    Trial.objects.filter(pk=trial.pk, state=Trial.State.RUNNING).update(
        state=Trial.State.DONE,
        hits=list(hits),
        problems=list(problems),
        progress=1,
        reported_at=at,
    )


def fail_trial(*, trial: Trial, error: str, at: datetime) -> None:
    Trial.objects.filter(pk=trial.pk, state=Trial.State.RUNNING).update(
        state=Trial.State.FAILED, error=error[:ERROR_LENGTH], reported_at=at
    )


def note_death(*, trial: Trial, at: datetime) -> None:
    """Fail a trial whose worker has died, for nobody else will."""
    if trial.state in OPEN_STATES and trial.reported_at < at - SILENCE:
        trial.state = Trial.State.FAILED
        trial.error = _("The worker did not answer: try again.")
        trial.save(update_fields=["state", "error"])


def delete_old_trials(*, at: datetime) -> None:
    """Remove trials of yesterday with their pictures; nobody looks at them any more."""
    for trial in Trial.objects.filter(requested_at__lt=at - KEPT):
        for hit in trial.hits:
            default_storage.delete(hit["picture"])
        trial.delete()
