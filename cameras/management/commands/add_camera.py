"""Add a camera from the command line, after a look at it."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from cameras.actions.cameras import StreamSetup, add_camera
from cameras.actions.probing import check_address, report_lines
from cameras.engine.sources import AddressError, SourceAddress
from cameras.failure_texts import address_error_text
from cameras.models import Stream
from cameras.queries import parse_stream_address


class Command(BaseCommand):
    help = (
        "Add a camera. A password is better given by --password-stdin or when asked than in the "
        "address, where other users of this machine can see it while the command runs."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="what it looks at")
        parser.add_argument("url", help="rtsp://camera/path of the main stream")
        parser.add_argument("--location", required=True, help="the place; made if it is new")
        parser.add_argument("--sub", metavar="URL", help="address of the small stream")
        parser.add_argument("--number", type=int, help="the next free one if left out")
        parser.add_argument("--username", default="")
        parser.add_argument("--password-stdin", action="store_true")
        parser.add_argument("--udp", action="store_true", help="RTP over UDP instead of TCP")
        parser.add_argument("--no-probe", action="store_true", help="do not connect")
        parser.add_argument("--picture", type=Path, metavar="FILE", help="save a test picture")

    def handle(self, *args: Any, **options: Any) -> None:
        password = self._password(options)
        addresses = {Stream.Role.MAIN: options["url"]}
        if options["sub"]:
            addresses[Stream.Role.SUB] = options["sub"]
        checked = {
            role: self._parse(text, options["username"], password)
            for role, text in addresses.items()
        }
        if not options["no_probe"]:
            for role, address in checked.items():
                is_main = role is Stream.Role.MAIN
                self._look(role, address, options["picture"] if is_main else None)
        self._add(options, addresses, password)

    def _password(self, options: dict[str, Any]) -> str:
        if options["password_stdin"]:
            return sys.stdin.readline().rstrip("\r\n")
        if options["username"] and sys.stdin.isatty():
            return getpass.getpass(_("Password: "))
        return ""

    def _parse(self, text: str, username: str, password: str) -> SourceAddress:
        try:
            return parse_stream_address(text, username=username, password=password)
        except AddressError as error:
            raise CommandError(address_error_text(error.code)) from error

    def _look(self, role: Stream.Role, address: SourceAddress, picture: Path | None) -> None:
        report = check_address(address)
        self.stdout.write(f"{role.label}: {address.url}")
        for line in report_lines(report):
            self.stdout.write(f"  {line}")
        if picture and report.picture:
            picture.write_bytes(report.picture)
            self.stdout.write("  " + _("Test picture: %(file)s") % {"file": picture})
        if report.failure:
            raise CommandError(_("The camera was not added. --no-probe adds it without looking."))

    def _add(self, options: dict[str, Any], addresses: dict[Any, str], password: str) -> None:
        transport = Stream.Transport.UDP if options["udp"] else Stream.Transport.TCP
        setups = [
            StreamSetup(text, role, options["username"], password, transport)
            for role, text in addresses.items()
        ]
        try:
            camera = add_camera(
                actor=None,
                location_name=options["location"],
                name=options["name"],
                streams=setups,
                number=options["number"],
                at=timezone.now(),
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        text = _("Added: %(camera)s, %(place)s. Recording begins within 15 s.")
        self.stdout.write(text % {"camera": camera, "place": camera.location})
