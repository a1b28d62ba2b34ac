"""Fetch the networks' files: resumed where a download broke off, kept only if the hash is right.

A file is written beside its place as `NAME.part` and renamed when its SHA-256 is the pinned one,
so what carries the name is always whole. A `.part` that is left is continued by an HTTP Range; a
server that knows no ranges sends all of it again. Only an `https:` or `http:` address or a folder
may be a mirror: what comes is checked by its hash, so a mirror needs no trust.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import IO, cast
from urllib.error import HTTPError
from urllib.parse import quote, urlsplit
from urllib.request import Request, urlopen

from analytics.engine.weights import Weights

CHUNK_BYTES = 64 * 1024
TIMEOUT_S = 30.0
"""Of silence, not of the whole download."""

OnProgress = Callable[[int], None]
"""Is told how many bytes are there by now."""


class FetchError(Exception):
    """A file could not be fetched; the text says which and why, in English."""


@dataclass(frozen=True)
class Origin:
    """Where to fetch from: a folder, or the base address of a mirror; none: the publishers."""

    mirror: str = ""

    def address_of(self, weights: Weights) -> str:
        """Return the address or path of a file; raise FetchError where there is none."""
        if not self.mirror:
            if not weights.url:
                msg = (
                    f"{weights.file_name}: its publisher has no address for it; "
                    "name a mirror or a folder"
                )
                raise FetchError(msg)
            return weights.url
        if self.is_folder:
            return str(Path(self.mirror) / weights.file_name)
        return f"{self.mirror.rstrip('/')}/{quote(weights.file_name)}"

    @property
    def is_folder(self) -> bool:
        return bool(self.mirror) and urlsplit(self.mirror).scheme not in {"http", "https"}


def is_present(weights: Weights, folder: Path) -> bool:
    """Tell whether the file is there, whole and right."""
    path = folder / weights.file_name
    return path.is_file() and _sha256_of(path) == weights.sha256


def fetch(weights: Weights, folder: Path, origin: Origin, on_progress: OnProgress) -> Path:
    """Bring one file into the folder and return its path; one that is right already stays.

    Raises:
        FetchError: it can not be had, or what came is not the file that is pinned. What came of
            an interrupted download stays and is continued by the next call.

    """
    path = folder / weights.file_name
    if is_present(weights, folder):
        on_progress(weights.size_bytes)
        return path
    address = origin.address_of(weights)
    part = path.with_name(f"{path.name}.part")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if origin.is_folder:
            shutil.copyfile(address, part)
        else:
            _download(weights, address, part, on_progress)
    except (OSError, HTTPException) as error:
        msg = f"{weights.file_name} could not be fetched from {address}: {error}"
        raise FetchError(msg) from error
    _keep(weights, part, path)
    on_progress(weights.size_bytes)
    return path


def _keep(weights: Weights, part: Path, path: Path) -> None:
    """Rename the part if it is the pinned file; else remove it, for it can not become right."""
    size = part.stat().st_size
    if size < weights.size_bytes:
        msg = (
            f"{weights.file_name} broke off after {size} of {weights.size_bytes} bytes; "
            "call again to go on"
        )
        raise FetchError(msg)
    found = _sha256_of(part)
    if found != weights.sha256:
        part.unlink()
        msg = f"{weights.file_name} is not the file that is pinned: SHA-256 {found}"
        raise FetchError(msg)
    part.replace(path)


def _download(weights: Weights, address: str, part: Path, on_progress: OnProgress) -> None:
    done = part.stat().st_size if part.is_file() else 0
    if done >= weights.size_bytes:
        return  # broken off between the last byte and the name
    with _answer(address, done) as answer:
        continues = answer.status == HTTPStatus.PARTIAL_CONTENT
        with part.open("ab" if continues else "wb") as file:
            _copy(answer, file, done if continues else 0, weights, on_progress)


@contextmanager
def _answer(address: str, done: int) -> Iterator[HTTPResponse]:
    if urlsplit(address).scheme not in {"http", "https"}:
        msg = f"not an address of the web: {address}"
        raise OSError(msg)
    headers = {"User-Agent": "Atomgrad", "Accept-Encoding": "identity"}
    if done:
        headers["Range"] = f"bytes={done}-"
    request = Request(address, headers=headers)  # noqa: S310 -- the scheme was checked above
    try:
        answer = cast("HTTPResponse", urlopen(request, timeout=TIMEOUT_S))  # noqa: S310 -- likewise
    except HTTPError as error:
        error.close()
        raise
    with answer:
        yield answer


def _copy(
    answer: HTTPResponse, file: IO[bytes], done: int, weights: Weights, on_progress: OnProgress
) -> None:
    """Copy until the end; more than the file's size is never written."""
    while chunk := answer.read(min(CHUNK_BYTES, weights.size_bytes + 1 - done)):
        file.write(chunk)
        done += len(chunk)
        on_progress(min(done, weights.size_bytes))


def _sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
