from __future__ import annotations

import os
import subprocess
from datetime import timedelta

import pytest

from archive.actions.leases import (
    CLAIM_TERM,
    LEASE_TERM,
    Holder,
    Lease,
    claim_free_streams,
    holder_of,
    process_started,
    release_lease,
    renew_leases,
    streams_without_recorder,
    take_lease,
)
from archive.models import Gap, RecorderLease
from cameras.models import Camera, Stream
from tests.archive.actions.conftest import at

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

NOW = at(0)


@pytest.fixture
def holder() -> Holder:
    return holder_of(os.getpid(), name="record-1@here")


@pytest.fixture
def other() -> Holder:
    return Holder("record-2@there", "there", 1, 1)


@pytest.fixture
def lease(stream: Stream, holder: Holder) -> Lease:
    ((stream_id, token),) = claim_free_streams(at=NOW)
    lease = take_lease(stream_id=stream_id, token=token, holder=holder, at=NOW)
    assert lease is not None
    return lease


def test_stream_that_was_never_recorded_has_no_cause(stream: Stream, lease: Lease) -> None:
    assert lease == Lease(stream.pk, 1, "")


def test_claimed_stream_is_not_dispatched_again_before_its_claim_runs_out(stream: Stream) -> None:
    assert claim_free_streams(at=NOW) == [(stream.pk, 1)]

    assert claim_free_streams(at=NOW + CLAIM_TERM / 2) == []
    assert claim_free_streams(at=NOW + CLAIM_TERM * 2) == [(stream.pk, 2)]


def test_late_task_finds_its_claim_gone(stream: Stream, holder: Holder, other: Holder) -> None:
    claim_free_streams(at=NOW)
    claim_free_streams(at=NOW + CLAIM_TERM * 2)

    late = take_lease(stream_id=stream.pk, token=1, holder=holder, at=NOW + CLAIM_TERM * 2)
    first = take_lease(stream_id=stream.pk, token=2, holder=other, at=NOW + CLAIM_TERM * 2)
    again = take_lease(stream_id=stream.pk, token=2, holder=holder, at=NOW + CLAIM_TERM * 2)

    assert (late, first, again) == (None, Lease(stream.pk, 2, ""), None)


def test_held_stream_is_not_dispatched(stream: Stream, lease: Lease, holder: Holder) -> None:
    later = NOW + LEASE_TERM * 0.9

    assert claim_free_streams(at=later) == []
    assert renew_leases(holder=holder, tokens={stream.pk: lease.token}, at=later) == set()
    assert claim_free_streams(at=later + LEASE_TERM * 0.9) == []


def test_lease_that_ran_out_is_fenced_off_by_the_next_token(
    stream: Stream, lease: Lease, holder: Holder, other: Holder
) -> None:
    later = NOW + LEASE_TERM * 2
    ((_, token),) = claim_free_streams(at=later)
    newer = take_lease(stream_id=stream.pk, token=token, holder=other, at=later)

    lost = renew_leases(holder=holder, tokens={stream.pk: lease.token}, at=later)

    assert newer == Lease(stream.pk, 2, Gap.Cause.RECORDER_DIED)
    assert lost == {stream.pk}
    assert not release_lease(lease=lease, holder=holder, cause=Gap.Cause.RECORDER_STOPPED)
    assert RecorderLease.objects.get().holder == other.name


def test_holder_that_was_cut_off_keeps_a_lease_that_nobody_took(
    stream: Stream, lease: Lease, holder: Holder
) -> None:
    later = NOW + LEASE_TERM * 5

    assert renew_leases(holder=holder, tokens={stream.pk: lease.token}, at=later) == set()

    assert RecorderLease.objects.get().expires_at == later + LEASE_TERM


def test_lease_that_ran_out_while_the_database_was_away_is_not_free(
    stream: Stream, lease: Lease, holder: Holder, other: Holder
) -> None:
    later = NOW + LEASE_TERM * 5

    assert claim_free_streams(at=later, living={holder, other}) == []
    assert claim_free_streams(at=later, living={other}) == [(stream.pk, 2)]


def test_lease_of_a_killed_process_of_this_machine_is_free_at_once(stream: Stream) -> None:
    with subprocess.Popen(["sleep", "60"]) as process:
        holder = holder_of(process.pid, name="record-1@here")
        ((_, token),) = claim_free_streams(at=NOW)
        take_lease(stream_id=stream.pk, token=token, holder=holder, at=NOW)
        assert claim_free_streams(at=NOW) == []

        process.kill()
        # Dead, and not yet waited for by its parent.
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)

        assert claim_free_streams(at=NOW) == [(stream.pk, 2)]
        assert RecorderLease.objects.get().released_cause == Gap.Cause.RECORDER_DIED


def test_process_with_the_number_of_a_dead_one_is_not_taken_for_it(
    stream: Stream, holder: Holder
) -> None:
    earlier = Holder(holder.name, holder.node, holder.process_id, holder.process_started - 100)
    ((_, token),) = claim_free_streams(at=NOW)
    take_lease(stream_id=stream.pk, token=token, holder=earlier, at=NOW)

    assert claim_free_streams(at=NOW) == [(stream.pk, 2)]


def test_released_lease_tells_the_next_holder_why(
    stream: Stream, lease: Lease, holder: Holder
) -> None:
    assert release_lease(lease=lease, holder=holder, cause=Gap.Cause.DISABLED)

    ((_, token),) = claim_free_streams(at=NOW)
    following = take_lease(stream_id=stream.pk, token=token, holder=holder, at=NOW)

    assert following == Lease(stream.pk, 2, Gap.Cause.DISABLED)


def test_claim_that_nobody_took_keeps_the_cause(
    stream: Stream, lease: Lease, holder: Holder
) -> None:
    release_lease(lease=lease, holder=holder, cause=Gap.Cause.RECORDER_STOPPED)
    claim_free_streams(at=NOW)

    ((_, token),) = claim_free_streams(at=NOW + CLAIM_TERM * 2)
    following = take_lease(stream_id=stream.pk, token=token, holder=holder, at=NOW)

    assert following is not None
    assert following.cause == Gap.Cause.RECORDER_STOPPED


def test_stream_that_is_switched_off_is_not_dispatched(stream: Stream) -> None:
    Camera.objects.update(is_enabled=False)
    assert claim_free_streams(at=NOW) == []

    Camera.objects.update(is_enabled=True)
    Stream.objects.update(is_recorded=False)
    assert claim_free_streams(at=NOW) == []


def test_stream_without_a_recorder_for_long_is_found(stream: Stream, lease: Lease) -> None:
    assert streams_without_recorder(at=NOW + LEASE_TERM) == []

    assert streams_without_recorder(at=NOW + LEASE_TERM * 2 + timedelta(seconds=1)) == [stream.pk]


def test_process_that_does_not_exist_has_no_start() -> None:
    assert process_started(2**22 + 1) is None
    with pytest.raises(ProcessLookupError):
        holder_of(2**22 + 1, name="nobody")
