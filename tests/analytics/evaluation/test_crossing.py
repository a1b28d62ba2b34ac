from __future__ import annotations

from pathlib import Path

import pytest

from analytics.evaluation.clips import Clips, Context
from analytics.evaluation.crossing import evaluate_crossing
from analytics.evaluation.intrusion import evaluate_intrusion
from analytics.evaluation.persons import evaluate_persons
from tests.analytics.painted_clips import PAINTED_FINDERS, write_walk

pytestmark = pytest.mark.media

HEADER = "file,person,first_frame,last_frame,start_s,end_s,crosses_x160_left_to_right_frame\n"


@pytest.fixture
def walked(tmp_path: Path) -> Path:
    """One clip with a painted person who crosses the middle at 3.0 s, one with nobody."""
    folder = tmp_path / "persons"
    folder.mkdir()
    write_walk(folder / "walk.mp4", crossing_at=3.0)
    write_walk(folder / "negative.mp4", crossing_at=None)
    return tmp_path


def figures_of(folder: Path, frame: int) -> dict[str, float]:
    """Evaluate with a table that says at which frame of ten a second the line was crossed."""
    (folder / "persons" / "events.csv").write_text(f"{HEADER}walk.mp4,1,0,60,0.0,6.0,{frame}\n")
    context = Context(Clips(folder), PAINTED_FINDERS)
    figures = [
        *evaluate_crossing(context),
        *evaluate_intrusion(context),
        *evaluate_persons(context),
    ]
    return {figure.name: figure.value for figure in figures}


def test_right_crossing_and_visit_are_found(walked: Path) -> None:
    figures = figures_of(walked, 30)

    assert figures["evaluate.crossing.f1"] == 1.0
    assert figures["evaluate.crossing.error_max"] < 0.1
    assert figures["evaluate.intrusion.f1"] == 1.0
    assert figures["evaluate.person.presence"] > 0.9
    assert figures["evaluate.person.identities"] == 1


def test_crossing_at_another_moment_is_missed_and_false(walked: Path) -> None:
    figures = figures_of(walked, 45)

    assert figures["evaluate.crossing.f1"] == 0.0
    assert figures["evaluate.crossing.false"] == 1
