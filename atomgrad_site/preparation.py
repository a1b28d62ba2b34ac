"""What must be true before the portal's processes start; each step is fast when it is."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from atomgrad_site.catalogs import compile_catalogs


def compile_locale() -> list[Path]:
    return compile_catalogs(Path(settings.BASE_DIR, "locale"))


def migrate() -> bool:
    """Bring the database to this version; tell whether there was anything to do."""
    executor = MigrationExecutor(connection)
    if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return False
    call_command("migrate", interactive=False, verbosity=0)
    return True


def static_fingerprint() -> str:
    """A digest of the names, sizes and times of all static files and of the storage's name."""
    digest = hashlib.sha256(repr(settings.STORAGES["staticfiles"]).encode())
    for finder in finders.get_finders():
        for path, storage in finder.list([]):
            status = Path(storage.path(path)).stat()
            digest.update(f"{path}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def collect_static() -> bool:
    """Collect static files if any has changed since the last time; tell whether."""
    stamp = Path(settings.STATIC_ROOT).with_suffix(".stamp")
    fingerprint = static_fingerprint()
    if stamp.exists() and stamp.read_text() == fingerprint:
        return False
    call_command("collectstatic", interactive=False, verbosity=0, clear=True)
    stamp.write_text(fingerprint)
    return True


def prepare() -> Iterator[str]:
    """Do all of it, with a line for what was done."""
    if compiled := compile_locale():
        yield f"compiled {len(compiled)} translation catalogs"
    if migrate():
        yield "brought the database to this version"
    if collect_static():
        yield "collected the static files"
