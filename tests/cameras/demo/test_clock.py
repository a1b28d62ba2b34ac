from __future__ import annotations

import numpy as np
import pytest

from cameras.demo.clock import clock_text, glyph_atlas, stamp_clock
from tests.cameras.demo.reading import read_clock

pytestmark = pytest.mark.unit

TEXT = "2026-07-10 21:48:07 MSK"


@pytest.mark.parametrize("cell_height", [16, 26])
@pytest.mark.parametrize("background", [0, 60, 128, 200, 255])
def test_clock_is_readable_over_any_brightness(cell_height: int, background: int) -> None:
    luma = np.full((64, 640), background, np.uint8)

    stamp_clock(luma, TEXT, left=21, top=9, cell_height=cell_height)

    assert read_clock(luma, len(TEXT), left=21, top=9, cell_height=cell_height) == TEXT


def test_clock_is_readable_over_a_busy_picture() -> None:
    luma = np.random.default_rng(3).integers(0, 255, (64, 640)).astype(np.uint8)

    stamp_clock(luma, TEXT, left=8, top=4, cell_height=26)

    assert read_clock(luma, len(TEXT), left=8, top=4, cell_height=26) == TEXT


def test_stamp_touches_nothing_but_its_cells() -> None:
    luma = np.full((64, 640), 90, np.uint8)

    stamp_clock(luma, TEXT, left=16, top=8, cell_height=16)

    width = glyph_atlas(16).width_of(TEXT)
    luma[8:24, 16 : 16 + width] = 90
    assert (luma == 90).all()


def test_all_glyphs_differ() -> None:
    ink = glyph_atlas(26).ink

    distances = [np.abs(one - other).mean() for i, one in enumerate(ink) for other in ink[:i]]

    assert min(distances) > 0.005


def test_clock_text_gives_the_zone_of_the_town() -> None:
    assert clock_text(1783709287.9, "Europe/Moscow") == TEXT
    assert clock_text(1783709287.9, "UTC") == "2026-07-10 18:48:07 UTC"
    assert clock_text(1783709287.9, "Asia/Yekaterinburg") == "2026-07-10 23:48:07 UTC+05"
