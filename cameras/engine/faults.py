"""The error that ends a connection to a camera, with the words the technician will read."""

from __future__ import annotations

from cameras.engine.packets import Failure, FailureCause


class SourceError(Exception):
    """A camera can not be used as it answers now; `failure` goes to the listener."""

    def __init__(self, cause: FailureCause, detail: str) -> None:
        super().__init__(detail)
        self.failure = Failure(cause, detail)


def unreachable(detail: str) -> SourceError:
    return SourceError(FailureCause.UNREACHABLE, detail)


def unsupported(detail: str) -> SourceError:
    return SourceError(FailureCause.UNSUPPORTED, detail)


def web_server_answered() -> SourceError:
    return unsupported("the address answered as a web server, not as a camera")
