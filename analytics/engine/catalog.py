"""All detectors: what each needs, and how it is made from what staff drew and set."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, TypeVar

from analytics.engine.detector import Detector
from analytics.engine.kinds import Grade, Kind, Sensitivity
from analytics.engine.scene import GroundScale, Line, SceneError, Zone

P = TypeVar("P")


class Place(StrEnum):
    """What must be drawn for a rule of this kind."""

    PICTURE = "PICTURE"  # nothing: it watches the whole picture
    ZONE = "ZONE"
    LINE = "LINE"
    ASSET = "ASSET"  # a zone around one thing


@dataclass(frozen=True)
class Setting:
    """What a detector is made from. `overrides` are parameters by name, in their units."""

    zone: Zone | None = None
    line: Line | None = None
    ground: GroundScale | None = None
    sensitivity: Sensitivity = Sensitivity.NORMAL
    overrides: Mapping[str, float] | None = None
    grade: Grade | None = None
    """Some detectors wait longer before an alarm than before a hint; None: the entry's grade."""


@dataclass(frozen=True)
class Entry:
    kind: Kind
    place: Place
    make: Callable[[Setting], Detector]
    """Raises SceneError where the setting lacks the zone or line that the kind needs."""
    parameters: type
    """The frozen dataclass of its parameters; the names of its fields carry their units."""
    grade: Grade = Grade.ALARM
    needs: tuple[str, ...] = ()
    """Names of weights (analytics.engine.weights) without which it is off."""
    is_usual: bool = False
    """Every camera has it from the start, on the whole picture."""
    zone_is_optional: bool = False


def with_overrides(parameters: P, overrides: Mapping[str, float] | None) -> P:
    """Return the parameters with some changed by name.

    Raises:
        SceneError: there is no parameter of this name, or its value is no number above zero.

    """
    known: dict[str, Any] = {field.name: field for field in fields(parameters)}  # type: ignore[arg-type]
    for name, value in (overrides or {}).items():
        if name not in known:
            msg = f"there is no parameter {name}"
            raise SceneError(msg)
        if not value > 0:
            msg = f"{name} must be above zero"
            raise SceneError(msg)
    return type(parameters)(**{**{n: getattr(parameters, n) for n in known}, **(overrides or {})})
