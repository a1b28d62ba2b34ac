"""The picture that analysis sees, and its small versions, made once for all detectors."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]
"""(height, width, 3) BGR or (height, width) gray, 0 to 255."""
Floats = npt.NDArray[np.float32]

ANALYSIS_WIDTH = 640
"""Pixels. Wider pictures are shrunk: the networks see no more than this."""
LARGEST_SIDE = 8192
"""Pixels. A larger picture is refused before it is decoded into memory."""


class Frame:
    """One moment. `at` is in seconds: Unix time for a camera, from its start for a clip."""

    def __init__(self, at: float, image: Image, sound_db: float | None = None) -> None:
        """`sound_db`: the level since the frame before, of full scale; None: nothing is heard."""
        self.at = at
        self.image = image
        self.sound_db = sound_db
        self._grays: dict[tuple[int, int], Image] = {}
        self._colors: dict[tuple[int, int], Image] = {}

    @property
    def width(self) -> int:
        return int(self.image.shape[1])

    @property
    def height(self) -> int:
        return int(self.image.shape[0])

    def color(self, width: int, height: int) -> Image:
        """The picture in exactly this size, BGR. Do not write into it: others see it too."""
        size = (width, height)
        if size not in self._colors:
            self._colors[size] = resized(self.image, width, height)
        return self._colors[size]

    def gray(self, width: int, height: int) -> Image:
        """The picture in exactly this size, gray. Do not write into it: others see it too."""
        size = (width, height)
        if size not in self._grays:
            gray = cv2.cvtColor(self.color(width, height), cv2.COLOR_BGR2GRAY)
            self._grays[size] = np.asarray(gray, dtype=np.uint8)
        return self._grays[size]


def resized(image: Image, width: int, height: int) -> Image:
    if image.shape[1] == width and image.shape[0] == height:
        return image
    way = cv2.INTER_AREA if image.shape[1] > width else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, (width, height), interpolation=way), dtype=np.uint8)


def fit_for_analysis(image: Image) -> Image:
    """Shrink to at most ANALYSIS_WIDTH, with the proportions kept."""
    height, width = image.shape[:2]
    if width <= ANALYSIS_WIDTH:
        return image
    return resized(image, ANALYSIS_WIDTH, max(1, round(height * ANALYSIS_WIDTH / width)))
