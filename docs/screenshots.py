# ruff: noqa: INP001 -- a program beside the documents, not a package
"""Takes the pictures of the README from a running portal.

    python docs/screenshots.py http://127.0.0.1:8000 --user dispatcher

Passwords are read from the terminal, one per user. Needs Chromium, requirements-dev.txt, an alarm
that waits on the desk, and a card that was handed over to the police; no. 1 unless --card says
otherwise. Keys that a shot presses are meant: they accept and mark on that portal.
"""

from __future__ import annotations

import argparse
import getpass
import shutil
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from urllib.parse import urlsplit

import av
import cv2
import numpy as np
from av.filter import Graph
from playwright.sync_api import Browser, Page, sync_playwright

FOLDER = Path(__file__).parent / "img"
# Long enough for live pictures to come and for the archive to draw its line.
SETTLE_MS = 6000
FLAGS = ["--headless=new", "--no-sandbox", "--autoplay-policy=no-user-gesture-required"]


@dataclass(frozen=True, slots=True)
class Shot:
    name: str
    path: str
    theme: str = "night"
    language: str = "ru"
    width: int = 1366
    height: int = 768
    user: str = ""  # whoever --user names
    key: str = ""  # pressed once the page has settled


SHOTS = (
    Shot("desk", "/desk/?place=1"),
    Shot("desk-day", "/desk/?place=3", theme="day", language="en"),
    Shot("overview", "/overview/"),
    Shot("archive", "/archive/"),
    Shot("health", "/health/", theme="day"),
    Shot("help", "/help/", language="en"),
    Shot("alarm", "/desk/", key="Enter"),
    Shot("mark", "/desk/?place=1", key="Space"),
    Shot("incident", "/incidents/{card}/"),
    Shot("police", "/police/incidents/{card}/", theme="day", user="police"),
    Shot("shift", "/shift/", user="senior"),
    Shot("drills", "/shift/drills/", user="senior"),
)


def main() -> None:
    arguments = _arguments()
    users = {shot.user or arguments.user for shot in SHOTS}
    passwords = {user: getpass.getpass(f"Password of {user}: ") for user in sorted(users)}
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=FLAGS, ignore_default_args=["--headless"]
        )
        for shot in SHOTS:
            user = shot.user or arguments.user
            path = shot.path.format(card=arguments.card)
            picture = _take(browser, shot, arguments.url + path, (user, passwords[user]))
            (FOLDER / f"{shot.name}.png").write_bytes(with_palette(picture))
        browser.close()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--user", required=True)
    parser.add_argument("--card", type=int, default=1, help="id of a card that was handed over")
    return parser.parse_args()


def _take(browser: Browser, shot: Shot, address: str, login: tuple[str, str]) -> bytes:
    url = "{0.scheme}://{0.netloc}".format(urlsplit(address))
    context = browser.new_context(viewport={"width": shot.width, "height": shot.height})
    context.add_cookies(
        [
            {"name": "theme", "value": shot.theme, "url": url},
            {"name": "django_language", "value": shot.language, "url": url},
        ]
    )
    page = context.new_page()
    _log_in(page, url, *login)
    page.goto(address)
    page.wait_for_timeout(SETTLE_MS)
    if shot.key:
        page.keyboard.press(shot.key)
        page.wait_for_timeout(SETTLE_MS)
    picture = page.screenshot()
    context.close()
    return picture


def _log_in(page: Page, url: str, user: str, password: str) -> None:
    page.goto(f"{url}/login/")
    page.fill("[name=username]", user)
    page.fill("[name=password]", password)
    page.press("[name=password]", "Enter")
    page.wait_for_url(lambda address: "/login/" not in address)


def with_palette(png: bytes) -> bytes:
    """Encode a picture again with 256 colors of its own: about a quarter of the size."""
    pixels = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    if pixels is None:
        raise ValueError("not a picture")
    rgb = np.ascontiguousarray(pixels[:, :, ::-1], dtype=np.uint8)
    frame = av.VideoFrame.from_ndarray(rgb, format="rgb24")
    encoder = av.CodecContext.create("png", "w")
    encoder.width, encoder.height = frame.width, frame.height
    encoder.pix_fmt, encoder.time_base = "pal8", Fraction(1, 25)
    packets = [*encoder.encode(_reduce(frame)), *encoder.encode(None)]
    return b"".join(bytes(packet) for packet in packets)


def _reduce(frame: av.VideoFrame) -> av.VideoFrame:
    graph = Graph()
    source = graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=Fraction(1, 25)
    )
    split, palette, use = (
        graph.add("split"),
        graph.add("palettegen", "stats_mode=single"),
        graph.add("paletteuse", "dither=bayer:bayer_scale=4"),
    )
    sink = graph.add("buffersink")
    source.link_to(split)
    split.link_to(palette, 0, 0)
    split.link_to(use, 1, 0)
    palette.link_to(use, 0, 1)
    use.link_to(sink)
    graph.configure()
    source.push(frame)
    source.push(None)
    reduced = graph.pull()
    if not isinstance(reduced, av.VideoFrame):
        raise TypeError("the filter gave no picture")
    return reduced


if __name__ == "__main__":
    main()
