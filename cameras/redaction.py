"""Keeps credentials out of the log, whoever writes there."""

from __future__ import annotations

import logging
import re

# scheme://user:password@host: everything up to the last @ before the path
_USER_INFO = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*://)[^/\s]*@", re.IGNORECASE)


def redact(text: str) -> str:
    return _USER_INFO.sub(r"\g<scheme>***@", text)


class RedactCredentials(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        if "@" in message:
            record.msg, record.args = redact(message), None
        return True
