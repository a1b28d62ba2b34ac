"""Numbers on signs: four digits and a fifth that finds a wrong one.

The check digit is that of Damm (2004): it finds every single wrong digit and every two neighbors
that changed places, the two mistakes that people make.
"""

from __future__ import annotations

DIGITS = 4
FIRST, LAST = 1000, 9999
# A totally anti-symmetric quasigroup of order 10, from Damm's thesis.
_TABLE = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)


def with_check_digit(number: int) -> str:
    """Return the five digits of a sign."""
    digits = f"{number:0{DIGITS}d}"
    return f"{digits}{_check(digits)}"


def read_sign(text: str) -> str | None:
    """Return the five digits that a person typed, with or without a hyphen; None: a mistake."""
    digits = "".join(character for character in text if character not in " -–—.")
    if len(digits) != DIGITS + 1 or not (digits.isascii() and digits.isdigit()):
        return None
    return digits if _check(digits) == 0 else None


def _check(digits: str) -> int:
    interim = 0
    for digit in digits:
        interim = _TABLE[interim][int(digit)]
    return interim
