"""Hashes of the parts of a file, so that a check can say where it was changed or cut."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class PartPlan:
    """Where a part begins; what stands there is a keyframe of `key_size` bytes, or none (0)."""

    offset: int
    started_us: int | None = None  # None: the header, which shows nothing
    key_size: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    offset: int
    size: int
    sha256: str
    started_us: int | None = None
    # A keyframe keeps its bytes when a file is cut without encoding it anew.
    key_size: int = 0
    key_sha256: str = ""

    @property
    def end(self) -> int:
        return self.offset + self.size

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def read_parts(items: Sequence[dict[str, Any]]) -> list[Part]:
    """Raises KeyError, TypeError or ValueError where the manifest is none of ours."""
    return [
        Part(
            offset=int(item["offset"]),
            size=int(item["size"]),
            sha256=str(item["sha256"]),
            started_us=None if item["started_us"] is None else int(item["started_us"]),
            key_size=int(item["key_size"]),
            key_sha256=str(item["key_sha256"]),
        )
        for item in items
    ]


class PartHasher:
    """Takes a file's bytes in order, in pieces of any size."""

    def __init__(self, plans: Sequence[PartPlan], size: int) -> None:
        self._plans = plans
        self._ends = [*(plan.offset for plan in plans[1:]), size]
        self._position = 0
        self._hash, self._key = hashlib.sha256(), hashlib.sha256()
        self.parts: list[Part] = []

    def update(self, data: bytes) -> None:
        view = memoryview(data)
        while view and len(self.parts) < len(self._plans):
            number = len(self.parts)
            plan, end = self._plans[number], self._ends[number]
            piece = view[: end - self._position]
            self._hash.update(piece)
            key_left = plan.offset + plan.key_size - self._position
            if key_left > 0:
                self._key.update(piece[:key_left])
            self._position += len(piece)
            view = view[len(piece) :]
            if self._position == end:
                self._close(plan, end)

    def _close(self, plan: PartPlan, end: int) -> None:
        self.parts.append(
            Part(
                offset=plan.offset,
                size=end - plan.offset,
                sha256=self._hash.hexdigest(),
                started_us=plan.started_us,
                key_size=plan.key_size,
                key_sha256=self._key.hexdigest() if plan.key_size else "",
            )
        )
        self._hash, self._key = hashlib.sha256(), hashlib.sha256()


def even_parts(data: bytes, part_bytes: int) -> list[Part]:
    """Parts of one length, for what has no time in it: a picture."""
    plans = [PartPlan(offset) for offset in range(0, len(data), part_bytes)]
    hasher = PartHasher(plans, len(data))
    hasher.update(data)
    return hasher.parts
