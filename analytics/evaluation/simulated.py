"""What can happen to a camera, drawn into real pictures: tampering, and light that is none.

Every change takes a picture, the seconds since it began and a source of randomness, and gives a
new picture of the same size. Sizes are shares of the picture's width.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache

import cv2
import numpy as np

from analytics.engine.frames import Frame, Image

Change = Callable[[Image, float, np.random.Generator], Image]
"""(picture, seconds since the change began, randomness) -> picture."""


def with_change(
    frames: Iterable[Frame], change: Change, *, start_s: float, end_s: float, seed: int = 0
) -> Iterator[Frame]:
    """Apply a change to the frames of a time, the end excluded."""
    random = np.random.default_rng(seed)
    for frame in frames:
        if start_s <= frame.at < end_s:
            yield Frame(frame.at, change(frame.image, frame.at - start_s, random))
        else:
            yield frame


def black(image: Image, _: float, random: np.random.Generator) -> Image:
    """A cap on the lens: a little sensor noise."""
    return _picture(6 + _noise(image, 2, random))


def cover(image: Image, _: float, random: np.random.Generator) -> Image:
    """A hand or a bag before nine tenths of the lens, out of focus."""
    return _cover(image, random, share=0.9)


def half_cover(image: Image, _: float, random: np.random.Generator) -> Image:
    return _cover(image, random, share=0.5)


def glare(image: Image, _: float, random: np.random.Generator) -> Image:
    """A torch in the lens, a little beside the middle."""
    height, width = image.shape[:2]
    return _picture(image + _glow(width, height))


def defocus(image: Image, _: float, random: np.random.Generator) -> Image:
    """Six pixels of 640."""
    return blurred(image, 6 / 640)


def slight_defocus(image: Image, _: float, random: np.random.Generator) -> Image:
    return blurred(image, 3 / 640)


def slow_defocus(image: Image, seconds: float, random: np.random.Generator) -> Image:
    """A lens that sags within a minute."""
    return blurred(image, (0.05 + 5 * min(1.0, seconds / 60)) / 640)


def move(image: Image, _: float, random: np.random.Generator) -> Image:
    """A push: 15 % aside, 10 % down, and turned by 4.6 degrees."""
    height, width = image.shape[:2]
    return _warped(image, angle=0.08, across=0.15 * width, down=0.1 * height)


def slight_move(image: Image, _: float, random: np.random.Generator) -> Image:
    height, width = image.shape[:2]
    return _warped(image, angle=0.0, across=0.05 * width, down=0.03 * height)


def nudge(image: Image, _: float, random: np.random.Generator) -> Image:
    """Two percent aside and down."""
    height, width = image.shape[:2]
    return _warped(image, angle=0.0, across=0.02 * width, down=0.02 * height)


def light_off(image: Image, _: float, random: np.random.Generator) -> Image:
    """A fifth of the light, and the noise of a dark picture."""
    return _picture(image * 0.2 + 5 + _noise(image, 4, random))


def light_halved(image: Image, _: float, random: np.random.Generator) -> Image:
    return _picture(image * 0.5 + _noise(image, 2, random))


def light_doubled(image: Image, _: float, random: np.random.Generator) -> Image:
    return _picture(image * 2.0)


def infrared(image: Image, _: float, random: np.random.Generator) -> Image:
    """The filter swings away: gray, flatter, noisier."""
    gray = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    return _picture((gray.astype(np.float32) - 128) * 0.8 + 110 + _noise(image, 3, random))


def low_quality(image: Image, _: float, random: np.random.Generator) -> Image:
    """The bit rate drops."""
    done, content = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 15])
    if not done:
        msg = "a picture could not be compressed"
        raise ValueError(msg)
    return np.asarray(cv2.imdecode(content, cv2.IMREAD_COLOR), dtype=np.uint8)


def rain(image: Image, _: float, random: np.random.Generator) -> Image:
    """Rain or snow at night: a picture full of noise."""
    return _picture(image + _noise(image, 12, random))


def shake(image: Image, _: float, random: np.random.Generator) -> Image:
    """Wind at the pole: up to two pixels of 640."""
    reach = max(1, round(2 * image.shape[1] / 640))
    across, down = random.integers(-reach, reach + 1, 2)
    return np.roll(image, (int(down), int(across)), (0, 1))


def smoke(image: Image, seconds: float, random: np.random.Generator) -> Image:
    """Gray clouds that rise from a place low in the picture and grow for half a minute."""
    height, width = image.shape[:2]
    grown = min(1.0, seconds / 20)
    ys, xs = np.mgrid[:height, :width].astype(np.float32)
    above = (0.8 * height - ys) / height
    wide = width * (0.04 + 0.25 * np.clip(above, 0, 1)) * (0.4 + 0.6 * grown)
    inside = np.exp(-(((xs - 0.4 * width) / wide) ** 2)) * (above > 0) * (above < 0.8 * grown + 0.1)
    rising = int(seconds * 0.08 * height)
    cloud = np.roll(_clouds(width, height), -rising, axis=0)
    veil = cv2.GaussianBlur((inside * cloud).astype(np.float32), (0, 0), width / 100)[..., None]
    return _picture(image * (1 - veil) + 165 * veil)


def freeze() -> Change:
    """Return a change that repeats the first picture it gets."""
    first: list[Image] = []

    def repeat(image: Image, _: float, random: np.random.Generator) -> Image:
        first.append(image)
        del first[1:]
        return first[0]

    return repeat


def vehicle(side: Image, *, share: float, stays_s: float) -> Change:
    """Return a change: a van drives in from the left within a second, stands, drives on.

    Args:
        side: what its side looks like: any picture in focus.
        share: how much of the picture's width it covers.
        stays_s: from its coming to its leaving.

    """

    def drive(image: Image, seconds: float, random: np.random.Generator) -> Image:
        height, width = image.shape[:2]
        long = int(width * share)
        body = cv2.resize(side, (long, height), interpolation=cv2.INTER_AREA)
        left = int((width - long) / 2 - width * _way_left(seconds, stays_s))
        start, end = max(0, left), min(width, left + long)
        if end <= start:
            return image
        picture = image.copy()
        picture[:, start:end] = (body[:, start - left : end - left] * 0.8).astype(np.uint8)
        return _picture(picture + _noise(image, 1, random))

    return drive


def _way_left(seconds: float, stays_s: float) -> float:
    """1 before it comes, 0 while it stands, -1 when it is gone."""
    if seconds < 1:
        return 1 - seconds
    return -min(1.0, max(0.0, seconds - (stays_s - 1)))


TAMPERING: Mapping[str, Callable[[], Change]] = {
    "black": lambda: black,
    "cover": lambda: cover,
    "half_cover": lambda: half_cover,
    "glare": lambda: glare,
    "defocus": lambda: defocus,
    "move": lambda: move,
    "freeze": freeze,
}
FINE_TAMPERING: Mapping[str, Callable[[], Change]] = {
    "slight_defocus": lambda: slight_defocus,
    "slight_move": lambda: slight_move,
    "nudge": lambda: nudge,
}
LIGHT: Mapping[str, Callable[[], Change]] = {
    "light_off": lambda: light_off,
    "halved": lambda: light_halved,
    "doubled": lambda: light_doubled,
    "infrared": lambda: infrared,
    "low_quality": lambda: low_quality,
    "rain": lambda: rain,
    "shake": lambda: shake,
}


def blurred(image: Image, share: float) -> Image:
    sigma = share * image.shape[1]
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), dtype=np.uint8)


def _cover(image: Image, random: np.random.Generator, *, share: float) -> Image:
    """Cover the right part; the cloth's pattern is the same in every frame."""
    height, width = image.shape[:2]
    cloth = _cloth(width, height)
    left = int(width * (1 - share))
    picture = image.astype(np.float32)
    picture[:, left:] = cloth[:, left:]
    return _picture(picture + _noise(image, 2, random))


