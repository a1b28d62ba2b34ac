"""How violently people move: a few numbers per step, in body heights and seconds.

Dense optical flow (DIS: Kroeger et al., "Fast Optical Flow using Dense Inverse Search", 2016) is
read where two people are close. What tells a fight from walking side by side is less how fast it
is than how disorderly: limbs turn back within a tenth of a second, neighbors move in all
directions. The change of flow over time is the idea of Hassner, Itcher, Kliper-Gross, "Violent
Flows", 2012; the disorder of directions that of Gao et al., "Violence detection using oriented
violent flows", 2016.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields

import cv2
import numpy as np
import numpy.typing as npt

from analytics.engine.boxes import Box, union_of
from analytics.engine.frames import Floats, Frame, Image

FLOW_WIDTH = 320
"""Pixels. At 160 the arms of a person of 100 px are lost, and so is a tenth of the accuracy."""
MAX_STEP_S = 0.25
"""Frames farther apart say nothing of what turned back between them."""
CLOSE_HEIGHTS = 0.5
"""Two boxes are close when their gap is at most so many body heights."""
FAR_HEIGHTS = 3.0
"""Gaps are counted up to here; also what one person alone, or nobody, has."""
MOVING_HEIGHTS_S = 0.075
"""Slower pixels are still."""
DIRECTIONS = 12
WINDOW_S = 2.0
WANTED_FPS = 12.0
"""Limbs turn back within a tenth of a second; of 25 and 30 frames it takes every 2nd and 3rd."""
GATE_WIDTH, GATE_HEIGHT = 160, 90
GATE_GRAY_LEVELS = 12
CUT_GRAY_LEVELS, CUT_SHARE = 20, 0.5
MIN_PERSON_SCORE = 0.25
"""Of the object network: bodies that cover each other are seen faintly."""
QUIET = 0.01
"""Added before the logarithm: what is less than this is nothing."""

Summary = npt.NDArray[np.float64]
"""(len(SUMMARY_NAMES),): logarithms, see `summarize`."""


@dataclass(frozen=True, slots=True)
class Region:
    """Where the motion is read."""

    box: Box
    """Pixels of the analyzed picture."""
    body_px: float
    """Mean body height."""
    gap_heights: float
    """Between the nearest two people of the picture."""
    is_pair: bool
    """Two people are close; otherwise the box is one person's, or that of what moves."""


@dataclass(frozen=True, slots=True)
class Step:
    """What happened between one frame and the next."""

    entropy: float
    """Disorder of the directions of motion, 0 (all one way) to 1."""
    reversal: float
    """Share of the motion that goes back on that of the step before, 0 to 1."""
    change: float
    """Change of brightness by contrast: motion that flow is too slow for."""
    incoherence: float
    """How far neighbors move unlike each other, as a share of the speed."""
    acceleration: float
    """Body heights per second squared."""
    gap: float
    """Body heights, see Region."""
    is_pair: float
    """0 or 1."""
    speed: float
    """Mean over the region, body heights per second; how lively it is, no sign of a fight."""


_NAMES = [field.name for field in fields(Step)]
_HIGH = [_NAMES.index(name) for name in ("entropy", "change")]
_MEAN = [
    _NAMES.index(name) for name in ("reversal", "incoherence", "acceleration", "gap", "is_pair")
]
SUMMARY_NAMES = ("entropy_p90", "change_p90", *(f"{_NAMES[i]}_mean" for i in _MEAN))


def summarize(steps: Sequence[Step]) -> Summary:
    """Return logarithms of means and 90th percentiles over a window of about two seconds."""
    table = np.array([astuple(step) for step in steps], dtype=np.float64)
    high = np.percentile(table[:, _HIGH], 90, axis=0)
    mean = table[:, _MEAN].mean(axis=0)
    return np.log(np.concatenate([high, mean]) + QUIET)


