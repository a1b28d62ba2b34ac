"""Searches in the archive: asked for, called off, cut into pieces, given to workers.

A piece is claimed by one worker at a time, with a lease that its work renews. A worker that dies
leaves it to the next; done twice, a piece finds the same events, and they are the same rows.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError

from analytics import tasks
from analytics.engine.detectors import entries
from analytics.engine.kinds import Kind
from analytics.models import Backfill, BackfillPiece
from archive import queries as archive_queries
from archive.actions.leases import node_name, process_started
from cameras.audit import write_audit_entry
from cameras.models import Camera, Stream

logger = logging.getLogger(__name__)

PIECE = timedelta(minutes=10)
LONGEST = timedelta(days=30)
MOST_OPEN_PIECES = 20_000
CATCH_UP_LIMIT = timedelta(hours=24)
LEASE = timedelta(seconds=30)
MOST_ATTEMPTS = 3
SEARCHERS = 2
"""Processes that take pieces; see atomgrad_site.processes."""
_OPEN = (Backfill.State.WAITING, Backfill.State.RUNNING)


class BackfillRefusedError(Exception):
    """Why this can not be searched, as a sentence for the person."""


class BackfillFinishedError(Exception):
    """The search is no longer waiting or running."""


@transaction.atomic
def request_backfill(
    *,
    cameras: Sequence[Camera],
    actor: User | None,
    started_at: datetime,
    ended_at: datetime,
    at: datetime,
    kinds: Sequence[str] = (),
    address: str | None = None,
) -> Backfill:
    """Note that footage shall be led through the detectors, and wake workers after the commit.

    Args:
        actor: None for the portal itself.
        kinds: what to look for; empty: by the cameras' rules.

    Raises:
        BackfillRefusedError: no camera, an empty or too long range, of the future, or unknown
            kinds.

    """
    check_request(cameras, started_at, ended_at, at, kinds)
    backfill = Backfill.objects.create(
        started_at=started_at,
        ended_at=ended_at,
        kinds=sorted(set(kinds)),
        requested_at=at,
        requested_by=actor,
    )
    backfill.cameras.set(cameras)
    BackfillPiece.objects.bulk_create(_pieces(backfill, cameras), batch_size=500)
    if actor is not None:
        _note(backfill, "analytics.search", actor, at, address)
    transaction.on_commit(partial(wake_searchers, SEARCHERS))
    return backfill


def check_request(
    cameras: Sequence[Camera],
    started_at: datetime,
    ended_at: datetime,
    at: datetime,
    kinds: Sequence[str],
) -> None:
    """Raise BackfillRefusedError where `request_backfill` would."""
    if not cameras:
        raise BackfillRefusedError(_("Choose at least one camera."))
    if ended_at <= started_at:
        raise BackfillRefusedError(_("The end must be later than the beginning."))
    if ended_at > at:
        raise BackfillRefusedError(
            _("The range ends in the future: there is no footage of it yet.")
        )
    if ended_at - started_at > LONGEST:
        message = _("A search may cover at most %(days)d days.")
        raise BackfillRefusedError(message % {"days": LONGEST.days})
    if any(kind not in set(Kind) or Kind(kind) not in entries() for kind in kinds):
        raise BackfillRefusedError(_("There is no such situation."))
    wanted = len(cameras) * ((ended_at - started_at) // PIECE + 1)
    if wanted + open_pieces(at).count() > MOST_OPEN_PIECES:
        raise BackfillRefusedError(_("Too much is waiting to be searched. Try again later."))


def _pieces(backfill: Backfill, cameras: Sequence[Camera]) -> list[BackfillPiece]:
    pieces, start = [], backfill.started_at
    while start < backfill.ended_at:
        end = min(start + PIECE, backfill.ended_at)
        pieces += [
            BackfillPiece(backfill=backfill, camera=camera, started_at=start, ended_at=end)
            for camera in cameras
        ]
        start = end
    return pieces


@transaction.atomic
def cancel_backfill(
    *, backfill: Backfill, actor: User, at: datetime, address: str | None = None
) -> Backfill:
    """Call off a search; workers stop within seconds. What was found stays.

    Raises:
        BackfillFinishedError: there is nothing left to cancel.

    """
    changed = Backfill.objects.filter(pk=backfill.pk, state__in=_OPEN).update(
        state=Backfill.State.CANCELLED, finished_at=at
    )
    if changed != 1:
        raise BackfillFinishedError
    backfill.refresh_from_db()
    _note(backfill, "analytics.cancel_search", actor, at, address)
    return backfill


@transaction.atomic
def catch_up(*, camera_id: int, since: datetime, until: datetime, at: datetime) -> Backfill | None:
    """Let what passed while nobody analyzed be searched; None where there is nothing to search.

    No further back than CATCH_UP_LIMIT: what is older than a day alarms nobody any more.
    """
    since = max(since, until - CATCH_UP_LIMIT)
    camera = Camera.objects.filter(pk=camera_id).first()
    if camera is None or since >= until or not _has_footage(camera, since, until):
        return None
    is_known = BackfillPiece.objects.filter(
        camera=camera,
        backfill__requested_by=None,
        backfill__started_at__lte=since,
        backfill__ended_at__gte=until,
    ).exists()
    if is_known:
        return None
    logger.info("camera %d: %s to %s is caught up", camera_id, since, until)
    return request_backfill(
        cameras=[camera], actor=None, started_at=since, ended_at=until, at=max(at, until)
    )


def _has_footage(camera: Camera, since: datetime, until: datetime) -> bool:
    streams = Stream.objects.filter(camera=camera).select_related("camera")
    return any(archive_queries.footage_bytes(stream, since, until) for stream in streams)


def _note(backfill: Backfill, action: str, actor: User, at: datetime, address: str | None) -> None:
    detail = {
        "cameras": list(backfill.cameras.values_list("pk", flat=True)),
        "started_at": backfill.started_at.isoformat(),
        "ended_at": backfill.ended_at.isoformat(),
        "kinds": backfill.kinds,
    }
    write_audit_entry(
        actor=actor, action=action, target=backfill, at=at, detail=detail, address=address
    )


# --- pieces -----------------------------------------------------------------------------


def holder_name(process_id: int | None = None) -> str:
    """Name this process so that others of the machine can see whether it lives."""
    process_id = process_id or os.getpid()
    return f"{process_id}/{process_started(process_id)}/{node_name()}"


def open_pieces(at: datetime) -> QuerySet[BackfillPiece]:
    """Pieces that wait, or whose worker's lease ran out."""
    is_free = Q(lease_expires_at=None) | Q(lease_expires_at__lt=at)
    return BackfillPiece.objects.filter(is_free, is_done=False, backfill__state__in=_OPEN)


