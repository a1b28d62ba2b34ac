"""A town's own threshold, from scores of faces that are certainly of different people."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from analytics.engine.boxes import iou_matrix
from analytics.engine.faces.face import Picture
from analytics.evaluation.faces_scores import Scores, threshold_at_far
from analytics.evaluation.figures import Figure, share, wilson_interval

FARS = (1e-2, 1e-3, 1e-4, 1e-5)
MIN_PAIRS = 1000
"""Fewer say nothing of one false match in a thousand."""
SAME_PLACE = 0.2
"""Overlap of two boxes from which on they may be of one face."""
_COMPARED_AT_ONCE = 2048
_WIDTH, _HEIGHT, _MARGIN = 640, 560, 80
_LOWEST_POWER = -6
_LOWEST_RATE = 10.0**_LOWEST_POWER
_BLUE, _RED, _GREEN = (180, 60, 20), (40, 40, 210), (40, 140, 40)
_GRAY, _PALE = (120, 120, 120), (225, 225, 225)


@dataclass(frozen=True)
class Passings:
    """Encounters as arrays; all templates are of one recognizer."""

    templates: NDArray[np.float32]
    """n x dimensions, unit length."""
    cameras: NDArray[np.int64]
    began: NDArray[np.float64]
    ended: NDArray[np.float64]
    """Unix time, seconds."""
    boxes: NDArray[np.float64]
    """n x 4: left, top, right, bottom of the best shot, in shares of the picture."""


@dataclass(frozen=True)
class Calibration:
    """How different people score against each other, and what follows for a list of a size."""

    different: Scores
    list_size: int
    same: Scores = field(default_factory=lambda: np.empty(0, np.float32))
    """Of one person, as far as anybody said so."""

    def far(self, threshold: float) -> float:
        """Share of pairs of different people at or above a threshold."""
        return float((self.different >= threshold).mean())

    def fpir(self, threshold: float) -> float:
        """Share of passers-by who resemble at least one of the list, pairs being independent."""
        return float(1 - (1 - self.far(threshold)) ** self.list_size)

    def frr(self, threshold: float) -> float:
        """Share of pairs of one person below a threshold; NaN where none are known."""
        return float((self.same < threshold).mean()) if len(self.same) else float("nan")

    def figures(self, threshold: float) -> Iterator[Figure]:
        total = len(self.different)
        hits = int((self.different >= threshold).sum())
        low, high = wilson_interval(hits, total)
        yield Figure("faces.calibration.pairs", total, "pairs")
        yield Figure("faces.calibration.threshold", threshold, "cosine")
        yield Figure("faces.calibration.far", hits / total, "share", low, high)
        yield Figure(
            "faces.calibration.fpir",
            self.fpir(threshold),
            "share",
            float(1 - (1 - low) ** self.list_size),
            float(1 - (1 - high) ** self.list_size),
        )
        if len(self.same):
            yield Figure("faces.calibration.same_pairs", len(self.same), "pairs")
            missed = int((self.same < threshold).sum())
            yield share("faces.calibration.frr", missed, len(self.same))
        for far in FARS:
            if total * far >= 1:
                name = f"faces.calibration.threshold_at_far_1e{round(np.log10(far))}"
                yield Figure(name, threshold_at_far(self.different, far), "cosine")


def different_scores(passings: Passings) -> Scores:
    """Score all pairs of encounters that overlap in time: nobody is seen twice at one moment.

    Two tracks at once in one picture are two people; so are two in pictures of two cameras,
    unless these look at one place: then the same person is in both, and its high score raises
    the threshold. That errs to the safe side. Two tracks at one place of one picture are left out:
    a face that was lost and found again may have both.
    """
    order = np.argsort(passings.began, kind="stable")
    began, ended = passings.began[order], passings.ended[order]
    templates, cameras = passings.templates[order], passings.cameras[order]
    boxes = passings.boxes[order]
    scores: list[Scores] = []
    for place in range(len(order)):
        until = int(np.searchsorted(began, ended[place], side="right"))
        for begin in range(place + 1, until, _COMPARED_AT_ONCE):
            end = min(begin + _COMPARED_AT_ONCE, until)
            is_elsewhere = cameras[begin:end] != cameras[place]
            shared = iou_matrix(boxes[place : place + 1], boxes[begin:end])[0]
            is_other = is_elsewhere | (shared < SAME_PLACE)
            scores.append(templates[begin:end][is_other] @ templates[place])
    return np.concatenate(scores) if scores else np.empty(0, np.float32)


def det_curve(different: Scores, same: Scores, points: int = 200) -> NDArray[np.float64]:
    """Return rows of threshold, false accepts, false rejects (NaN without same pairs)."""
    thresholds = np.linspace(-0.2, 1.0, points)
    accepts = [
        (different >= threshold).mean() if len(different) else np.nan for threshold in thresholds
    ]
    rejects = [(same < threshold).mean() if len(same) else np.nan for threshold in thresholds]
    return np.column_stack([thresholds, accepts, rejects])


def draw_curves(measured: Calibration, threshold: float) -> Picture:
    """Draw errors over the threshold, and the DET curve beside them; both are logarithmic."""
    return np.hstack([_draw_rates(measured, threshold), _draw_det(measured, threshold)])


def _draw_rates(measured: Calibration, threshold: float) -> Picture:
    picture = _sheet("over the threshold: FAR blue, FPIR red, FRR green")
    curve = det_curve(measured.different, measured.same)
    _draw_grid(picture)
    places = _x(curve[:, 0])
    _draw_line(picture, places, curve[:, 1], _BLUE)
    _draw_line(picture, places, 1 - (1 - curve[:, 1]) ** measured.list_size, _RED)
    _draw_line(picture, places, curve[:, 2], _GREEN)
    x = int(_x(np.array([threshold]))[0])
    cv2.line(picture, (x, _MARGIN // 2), (x, _HEIGHT - _MARGIN), _GRAY, 2)
    _write(picture, f"threshold {threshold:.2f}", (x + 6, _MARGIN // 2 + 12))
    return picture


def _draw_det(measured: Calibration, threshold: float) -> Picture:
    """Draw false rejects over false accepts; without pairs of one person only the point of FAR."""
    picture = _sheet("DET: FRR (up) over FAR (right)")
    for power in range(0, _LOWEST_POWER - 1, -1):
        x, y = int(_x_of_rate(np.array([10.0**power]))[0]), _y(10.0**power)
        cv2.line(picture, (x, _y(1.0)), (x, _y(_LOWEST_RATE)), _PALE, 1)
        cv2.line(picture, (_MARGIN, y), (_WIDTH - 20, y), _PALE, 1)
        _write(picture, f"1e{power}", (20, y + 5))
        _write(picture, f"1e{power}", (x - 16, _HEIGHT - _MARGIN + 24))
    far = max(measured.far(threshold), _LOWEST_RATE)
    x = int(_x_of_rate(np.array([far]))[0])
    cv2.line(picture, (x, _MARGIN // 2), (x, _HEIGHT - _MARGIN), _GRAY, 2)
    _write(picture, f"threshold {threshold:.2f}", (x + 6, _MARGIN // 2 + 12))
    if not len(measured.same):
        _write(picture, "no pairs of one person are known yet", (_MARGIN + 40, _HEIGHT // 2))
        return picture
    curve = det_curve(measured.different, measured.same, points=600)
    _draw_line(picture, _x_of_rate(curve[:, 1]), curve[:, 2], _BLUE)
    return picture


def _sheet(title: str) -> Picture:
    picture = np.full((_HEIGHT, _WIDTH, 3), 255, np.uint8)
    _write(picture, title, (_MARGIN, 20))
    return picture


def _draw_grid(picture: Picture) -> None:
    for power in range(0, _LOWEST_POWER - 1, -1):
        y = _y(10.0**power)
        cv2.line(picture, (_MARGIN, y), (_WIDTH - 20, y), _PALE, 1)
        _write(picture, f"1e{power}", (20, y + 5))
    for tenth in range(-2, 11, 2):
        x = int(_x(np.array([tenth / 10]))[0])
        cv2.line(picture, (x, _y(1.0)), (x, _y(_LOWEST_RATE)), _PALE, 1)
        _write(picture, f"{tenth / 10:.1f}", (x - 12, _HEIGHT - _MARGIN + 24))


def _draw_line(
    picture: Picture,
    places: NDArray[np.float64],
    rates: NDArray[np.float64],
    color: tuple[int, int, int],
) -> None:
    points = [
        (round(place), _y(float(rate)))
        for place, rate in zip(places.tolist(), rates.tolist(), strict=True)
        if rate > 0
    ]
    for start, end in pairwise(points):
        cv2.line(picture, start, end, color, 2, cv2.LINE_AA)


def _write(picture: Picture, text: str, place: tuple[int, int]) -> None:
    cv2.putText(picture, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.5, (60, 60, 60), 1, cv2.LINE_AA)


def _x(thresholds: NDArray[np.float64]) -> NDArray[np.float64]:
    return _MARGIN + (thresholds + 0.2) / 1.2 * (_WIDTH - 20 - _MARGIN)


def _x_of_rate(rates: NDArray[np.float64]) -> NDArray[np.float64]:
    """From the lowest rate on the left to 1 on the right."""
    shares = np.log10(np.maximum(rates, _LOWEST_RATE)) / _LOWEST_POWER
    return _MARGIN + (1 - shares) * (_WIDTH - 20 - _MARGIN)


def _y(rate: float) -> int:
    share_down = np.log10(max(rate, _LOWEST_RATE)) / _LOWEST_POWER
    return round(float(_MARGIN // 2 + share_down * (_HEIGHT - 1.5 * _MARGIN)))