class ViolenceReader:
    """Reads steps from frames in order of time; forgets what came before a pause."""

    def __init__(self) -> None:
        self._flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
        self.forget()

    def forget(self) -> None:
        self._gray: Image | None = None
        self._motion: Floats | None = None
        self._at = float("-inf")

    def read(self, frame: Frame, people: Sequence[Box]) -> Step | None:
        """Return the step that leads to this frame; None where two steps are not known yet."""
        gray = frame.gray(FLOW_WIDTH, max(1, round(frame.height * FLOW_WIDTH / frame.width)))
        before, motion_before, passed = self._gray, self._motion, frame.at - self._at
        self._gray, self._motion, self._at = gray, None, frame.at
        if before is None or before.shape != gray.shape or not 0 < passed <= MAX_STEP_S:
            return None
        if is_cut(before, gray):
            return None
        scale = frame.width / FLOW_WIDTH
        self._motion = motion = self._flow_between(before, gray)
        motion *= scale / passed
        if motion_before is None:
            return None
        region = find_region(people, _length(*_planes(motion)), scale)
        inside = _slices(region.box.scaled(1 / scale, 1 / scale), gray)
        speeds = (motion[inside] / region.body_px, motion_before[inside] / region.body_px)
        return _step(speeds, before[inside], gray[inside], region, passed)

    def _flow_between(self, before: Image, gray: Image) -> Floats:
        """Pixels moved, without what the whole picture did: a camera that shakes."""
        nowhere = np.zeros((*gray.shape, 2), dtype=np.float32)
        flow = np.asarray(self._flow.calc(before, gray, nowhere), dtype=np.float32)
        # All pixels would cost as much as the flow.
        some = flow[::4, ::4].reshape(-1, 2).transpose().copy()
        across, down = np.median(some, axis=1)
        flow[..., 0] -= across  # one after the other: a quarter of the time of both at once
        flow[..., 1] -= down
        return flow


def is_cut(before: Image, gray: Image) -> bool:
    """Tell whether half of the picture is another: lightning, a lost stretch, another camera."""
    changed = cv2.absdiff(before, gray) > CUT_GRAY_LEVELS
    return float(changed.mean()) > CUT_SHARE


class ViolenceWindow:
    """The steps of the last seconds, and between whom."""

    def __init__(self, seconds: float = WINDOW_S) -> None:
        self.seconds = seconds
        self.people: tuple[Box, ...] = ()
        """As they were last searched for."""
        self._reader = ViolenceReader()
        self._steps: deque[tuple[float, Step]] = deque()

    @property
    def steps(self) -> list[Step]:
        return [step for _, step in self._steps]

    @property
    def pair_share(self) -> float:
        """Share of the steps in which two people were close."""
        steps = self.steps
        return sum(step.is_pair for step in steps) / len(steps) if steps else 0.0

    def see(self, frame: Frame, people: Sequence[Box] | None) -> None:
        """Take a frame; `people` is None where it was not searched: they are where they were."""
        if people is not None:
            self.people = tuple(people)
        step = self._reader.read(frame, self.people)
        if step is not None:
            self._steps.append((frame.at, step))
        while self._steps and frame.at - self._steps[0][0] > self.seconds:
            self._steps.popleft()

    def skip(self) -> None:
        """Let no step lead from the last frame to the next: footage is missing between them."""
        self._reader.forget()

    def clear(self) -> None:
        self.skip()
        self._steps.clear()
        self.people = ()


def close_pairs(people: Sequence[Box]) -> list[tuple[Box, float]]:
    """Return the union of each two people who are close, and their mean height in pixels."""
    pairs = []
    for i, one in enumerate(people):
        for other in people[i + 1 :]:
            height = (one.height + other.height) / 2
            if height > 0 and one.distance(other) < CLOSE_HEIGHTS * height:
                pairs.append((union_of((one, other)), height))
    return pairs


class PairGate:
    """Tells, for a tenth of a millisecond, whether people who are close move much."""

    def __init__(self) -> None:
        self._before: Image | None = None

    def changed_share(self, frame: Frame, people: Sequence[Box]) -> tuple[float, Box | None]:
        """Return the pair whose box changed most since the last call, and the share that did."""
        gray = frame.gray(GATE_WIDTH, GATE_HEIGHT)
        gray = np.asarray(cv2.GaussianBlur(gray, (3, 3), 0), dtype=np.uint8)
        before, self._before = self._before, gray
        pairs = [box for box, _ in close_pairs(people)]
        if before is None or not pairs:
            return 0.0, None
        changed = np.asarray(cv2.absdiff(gray, before) > GATE_GRAY_LEVELS, dtype=np.float32)
        across, down = GATE_WIDTH / frame.width, GATE_HEIGHT / frame.height
        shares = [
            float(changed[_slices(box.scaled(across, down), changed)].mean()) for box in pairs
        ]
        best = int(np.argmax(shares))
        return shares[best], pairs[best]


