"""Make the first users, with passwords that are printed once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from atomgrad_site.actions import users


class Command(BaseCommand):
    help = "Make the administrator and one user per role, those that are missing."

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(settings.DATA_DIR) / "initial_logins"
        for login in users.make_initial_users(logins_path=path):
            self.stdout.write(f"{login.username:12} {login.password}")
