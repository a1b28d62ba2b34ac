"""The second places of signed heads: a file on another disk, the system's log, a locked bucket."""

from __future__ import annotations

import fcntl
import json
import logging
import logging.handlers
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db.models import QuerySet

from archive.actions.proof_checks import note_check
from archive.models import HeadCopy, ProofCheck, SignedHeads
from archive.storage import lock_object

logger = logging.getLogger(__name__)

LONGEST_SECONDS = 20.0
"""Of one place in one round: an export waits meanwhile. The rest goes in the next."""
Write = Callable[[SignedHeads, str, datetime], None]


def copy_heads(*, at: datetime) -> None:
    """Give each place the heads that it lacks, in order. One that refuses stops nothing."""
    problems = []
    waiting = 0
    with _one_at_a_time():
        for place, write in _places():
            problem, count = _catch_up(place, write, at)
            waiting = max(waiting, count)
            if count:
                problems.append(f"{place}: {problem}" if problem else place)
    note_check(
        kind=ProofCheck.Kind.HEADS, at=at, problem="; ".join(problems), problem_count=waiting
    )


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Keep the order: the hourly task and an export may sign in the same moment."""
    with (Path(settings.PROOF_DIR) / "copies.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _places() -> Iterator[tuple[str, Write]]:
    if settings.HEADS_FILE:
        yield settings.HEADS_FILE, _append
    if settings.HEADS_SYSLOG:
        yield settings.HEADS_SYSLOG, _send
    if settings.HEADS_S3_BUCKET:
        yield f"s3://{settings.HEADS_S3_BUCKET}/{settings.HEADS_S3_PREFIX}", _lock


def _catch_up(place: str, write: Write, at: datetime) -> tuple[str, int]:
    """Return what the place said when it refused, and how many heads wait for it."""
    copy = _position_of(place)
    deadline = time.monotonic() + LONGEST_SECONDS
    problem = ""
    try:
        # One at a time: SQLite lets nobody write who still reads what has changed since.
        while (signed := _missed(copy).first()) and time.monotonic() < deadline:
            write(signed, _line(signed), at)
            copy.written = signed.pk
            copy.save(update_fields=["written"])
    except OSError as error:
        logger.exception("signed heads could not be copied to %s", place)
        problem = error.strerror or str(error)
    return problem, _missed(copy).count()


def _missed(copy: HeadCopy) -> QuerySet[SignedHeads]:
    return SignedHeads.objects.filter(pk__gt=copy.written).order_by("pk")


def _position_of(place: str) -> HeadCopy:
    """A new place begins with the newest heads: they hold the hash of those before."""
    before = SignedHeads.objects.order_by("-pk").values_list("pk", flat=True)[1:2]
    copy, _is_new = HeadCopy.objects.get_or_create(
        place=place, defaults={"written": next(iter(before), 0)}
    )
    return copy


def _line(signed: SignedHeads) -> str:
    return json.dumps({"document": signed.document, "signature": json.loads(signed.signature)})


def _append(signed: SignedHeads, line: str, at: datetime) -> None:
    del signed, at
    descriptor = os.open(settings.HEADS_FILE, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
    with os.fdopen(descriptor, "w") as file:
        file.write(f"{line}\n")
        file.flush()
        os.fsync(file.fileno())


class _StrictSysLogHandler(logging.handlers.SysLogHandler):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 -- logging's name
        """Tell of a log that is away: logging itself would print it and go on."""
        del record
        error = sys.exception()
        assert error is not None  # noqa: S101 -- called in its handler only
        raise error


def _send(signed: SignedHeads, line: str, at: datetime) -> None:
    """To a socket such as /dev/log, or HOST:PORT by UDP."""
    del signed, at
    host, _, port = settings.HEADS_SYSLOG.rpartition(":")
    place: str | tuple[str, int] = (host, int(port)) if host else settings.HEADS_SYSLOG
    handler = _StrictSysLogHandler(place, facility=logging.handlers.SysLogHandler.LOG_AUTHPRIV)
    try:
        handler.emit(logging.LogRecord("atomgrad", logging.INFO, "", 0, line, None, None))
    finally:
        handler.close()


def _lock(signed: SignedHeads, line: str, at: datetime) -> None:
    """As an object that nobody may change or delete for so long. A repeated one is a version."""
    lock_object(
        key=f"{settings.HEADS_S3_PREFIX}{signed.signed_at:%Y/%m/%d/%H%M%S}-{signed.pk:08d}.json",
        data=line.encode(),
        mode=settings.HEADS_S3_MODE,
        until=at + settings.HEADS_S3_KEPT,
    )
