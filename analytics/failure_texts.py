"""What keeps a camera from being analyzed in full: a code in the row, a sentence on the page.

Details (which parameter, which byte) are for the log, in English.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _

from analytics.explanations import title


class Code(StrEnum):
    RULE = "rule"
    DRAWING = "drawing"
    PICTURE = "picture"
    FAILED = "failed"
    MISSING_FILE = "missing_file"
    BROKEN_FILE = "broken_file"


FILE_CODES = frozenset({Code.MISSING_FILE, Code.BROKEN_FILE})
"""No fault of one camera."""


@dataclass(frozen=True)
class Problem:
    """`what` names the rule's kind, the drawing or the file."""

    code: Code
    what: str = ""

    def to_row(self) -> dict[str, str]:
        return asdict(self)


def problems_of(rows: Iterable[Mapping[str, Any]]) -> list[Problem]:
    """Return what stands in `Watch.problems`; a code that is no longer known is left out."""
    known = set(Code)
    return [
        Problem(Code(row["code"]), str(row.get("what", "")))
        for row in rows
        if row.get("code") in known
    ]


def problem_text(problem: Problem) -> str:
    return _TEXTS[problem.code]() % {"what": _named(problem)}


def problem_texts(rows: Iterable[Mapping[str, Any]]) -> str:
    """Say all that stands in `Watch.problems`."""
    return "; ".join(problem_text(problem) for problem in problems_of(rows))


def _named(problem: Problem) -> str:
    return title(problem.what) if problem.code is Code.RULE else problem.what


_TEXTS: dict[Code, Callable[[], str]] = {
    Code.RULE: lambda: _("the rule “%(what)s” can not watch: look at its drawing and its settings"),
    Code.DRAWING: lambda: _("the drawing “%(what)s” can not be used: draw it anew"),
    Code.PICTURE: lambda: _("the camera's picture can not be decoded"),
    Code.FAILED: lambda: _("the analysis of the camera failed and began anew"),
    Code.MISSING_FILE: lambda: _("the file %(what)s is missing"),
    Code.BROKEN_FILE: lambda: _("the file %(what)s is damaged or another version"),
}
