"""An evidence package of twenty minutes of four cameras against `cp` and `sha256sum`.

Prints `name value unit`:
    package.first_byte     from the click (the request that makes the package) to the first byte, s
    package.first_footage  from the click to the first byte of a recording, s
    package.seconds        from the click to the last byte: laid out, hashed, signed, sent, s
    package.peer_seconds   cp followed by sha256sum of the same bytes, s
    package.speed_ratio    the peer's time by ours
    package.memory         what packages added to the peak of the web process's memory, MB
    package.memory_process that peak, with all that the portal's web process has loaded, MB
    package.resumed_same   a download resumed at a random byte, before it was ever made whole: 1
    package.again_seconds  a second download, of which all hashes are known, s
    package.python, package.portal, package.page   files that each verifier found intact
"""

from __future__ import annotations

import argparse
import hashlib
import http.client
import json
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from footage import REPOSITORY, encode_minute, set_up_django

from tests.services import RedisServer, WebServer, celery_worker

BEGIN = datetime(2026, 7, 10, 12, tzinfo=UTC)
CAMERAS, ROUNDS = 4, 3
_PIECE = 1 << 20


@dataclass(frozen=True)
class Fetched:
    first_byte: float
    seconds: float
    size: int


def prepare(data_dir: Path, minutes: int) -> dict[str, Any]:
    """Write one encoded minute as so many files of each camera, with rows and links."""
    from django.contrib.auth.models import User  # noqa: PLC0415 -- needs Django set up
    from django.core.management import call_command  # noqa: PLC0415 -- see above

    from archive.actions import proofs  # noqa: PLC0415 -- see above
    from incidents.actions.incidents import create_incident  # noqa: PLC0415 -- see above
    from incidents.models import Category, Incident  # noqa: PLC0415 -- see above
    from tests.archive import factories  # noqa: PLC0415 -- see above

    call_command("migrate", verbosity=0)
    user = User.objects.create_superuser("bench", password="bench")  # noqa: S106 -- its own data
    clip = factories.read_clip(encode_minute())
    volume = factories.make_volume(data_dir / "archive")
    for number in range(1, CAMERAS + 1):
        camera = factories.make_camera(number)
        clips = (clip for _ in range(minutes + 2))
        factories.record_run(factories.main_stream(camera), volume, clips, started_at=BEGIN)
    proofs.link_missing()
    category, _made = Category.objects.get_or_create(
        code="vandalism", defaults={"name": "Вандализм", "priority": 2}
    )
    incident = create_incident(
        actor=user,
        source=Incident.Source.DISPATCHER,
        place=camera.location,
        category=category,
        occurred_at=BEGIN + timedelta(seconds=61),
        at=datetime.now(UTC),
    )
    return {"incident": incident.pk, "user": user}


