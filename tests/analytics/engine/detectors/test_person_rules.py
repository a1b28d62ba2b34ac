"""What all rules about persons and vehicles have in common."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from analytics.engine.analyzer import Analyzer
from analytics.engine.boxes import Point
from analytics.engine.catalog import Entry, Setting
from analytics.engine.clips import read_frames
from analytics.engine.detectors import entries
from analytics.engine.kinds import Kind, Sensitivity
from analytics.engine.rules import Rule
from analytics.engine.scene import Direction, Line, Scene, SceneError
from analytics.engine.weights import open_finders

KINDS = (
    Kind.MOTION,
    Kind.INTRUSION,
    Kind.CROSSING,
    Kind.LOITERING,
    Kind.CROWD,
    Kind.GROUP,
    Kind.RUNNING,
    Kind.VEHICLE,
    Kind.DOG,
    Kind.UNUSUAL,
)
# From the top down: who walks to the picture's right comes to the line's left.
RIGHT_DOOR = Line("door", Point(0.78, 0), Point(0.78, 1), Direction.TO_LEFT)


@pytest.fixture(params=KINDS)
def entry(request: pytest.FixtureRequest) -> Entry:
    return entries()[request.param]


@pytest.mark.unit
@pytest.mark.parametrize("sensitivity", list(Sensitivity))
def test_every_sensitivity_makes_a_detector(entry: Entry, sensitivity: Sensitivity) -> None:
    detector = entry.make(Setting(line=RIGHT_DOOR, sensitivity=sensitivity))

    assert detector.kind is entry.kind


@pytest.mark.unit
def test_every_parameter_can_be_overridden(entry: Entry) -> None:
    for parameter in fields(entry.parameters):
        entry.make(Setting(line=RIGHT_DOOR, overrides={parameter.name: 2.0}))


@pytest.mark.unit
def test_unknown_parameter_is_refused(entry: Entry) -> None:
    with pytest.raises(SceneError, match="there is no parameter dwel_s"):
        entry.make(Setting(line=RIGHT_DOOR, overrides={"dwel_s": 2.0}))


@pytest.mark.media
def test_first_visitor_enters_and_leaves_by_the_door(shared_folder: Path) -> None:
    """In the clip the first of six visitors is in view from 6.0 s, and at the door at 19.0 s."""
    finders, _ = open_finders(shared_folder / "models")
    known = entries()
    settings = {Kind.INTRUSION: Setting(), Kind.CROSSING: Setting(line=RIGHT_DOOR)}
    analyzer = Analyzer(
        Scene(), finders, lambda: [Rule(known[kind].make(settings[kind])) for kind in settings]
    )
    begun = []
    for frame in read_frames(
        shared_folder / "clips/persons/one-by-one-person-detection.mp4", analyzer.wants
    ):
        begun += [change for change in analyzer.feed(frame) if change.is_new]
        if frame.at > 21:
            break

    raised = {change.rule.detector.kind: change.episode for change in begun}
    assert len(begun) == 2
    assert 6.0 < raised[Kind.INTRUSION].raised_at < 8.5
    assert raised[Kind.CROSSING].began_at == pytest.approx(19.0, abs=0.3)
    assert raised[Kind.CROSSING].first.facts == {"line": "door", "direction": "TO_LEFT"}
