from __future__ import annotations

from pathlib import Path

import pytest

from analytics.engine.faces.redaction_seeking import open_seeker
from analytics.evaluation.blur import Witness, compare, evaluate_blur, has_faces

pytestmark = pytest.mark.media


@pytest.fixture
def witness(shared_folder: Path) -> Witness:
    path = shared_folder / "models" / "face_detection_yunet_n_640.onnx"
    return Witness(path.read_bytes())


@pytest.fixture
def clip(shared_folder: Path) -> Path:
    """23 frames with a large face that turns."""
    return shared_folder / "clips" / "faces" / "head-pose-face-detection-female.mp4"


def test_film_that_was_not_redacted_is_unblurred_in_every_frame(
    clip: Path, witness: Witness
) -> None:
    tally = compare(clip, clip, witness)

    assert (tally.frames, tally.unblurred, tally.by_network) == (23, 23, 23)
    assert tally.by_cascades > 10


def test_redacted_film_has_no_face_left(clip: Path, witness: Witness, shared_folder: Path) -> None:
    said: list[str] = []

    found = evaluate_blur([clip], open_seeker(shared_folder / "models"), witness, said.append)
    figures = {figure.name: figure.value for figure in found}

    assert figures["blur.unblurred_frames"] == figures["blur.misplaced_frames"] == 0
    assert (figures["blur.frames"], figures["blur.face_frames"]) == (23, 23)
    assert 0.02 < figures["blur.area_share"] < 0.3
    assert len(said) == 1


def test_film_without_people_has_no_faces(shared_folder: Path, witness: Witness) -> None:
    clip = shared_folder / "clips" / "persons" / "negative_road_video.avi"

    assert not has_faces(clip, witness)
