"""Arithmetic of half-open spans of time, in whole microseconds since the Unix epoch (UTC)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

Span = tuple[int, int]


def merge_spans(spans: Iterable[Span], *, tolerance: int = 0) -> list[Span]:
    """Return the spans in order, those that touch or lie at most `tolerance` apart as one."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1] + tolerance:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def clip_spans(spans: Iterable[Span], bounds: Span) -> Iterator[Span]:
    """Yield what of each span lies inside the bounds."""
    for start, end in spans:
        low, high = max(start, bounds[0]), min(end, bounds[1])
        if low < high:
            yield low, high


def subtract_spans(span: Span, holes: Iterable[Span]) -> list[Span]:
    """Return what is left of the span outside the holes."""
    left: list[Span] = []
    position = span[0]
    for start, end in merge_spans(clip_spans(holes, span)):
        if position < start:
            left.append((position, start))
        position = end
    if position < span[1]:
        left.append((position, span[1]))
    return left


def total_length(spans: Iterable[Span]) -> int:
    return sum(end - start for start, end in spans)
