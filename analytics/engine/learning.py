"""What detectors learned of their camera, as JSON: it must outlive the process."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from typing import Any

import cv2

from analytics.engine.detector import Detector, Learning


class StateError(Exception):
    """It is no state of this detector."""


def state_of(detector: Detector) -> dict[str, Any] | None:
    """Return what it learned, fit for JSON; None for a detector that learns nothing."""
    return detector.to_state() if isinstance(detector, Learning) else None


def restore(detector: Detector, state: object) -> None:
    """Let a new detector go on from what `state_of` gave.

    Raises:
        StateError: it is damaged, or another detector's; throw the detector away.

    """
    if not isinstance(state, Mapping):  # a row that something else has written
        msg = f"a {type(state).__name__} is no state"
        raise StateError(msg)
    if not isinstance(detector, Learning):
        return
    try:
        detector.from_state(dict(state))
    except _UNREADABLE as error:
        msg = f"{type(error).__name__}: {error}"
        raise StateError(msg) from error


_UNREADABLE = (
    ArithmeticError,
    AttributeError,
    LookupError,
    OSError,
    TypeError,
    ValueError,
    cv2.error,
    zipfile.BadZipFile,
    zlib.error,
)
"""What reading a damaged state raises, pictures in it included."""
