"""What is missing of a range, and why."""

from __future__ import annotations

from typing import Any

import pytest

from archive.engine.completeness import Absence, Completeness, completeness_of, is_consistent

pytestmark = pytest.mark.unit

S = 1_000_000
DAY = (0, 86_400 * S)


def ledger(*entries: tuple[float, float, str]) -> list[Absence]:
    return [Absence(round(a * S), round(b * S), cause) for a, b, cause in entries]


def missing_of(found: Completeness) -> list[tuple[float, float, str]]:
    return [(item.started_us / S, item.ended_us / S, item.cause) for item in found.missing]


def test_day_without_holes_is_whole() -> None:
    found = completeness_of(DAY, [(-5 * S, 50_000 * S), (50_000 * S, 90_000 * S)], [])

    assert (found.recorded_us, found.missing, found.short_count) == (DAY[1], [], 0)


@pytest.mark.parametrize(("length", "is_named"), [(1.9, False), (2.0, False), (2.001, True)])
def test_hole_longer_than_two_seconds_is_named(length: float, *, is_named: bool) -> None:
    found = completeness_of(DAY, [(0, 100 * S), (round((100 + length) * S), DAY[1])], [])

    assert missing_of(found) == ([(100, 100 + length, "UNKNOWN")] if is_named else [])
    assert found.short_count == int(not is_named)
    assert found.recorded_us + found.short_us + sum(i.length_us for i in found.missing) == DAY[1]


def test_hole_is_divided_by_the_ledger_and_its_rest_is_unknown() -> None:
    footage = [(0, 100 * S), (200 * S, DAY[1])]

    found = completeness_of(DAY, footage, ledger((90, 130, "UNREACHABLE"), (150, 199, "DISK_FULL")))

    assert missing_of(found) == [
        (100, 130, "UNREACHABLE"),
        (130, 150, "UNKNOWN"),
        (150, 200, "DISK_FULL"),  # the last second goes to its neighbor
    ]


def test_overlapping_entries_name_every_moment_once() -> None:
    footage = [(0, 100 * S), (200 * S, DAY[1])]

    found = completeness_of(DAY, footage, ledger((100, 170, "A"), (140, 300, "B")))

    assert missing_of(found) == [(100, 170, "A"), (170, 200, "B")]


def claim_of(found: Completeness) -> dict[str, Any]:
    return found.as_json()


LINKS = [{"started_us": 0, "ended_us": 100 * S}, {"started_us": 200 * S, "ended_us": DAY[1]}]


def honest() -> dict[str, Any]:
    spans = [(link["started_us"], link["ended_us"]) for link in LINKS]
    return claim_of(completeness_of(DAY, spans, ledger((100, 150, "A"))))


def test_claim_that_follows_from_the_links_is_consistent() -> None:
    assert is_consistent(honest(), LINKS)


@pytest.mark.parametrize(
    "forged",
    [
        {"missing": []},
        {"missing": [{"started_us": 100 * S, "ended_us": 190 * S, "cause": "A"}]},
        {"missing": [{"started_us": 100 * S, "ended_us": 200 * S, "cause": ""}]},
        {"recorded_us": DAY[1]},
        {"short_us": 1},
        {"ended_us": 90_000 * S},
    ],
)
def test_forged_claim_is_not_consistent(forged: dict[str, Any]) -> None:
    assert not is_consistent({**honest(), **forged}, LINKS)
