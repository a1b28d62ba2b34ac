"""Made templates of faces, and looks into their index, for tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings

from analytics import face_templates
from analytics.engine.faces.face import Template


def made_template(seed: int, *, like: Template | None = None, dimensions: int = 256) -> Template:
    drawn = np.random.default_rng(seed).standard_normal(dimensions)
    mixed = drawn / np.linalg.norm(drawn) + (0 if like is None else 2 * like)
    return np.asarray(mixed / np.linalg.norm(mixed), np.float32)


def found(template: Template, **bounds: Any) -> list[int]:
    usual: dict[str, Any] = {"camera_ids": None, "begin": None, "end": None}
    answers = face_templates.find_similar(template=template, **{**usual, **bounds})
    return [number for number, _ in answers]


def index_files() -> list[Path]:
    return list((settings.DATA_DIR / "faces").glob("*.index"))


def entries_on_disk() -> int:
    """Places of all indexes that are not zeros."""
    count = 0
    for path in index_files():
        stored = np.frombuffer(path.read_bytes(), np.uint8)[4096:]
        length = 8 + 32 + int(path.stem.rpartition("-")[2])
        count += int(stored[: len(stored) // length * length].reshape(-1, length).any(1).sum())
    return count
