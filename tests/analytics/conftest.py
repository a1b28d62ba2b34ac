"""What all tests of analysis share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress

import pytest


@pytest.fixture(autouse=True)
def usual_priority() -> Iterator[None]:
    """A search makes its thread nice, here that of all tests; only root may take that back."""
    before = os.getpriority(os.PRIO_PROCESS, 0)
    yield
    with suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, before)
