"""Run the whole portal on this machine: Redis, web, recorders, jobs, beat."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import IO, Any, NoReturn

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections
from django.utils.translation import gettext as _

from atomgrad_site import portal_lock, preparation, processes
from atomgrad_site.actions import demo, users
from atomgrad_site.console import Console
from atomgrad_site.embedded_redis import RedisNotFoundError
from atomgrad_site.supervisor import ProcessDefinition, Supervisor

OLD_REDIS_SECONDS = 10.0


class Command(BaseCommand):
    help = "Start every process of the portal, watch them, stop them on Ctrl-C."
    # They run when the translations are compiled, so that they speak the town's language.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        alone = parser.add_mutually_exclusive_group()
        alone.add_argument(
            "--prepare",
            action="store_true",
            help="bring translations, database and static files to this version, and end",
        )
        alone.add_argument(
            "--only",
            metavar="NAME",
            help="become one process, for a service manager: redis, web, record-N, jobs, beat",
        )

    def handle(self, *args: Any, prepare: bool, only: str | None, **options: Any) -> None:
        if prepare:
            for line in preparation.prepare():
                self.stdout.write(line)
        elif only is not None:
            self.become(only)
        else:
            self.run_all()

    @staticmethod
    def become(name: str) -> NoReturn:
        """Turn into the process: same pid, so that the service manager watches it itself."""
        try:
            definition = processes.process_named(name)
        except KeyError as error:
            text = _("There is no process %(name)s.") % {"name": name}
            raise CommandError(text) from error
        environment = {**os.environ, **definition.environment}
        command = list(definition.command)
        os.execve(command[0], command, environment)  # noqa: S606 -- ours

    def run_all(self) -> None:
        lock = self.take_lock()
        with lock:
            preparation.compile_locale()
            self.check()
            self.check_address_is_free()
            definitions = self.definitions()
            console = Console([definition.name for definition in definitions])
            self.prepare(console)
            self.supervise(console, definitions)

    @staticmethod
    def take_lock() -> IO[str]:
        try:
            return portal_lock.take_portal_lock(Path(settings.DATA_DIR))
        except portal_lock.PortalRunsError as error:
            raise CommandError(
                _("A portal already runs on %(folder)s (process %(pid)d). Stop it first.")
                % {"folder": settings.DATA_DIR, "pid": error.pid}
            ) from error

    @staticmethod
    def check_address_is_free() -> None:
        address = processes.listen_address()
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        try:
            socket.create_server(address, family=family).close()
        except OSError as error:
            text = _("%(address)s can not be used: %(error)s. Set another: ATOMGRAD_LISTEN.")
            values = {"address": ":".join(map(str, address)), "error": error.strerror}
            raise CommandError(text % values) from error

    @staticmethod
    def definitions() -> list[ProcessDefinition]:
        try:
            return processes.portal_processes()
        except RedisNotFoundError as error:
            text = _("Redis is missing. Install it: apt-get install redis-server")
            raise CommandError(text) from error

    def prepare(self, console: Console) -> None:
        for line in preparation.prepare():
            console.say(line)
        if not User.objects.exists():
            users.make_initial_users(logins_path=self.logins_path())
        if settings.DEMO:
            call_command("load_demo")
        elif settings.VIDEO_DIR:
            call_command("load_clips", settings.VIDEO_DIR)
        else:
            demo.turn_off_prepared_cameras()

    @staticmethod
    def logins_path() -> Path:
        return Path(settings.DATA_DIR) / "initial_logins"

    def supervise(self, console: Console, definitions: list[ProcessDefinition]) -> None:
        if processes.redis_is_embedded() and not portal_lock.wait_for_silence(
            processes.redis_socket(), timeout=OLD_REDIS_SECONDS
        ):
            text = _("Another Redis answers on %(path)s.") % {"path": processes.redis_socket()}
            raise CommandError(text)
        logins = users.forget_changed_logins(logins_path=self.logins_path())
        # The supervisor outlives the database; it must not hold a connection to it.
        connections.close_all()
        host, port = processes.listen_address()
        greeting = Greeting(console, f"http://{host}:{port}/", logins)
        log_dir = Path(settings.DATA_DIR) / "log"
        Supervisor(definitions, log_dir=log_dir, show=greeting.show).run()
        console.say(_("The portal has stopped."))


class Greeting:
    """Passes lines on to the console, and greets when the web process says that it listens."""

    def __init__(self, console: Console, address: str, logins: list[users.InitialLogin]) -> None:
        self._console = console
        self._address = address
        self._logins = logins
        self._is_said = False

    def show(self, name: str, text: str) -> None:
        self._console.show(name, text)
        if name == "web" and "Uvicorn running on" in text and not self._is_said:
            self._is_said = True
            self._console.greet(self._address, self._logins)
