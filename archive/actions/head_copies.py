"""The second place of signed heads: a file on another disk, or the system's log."""

from __future__ import annotations

import json
import logging
import logging.handlers
import os
from pathlib import Path

from django.conf import settings

from archive.models import SignedHeads

logger = logging.getLogger(__name__)


def copy_heads(signed: SignedHeads) -> None:
    """Append to what the settings name. A place that refuses is told of, and stops nothing."""
    line = json.dumps({"document": signed.document, "signature": json.loads(signed.signature)})
    try:
        if settings.HEADS_FILE:
            _append(Path(settings.HEADS_FILE), line)
        if settings.HEADS_SYSLOG:
            _send(settings.HEADS_SYSLOG, line)
    except OSError:
        logger.exception("signed heads could not be copied to their second place")


def _append(path: Path, line: str) -> None:
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
