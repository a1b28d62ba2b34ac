"""Fetch the files of the networks that analysis uses."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from analytics.engine.fetching import FetchError, Origin, fetch, is_present
from analytics.engine.weights import ALL, OPTIONAL, Weights

BAR_CELLS = 30


class Command(BaseCommand):
    help = "Fetch the networks' files into the weights folder; each is checked by its SHA-256."

    def add_arguments(self, parser: ArgumentParser) -> None:
        names = ", ".join(weights.name for weights in ALL)
        optional = ", ".join(weights.name for weights in OPTIONAL)
        parser.add_argument(
            "names",
            nargs="*",
            help=f"some of: {names}; all of these without a name; by name also: {optional}",
        )
        parser.add_argument(
            "--list", action="store_true", help="only say which there are, whose, what is there"
        )
        parser.add_argument("--folder", type=Path, default=settings.WEIGHTS_DIR)
        parser.add_argument(
            "--mirror",
            default=settings.WEIGHTS_MIRROR,
            help="a base address or a folder that has the files (ATOMGRAD_WEIGHTS_MIRROR)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        chosen = self._chosen(options["names"])
        if options["list"]:
            for weights in chosen:
                self._show(weights, options["folder"])
            return
        failures = self._fetch(chosen, options["folder"], Origin(options["mirror"]))
        if failures:
            raise CommandError("\n".join(failures))

    def _chosen(self, names: Sequence[str]) -> list[Weights]:
        known = {weights.name: weights for weights in (*ALL, *OPTIONAL)}
        unknown = sorted(set(names) - set(known))
        if unknown:
            msg = f"no such weights: {', '.join(unknown)}"
            raise CommandError(msg)
        return [known[name] for name in names] or list(ALL)

    def _fetch(self, chosen: Sequence[Weights], folder: Path, origin: Origin) -> list[str]:
        """Fetch each, for one that fails must not keep back the others; return what failed."""
        failures = []
        for weights in chosen:
            try:
                fetch(weights, folder, origin, self._bar_of(weights).draw)
            except FetchError as error:
                failures.append(str(error))
            else:
                self.stdout.write(f"{weights.file_name} is there: {weights.licence}")
        return failures

    def _bar_of(self, weights: Weights) -> _Bar:
        return _Bar(weights, self)

    def _show(self, weights: Weights, folder: Path) -> None:
        state = "present" if is_present(weights, folder) else "missing"
        self.stdout.write(f"{weights.name}: {weights.file_name}, {weights.size_bytes} bytes")
        self.stdout.write(f"  {state}; {weights.licence}; {weights.origin}")
        self.stdout.write(f"  sha256 {weights.sha256}")
        self.stdout.write(f"  {weights.url or 'only from a mirror or a folder'}")


class _Bar:
    """One line that grows, on a terminal; nothing elsewhere, where lines would pile up."""

    def __init__(self, weights: Weights, command: Command) -> None:
        self._weights, self._stream = weights, command.stderr
        self._shown = -1

    def draw(self, done: int) -> None:
        percent = 100 * done // max(1, self._weights.size_bytes)
        if percent == self._shown or not self._stream.isatty():
            return
        self._shown = percent
        filled = "#" * (percent * BAR_CELLS // 100)
        line = f"\r{self._weights.file_name} [{filled:.<{BAR_CELLS}}] {percent:3d} %"
        self._stream.write(line, ending="\n" if done >= self._weights.size_bytes else "")