@transaction.atomic
def claim_piece(*, holder: str, at: datetime) -> BackfillPiece | None:
    """Give the next piece to this worker, the oldest footage first."""
    _free_dead_holders(at)
    pieces = open_pieces(at).order_by("attempt_count", "started_at", "pk")
    for piece in pieces.select_related("backfill", "camera")[:10]:
        changed = open_pieces(at).filter(pk=piece.pk, attempt_count=piece.attempt_count)
        if changed.update(
            holder=holder, lease_expires_at=at + LEASE, attempt_count=F("attempt_count") + 1
        ):
            piece.attempt_count += 1
            waiting = Backfill.objects.filter(pk=piece.backfill_id, state=Backfill.State.WAITING)
            waiting.update(state=Backfill.State.RUNNING)
            return piece
    return None


def _free_dead_holders(at: datetime) -> None:
    """A killed worker of this machine need not be waited for."""
    held = BackfillPiece.objects.filter(is_done=False, lease_expires_at__gte=at)
    for pk, holder in held.values_list("pk", "holder"):
        process_id, started, node = holder.split("/", 2)
        if node == node_name() and str(process_started(int(process_id))) != started:
            BackfillPiece.objects.filter(pk=pk, holder=holder).update(lease_expires_at=None)


def renew_piece(*, piece: BackfillPiece, footage_seconds: float, at: datetime) -> bool:
    """Go on with a piece; False: it was called off, or another worker has it."""
    return _update_own(piece, footage_seconds=footage_seconds, lease_expires_at=at + LEASE)


@transaction.atomic
def finish_piece(
    *, piece: BackfillPiece, footage_seconds: float, at: datetime, error: str = ""
) -> None:
    """Note that a piece is done or, with an error, given up; the last one ends its search."""
    _update_own(
        piece,
        footage_seconds=footage_seconds,
        is_done=True,
        lease_expires_at=None,
        error=error[:300],
    )
    _finish_backfill(piece.backfill_id, at)


def retry_piece(*, piece: BackfillPiece, error: str, at: datetime) -> None:
    """Leave a piece that failed to a next attempt; after the last one it is given up."""
    if piece.attempt_count >= MOST_ATTEMPTS:
        finish_piece(piece=piece, footage_seconds=piece.footage_seconds, at=at, error=error)
        return
    _update_own(piece, lease_expires_at=None, error=error[:300])


def leave_piece(*, piece: BackfillPiece) -> None:
    """Let a piece go without a fault of its own: that was no attempt."""
    _update_own(piece, lease_expires_at=None, attempt_count=piece.attempt_count - 1)


def _update_own(piece: BackfillPiece, **values: object) -> bool:
    own = BackfillPiece.objects.filter(
        pk=piece.pk,
        attempt_count=piece.attempt_count,
        is_done=False,
        backfill__state__in=_OPEN,
    )
    return (
        BackfillPiece.objects.filter(pk__in=list(own.values_list("pk", flat=True))).update(**values)
        == 1
    )


def _finish_backfill(backfill_id: int, at: datetime) -> None:
    pieces = BackfillPiece.objects.filter(backfill=backfill_id)
    if pieces.filter(is_done=False).exists():
        return
    failed = list(pieces.exclude(error="").values_list("error", flat=True)[:1])
    Backfill.objects.filter(pk=backfill_id, state__in=_OPEN).update(
        state=Backfill.State.FAILED if failed else Backfill.State.DONE,
        finished_at=at,
        error=failed[0] if failed else "",
    )


# --- workers ----------------------------------------------------------------------------


def dispatch_backfills(*, at: datetime) -> None:
    """Wake workers for pieces that wait or were left by a dead one; end searches that are done."""
    _free_dead_holders(at)
    _give_up(at)
    waiting = open_pieces(at).count()
    if waiting:
        wake_searchers(min(waiting, SEARCHERS))


def _give_up(at: datetime) -> None:
    for piece in open_pieces(at).filter(attempt_count__gte=MOST_ATTEMPTS):
        error = piece.error or "three workers died over this piece"
        finish_piece(piece=piece, footage_seconds=piece.footage_seconds, at=at, error=error)


def wake_searchers(count: int) -> None:
    try:
        for _turn in range(count):
            tasks.search_pieces.delay()
    except OperationalError as error:
        # The rows wait: dispatch_backfills finds them once Redis answers again.
        logger.warning("a search waits, Redis does not answer: %s", error)
