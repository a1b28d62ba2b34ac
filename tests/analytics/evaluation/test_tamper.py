from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from analytics.engine.analyzer import Finders
from analytics.engine.frames import Image
from analytics.evaluation import simulated
from analytics.evaluation.clips import Clips, Context
from analytics.evaluation.tamper import count_cuts, evaluate_tamper
from tests.analytics.engine.detectors.test_tamper import STREET, noisy, street

pytestmark = pytest.mark.media

FPS = 4


def write_clip(path: Path, pictures: list[Image]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=FPS, options={"qscale": "2"})
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        for number, picture in enumerate(pictures):
            image = noisy(picture, number)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode())


def test_edited_film_is_told_from_a_camera(tmp_path: Path) -> None:
    write_clip(tmp_path / "camera.mp4", [STREET] * 12)
    write_clip(tmp_path / "film.mp4", [STREET] * 4 + [street(1)] * 4 + [street(2)] * 4)

    assert count_cuts(tmp_path / "camera.mp4") == 0
    assert count_cuts(tmp_path / "film.mp4") == 2


def test_all_figures_of_a_made_folder(tmp_path: Path) -> None:
    """A camera that is blurred at 6 s, one that never is, and a film that is left out."""
    random = np.random.default_rng(0)
    blurred = simulated.defocus(STREET, 0, random)
    write_clip(tmp_path / "tamper" / "turned.mp4", [STREET] * 24 + [blurred] * 24)
    (tmp_path / "tamper" / "events.csv").write_text(
        "file,event,start_s,end_s\nturned.mp4,defocused,6,12\n"
    )
    write_clip(tmp_path / "persons" / "quiet.mp4", [street(4)] * 16)
    write_clip(tmp_path / "faces" / "film.mp4", [street(number) for number in range(8)])
    said: list[str] = []

    figures = evaluate_tamper(Context(Clips(tmp_path), Finders(), said.append))
    values = {figure.name: figure.value for figure in figures}

    assert values["evaluate.tamper.recall"] == 1
    assert values["evaluate.tamper.simulated.recall"] == 1
    assert values["evaluate.tamper.false"] == 0
    lights = ("light_off", "halved", "doubled", "vehicle")
    assert [values[f"evaluate.tamper.{name}.false"] for name in lights] == [0, 0, 0, 0]
    assert any("left out, no camera: film.mp4" in text for text in said)


def test_folder_without_clips_claims_no_recall(tmp_path: Path) -> None:
    figures = evaluate_tamper(Context(Clips(tmp_path), Finders()))

    assert not [figure.name for figure in figures if "recall" in figure.name]
