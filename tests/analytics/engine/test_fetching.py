"""Downloads from a real server: whole, broken off, wrong, from a folder."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from analytics.engine.fetching import FetchError, Origin, fetch, is_present
from analytics.engine.weights import Weights

pytestmark = pytest.mark.unit

CONTENT = bytes(range(256)) * 2000  # 512 000 bytes: several chunks
WEIGHTS = Weights(
    name="made",
    file_name="made.onnx",
    sha256=hashlib.sha256(CONTENT).hexdigest(),
    size_bytes=len(CONTENT),
    licence="none",
    origin="this test",
)


@dataclass
class Mirror:
    """`breaks_after` bytes of one answer the connection ends."""

    content: bytes = CONTENT
    breaks_after: int | None = None
    knows_ranges: bool = True
    asked: list[str | None] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    state = Mirror()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.asked.append(self.headers.get("Range"))
            if self.path != "/made.onnx":
                self.send_error(HTTPStatus.NOT_FOUND)
                return
            start = self._start()
            body = state.content[start:]
            self.send_response(HTTPStatus.PARTIAL_CONTENT if start else HTTPStatus.OK)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: state.breaks_after])

        def _start(self) -> int:
            named = self.headers.get("Range", "bytes=0-")
            return int(named.removeprefix("bytes=").rstrip("-")) if state.knows_ranges else 0

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        state.url = f"http://127.0.0.1:{server.server_port}"
        yield state
        server.shutdown()
        thread.join()


def get(folder: Path, mirror: str) -> list[int]:
    told: list[int] = []
    fetch(WEIGHTS, folder, Origin(mirror), told.append)
    return told


def test_fetch_brings_the_file_and_tells_how_far_it_is(tmp_path: Path, mirror: Mirror) -> None:
    told = get(tmp_path, mirror.url)

    assert [path.name for path in tmp_path.iterdir()] == ["made.onnx"]
    assert (tmp_path / "made.onnx").read_bytes() == CONTENT
    assert told == sorted(told)
    assert (len(told) > 3, told[-1]) == (True, len(CONTENT))


def test_fetch_asks_nobody_for_a_file_that_is_there(tmp_path: Path, mirror: Mirror) -> None:
    get(tmp_path, mirror.url)
    get(tmp_path, mirror.url)

    assert mirror.asked == [None]


@pytest.mark.parametrize("knows_ranges", [True, False])
def test_fetch_goes_on_where_it_broke_off(
    tmp_path: Path, mirror: Mirror, *, knows_ranges: bool
) -> None:
    mirror.breaks_after, mirror.knows_ranges = 200_000, knows_ranges
    with pytest.raises(FetchError, match="call again"):
        get(tmp_path, mirror.url)
    assert not is_present(WEIGHTS, tmp_path)

    mirror.breaks_after = None
    get(tmp_path, mirror.url)

    assert mirror.asked == [None, "bytes=200000-"]
    assert is_present(WEIGHTS, tmp_path)


def test_fetch_refuses_a_flipped_byte_and_keeps_nothing(tmp_path: Path, mirror: Mirror) -> None:
    mirror.content = CONTENT[:1000] + b"\xff" + CONTENT[1001:]

    with pytest.raises(FetchError, match="not the file that is pinned"):
        get(tmp_path, mirror.url)

    assert list(tmp_path.iterdir()) == []


def test_fetch_takes_no_more_than_the_pinned_size(tmp_path: Path, mirror: Mirror) -> None:
    mirror.content = CONTENT * 3

    with pytest.raises(FetchError, match="not the file that is pinned"):
        get(tmp_path, mirror.url)


def test_fetch_replaces_a_file_that_is_damaged(tmp_path: Path, mirror: Mirror) -> None:
    (tmp_path / "made.onnx").write_bytes(b"\0" + CONTENT[1:])

    get(tmp_path, mirror.url)

    assert (tmp_path / "made.onnx").read_bytes() == CONTENT


def test_fetch_copies_from_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "mirror"
    folder.mkdir()
    (folder / "made.onnx").write_bytes(CONTENT)

    get(tmp_path / "weights", str(folder))

    assert is_present(WEIGHTS, tmp_path / "weights")


@pytest.mark.parametrize(
    ("origin", "says"),
    [
        ("", "name a mirror"),
        ("http://127.0.0.1:1", "could not be fetched"),
        ("/nowhere", "nowhere"),
    ],
)
def test_fetch_says_why_it_can_not(tmp_path: Path, origin: str, says: str) -> None:
    with pytest.raises(FetchError, match=says):
        get(tmp_path, origin)


def test_fetch_says_that_the_mirror_has_it_not(tmp_path: Path, mirror: Mirror) -> None:
    with pytest.raises(FetchError, match="404"):
        get(tmp_path, f"{mirror.url}/elsewhere")