class Portal:
    """A person at the desk, by HTTP alone."""

    def __init__(self, server: WebServer, user: Any, incident: int, minutes: int) -> None:
        from django.test import Client  # noqa: PLC0415 -- needs Django set up

        client = Client()
        client.force_login(user)
        self._cookies = "; ".join(f"{c.key}={c.value}" for c in client.cookies.values())
        self._host = server.url.removeprefix("http://")
        self._origin = server.url
        self._asked = {
            "incident": incident,
            "started_at": (BEGIN + timedelta(seconds=1)).isoformat(),
            "ended_at": (BEGIN + timedelta(seconds=1, minutes=minutes + 2 - 1)).isoformat(),
        }

    def request(
        self, method: str, path: str, *, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        connection = http.client.HTTPConnection(self._host, timeout=300)
        token = "a" * 32
        sent = {
            "Cookie": f"{self._cookies}; csrftoken={token}",
            "X-CSRFToken": token,
            "Origin": self._origin,
            "Content-Type": "application/json",
            **(headers or {}),
        }
        connection.request(method, path, json.dumps(body) if body else None, sent)
        return connection, connection.getresponse()

    def click(self) -> dict[str, Any]:
        connection, answer = self.request("POST", "/api/packages/", body=self._asked)
        content = answer.read()
        connection.close()
        if answer.status != 201:
            raise SystemExit(f"no package: {answer.status} {content!r}")
        made: dict[str, Any] = json.loads(content)
        return made

    def fetch(self, target: Path, *, begun: float, url: str) -> Fetched:
        """Fetch as people do, by a program that is not ours; `begun` is when they clicked."""
        asked = time.perf_counter() - begun
        form = "%{time_starttransfer} %{time_total} %{exitcode}"
        command = ["curl", "-s", "-o", str(target), "-w", form, "-H", f"Cookie: {self._cookies}"]
        done = subprocess.run(
            [*command, self._origin + url], check=True, capture_output=True, text=True
        )
        first, whole, _code = (float(word) for word in done.stdout.split())
        return Fetched(asked + first, asked + whole, target.stat().st_size)

    def first_footage(self) -> float:
        """Return the seconds from a click to the first byte of a recording."""
        begun, seen = time.perf_counter(), b""
        connection, answer = self.request("GET", self.click()["url"])
        while b"ftypisom" not in seen and (data := answer.read(4096)):
            seen = (seen + data)[-200_000:]
        connection.close()
        return time.perf_counter() - begun


def peer(source: Path, target: Path) -> float:
    begun = time.perf_counter()
    subprocess.run(["cp", str(source), str(target)], check=True)
    subprocess.run(["sha256sum", str(target)], check=True, stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - begun
    target.unlink()
    return seconds


def peak_memory(process_id: int) -> float:
    status = Path(f"/proc/{process_id}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def resume(portal: Portal, folder: Path, generator: random.Random) -> bool:
    """Break a first download off at a random byte, resume it, compare with a second one."""
    made = portal.click()
    connection, answer = portal.request("GET", made["url"])
    head = folder / "resumed.zip"
    size = portal_size(portal, made)
    wanted = generator.randrange(size // 10, size * 9 // 10)
    with head.open("wb") as file:
        while file.tell() < wanted and (data := answer.read(_PIECE)):
            file.write(data)
    connection.close()
    with head.open("ab") as file:
        connection, answer = portal.request(
            "GET", made["url"], headers={"Range": f"bytes={file.tell()}-"}
        )
        if answer.status != 206:
            raise SystemExit(f"not resumed: {answer.status}")
        shutil.copyfileobj(answer, file, _PIECE)
        connection.close()
    again = folder / "again.zip"
    portal.fetch(again, begun=time.perf_counter(), url=made["url"])
    same = digest_of(head) == digest_of(again)
    head.unlink()
    again.unlink()
    return same


def portal_size(portal: Portal, made: dict[str, Any]) -> int:
    """Wait until the package is laid out; return its size."""
    while True:
        connection, answer = portal.request("GET", f"/api/packages/{made['id']}/")
        found = json.loads(answer.read())
        connection.close()
        if found["size_bytes"]:
            return int(found["size_bytes"])
        time.sleep(0.2)


def digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# --- verifiers ------------------------------------------------------------------------------


def by_program(path: Path, key: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "archive.engine.verify", str(path), "--key", key, "--json"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    found = [json.loads(line) for line in done.stdout.splitlines()]
    wrong = [item for item in found if not item["is_intact"]]
    return f"{len(found)} files" if done.returncode == 0 and not wrong else f"0 files # {wrong}"


def by_portal(portal: Portal, path: Path) -> str:
    boundary = uuid.uuid4().hex
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="files"; filename="p.zip"\r\n'
        "Content-Type: application/zip\r\n\r\n"
    ).encode()
    tail = f"\r\n--{boundary}--\r\n".encode()
    size = len(head) + path.stat().st_size + len(tail)
    connection = http.client.HTTPConnection(portal._host, timeout=600)  # noqa: SLF001 -- ours
    connection.putrequest("POST", "/archive/verify/")
    connection.putheader("Cookie", f"{portal._cookies}; csrftoken={'a' * 32}")  # noqa: SLF001 -- ours
    for name, value in {
        "X-CSRFToken": "a" * 32,
        "Origin": portal._origin,  # noqa: SLF001 -- ours
        "Content-Type": f"multipart/form-data; boundary={boundary}",
        "Content-Length": str(size),
    }.items():
        connection.putheader(name, value)
    connection.endheaders(head)
    with path.open("rb") as file:
        while data := file.read(_PIECE):
            connection.send(data)
    connection.send(tail)
    page = connection.getresponse().read().decode()
    intact, wrong = page.count('data-state="intact"'), page.count('data-state="wrong"')
    return f"{intact if not wrong else 0} files"


def by_page(folder: Path, chromium: str) -> str:
    """In Chromium without network, by verify.html of the package itself."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 -- the last of all

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_context(offline=True).new_page()
        page.goto((next(folder.iterdir()) / "verify.html").as_uri())
        page.set_input_files("#folder", next(folder.iterdir()))
        page.wait_for_function(
            """() => document.querySelector('#results article')
                && !document.querySelector('#status').textContent""",
            timeout=600_000,
        )
        intact = page.locator("#results article.intact").count()
        rest = page.locator("#results article:not(.intact)").count()
        browser.close()
    return f"{intact if not rest else 0} files"


@contextmanager
def portal_of(data_dir: Path, minutes: int) -> Iterator[tuple[Portal, WebServer]]:
    with ExitStack() as stack:
        redis = RedisServer(data_dir / "redis.sock").start()
        stack.callback(redis.stop)
        set_up_django(data_dir)
        world = prepare(data_dir, minutes)
        collect = [sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity", "0"]
        subprocess.run(collect, cwd=REPOSITORY, check=True)
        worker = celery_worker("jobs", folder=data_dir, concurrency=4).start()
        stack.callback(worker.stop)
        worker.wait_for(lambda: "is ready" in worker.log.read_text(), "the worker is ready")
        server = WebServer(data_dir).start()
        stack.callback(server.stop)
        yield Portal(server, world["user"], world["incident"], minutes), server


def measure(portal: Portal, server: WebServer, folder: Path, asked: argparse.Namespace) -> None:
    """Ours and the peer's in turn; the disk has written all before each."""
    rounds, peers, target = [], [], folder / "package.zip"
    idle = peak_memory(server.process.pid)
    for _round in range(ROUNDS):
        subprocess.run(["sync"], check=True)
        begun = time.perf_counter()
        made = portal.click()
        rounds.append(portal.fetch(target, begun=begun, url=made["url"]))
        subprocess.run(["sync"], check=True)
        peers.append(peer(target, folder / "copy.zip"))
    begun = time.perf_counter()
    again = portal.fetch(folder / "again.zip", begun=begun, url=made["url"])
    is_same = digest_of(target) == digest_of(folder / "again.zip")
    (folder / "again.zip").unlink()
    memory = peak_memory(server.process.pid)
    print(f"package.memory_process {memory:.0f} MB")
    seconds = statistics.median(one.seconds for one in rounds)
    print(f"package.size {rounds[0].size / 1e6:.0f} MB")
    print(f"package.first_byte {max(one.first_byte for one in rounds):.2f} s")
    print(f"package.first_footage {portal.first_footage():.2f} s")
    print(f"package.seconds {seconds:.2f} s")
    print(f"package.peer_seconds {statistics.median(peers):.2f} s")
    print(f"package.speed_ratio {statistics.median(peers) / seconds:.2f} x")
    print(f"package.again_seconds {again.seconds:.2f} s")
    print(f"package.again_same {int(is_same)} download")
    print(f"package.memory {memory - idle:.0f} MB")
    generator = random.Random(asked.seed)  # noqa: S311 -- where a download breaks off
    print(f"package.resumed_same {int(resume(portal, folder, generator))} download", flush=True)
    verify(portal, target, folder, asked.chromium)


def verify(portal: Portal, package: Path, folder: Path, chromium: str) -> None:
    from archive.actions.proofs import key_ring  # noqa: PLC0415 -- needs Django set up

    key = sorted(key_ring().fingerprints())[0]
    print(f"package.python {by_program(package, key)}", flush=True)
    print(f"package.portal {by_portal(portal, package)}", flush=True)
    unpacked = folder / "unpacked"
    with zipfile.ZipFile(package) as archive:
        archive.extractall(unpacked)
    package.unlink()
    print(f"package.page {by_page(unpacked, chromium)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=int, default=20)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    parser.add_argument("--folder", help="where the footage lies for the time of the run")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-package-", dir=asked.folder) as name:
        folder = Path(name)
        data_dir = folder / "data"
        (data_dir / "static").mkdir(parents=True)
        with portal_of(data_dir, asked.minutes) as (portal, server):
            measure(portal, server, folder, asked)


if __name__ == "__main__":
    main()
