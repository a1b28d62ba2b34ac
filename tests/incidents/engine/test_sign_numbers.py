"""The check digit finds the mistakes that people make."""

from __future__ import annotations

import pytest

from incidents.engine.sign_numbers import FIRST, LAST, read_sign, with_check_digit

pytestmark = pytest.mark.unit


def test_example_of_the_author() -> None:
    """572 has the check digit 4 (Damm's own example)."""
    assert with_check_digit(572) == "05724"


@pytest.mark.parametrize("text", ["57244", "4821", "482177", "abcde", "", "４８２１７", "4821-"])
def test_mistakes_are_found(text: str) -> None:
    assert read_sign(text) is None


def test_hyphen_and_spaces_do_not_matter() -> None:
    number = with_check_digit(4821)

    assert read_sign(f"{number[:4]}-{number[4]}") == number
    assert read_sign(f" {number[:2]} {number[2:]} ") == number


def test_every_wrong_digit_and_every_swap_is_found() -> None:
    for number in range(FIRST, LAST + 1, 97):
        good = with_check_digit(number)
        assert read_sign(good) == good
        for at in range(5):
            for digit in "0123456789":
                bad = good[:at] + digit + good[at + 1 :]
                assert bad == good or read_sign(bad) is None
        for at in range(4):
            bad = good[:at] + good[at + 1] + good[at] + good[at + 2 :]
            assert bad == good or read_sign(bad) is None
