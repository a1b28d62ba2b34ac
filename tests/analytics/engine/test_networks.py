from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from analytics.engine.network_graphs import (
    with_folded_focus,
    with_free_input_size,
    with_input_size,
    with_plain_slopes,
)
from analytics.engine.networks import Network, NetworkError, read_pinned
from analytics.engine.objects import Label, YoloxFinder
from analytics.engine.weights import OBJECTS, POSES, RECOGNITION, open_finders

pytestmark = pytest.mark.unit


def test_read_pinned_returns_the_content_of_the_very_file(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(b"weights")

    assert read_pinned(path, hashlib.sha256(b"weights").hexdigest()) == b"weights"


def test_file_with_a_flipped_byte_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(b"weightt")

    with pytest.raises(NetworkError, match=r"net\.onnx is not the pinned file"):
        read_pinned(path, hashlib.sha256(b"weights").hexdigest())


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match=r"net\.onnx can not be read: No such file"):
        read_pinned(tmp_path / "net.onnx", "")


def test_file_that_is_no_network_is_refused() -> None:
    with pytest.raises(NetworkError, match="the object detector can not be loaded"):
        Network(b"not a network", "the object detector")


def test_portal_without_weights_says_which_are_missing(tmp_path: Path) -> None:
    finders, missing = open_finders(tmp_path)

    assert finders.objects is None
    assert (
        missing["objects"] == "yolox_nano_416x416.onnx can not be read: No such file or directory"
    )


def test_wide_input_finds_what_the_square_one_finds(shared_folder: Path) -> None:
    content = (shared_folder / "models" / OBJECTS.file_name).read_bytes()

    wide = Network(with_input_size(content, 416, 256), "wide")
    square = Network(content, "square")
    picture = np.random.default_rng(1).uniform(0, 255, (1, 3, 256, 416)).astype(np.float32)
    padded = np.full((1, 3, 416, 416), 114, dtype=np.float32)
    padded[:, :, :256] = picture

    assert (wide.input_shape, square.input_shape) == ((1, 3, 256, 416), (1, 3, 416, 416))
    # One row per cell of the strides 8, 16 and 32. The first cells lie far from the padding.
    of_wide, of_square = wide.run(picture)[0][0], square.run(padded)[0][0]
    assert of_wide.shape == (52 * 32 + 26 * 16 + 13 * 8, 85)
    assert np.abs(of_wide[:20] - of_square[:20]).mean() < 0.05


def test_folded_focus_changes_nothing_but_the_rounding(shared_folder: Path) -> None:
    content = with_input_size((shared_folder / "models" / OBJECTS.file_name).read_bytes(), 416, 256)
    picture = np.random.default_rng(1).uniform(0, 255, (1, 3, 256, 416)).astype(np.float32)

    [plain] = Network(content, "plain").run(picture)
    [folded] = Network(with_folded_focus(content), "folded").run(picture)

    assert np.abs(plain - folded).max() < 1e-3


def test_network_without_focus_stays_as_it_is(shared_folder: Path) -> None:
    content = (shared_folder / "models" / POSES.file_name).read_bytes()

    assert with_folded_focus(content) == content


def test_plain_slopes_change_nothing(shared_folder: Path) -> None:
    content = (shared_folder / "models" / RECOGNITION.file_name).read_bytes()
    square = np.random.default_rng(1).uniform(0, 255, (1, 3, 128, 128)).astype(np.float32)

    [plain] = Network(content, "plain").run(square)
    [changed] = Network(with_plain_slopes(content, "changed"), "changed").run(square)

    assert np.abs(plain - changed).max() < 1e-5


@pytest.mark.parametrize("change", [with_free_input_size, with_plain_slopes])
def test_what_is_no_network_can_not_be_changed(change: Callable[[bytes, str], bytes]) -> None:
    with pytest.raises(NetworkError, match="the network for faces can not be loaded"):
        change(b"not a network", "the network for faces")


def test_finder_leaves_an_empty_picture_empty(shared_folder: Path) -> None:
    finder = YoloxFinder((shared_folder / "models" / OBJECTS.file_name).read_bytes())

    found = finder.find(np.full((360, 640, 3), 90, dtype=np.uint8))

    assert [thing for thing in found if thing.label is Label.PERSON] == []
