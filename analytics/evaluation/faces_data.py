"""A folder of faces with ground truth: who is in which picture, and where the faces are."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from analytics.engine.faces.face import Picture

UNKNOWN = "UNKNOWN"
"""The expected identity of a probe whom nobody enrolled."""


@dataclass(frozen=True)
class TrueFace:
    """Where a face is: a box, or only the tip of its nose (then the box is empty)."""

    x: float
    y: float
    width: float = 0.0
    height: float = 0.0
    is_ignored: bool = False
    """Finding it is neither right nor wrong."""


@dataclass(frozen=True)
class FacesFolder:
    """As docs/design/faces.md describes it."""

    folder: Path

    def rows(self, name: str) -> list[dict[str, str]]:
        """The rows of a table; none where it is not there."""
        path = self.folder / name
        if not path.is_file():
            return []
        with path.open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def identities(self) -> dict[str, tuple[str, str]]:
        """By file: who is in it, and the set it belongs to."""
        return {row["file"]: (row["identity"], row["set"]) for row in self.rows("labels.csv")}

    def gallery(self) -> list[tuple[str, str]]:
        """File and identity of each enrolled photo."""
        return [(row["file"], row["identity"]) for row in self.rows("gallery.csv")]

    def probes(self) -> list[tuple[str, str]]:
        """File and expected identity, or UNKNOWN."""
        return [(row["file"], row["expected_identity"]) for row in self.rows("probes.csv")]

    def true_faces(self) -> dict[str, list[TrueFace]]:
        """By file below the folder: all faces of a picture; some pictures have none."""
        found: dict[str, list[TrueFace]] = {}
        for row in self.rows("detection/boxes.csv"):
            found.setdefault(f"detection/{row['file']}", []).append(_boxed(row))
        for row in self.rows("detection/noses.csv"):
            faces = found.setdefault(f"detection/{row['file']}", [])
            if row["nose_x"]:
                faces.append(TrueFace(float(row["nose_x"]), float(row["nose_y"])))
        return found

    def read(self, file: str) -> Picture:
        return read_picture(self.folder / file)


def read_picture(path: Path) -> Picture:
    """Return the picture upright, BGR. Raises ValueError: it can not be decoded."""
    picture = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        msg = f"{path.name} can not be decoded"
        raise ValueError(msg)
    return np.asarray(picture, np.uint8)


def files_of(tables: Iterable[Iterable[tuple[str, str]]]) -> list[str]:
    """All files that tables name, each once, in order of their names."""
    return sorted({file for table in tables for file, _ in table})


def _boxed(row: dict[str, str]) -> TrueFace:
    x, y, width, height = (float(row[name]) for name in ("x", "y", "w", "h"))
    return TrueFace(x, y, width, height, is_ignored=row.get("ignore", "0") == "1")
