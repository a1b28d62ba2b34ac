"""Boxes come back from their packing as they were, and nonsense is refused."""

import random

import pytest

from analytics.engine.overlay import (
    BoxFrame,
    OverlayBox,
    OverlayError,
    pack_boxes,
    unpack_boxes,
)


def walk(seconds: int, *, fps: int = 5, identity: int = 7) -> list[BoxFrame]:
    """Somebody who walks from the left to the right, with the unrest of a real tracker."""
    rng = random.Random(1)  # noqa: S311 -- a reproducible scene, no secret
    frames = []
    for number in range(seconds * fps):
        left = number * 900 // (seconds * fps) + rng.randint(-4, 4)
        box = OverlayBox(identity, "person", max(left, 0), 400 + rng.randint(-3, 3), 60, 180)
        frames.append(BoxFrame(number * 1000 // fps, (box,)))
    return frames


def test_boxes_come_back_as_they_were() -> None:
    frames = [
        BoxFrame(
            0, (OverlayBox(1, "person", 0, 0, 1000, 1000), OverlayBox(2, "dog", 500, 3, 1, 1))
        ),
        BoxFrame(200, ()),
        BoxFrame(59_999, (OverlayBox(1, "person", 999, 0, 1, 1000),)),
    ]

    assert unpack_boxes(pack_boxes(frames)) == frames


def test_no_boxes_come_back_as_none() -> None:
    assert unpack_boxes(pack_boxes([])) == []


def test_minute_of_one_walker_is_small() -> None:
    frames = walk(60)

    packed = pack_boxes(frames)

    assert unpack_boxes(packed) == frames
    assert len(packed) < 60 * 25


def test_frames_out_of_order_are_refused() -> None:
    with pytest.raises(OverlayError, match="must not go back"):
        pack_boxes([BoxFrame(400, ()), BoxFrame(200, ())])


@pytest.mark.parametrize("content", [b"", b"\x02abc", b"\x01abc", pack_boxes(walk(5))[:-6]])
def test_damaged_bytes_are_refused(content: bytes) -> None:
    with pytest.raises(OverlayError):
        unpack_boxes(content)


def test_small_bytes_that_grow_without_end_are_refused() -> None:
    import zlib  # noqa: PLC0415 -- only this test makes a stream of its own

    bomb = b"\x01" + zlib.compress(bytes(8_000_000))

    with pytest.raises(OverlayError, match="too large"):
        unpack_boxes(bomb)
