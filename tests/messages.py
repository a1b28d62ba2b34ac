"""Finds every text that goes through gettext: in Python, in templates, in scripts."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.extract import extract
from babel.messages.pofile import read_po
from django.conf import settings
from django.utils.translation.template import templatize

ROOT = Path(settings.BASE_DIR)
APPS = ("atomgrad_site", "cameras", "archive", "analytics", "incidents")
# Sums up gettext calls: the function's name, and which of its arguments are texts.
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "npgettext": ((1, "c"), 2, 3),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
}
# A text and its context.
Message = tuple[str, str | None]


def server_messages() -> set[Message]:
    """Texts of domain `django`."""
    found = set()
    for app in APPS:
        for path in (ROOT / app).rglob("*.py"):
            found |= set(_messages(path.read_bytes(), "python"))
    for path in (ROOT / "templates").rglob("*"):
        if path.is_file():
            found |= set(_template_messages(path))
    return found


def script_messages() -> set[Message]:
    """Texts of domain `djangojs`."""
    found = set()
    for path in (ROOT / "static" / "js").rglob("*.js"):
        found |= set(_messages(path.read_bytes(), "javascript"))
    return found


def _template_messages(path: Path) -> Iterator[Message]:
    source = templatize(path.read_text(), origin=str(path))
    # What is left of a template is indented as no Python is.
    lines = (line.strip() for line in source.splitlines())
    yield from _messages("\n".join(lines).encode(), "javascript")


def _messages(source: bytes, method: str) -> Iterator[Message]:
    for _line, texts, _comments, context in extract(method, BytesIO(source), KEYWORDS):
        yield (texts if isinstance(texts, str) else texts[0]), context


def translations(domain: str, language: str = "ru") -> Iterator[tuple[Path, Message, str]]:
    """Every translated text of a domain with the file it stands in."""
    for path in sorted((ROOT / "locale").glob(f"*/{language}/LC_MESSAGES/{domain}.po")):
        with path.open("rb") as file:
            catalog = read_po(file, locale=language)
        for message in catalog:
            if message.id:
                text = message.id if isinstance(message.id, str) else message.id[0]
                said = message.string or ""
                parts = [said] if isinstance(said, str) else said
                is_done = all(parts) and not message.fuzzy
                yield path, (text, message.context), "\0".join(parts) if is_done else ""
