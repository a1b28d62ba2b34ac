"""What our decoding of YuNet finds, beside OpenCV's."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from analytics.engine.faces.face import Face, Picture
from analytics.engine.faces.yunet import SHARED_AREA, YuNet
from analytics.engine.networks import NetworkError
from analytics.engine.weights import FACES

pytestmark = pytest.mark.unit

THRESHOLD = 0.5
SIZES = [(640, 640), (639, 481), (300, 400), (1000, 97)]


@pytest.fixture(scope="module")
def file(shared_folder: Path) -> Path:
    return shared_folder / "models" / FACES.file_name


@pytest.fixture(scope="module")
def group(shared_folder: Path) -> Picture:
    """The largest picture with several faces."""
    files = sorted((shared_folder / "faces" / "ageitgey_multi").glob("*.jpg"))
    pictures = [np.asarray(cv2.imread(str(each)), np.uint8) for each in files]
    return max(pictures, key=lambda picture: picture.size)


def rows_of(faces: list[Face]) -> np.ndarray:
    return np.array(
        [[face.box[0], face.box[1], *face.landmarks.reshape(-1), face.score] for face in faces]
    )


@pytest.mark.parametrize("size", SIZES)
def test_faces_are_those_of_opencv(file: Path, group: Picture, size: tuple[int, int]) -> None:
    picture = np.asarray(cv2.resize(group, size), np.uint8)
    theirs = cv2.FaceDetectorYN.create(str(file), "", size, THRESHOLD, SHARED_AREA)
    found = theirs.detect(picture)[1]
    expected = np.empty((0, 13)) if found is None else np.delete(found, (2, 3), axis=1)
    expected = expected[np.argsort(-expected[:, -1])]

    rows = rows_of(YuNet(file.read_bytes(), threshold=THRESHOLD).find(picture))

    assert len(rows) == len(expected)
    if size == SIZES[0]:
        assert len(rows) >= 2
    assert np.allclose(rows.reshape(expected.shape), expected, atol=0.01)


def test_picture_without_a_face_has_none(file: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (200, 300, 3)).astype(np.uint8)

    assert YuNet(file.read_bytes(), threshold=THRESHOLD).find(noise) == []


def test_file_that_is_no_network_is_refused() -> None:
    with pytest.raises(NetworkError, match="the network for faces can not be loaded"):
        YuNet(b"not a network", threshold=THRESHOLD)
