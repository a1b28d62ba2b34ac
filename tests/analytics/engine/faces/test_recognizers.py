"""Which network recognizes is a setting; what can't be opened is named, and the rest works."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from django.conf import LazySettings

from analytics.actions.faces.photos import networks, recognizer_name
from analytics.engine.faces.face import Face, Picture, Template
from analytics.engine.weights import SFACE, open_faces

OWN = f"{__name__}:open_own"


class OwnRecognizer:
    """Of another module: it describes a face by the mean color of the picture."""

    name = "own"
    dimensions = 3

    def template(self, picture: Picture, face: Face) -> Template:
        del face
        mean = picture.mean(axis=(0, 1), dtype=np.float32)
        return np.asarray(mean / np.linalg.norm(mean), np.float32)

    photo_template = template


def open_own(folder: Path) -> OwnRecognizer:
    del folder
    return OwnRecognizer()


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("sface", SFACE.file_name),
        ("nobody.wrote:this", "there is no recognizer nobody.wrote:this"),
        ("analytics.engine.weights:nothing", "there is no recognizer analytics.engine.weights"),
        ("retail", "there is no recognizer retail"),
    ],
)
def test_recognizer_that_can_not_be_opened_is_named(name: str, told: str, tmp_path: Path) -> None:
    _finder, recognizer, missing = open_faces(tmp_path, name)

    assert recognizer is None
    assert any(told in text for text in missing.values())


def test_recognizer_of_another_module_is_used_by_its_setting(
    shared_folder: Path, settings: LazySettings
) -> None:
    settings.WEIGHTS_DIR = shared_folder / "models"
    settings.FACE_RECOGNIZER = OWN

    opened = networks()

    assert isinstance(opened.recognizer, OwnRecognizer)
    assert recognizer_name() == "own"


def test_recognizer_of_the_list_keeps_its_name_without_its_file(
    tmp_path: Path, settings: LazySettings
) -> None:
    settings.WEIGHTS_DIR = tmp_path
    settings.FACE_RECOGNIZER = "sface"

    assert recognizer_name() == "sface"
