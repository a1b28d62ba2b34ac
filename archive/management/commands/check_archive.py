from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from archive.actions import integrity
from archive.actions.recordings import recording_volume
from archive.engine.volume import WrongVolumeError


class Command(BaseCommand):
    help = "Compare the archive's files with the database; deletes no file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--adopt", action="store_true", help="give files without a row their row"
        )
        parser.add_argument(
            "--give-up-missing",
            action="store_true",
            help="turn rows whose file is lost into gaps",
        )
        parser.add_argument("--hashes", action="store_true", help="read every file (hours)")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            folder = recording_volume()
            report = integrity.check_archive(folder=folder, verifies_hashes=options["hashes"])
        except WrongVolumeError as error:
            raise CommandError(_("Nothing was checked: %(error)s") % {"error": error}) from error
        if options["adopt"]:
            integrity.adopt_orphans(folder=folder, report=report)
        if options["give_up_missing"]:
            self._give_up(report)
        self._print(report)
        if not report.is_sound:
            raise CommandError(_("The archive and the database differ."))

    def _give_up(self, report: integrity.ArchiveReport) -> None:
        try:
            integrity.give_up_missing(report=report)
        except integrity.TooManyLostError as error:
            raise CommandError(
                _("Refused, because so many lost files mean a wrong disk: %(error)s")
                % {"error": error}
            ) from error

    def _print(self, report: integrity.ArchiveReport) -> None:
        counts = {
            _("files"): report.file_count,
            _("rows"): report.row_count,
            _("adopted"): report.adopted_count,
            _("given up"): report.given_up_count,
        }
        lists = {
            _("files without a row"): report.orphans,
            _("rows without a file"): report.missing,
            _("of these under a hold"): report.held_missing,
            _("wrong size"): report.wrong_size,
            _("wrong hash"): report.wrong_hash,
            _("broken chain"): report.broken_chain,
        }
        for name, count in counts.items():
            self.stdout.write(f"{name}: {count}")
        for name, paths in lists.items():
            self.stdout.write(f"{name}: {len(paths)}")
            for path in paths[:20]:
                self.stdout.write(f"  {path}")
