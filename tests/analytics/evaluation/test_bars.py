from __future__ import annotations

import pytest

from analytics.evaluation.bars import bar_of
from analytics.evaluation.damage import Damage

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("damage", "least"),
    [
        (Damage.ERASED, 0.97),
        (Damage.MOVED, 0.97),
        (Damage.TILTED, 0.97),
        (Damage.BROKEN, 0.85),
        (Damage.PAINTED, 0.6),
    ],
)
def test_each_damage_has_the_bar_that_was_promised(damage: Damage, least: float) -> None:
    bar = bar_of(f"evaluate.asset.{damage}.recall")

    assert bar is not None
    assert bar.at_least == least


def test_what_was_not_promised_has_no_bar() -> None:
    assert bar_of("evaluate.fall.delay_median") is None
