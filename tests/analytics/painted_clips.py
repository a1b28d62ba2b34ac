"""Clips with a painted person, and a finder that knows persons by their paint."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np

from analytics.engine.analyzer import Finders
from analytics.engine.boxes import Box
from analytics.engine.frames import Image
from analytics.engine.objects import FoundObject, Label

WIDTH, HEIGHT, FPS = 320, 180, 10
PERSON_WIDTH, PERSON_HEIGHT = 24, 60
SPEED_PX_S = 40


def write_walk(path: Path, *, crossing_at: float | None, seconds: float = 6.0) -> None:
    """Write a clip in which a red person walks to the right, through the middle at a moment."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=FPS, options={"qscale": "2"})
        stream.width, stream.height = WIDTH, HEIGHT
        stream.pix_fmt = "yuv420p"
        for number in range(round(seconds * FPS)):
            image = np.full((HEIGHT, WIDTH, 3), 100, dtype=np.uint8)
            if crossing_at is not None:
                _paint(image, WIDTH / 2 + SPEED_PX_S * (number / FPS - crossing_at))
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode())


def _paint(image: Image, center: float) -> None:
    left = round(center - PERSON_WIDTH / 2)
    image[100 : 100 + PERSON_HEIGHT, max(0, left) : max(0, left + PERSON_WIDTH)] = (30, 30, 220)


class RedFinder:
    def find(self, image: Image) -> list[FoundObject]:
        blue, red = image[:, :, 0].astype(int), image[:, :, 2].astype(int)
        rows, columns = np.nonzero(red - blue > 80)
        if not len(rows):
            return []
        box = Box(columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
        return [FoundObject(Label.PERSON, 0.9, box)]


PAINTED_FINDERS = Finders(objects=RedFinder())
