"""Compiles the texts of `locale/`; without Django, so that Django reads what is compiled."""

from __future__ import annotations

import os
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po


def compile_catalogs(folder: Path) -> list[Path]:
    """Compile each catalog that is newer than its compiled form; return those compiled."""
    done = []
    for source in sorted(folder.glob("*/*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns:
            continue
        with source.open("rb") as text:
            catalog = read_po(text, locale=source.parts[-3], abort_invalid=True)
        # Two starts at once must not write into one file.
        unfinished = target.with_suffix(f".mo.{os.getpid()}")
        with unfinished.open("wb") as compiled:
            write_mo(compiled, catalog)
        unfinished.replace(target)
        done.append(source)
    return done
