from __future__ import annotations

import numpy as np
import pytest

from analytics.engine.boxes import Box, Point
from analytics.engine.frames import Image
from analytics.engine.presence import Ground, Presence
from analytics.engine.scene import GroundScale, ScaleMark, Zone, ground_area_m2
from tests.analytics.observations import MadeCamera, observe, person_at

pytestmark = pytest.mark.unit

LEFT = Zone("left", (Point(0, 0), Point(0.5, 0), Point(0.5, 1), Point(0, 1)))


@pytest.mark.parametrize(
    ("box", "holds"),
    [
        (person_at(200, 300), True),
        (person_at(400, 300), False),
        (Box(280, 200, 340, 360), True),  # cut by the lower edge, two thirds over the zone
        (Box(310, 200, 420, 360), False),
    ],
)
def test_ground_holds_who_stands_on_it(box: Box, *, holds: bool) -> None:
    assert Ground(LEFT).holds(box, observe(1.0, [box])) is holds


def stay_of(outside_from_s: float, outside_to_s: float) -> tuple[float, float]:
    """Return seconds and seconds inside, after 30 s with an absence."""
    camera, presence = MadeCamera(), Presence(Ground(LEFT), absence_s=10)
    for number in range(61):
        is_outside = outside_from_s <= number / 2 < outside_to_s
        seen = camera.see(number / 2, [person_at(340 if is_outside else 300, 300, 200)])
        stays = presence.update(seen, seen.persons)
    ((_, stay),) = stays
    return stay.seconds, stay.inside_s


def test_stay_goes_on_after_a_short_absence() -> None:
    seconds, inside_s = stay_of(10, 18)

    assert seconds == 29.5
    assert inside_s == pytest.approx(21.0)


def test_stay_counts_who_is_found_seldom() -> None:
    camera, presence = MadeCamera(), Presence(Ground(LEFT), absence_s=60)
    for number in range(101):
        is_found = number < 10 or number % 10 == 0
        seen = camera.see(number / 2, [person_at(200, 300)] if is_found else [])
        stays = presence.update(seen, seen.persons)
    ((_, stay),) = stays

    assert stay.inside_share == 1.0


def test_stay_begins_anew_after_a_long_absence() -> None:
    assert stay_of(5, 20) == (10.0, 10.0)


def test_area_of_the_ground_is_in_square_meters() -> None:
    scale = GroundScale.from_marks([ScaleMark(Point(0.5, 0.5), 0.1)])

    area = ground_area_m2(LEFT, scale, aspect=2.0)

    # half a picture across is 5 m; its height is 0.5 widths, which is 10 m deep
    assert area == pytest.approx(50.0, rel=0.02)


@pytest.mark.parametrize(("leaves", "expected"), [(False, 39.5), (True, 9.5)])
def test_lost_who_stays_to_be_seen_is_known_again(*, leaves: bool, expected: float) -> None:
    """The network loses somebody for twenty seconds, and finds him as somebody new."""
    presence = Presence(Ground(LEFT), absence_s=60)
    box = person_at(200, 300)
    cameras = [MadeCamera(), MadeCamera()]
    for number in range(80):
        is_found = not 20 <= number < 60
        picture = np.full((360, 640, 3), 96, np.uint8)
        if is_found or not leaves:
            draw_somebody(picture, box)
        camera = cameras[number >= 60]
        seen = camera.see(number / 2, [box] if is_found else [], image=picture)
        for track in seen.tracks:
            track.identity = track.number = 1 + (number >= 60)
        stays = presence.update(seen, seen.persons)
    ((_, stay),) = stays

    assert stay.seconds == pytest.approx(expected, abs=1.0)


def draw_somebody(image: Image, box: Box) -> None:
    """Shirt and trousers."""
    left, top, right, bottom = (round(side) for side in box)
    image[top : (top + bottom) // 2, left + 4 : right - 4] = (200, 200, 220)
    image[(top + bottom) // 2 : bottom, left + 8 : right - 8] = (30, 30, 60)
