"""Render the demo town's footage once and make its cameras."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from atomgrad_site.actions import demo
from atomgrad_site.console import Console
from cameras.demo.render import render_town
from cameras.demo.town import TOWN

LOOP_SECONDS = 60.0


class Command(BaseCommand):
    help = "Draw the demo town (once; ATOMGRAD_DEMO_SECONDS long) and add its ten cameras."

    def handle(self, *args: Any, **options: Any) -> None:
        seconds = float(os.environ.get("ATOMGRAD_DEMO_SECONDS", LOOP_SECONDS))
        folder = Path(settings.DATA_DIR) / "demo"
        folder.mkdir(parents=True, exist_ok=True)
        render_town(folder, seconds=seconds, on_progress=Console([]).progress)
        in_russian = settings.LANGUAGE_CODE.startswith("ru")
        try:
            demo.load_demo_town(town=TOWN, in_russian=in_russian)
        except demo.NumbersTakenError as error:
            text = _("Real cameras have the numbers 1 to 10: the demo town has no place here.")
            raise CommandError(text) from error