def find_region(people: Sequence[Box], speed: Floats, scale: float) -> Region:
    """Return the pair that moves most for its size, else the person, else what moves.

    Args:
        people: boxes in pixels of the analyzed picture.
        speed: (height, width) pixels of the analyzed picture per second.
        scale: pixels of the analyzed picture per cell of `speed`.

    """
    gap = _nearest_gap(people)

    def liveliness(place: tuple[Box, float]) -> float:
        return float(speed[_slices(place[0].scaled(1 / scale, 1 / scale), speed)].mean()) / place[1]

    if pairs := close_pairs(people):
        box, height = max(pairs, key=liveliness)
        return Region(box, height, gap, is_pair=True)
    if people:
        box, height = max(((person, person.height) for person in people), key=liveliness)
        aside = 0.3 * box.width  # arms reach out of a box
        wide = Box(box.left - aside, box.top, box.right + aside, box.bottom)
        return Region(wide, max(height, 1.0), gap, is_pair=False)
    return _moving_region(speed, scale, gap)


def _moving_region(speed: Floats, scale: float, gap: float) -> Region:
    height, width = speed.shape[0] * scale, speed.shape[1] * scale
    rows, columns = np.nonzero(speed > 0.06 * height)
    if len(rows) <= 5:
        return Region(Box(0, 0, width, height), 0.4 * height, gap, is_pair=False)
    left, right = np.percentile(columns, [5, 95]) * scale
    top, bottom = np.percentile(rows, [5, 95]) * scale
    box = Box(float(left), float(top), float(right), float(bottom))
    return Region(box, max(box.height, height / 4), gap, is_pair=False)


def _step(
    motion: tuple[Floats, Floats], before: Image, gray: Image, region: Region, passed: float
) -> Step:
    """Measure one region; `motion` is now and the step before, in body heights per second."""
    # As planes: NumPy takes three times as long with pairs.
    across, down = _planes(motion[0])
    across_then, down_then = _planes(motion[1])
    fast, fast_then = _length(across, down), _length(across_then, down_then)
    is_moving = np.maximum(fast, fast_then) > MOVING_HEIGHTS_S
    both = np.minimum(fast, fast_then)
    onward = across * across_then + down * down_then
    back = np.clip(-onward, 0, None) / (fast * fast_then + 1e-5) * both
    unlike = _length(across - cv2.blur(across, (5, 5)), down - cv2.blur(down, (5, 5)))
    turned = _length(across - across_then, down - down_then)
    turned = turned[is_moving] if is_moving.sum() > 3 else turned
    angles = np.arctan2(down, across)
    return Step(
        entropy=_entropy(angles, fast * is_moving),
        reversal=float(back.sum() / (both.sum() + 0.01 * both.size)),
        change=_change(before, gray),
        incoherence=float(unlike.sum() / (fast.sum() + 0.02 * fast.size)),
        acceleration=float(turned.mean() / passed),
        gap=region.gap_heights,
        is_pair=float(region.is_pair),
        speed=float(fast.mean()),
    )


def _planes(field: Floats) -> tuple[Floats, Floats]:
    """(height, width) twice of (height, width, 2): to the right, and down."""
    across, down = cv2.split(field)
    return np.asarray(across, np.float32), np.asarray(down, np.float32)


def _length(across: Floats, down: Floats) -> Floats:
    return np.asarray(cv2.magnitude(across, down), np.float32)


def _change(before: Image, gray: Image) -> float:
    changed = cv2.absdiff(gray, before).sum(dtype=np.float64)
    across = np.abs(cv2.Sobel(gray, cv2.CV_32F, 1, 0)).sum(dtype=np.float64)
    down = np.abs(cv2.Sobel(gray, cv2.CV_32F, 0, 1)).sum(dtype=np.float64)
    return float(changed / ((across + down) / 8 + 2 * gray.size))


def _entropy(angles: Floats, weights: Floats) -> float:
    if weights.sum() < 1e-6:
        return 0.0
    counts, _ = np.histogram(angles, bins=DIRECTIONS, range=(-np.pi, np.pi), weights=weights)
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * np.log(shares)).sum() / np.log(DIRECTIONS))


def _nearest_gap(people: Sequence[Box]) -> float:
    gaps = [
        one.distance(other) / max((one.height + other.height) / 2, 1.0)
        for i, one in enumerate(people)
        for other in people[i + 1 :]
    ]
    return min([FAR_HEIGHTS, *gaps])


def _slices(box: Box, picture: Image | Floats) -> tuple[slice, slice]:
    """The cells of a box; the whole picture where it covers too few of them to say anything."""
    rows = slice(int(max(0.0, box.top)), int(max(0.0, box.bottom)) + 1)
    columns = slice(int(max(0.0, box.left)), int(max(0.0, box.right)) + 1)
    if picture[rows, columns].size < 12:
        return slice(None), slice(None)
    return rows, columns
