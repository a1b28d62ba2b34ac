"""Make each clip of a folder a camera."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from atomgrad_site.actions import demo
from cameras.engine.addresses import AddressError


class Command(BaseCommand):
    help = "Play the clips of a folder as cameras, for ever; only folders in ATOMGRAD_VIDEO_DIR."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        try:
            cameras = demo.load_clips(folder=folder)
        except demo.NoClipsError as error:
            suffixes = ", ".join(sorted(demo.CLIP_SUFFIXES))
            text = _("No clips in %(folder)s. Looked for: %(suffixes)s.")
            raise CommandError(text % {"folder": folder, "suffixes": suffixes}) from error
        except AddressError as error:
            raise CommandError(f"{folder}: {error}") from error
        for camera in cameras:
            self.stdout.write(f"{camera.label} {camera.name}")
