"""What a range of a stream lacks, and why: shared by the certificate and by those who check it.

Only the standard library is needed here. Moments are microseconds since 1970, UTC.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from archive.engine.spans import Span, clip_spans, merge_spans, subtract_spans, total_length

# A longer hole is named with its cause; shorter ones are counted.
LONGEST_UNNAMED_US = 2_000_000
UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class Absence:
    """An interval that is missing; `cause` is a Gap.Cause or one of archive.completeness."""

    started_us: int
    ended_us: int
    cause: str = UNKNOWN

    @property
    def length_us(self) -> int:
        return self.ended_us - self.started_us


@dataclass(frozen=True, slots=True)
class Completeness:
    """What was recorded of a range. Everything that is neither here nor missing is a short hole."""

    started_us: int
    ended_us: int
    recorded_us: int
    missing: list[Absence]
    short_count: int
    short_us: int

    @property
    def length_us(self) -> int:
        return self.ended_us - self.started_us

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def completeness_of(
    bounds: Span, footage: Iterable[Span], ledger: Sequence[Absence]
) -> Completeness:
    """Return what the footage covers of the range, and the causes that the ledger names."""
    spans = merge_spans(clip_spans(footage, bounds))
    holes = subtract_spans(bounds, spans)
    long = [hole for hole in holes if hole[1] - hole[0] > LONGEST_UNNAMED_US]
    short = [hole for hole in holes if hole[1] - hole[0] <= LONGEST_UNNAMED_US]
    return Completeness(
        started_us=bounds[0],
        ended_us=bounds[1],
        recorded_us=total_length(spans),
        missing=[part for hole in long for part in name_causes(hole, ledger)],
        short_count=len(short),
        short_us=total_length(short),
    )


def name_causes(hole: Span, ledger: Sequence[Absence]) -> list[Absence]:
    """Divide a hole by the entries of the ledger; what none of them covers is unknown.

    A remainder too short to be named goes to its neighbor: the edges of an entry are those of
    the recorder's clock, the hole's are those of the footage.
    """
    parts: list[Absence] = []
    position = hole[0]
    for entry in sorted(ledger, key=lambda item: item.started_us):
        start, end = max(entry.started_us, position), min(entry.ended_us, hole[1])
        if start >= end:
            continue
        if start > position:
            parts.append(Absence(position, start))
        parts.append(Absence(start, end, entry.cause))
        position = end
    if position < hole[1]:
        parts.append(Absence(position, hole[1]))
    return _joined(parts)


def _joined(parts: list[Absence]) -> list[Absence]:
    joined: list[Absence] = []
    for part in parts:
        last = joined[-1] if joined else None
        if last is not None and (
            last.cause == part.cause or min(last.length_us, part.length_us) <= LONGEST_UNNAMED_US
        ):
            cause = max(last, part, key=lambda item: item.length_us).cause
            joined[-1] = Absence(last.started_us, part.ended_us, cause)
        else:
            joined.append(part)
    return joined


def is_consistent(claim: dict[str, Any], links: Iterable[dict[str, Any]]) -> bool:
    """Tell whether a certificate's claim follows from the links of the chain that it carries.

    Raises:
        KeyError, TypeError, ValueError: the claim is none of ours.
    """
    bounds = (int(claim["started_us"]), int(claim["ended_us"]))
    footage = [(int(link["started_us"]), int(link["ended_us"])) for link in links]
    found = completeness_of(bounds, footage, [])
    named = merge_spans(
        (int(item["started_us"]), int(item["ended_us"])) for item in claim["missing"]
    )
    return (
        named == merge_spans((item.started_us, item.ended_us) for item in found.missing)
        and all(item["cause"] for item in claim["missing"])
        and int(claim["recorded_us"]) == found.recorded_us
        and int(claim["short_us"]) == found.short_us
    )
