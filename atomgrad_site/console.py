"""What the `portal` command writes to the terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TextIO

from django.utils.translation import gettext as _

from atomgrad_site.actions.users import InitialLogin

COLORS = (36, 32, 33, 35, 34, 31)  # of ANSI terminals: cyan, green, yellow, magenta, blue, red
RESET = "\x1b[0m"
BAR_WIDTH = 30


class Console:
    """Lines of many processes in one terminal, each with the name of its process."""

    def __init__(self, names: Sequence[str], *, out: TextIO = sys.stdout) -> None:
        self._out = out
        self._width = max((len(name) for name in names), default=0)
        self._colors = {name: COLORS[i % len(COLORS)] for i, name in enumerate(names)}
        self._is_terminal = out.isatty()
        self._shown_percent = -1

    def say(self, text: str = "") -> None:
        print(text, file=self._out, flush=True)

    def show(self, name: str, text: str) -> None:
        label = f"{name:{self._width}} |"
        if self._is_terminal:
            label = f"\x1b[{self._colors.get(name, 37)}m{label}{RESET}"
        self.say(f"{label} {text}")

    def progress(self, share: float, text: str) -> None:
        """Draw the bar at `share` (0 to 1); in a log file a line for each tenth."""
        percent = int(share * 100)
        if percent >= 100 and self._shown_percent < 0:  # noqa: PLR2004 -- %
            return  # there was nothing to do
        step = 1 if self._is_terminal else 10
        if percent // step == self._shown_percent // step and percent < 100:  # noqa: PLR2004 -- %
            return
        self._shown_percent = percent
        filled = round(share * BAR_WIDTH)
        line = f"[{'#' * filled}{'.' * (BAR_WIDTH - filled)}] {percent:3} % {text}"
        if not self._is_terminal:
            self.say(line)
            return
        end = "\n" if share >= 1 else ""
        print(f"\r\x1b[2K{line}", end=end, file=self._out, flush=True)

    def greet(self, address: str, logins: Sequence[InitialLogin]) -> None:
        self.say()
        self.say(f"  Atomgrad: {address}")
        if logins:
            self.say("  " + _("Initial logins; each disappears here once its password is changed:"))
            for login in logins:
                self.say(f"    {login.username:12} {login.password}")
        self.say("  " + _("Ctrl-C stops the portal."))
        self.say()
