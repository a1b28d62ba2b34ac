"""Who records which stream. A lease runs out by itself; its token fences off an older holder."""

from __future__ import annotations

import socket
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from django.db import transaction
from django.db.models import F

from archive.models import Gap, RecorderLease
from cameras.models import Stream

LEASE_TERM = timedelta(seconds=10)
# How long a dispatched task may take to reach a worker and take its lease.
CLAIM_TERM = timedelta(seconds=4)


@dataclass(frozen=True, slots=True)
class Holder:
    """One process, told from all others, also from a later one with its number."""

    name: str
    node: str
    process_id: int
    process_started: int


class LeaseRow(Protocol):
    """What a row that says who does something has; see RecorderLease."""

    holder: str
    node: str
    process_id: int | None
    process_started: int | None
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Lease:
    stream_id: int
    token: int
    # Why nobody recorded until now: a Gap.Cause, or empty when nobody ever did.
    cause: str


def holder_of(process_id: int, *, name: str) -> Holder:
    started = process_started(process_id)
    if started is None:
        raise ProcessLookupError(process_id)
    return Holder(name, node_name(), process_id, started)


def node_name() -> str:
    return socket.gethostname()[:100]


def process_started(process_id: int) -> int | None:
    """Return field 22 of /proc/PID/stat, or None where no such process runs."""
    try:
        text = Path(f"/proc/{process_id}/stat").read_text(encoding="ascii", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = text.rpartition(")")[2].split()
    # A killed process that its parent has not waited for yet records nothing any more.
    return None if fields[0] in {"Z", "X"} else int(fields[19])


def claim_free_streams(
    *, at: datetime, living: Collection[Holder] = frozenset()
) -> list[tuple[int, int]]:
    """Claim each stream that should be recorded and is not; return stream ids and tokens.

    A claim keeps others from dispatching the same stream while its task is on the way.

    Args:
        living: holders that are known to live by another way than the database. While that is
            away they go on recording, and their leases run out without being free.
    """
    streams = Stream.objects.filter(is_recorded=True, camera__is_enabled=True)
    rows = list(streams.values_list("pk", "lease__token"))
    missing = [RecorderLease(stream_id=pk) for pk, token in rows if token is None]
    if missing:
        RecorderLease.objects.bulk_create(missing, ignore_conflicts=True)
    leases = RecorderLease.objects.filter(stream__in=[pk for pk, _ in rows])
    free = [lease for lease in leases if is_free(lease, at, living)]
    return [(lease.pk, lease.token + 1) for lease in free if _claim(lease, at)]


def is_free(lease: LeaseRow, at: datetime, living: Collection[Holder]) -> bool:
    """Tell whether nobody holds it: it ran out, or its process on this machine is gone."""
    if _holder(lease) in living:
        return False
    if lease.expires_at is None or lease.expires_at < at:
        return True
    if lease.process_id is None or lease.node != node_name():
        return False
    return process_started(lease.process_id) != lease.process_started


def _holder(lease: LeaseRow) -> Holder | None:
    if lease.process_id is None or lease.process_started is None:
        return None
    return Holder(lease.holder, lease.node, lease.process_id, lease.process_started)


def _claim(lease: RecorderLease, at: datetime) -> bool:
    died = lease.process_id is not None
    changed = RecorderLease.objects.filter(pk=lease.pk, token=lease.token).update(
        token=F("token") + 1,
        holder="",
        process_id=None,
        process_started=None,
        expires_at=at + CLAIM_TERM,
        released_cause=Gap.Cause.RECORDER_DIED if died else lease.released_cause,
    )
    return changed == 1


@transaction.atomic
def take_lease(*, stream_id: int, token: int, holder: Holder, at: datetime) -> Lease | None:
    """Turn a claim into a lease; None when it was claimed again meanwhile, or taken."""
    claimed = RecorderLease.objects.filter(pk=stream_id, token=token, process_id=None)
    cause = claimed.values_list("released_cause", flat=True).first()
    if cause is None:
        return None
    changed = claimed.update(
        holder=holder.name,
        node=holder.node,
        process_id=holder.process_id,
        process_started=holder.process_started,
        expires_at=at + LEASE_TERM,
        released_cause="",
    )
    return Lease(stream_id, token, cause) if changed else None


def renew_leases(*, holder: Holder, tokens: Mapping[int, int], at: datetime) -> set[int]:
    """Renew all leases of the holder in one statement; return the streams it has lost."""
    held = RecorderLease.objects.filter(
        holder=holder.name,
        node=holder.node,
        process_id=holder.process_id,
        process_started=holder.process_started,
        pk__in=tokens,
    )
    if held.update(expires_at=at + LEASE_TERM) == len(tokens):
        return set()
    kept = {pk for pk, token in held.values_list("pk", "token") if tokens.get(pk) == token}
    return set(tokens) - kept


def release_lease(*, lease: Lease, holder: Holder, cause: Gap.Cause) -> bool:
    """Let the stream go; False when it was lost before."""
    held = RecorderLease.objects.filter(
        process_id=holder.process_id,
        process_started=holder.process_started,
        pk=lease.stream_id,
        token=lease.token,
    )
    return bool(
        held.update(
            holder="",
            process_id=None,
            process_started=None,
            expires_at=None,
            released_cause=cause,
        )
    )


def streams_without_recorder(*, at: datetime) -> list[int]:
    """Return the streams whose lease ran out some time ago and that nobody has claimed."""
    expired = RecorderLease.objects.filter(
        expires_at__lt=at - LEASE_TERM,
        stream__is_recorded=True,
        stream__camera__is_enabled=True,
    )
    return list(expired.values_list("pk", flat=True))
