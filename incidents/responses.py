"""The answer with a package: streamed, in ranges, counted in a receipt."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus

from django.db import DatabaseError, connections
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header

from archive.responses import NO_STORE, parse_range
from incidents.actions import package_receipts
from incidents.actions.package_bytes import PackageBrokenOffError, PackageBytes
from incidents.models import Package, PackageReceipt

logger = logging.getLogger(__name__)

_TOLD_SECONDS = 0.5
_CONTENT_TYPE = "application/zip"


class PackageStream:
    """The body of an answer. All of it happens on a thread of its own, one piece ahead."""

    def __init__(
        self, package: Package, *, start: int, end: int | None, receipt: PackageReceipt | None
    ) -> None:
        self._package, self._receipt = package, receipt
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="package")
        chunks = PackageBytes(package, start=start, end=end, on_progress=self._on_progress)
        self._chunks = iter(chunks)
        self._sent = self._counted = 0
        self._told_at = 0.0
        self._is_over = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        loop = asyncio.get_running_loop()
        coming = loop.run_in_executor(self._thread, self._next)
        try:
            while (chunk := await coming) is not None:
                coming = loop.run_in_executor(self._thread, self._next)
                yield chunk
                self._sent += len(chunk)
        except Exception:
            # The connection is cut by the server, so that nobody takes the rest for a whole.
            logger.exception("package %d broke off", self._package.pk)
            raise
        finally:
            coming.cancel()
            self._end()

    def close(self) -> None:
        self._end()

    def _next(self) -> bytes | None:
        return next(self._chunks, None)

    def _end(self) -> None:
        if not self._is_over:
            self._is_over = True
            self._thread.submit(self._conclude)
            self._thread.shutdown(wait=False)

    def _conclude(self) -> None:
        """On the thread of the stream, after its last piece."""
        try:
            self._chunks.close()  # type: ignore[attr-defined]  # -- a generator
            self._count()
            if self._receipt is not None and self._sent:
                package_receipts.finish_receipt(receipt=self._receipt, at=timezone.now())
        except DatabaseError:
            logger.exception("package %d: the receipt is not complete", self._package.pk)
        finally:
            connections.close_all()

    def _on_progress(self, position: int) -> None:
        """Tell the pages how far it is, twice a second; what was cancelled breaks off then."""
        if time.monotonic() - self._told_at < _TOLD_SECONDS:
            return
        self._told_at = time.monotonic()
        rows = Package.objects.filter(pk=self._package.pk)
        state = rows.values_list("state", flat=True).get()
        if state == Package.State.CANCELLED:
            raise PackageBrokenOffError(state)
        if state != Package.State.SEALED:
            rows.filter(done_bytes__lt=position).update(done_bytes=position)
        self._count()

    def _count(self) -> None:
        sent = self._sent
        if self._receipt is not None and sent > self._counted:
            package_receipts.add_bytes(
                receipt=self._receipt, sent=sent - self._counted, at=timezone.now()
            )
            self._counted = sent


class _Nothing:
    """The body of an answer to HEAD."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        raise StopAsyncIteration


def range_of(request: HttpRequest, package: Package) -> tuple[int, int] | None:
    """Return the range that is asked for; None: all of it. Raises ValueError: it lies outside."""
    header, condition = request.headers.get("Range", ""), request.headers.get("If-Range")
    if package.size_bytes is None or not header:
        return None
    if condition is not None and condition != etag_of(package):
        return None
    return parse_range(header, package.size_bytes)


def etag_of(package: Package) -> str:
    """The same package gives the same bytes, so its number is enough."""
    return f'"{package.public_id}"'


def package_response(
    request: HttpRequest, package: Package, receipt: PackageReceipt | None
) -> HttpResponseBase:
    """Return the ZIP or a range of it; its length is told once the package is laid out."""
    headers = {
        "Accept-Ranges": "bytes",
        "Cache-Control": NO_STORE,
        "ETag": etag_of(package),
        "X-Content-Type-Options": "nosniff",
        "X-Accel-Buffering": "no",
        "Content-Disposition": content_disposition_header(
            as_attachment=True, filename=f"{package.name}.zip"
        )
        or "",
    }
    size = package.size_bytes
    try:
        wanted = range_of(request, package)
    except ValueError:
        headers["Content-Range"] = f"bytes */{size}"
        return HttpResponse(status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers=headers)
    start, end = wanted or (0, size)
    if end is not None:
        headers["Content-Length"] = str(end - start)
    if wanted:
        headers["Content-Range"] = f"bytes {start}-{wanted[1] - 1}/{size}"
    status = HTTPStatus.PARTIAL_CONTENT if wanted else HTTPStatus.OK
    # An empty answer of the plain kind would be given the length 0.
    is_head = request.method == "HEAD"
    body = _Nothing() if is_head else PackageStream(package, start=start, end=end, receipt=receipt)
    return StreamingHttpResponse(body, status=status, headers=headers, content_type=_CONTENT_TYPE)
