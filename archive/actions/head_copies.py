"""The second place of signed heads: a file on another disk, or the system's log."""

from __future__ import annotations

import json
import logging
import logging.handlers
import os

from django.conf import settings

from archive.actions.proof_checks import note_check
from archive.models import ProofCheck, SignedHeads

logger = logging.getLogger(__name__)


def copy_heads(signed: SignedHeads) -> None:
    """Append to what the settings name. A place that refuses is told of, and stops nothing."""
    line = json.dumps({"document": signed.document, "signature": json.loads(signed.signature)})
    refused = []
    for place, copy in ((settings.HEADS_FILE, _append), (settings.HEADS_SYSLOG, _send)):
        try:
            if place:
                copy(place, line)
        except OSError as error:
            logger.exception("signed heads could not be copied to %s", place)
            refused.append(f"{place}: {error.strerror or error}")
    note_check(
        kind=ProofCheck.Kind.HEADS,
        at=signed.signed_at,
        problem="; ".join(refused),
        problem_count=len(refused),
    )


def _append(path: str, line: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
    with os.fdopen(descriptor, "w") as file:
        file.write(f"{line}\n")
        file.flush()
        os.fsync(file.fileno())


def _send(address: str, line: str) -> None:
    """To a socket such as /dev/log, or HOST:PORT by UDP."""
    host, _, port = address.rpartition(":")
    place: str | tuple[str, int] = (host, int(port)) if host else address
    handler = logging.handlers.SysLogHandler(
        place, facility=logging.handlers.SysLogHandler.LOG_AUTHPRIV
    )
    try:
        handler.emit(logging.LogRecord("atomgrad", logging.INFO, "", 0, line, None, None))
    finally:
        handler.close()
