"""Answers with footage: byte ranges (RFC 9110, section 14), streamed and never loaded whole."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    JsonResponse,
    StreamingHttpResponse,
)
from django.utils.http import content_disposition_header

from archive.engine.reader import ByteSource, Content, Piece, content_size, slice_content

CHUNK_BYTES = 512 * 1024
FOREVER = "private, max-age=31536000, immutable"
AN_HOUR = "private, max-age=3600"
NO_STORE = "no-store"
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


class ContentStream:
    """The asynchronous body of an answer; the response closes the source with itself."""

    def __init__(self, content: Content, source: ByteSource) -> None:
        self._content = content
        self._source = source

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for part in self._content:
            if isinstance(part, bytes):
                yield part
                continue
            end = part.offset + part.length
            for offset in range(part.offset, end, CHUNK_BYTES):
                wanted = min(CHUNK_BYTES, end - offset)
                data = await asyncio.to_thread(part.source.read, offset, wanted)
                yield data
                if len(data) < wanted:
                    return  # the file shrank: the browser sees a short body

    def close(self) -> None:
        self._source.close()


def parse_range(header: str, size: int) -> tuple[int, int] | None:
    """Return start and end (exclusive) of a single byte range; None: send it whole.

    Raises:
        ValueError: the range lies outside.
    """
    match = _RANGE.fullmatch(header.strip())
    if match is None or match.groups() == ("", ""):
        return None  # other units and lists of ranges may be ignored
    first, last = match.groups()
    if first == "":
        start, end = max(size - int(last), 0), size
    else:
        start, end = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < start:
            return None  # RFC 9110: an invalid range is ignored
    if start >= size or start >= end:
        raise ValueError("the range lies outside")
    return start, end


def content_response(
    request: HttpRequest,
    *,
    source: ByteSource,
    content: Content | None = None,
    content_type: str = "video/mp4",
    etag: str = "",
    cache_control: str = AN_HOUR,
    file_name: str = "",
) -> HttpResponseBase:
    """Return the content, or the range of it that was asked for; 206, 304 and 416 as due.

    Closes the source once the answer is sent, or at once when it has no body.

    Args:
        content: made-up of pieces of the source; default: the source as it is.
        etag: a strong one, without quotes; empty: the content still changes.
        file_name: set it to have the browser save a file of this name.
    """
    content = content if content is not None else [Piece(source, 0, source.size)]
    size = content_size(content)
    headers = {
        "Accept-Ranges": "bytes",
        "Cache-Control": cache_control,
        "X-Content-Type-Options": "nosniff",
        **({"ETag": f'"{etag}"'} if etag else {}),
        **_disposition(file_name),
    }
    if etag and f'"{etag}"' in request.headers.get("If-None-Match", ""):
        source.close()
        return HttpResponse(status=HTTPStatus.NOT_MODIFIED, headers=headers)
    try:
        wanted = _wanted_range(request, size, etag)
    except ValueError:
        source.close()
        headers["Content-Range"] = f"bytes */{size}"
        return HttpResponse(status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers=headers)
    start, end = wanted or (0, size)
    headers["Content-Length"] = str(end - start)
    status = HTTPStatus.PARTIAL_CONTENT if wanted else HTTPStatus.OK
    if wanted:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    if request.method == "HEAD":
        source.close()
        return HttpResponse(status=status, headers=headers, content_type=content_type)
    body = ContentStream(slice_content(content, start, end), source)
    return StreamingHttpResponse(body, status=status, headers=headers, content_type=content_type)


def _wanted_range(request: HttpRequest, size: int, etag: str) -> tuple[int, int] | None:
    header = request.headers.get("Range", "")
    condition = request.headers.get("If-Range")
    if not header or (condition is not None and condition != f'"{etag}"'):
        return None
    return parse_range(header, size)


def _disposition(file_name: str) -> dict[str, str]:
    header = content_disposition_header(as_attachment=True, filename=file_name)
    return {"Content-Disposition": header} if file_name and header else {}


def accelerated_response(
    *, internal_path: str, content_type: str, etag: str, file_name: str = ""
) -> HttpResponse | None:
    """Return an empty answer that has the proxy send the file (nginx), or None when not set up.

    The proxy maps ATOMGRAD_X_ACCEL_PREFIX to the folders; ranges are then its work.
    """
    if not settings.X_ACCEL_PREFIX:
        return None
    headers = {
        "X-Accel-Redirect": f"{settings.X_ACCEL_PREFIX}/{quote(internal_path)}",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": AN_HOUR,
        "ETag": f'"{etag}"',
        **_disposition(file_name),
    }
    return HttpResponse(headers=headers, content_type=content_type)


# --- without footage --------------------------------------------------------------------


def json_answer(answer: dict[str, Any]) -> JsonResponse:
    return JsonResponse(answer, headers={"Cache-Control": NO_STORE})


def refusal(error: Exception) -> JsonResponse:
    """The sentence of a domain error, for the person."""
    return JsonResponse({"error": str(error)}, status=HTTPStatus.BAD_REQUEST)
