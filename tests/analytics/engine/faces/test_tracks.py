from __future__ import annotations

import numpy as np
import pytest

from analytics.engine.faces.alignment import RETAIL_POINTS
from analytics.engine.faces.face import Face, Picture
from analytics.engine.faces.tracks import KEPT_SHOTS, MAX_GAP_S, FaceTracks

pytestmark = pytest.mark.unit


def noise(seed: int = 1) -> Picture:
    return np.random.default_rng(seed).integers(0, 255, (300, 600, 3), dtype=np.uint8)


def face_at(x: float, size: float = 60) -> Face:
    return Face(
        (x, 80, x + size, 80 + size), RETAIL_POINTS * size + np.array([x, 80], np.float32), 0.9
    )


def test_face_that_walks_is_one_track() -> None:
    tracks = FaceTracks()
    for step in range(20):
        assert tracks.update([face_at(10 + 25 * step)], noise(), step * 0.5) == []

    ended = tracks.finish()

    assert [(track.began_s, track.ended_s) for track in ended] == [(0.0, 9.5)]
    assert len(ended[0].shots) == KEPT_SHOTS


def test_two_faces_at_once_are_two_tracks_and_stay_apart() -> None:
    tracks = FaceTracks()
    for step in range(4):
        pair = [face_at(50 + 20 * step), face_at(400 - 20 * step)]
        tracks.update(pair[:: 1 if step % 2 else -1], noise(), step * 0.5)

    ended = tracks.finish()

    lefts = [[shot.box[0] for shot in sorted(t.shots, key=lambda s: s.at_s)] for t in ended]
    assert sorted(lefts) == [[50, 70, 90, 110], [400, 380, 360, 340]]


def test_face_lost_for_long_ends_its_track_and_begins_another() -> None:
    tracks = FaceTracks()
    tracks.update([face_at(50)], noise(), 0.0)

    ended = tracks.update([face_at(50)], noise(), MAX_GAP_S + 0.1)

    assert [track.identity for track in ended] == [1]
    assert [track.identity for track in tracks.finish()] == [2]


def test_best_shots_are_kept_and_lie_in_their_crops() -> None:
    tracks = FaceTracks()
    for step in range(10):
        tracks.update([face_at(200, 40 + 3 * step)], noise(), step * 0.5)

    (track,) = tracks.finish()

    values = [shot.quality.value for shot in track.shots]
    assert values == sorted(values, reverse=True)
    assert min(shot.at_s for shot in track.shots) >= 2.0
    for shot in track.shots:
        height, width = shot.crop.shape[:2]
        assert 0 <= shot.face.box[0] < shot.face.box[2] <= width
        assert 0 <= shot.face.landmarks.min() < shot.face.landmarks.max() < max(height, width)


def test_clock_that_jumps_back_ends_all_tracks() -> None:
    tracks = FaceTracks()
    tracks.update([face_at(50)], noise(), 100.0)

    assert len(tracks.update([face_at(50)], noise(), 10.0)) == 1


def test_cut_to_another_scene_ends_all_tracks() -> None:
    tracks = FaceTracks()
    tracks.update([face_at(50)], noise(), 0.0)

    assert tracks.update([face_at(50)], noise(), 0.1) == []
    assert len(tracks.update([face_at(50)], noise(seed=2), 0.2)) == 1
