from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from cameras.demo.frames import FrameRenderer, Sighting
from cameras.demo.scene.raster import Image
from cameras.demo.story import PERIOD_S, Story
from tests.cameras.demo.conftest import RendererOf

pytestmark = pytest.mark.unit

ENTRANCE, SLIDE, ALLEY, SQUARE, CAR_PARK = 3, 2, 6, 9, 10
CHANGED_LEVELS = 14
FRAME_S = 1 / 12


def changed(first: Image, second: Image) -> NDArray[np.bool_]:
    difference = np.abs(first.astype(np.int16) - second)
    return np.asarray(difference.max(axis=2) > CHANGED_LEVELS)


def mask_of(boxes: tuple[Sighting, ...], shape: tuple[int, int]) -> NDArray[np.bool_]:
    mask = np.zeros(shape, bool)
    for seen in boxes:
        left, top, width, height = seen.box
        mask[max(0, top - 1) : top + height + 1, max(0, left - 1) : left + width + 1] = True
    return mask


@pytest.mark.parametrize("number", [ENTRANCE, SQUARE])
@pytest.mark.parametrize("moment", [3.0, 22.0, 41.0])
def test_boxes_hold_the_pixels_that_changed(
    number: int, moment: float, renderer_of: RendererOf
) -> None:
    renderer = renderer_of(number)
    untracked = tuple(prop for prop in renderer.story.props if not prop.is_tracked)
    empty = FrameRenderer(renderer.stage, Story(props=untracked), shadows=False)

    frame = renderer.frame(moment)
    difference = changed(frame.picture, empty.frame(moment).picture)

    inside = mask_of(frame.sightings, difference.shape)
    assert difference.sum() > 400
    assert (difference & ~inside).sum() < 0.04 * difference.sum()
    for seen in frame.sightings:
        left, top, width, height = seen.box
        part = difference[top : top + height, left : left + width]
        assert part.mean() > 0.15, seen


def test_boxes_are_tight(renderer_of: RendererOf) -> None:
    renderer = renderer_of(ENTRANCE)
    empty = FrameRenderer(renderer.stage, Story(), shadows=False).frame(0).picture

    frame = renderer.frame(30.0)
    bag = next(seen for seen in frame.sightings if seen.track == "bag")
    left, top, width, height = bag.box
    difference = changed(frame.picture, empty)[
        top - 6 : top + height + 6, left - 6 : left + width + 6
    ]

    rows, columns = np.flatnonzero(difference.any(axis=1)), np.flatnonzero(difference.any(axis=0))
    found = (columns[0] - 6, rows[0] - 6, len(columns), len(rows))
    assert found == pytest.approx((0, 0, width, height), abs=3)


def test_cameras_of_a_place_see_the_same_person_in_the_same_spot(renderer_of: RendererOf) -> None:
    actor = next(a for a in renderer_of(SLIDE).story.actors if a.name == "ring-child")
    for moment in (4.0, 20.0, 34.0):
        _, stance = next(actor.stances(moment))
        for number in (ENTRANCE, SLIDE):
            renderer = renderer_of(number)
            boxes = {seen.track: seen.box for seen in renderer.frame(moment).sightings}
            if "ring-child" not in boxes:  # behind the notice board
                continue
            left, top, width, height = boxes["ring-child"]
            (x, y), _ = (values[0] for values in renderer.camera.project([(stance.x, stance.y, 0)]))
            assert left - width / 2 <= x <= left + width * 1.5
            assert y == pytest.approx(top + height, abs=0.2 * height + 2)


def test_bag_is_away_before_its_owner_brings_it(renderer_of: RendererOf) -> None:
    tracks = {
        moment: {seen.track for seen in renderer_of(ENTRANCE).frame(moment).sightings}
        for moment in (1.0, 30.0)
    }

    assert "bag" not in tracks[1.0]
    assert "bag" in tracks[30.0]


def test_left_bag_lies_still(renderer_of: RendererOf) -> None:
    boxes = {
        seen.box
        for moment in (20.0, 28.0, 36.0, 44.0)
        for seen in renderer_of(ENTRANCE).frame(moment).sightings
        if seen.track == "bag"
    }

    assert len(boxes) == 1


@pytest.mark.parametrize("number", [ENTRANCE, CAR_PARK])
def test_loop_joins_its_start(number: int, renderer_of: RendererOf) -> None:
    renderer = renderer_of(number)

    start, end = renderer.frame(0.0), renderer.frame(PERIOD_S)
    last = renderer.frame(PERIOD_S - FRAME_S)
    second = renderer.frame(FRAME_S)

    assert np.array_equal(start.picture, end.picture)
    across = changed(last.picture, start.picture).sum()
    within = changed(start.picture, second.picture).sum()
    assert across <= 2 * within + 120


def test_same_scene_gives_the_same_frames(renderer_of: RendererOf) -> None:
    first = renderer_of(CAR_PARK).frame(17.0)

    again = renderer_of(CAR_PARK, fresh=True).frame(17.0)

    assert np.array_equal(first.picture, again.picture)
    assert first.sightings == again.sightings


def test_lamp_goes_dark_and_comes_back(renderer_of: RendererOf) -> None:
    renderer = renderer_of(ALLEY)
    pixels, _ = renderer.camera.project([renderer.story.outages[0].lamp.position])
    column, row = (round(float(value)) for value in pixels[0])

    lamp = {at: int(renderer.frame(at).picture[row, column].mean()) for at in (5.0, 40.0, 58.0)}

    assert lamp[40.0] < 160
    assert lamp[5.0] > 220
    assert lamp[58.0] == lamp[5.0]


def test_person_behind_an_obstacle_is_hidden(renderer_of: RendererOf) -> None:
    """Nothing changes on the notice board of the entrance, whoever walks behind it."""
    renderer = renderer_of(ENTRANCE)
    board = (slice(160, 200), slice(135, 195))

    pictures = [renderer.frame(moment).picture[board] for moment in np.arange(0, 60, 2.5)]

    assert all(np.array_equal(picture, pictures[0]) for picture in pictures)
