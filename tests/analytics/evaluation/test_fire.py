from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from analytics.engine.analyzer import Finders
from analytics.evaluation.clips import Clips, Context
from analytics.evaluation.fire import evaluate_fire, watch_flames
from tests.analytics.engine.detectors.test_fire import FIRE, HEIGHT, WIDTH, Paint, burn, glow

pytestmark = pytest.mark.media

SECONDS = 6
FPS = 10


def write_clip(path: Path, paint: Paint) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=FPS, options={"qscale": "2"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number in range(SECONDS * FPS):
            picture = np.full((HEIGHT, WIDTH, 3), 60, dtype=np.uint8)
            picture[::12] = 90
            paint(picture, number / FPS)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        container.mux(stream.encode())


def label(clip: Path, *, left: float, top: float) -> None:
    """Write the table: one flame in every frame, as large as FIRE."""
    rows = [
        f"{number},{left:.0f},{top:.0f},{FIRE.width:.0f},{FIRE.height:.0f}"
        for number in range(SECONDS * FPS)
    ]
    clip.with_name(f"{clip.stem}_boxes.csv").write_text("\n".join(["frame,x,y,w,h", *rows]))


def test_flames_are_counted_by_seconds_and_others_must_be_silent(tmp_path: Path) -> None:
    write_clip(tmp_path / "fire" / "stove.mp4", burn)
    label(tmp_path / "fire" / "stove.mp4", left=FIRE.left, top=FIRE.top)
    write_clip(tmp_path / "persons" / "sign.mp4", glow)
    write_clip(tmp_path / "persons" / "hidden_fire.mp4", burn)

    context = Context(Clips(tmp_path), Finders())
    values = {figure.name: figure.value for figure in evaluate_fire(context)}

    assert values["evaluate.fire.seconds"] >= SECONDS - 3
    assert values["evaluate.fire.seconds_labeled"] == SECONDS
    assert values["evaluate.fire.first"] <= 4
    assert values["evaluate.fire.off_flame"] == 0
    assert (values["evaluate.fire.false"], values["evaluate.fire.clips"]) == (1, 2)


def test_fire_elsewhere_than_its_label_is_off_the_flame(tmp_path: Path) -> None:
    clip = tmp_path / "stove.mp4"
    write_clip(clip, burn)
    label(clip, left=5, top=5)

    flames = watch_flames(clip)

    assert flames.first is None
    assert flames.off_flame == flames.sightings > 0
