"""What a face is to the engine, and the two roles that networks play."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
"""Height x width x 3, BGR."""
Template = NDArray[np.float32]
"""What a face looks like to a recognizer: unit length; two are compared by their dot product."""


@dataclass(frozen=True)
class Face:
    """One face in one picture, in its pixels."""

    box: tuple[float, float, float, float]
    """Left, top, right, bottom."""
    landmarks: NDArray[np.float32]
    """5 x 2: the eye on the left of the picture, the other eye, nose, corners of the mouth."""
    score: float

    @property
    def eye_distance(self) -> float:
        return float(np.linalg.norm(self.landmarks[0] - self.landmarks[1]))


class FaceFinder(Protocol):
    def find(self, picture: Picture) -> list[Face]: ...


class Recognizer(Protocol):
    name: str
    """Stands beside each template: those of different recognizers can't be compared."""
    dimensions: int

    def template(self, picture: Picture, face: Face) -> Template:
        """Describe one shot of several."""
        ...

    def photo_template(self, picture: Picture, face: Face) -> Template:
        """Describe a photo that has to speak for itself: slower, and steadier."""
        ...
