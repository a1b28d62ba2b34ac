from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from analytics.engine.scene import Direction
from analytics.evaluation.clips import Clips
from analytics.evaluation.visits import crossings, lines, visits, without_persons

pytestmark = pytest.mark.media

TABLE = """\
file,person,first_frame,last_frame,start_s,end_s,crosses_x80_right_to_left_frame,crosses_x40_left_to_right_frame
gate.mp4,1,10,60,1.0,6.0,25,
gate.mp4,2,80,90,8.0,9.0,-,85.0
"""


def make_clip(path: Path, fps: int = 10) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=fps)
        stream.width, stream.height = 160, 96
        stream.pix_fmt = "yuv420p"
        for _ in range(5):
            picture = av.VideoFrame.from_ndarray(np.zeros((96, 160, 3), np.uint8), format="bgr24")
            container.mux(stream.encode(picture))
        container.mux(stream.encode())


@pytest.fixture
def clips(tmp_path: Path) -> Clips:
    folder = tmp_path / "persons"
    folder.mkdir()
    for name in ("gate.mp4", "negative_yard.mp4", "road.mp4", "street.mp4"):
        make_clip(folder / name)
    (folder / "events.csv").write_text(TABLE)
    readme = "| persons/road.mp4 | vehicles only, no person |\n| persons/street.mp4 | 2 people |\n"
    (tmp_path / "README.md").write_text(readme)
    return Clips(tmp_path)


def test_lines_are_named_by_columns(clips: Clips) -> None:
    found = [(line.x, line.direction) for line in lines(clips)]

    assert found == [(80, Direction.TO_RIGHT), (40, Direction.TO_LEFT)]


def test_crossings_are_counted_in_frames_of_the_clip(clips: Clips) -> None:
    gate = clips.folder / "persons" / "gate.mp4"

    moments = [[event.start for event in crossings(clips, gate, line)] for line in lines(clips)]

    assert moments == [[2.5], [8.5]]


def test_visits_are_those_of_the_clip(clips: Clips) -> None:
    gate, street = (clips.folder / "persons" / name for name in ("gate.mp4", "street.mp4"))

    assert [(event.start, event.end) for event in visits(clips, gate)] == [(1.0, 6.0), (8.0, 9.0)]
    assert visits(clips, street) == []


def test_clip_shows_nobody_by_its_name_or_by_the_readme(clips: Clips) -> None:
    assert [clip.name for clip in without_persons(clips)] == ["negative_yard.mp4", "road.mp4"]


def test_folder_without_a_table_has_no_lines(tmp_path: Path) -> None:
    assert lines(Clips(tmp_path)) == []
