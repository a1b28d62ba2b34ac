"""Compile translations with Babel, so that GNU gettext need not be installed."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from atomgrad_site.preparation import compile_locale


class Command(BaseCommand):
    help = "Compile the catalogs below locale/ that have changed."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        for path in compile_locale():
            if options["verbosity"] > 1:
                self.stdout.write(str(path))
