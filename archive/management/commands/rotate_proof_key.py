from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.timezone import now
from django.utils.translation import gettext as _

from archive.actions.key_rotation import rotate_key
from archive.engine.proof_keys import BadKeyError


class Command(BaseCommand):
    help = "Sign with a new key from now on; what the old ones signed stays valid."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["yes"] and input(_("Sign with a new key from now on? [y/N] ")) != "y":
            raise CommandError(_("The key stays."))
        try:
            old, new = rotate_key(at=now())
        except (BadKeyError, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(_("Old key: %(key)s") % {"key": old})
        self.stdout.write(_("New key: %(key)s") % {"key": new})
        self.stdout.write(_("Print the new fingerprint where the old one hangs."))
