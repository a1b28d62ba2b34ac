"""How likely a window of motion is a fight: a logistic model of seven numbers."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from analytics.engine.violence import SUMMARY_NAMES, Summary


class ModelError(Exception):
    """A file is no model of this kind; the text says which and why."""


@dataclass(frozen=True)
class FightModel:
    """Each number is moved by its mean, divided by its spread, weighted and added up."""

    means: tuple[float, ...]
    spreads: tuple[float, ...]
    weights: tuple[float, ...]
    intercept: float
    names: tuple[str, ...] = SUMMARY_NAMES
    origin: str = ""
    """What it was fitted on, for whoever asks."""

    def __post_init__(self) -> None:
        if tuple(self.names) != SUMMARY_NAMES:
            msg = f"the numbers are {', '.join(self.names)}, wanted are {', '.join(SUMMARY_NAMES)}"
            raise ModelError(msg)
        values = (self.means, self.spreads, self.weights)
        if any(len(column) != len(self.names) for column in values):
            msg = "means, spreads and weights need one value for each name"
            raise ModelError(msg)
        if not all(math.isfinite(value) for column in values for value in column):
            msg = "a value is no number"
            raise ModelError(msg)
        if min(self.spreads) <= 0:
            msg = "a spread is not above zero"
            raise ModelError(msg)

    def score(self, summary: Summary) -> float:
        """Return 0 to 1; above 0.5 a fight is likelier than not, among equally many of both."""
        standard = (summary - np.array(self.means)) / np.array(self.spreads)
        return float(1 / (1 + np.exp(-(standard @ np.array(self.weights) + self.intercept))))

    def save(self, path: Path) -> None:
        text = json.dumps(asdict(self), indent=2)
        fresh = path.with_suffix(".new")
        fresh.write_text(text + "\n", encoding="utf-8")
        fresh.replace(path)


def load_model(path: Path) -> FightModel:
    """Read a model that `save` wrote.

    Raises:
        ModelError: the file can not be read, or is no such model.

    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        columns = {
            name: tuple(float(value) for value in values[name])
            for name in ("means", "spreads", "weights")
        }
        return FightModel(
            **columns,
            intercept=float(values["intercept"]),
            names=tuple(values["names"]),
            origin=str(values.get("origin", "")),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        msg = f"{path.name} is no fight model: {error}"
        raise ModelError(msg) from error


DEFAULT_MODEL = FightModel(
    means=(-0.7482, 0.1029, -3.3783, -3.7924, 0.4346, -0.9604, -1.4634),
    spreads=(0.6538, 0.6366, 0.7616, 0.1343, 0.8099, 2.1309, 1.8467),
    weights=(0.4735, 0.4227, 0.6446, 0.2762, 0.3958, -0.1316, 0.2893),
    intercept=-0.0815,
    origin="100 clips of 2 s from 33 cameras, half of them fights; docs/design/fight.md",
)
