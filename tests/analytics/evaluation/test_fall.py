from __future__ import annotations

from pathlib import Path

import pytest

from analytics.engine.analyzer import Finders
from analytics.engine.detector import Sighting
from analytics.engine.episodes import Episode
from analytics.engine.kinds import Kind
from analytics.evaluation.clips import Clips, Context
from analytics.evaluation.fall import _spans_join, evaluate_fall

pytestmark = pytest.mark.unit


def episode(*, began: float, raised: float) -> Episode:
    sighting = Sighting(Kind.FALL, at=raised, since=began)
    return Episode(sighting, sighting, sighting)


def test_alarm_over_a_join_is_the_joins() -> None:
    assert _spans_join(episode(began=1.0, raised=3.5), (2.0,))


def test_alarm_between_two_joins_counts() -> None:
    assert not _spans_join(episode(began=3.0, raised=5.5), (2.0, 6.0))


def test_missing_clips_are_left_out_and_said(tmp_path: Path) -> None:
    folder = tmp_path / "falls"
    folder.mkdir()
    (folder / "labels.csv").write_text("file,label,fall_start_s,fall_end_s\na.mp4,fall,1,2\n")
    said: list[str] = []

    figures = evaluate_fall(Context(Clips(tmp_path), Finders(), said.append))

    assert said == ["left out: a.mp4"]
    assert {f.name: f.value for f in figures}["evaluate.fall.false"] == 0