@lru_cache(maxsize=4)
def _cloth(width: int, height: int) -> np.ndarray:
    spots = np.random.default_rng(1).normal(90, 25, (9, 16, 3)).astype(np.float32)
    large = cv2.resize(spots, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(cv2.GaussianBlur(large, (0, 0), 9 * width / 640))


@lru_cache(maxsize=4)
def _glow(width: int, height: int) -> np.ndarray:
    ys, xs = np.mgrid[:height, :width].astype(np.float32)
    away = np.hypot(xs - width * 0.55, ys - height * 0.4) / width
    return np.asarray(330 * np.exp(-((away / 0.42) ** 2))[..., None] + 25)


@lru_cache(maxsize=4)
def _clouds(width: int, height: int) -> np.ndarray:
    """How dense the smoke is, 0.35 to 0.85."""
    spots = np.random.default_rng(3).uniform(0.35, 0.85, (12, 20)).astype(np.float32)
    return np.asarray(cv2.resize(spots, (width, height), interpolation=cv2.INTER_LINEAR))


@lru_cache(maxsize=1)
def _bank() -> np.ndarray:
    """Normal noise to cut pieces from: drawing it anew for each frame takes most of the time."""
    return np.random.default_rng(2).standard_normal(4_000_000, dtype=np.float32)


def _noise(image: Image, deviation: float, random: np.random.Generator) -> np.ndarray:
    bank = _bank()
    start = int(random.integers(len(bank) - image.size))
    return bank[start : start + image.size].reshape(image.shape) * np.float32(deviation)


def _warped(image: Image, *, angle: float, across: float, down: float) -> Image:
    height, width = image.shape[:2]
    cos, sin = np.cos(angle), np.sin(angle)
    way = np.array([[cos, -sin, across], [sin, cos, down]], dtype=np.float32)
    warped = cv2.warpAffine(image, way, (width, height), borderMode=cv2.BORDER_REFLECT)
    return np.asarray(warped, dtype=np.uint8)


def _picture(values: np.ndarray) -> Image:
    return np.asarray(np.clip(values, 0, 255), dtype=np.uint8)
