"""Searches in the archive that people ask for: looked at before they begin, then started.

Pieces, leases and workers are those of `analytics.actions.backfills`, as for what the portal
catches up by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from analytics.actions.backfills import BackfillRefusedError, check_request, request_backfill
from analytics.models import Backfill
from analytics.queries import SearchPlan, search_plan
from cameras.models import Camera


def plan_search(
    *,
    cameras: Sequence[Camera],
    started_at: datetime,
    ended_at: datetime,
    kinds: Sequence[str],
    at: datetime,
) -> SearchPlan:
    """Tell what a search would have before it, without starting it.

    Raises:
        BackfillRefusedError: as `request_backfill`.

    """
    check_request(cameras, started_at, ended_at, at, kinds)
    return search_plan(cameras, started_at=started_at, ended_at=ended_at, kinds=kinds)


def request_search(
    *,
    cameras: Sequence[Camera],
    actor: User,
    started_at: datetime,
    ended_at: datetime,
    kinds: Sequence[str],
    at: datetime,
    address: str | None = None,
) -> Backfill:
    """Start a search.

    Raises:
        BackfillRefusedError: as `request_backfill`; or there is no footage in the range at all,
            or nothing that could be looked for on these cameras.

    """
    plan = plan_search(
        cameras=cameras, started_at=started_at, ended_at=ended_at, kinds=kinds, at=at
    )
    if not plan.footage_s:
        raise BackfillRefusedError(_("There is no footage of this range."))
    if not plan.is_looked_for:
        raise BackfillRefusedError(
            _("Nothing of this can be looked for: these cameras have no drawing or rule for it.")
        )
    return request_backfill(
        cameras=cameras,
        actor=actor,
        started_at=started_at,
        ended_at=ended_at,
        kinds=kinds,
        at=at,
        address=address,
    )
