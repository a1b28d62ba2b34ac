"""The browser plays what the portal sends: H.264 by Media Source Extensions."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

pytestmark = pytest.mark.e2e


def test_chromium_plays_h264(browser: Browser) -> None:
    page = browser.new_page()

    plays = page.evaluate("MediaSource.isTypeSupported('video/mp4; codecs=\"avc1.640028\"')")

    page.close()
    assert plays is True
