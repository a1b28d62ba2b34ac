from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from analytics.engine.boxes import Box
from analytics.engine.faces.face import Face, Picture
from analytics.engine.faces.redaction import (
    RedactionCancelledError,
    RedactionError,
    RedactionOptions,
    redact_video,
)
from analytics.engine.faces.redaction_seeking import Seeker
from analytics.engine.faces.redaction_tracks import Chosen
from tests.archive.factories import encode_clip, file_bytes, with_sound

pytestmark = pytest.mark.media

WIDTH, HEIGHT, LENGTH = 320, 180, 30
STRIPES = 8


class StripedSquares:
    """Finds what the made film shows as faces; blind in the frames that are named."""

    def __init__(self, blind: frozenset[int] = frozenset()) -> None:
        self._blind, self._looks = blind, 0

    def find(self, picture: Picture) -> list[Face]:
        if picture.shape[1] != WIDTH:
            return []  # the enlarged picture
        self._looks += 1
        if self._looks - 1 in self._blind:
            return []
        green = (picture[..., 1] > 150) & (picture[..., 2] < 110)
        count, _, stats, _ = cv2.connectedComponentsWithStats(green.astype(np.uint8))
        return [
            Face((x, y, x + w, y + h), np.zeros((5, 2), np.float32), 0.9)
            for x, y, w, h, area in stats[1:count].tolist()
            if area > 200
        ]


def box_at(number: int) -> Box:
    left = 20 + 5 * number
    return Box(left, 60, left + 40, 100)


def draw(number: int) -> Picture:
    """A green square with fine stripes walks over gray."""
    picture = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
    left, top, right, bottom = map(int, box_at(number))
    picture[top:bottom, left:right] = (0, 155, 0)
    picture[top:bottom:STRIPES, left:right] = (60, 255, 60)
    return picture


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """Thirty frames whose distances in time are not alike."""
    path = tmp_path / "film.mp4"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=25, options={"crf": "5"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 50)
        for number in range(LENGTH):
            frame = av.VideoFrame.from_ndarray(draw(number), format="bgr24")
            frame.pts = 2 * number + number % 2
            frame.time_base = Fraction(1, 50)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path


def frames_of(path: Path) -> Iterator[tuple[float, Picture]]:
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            yield frame.time or 0.0, np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)


def detail(picture: Picture, box: Box) -> float:
    left, top, right, bottom = map(int, box)
    return float(np.abs(np.diff(picture[top:bottom, left:right].astype(int), axis=0)).mean())


def test_copy_has_every_frame_at_its_time_with_the_face_covered(film: Path, tmp_path: Path) -> None:
    blind = frozenset({0, 1, 7, 8, 9, 20, 29})  # the first, the last, and some between

    video = redact_video(film, tmp_path / "copy.mp4", Seeker(StripedSquares(blind)))

    originals, copies = list(frames_of(film)), list(frames_of(tmp_path / "copy.mp4"))
    assert [at for at, _ in copies] == pytest.approx([at for at, _ in originals], abs=1e-4)
    for number, (_, picture) in enumerate(copies):
        assert detail(originals[number][1], box_at(number)) > 15
        assert detail(picture, box_at(number)) < 3, number
    assert (video.frame_count, video.face_count, video.whole_frame_count) == (LENGTH, 1, 0)
    assert 0.03 < video.covered_share < 0.3


def test_chosen_face_is_not_covered(film: Path, tmp_path: Path) -> None:
    options = RedactionOptions(chosen=(Chosen(0.0, box_at(0)),))

    video = redact_video(film, tmp_path / "copy.mp4", Seeker(StripedSquares()), options)

    assert (video.kept_count, video.covered_share < 0.01) == (1, True)


def test_original_stays_untouched(film: Path, tmp_path: Path) -> None:
    before = film.read_bytes()

    redact_video(film, tmp_path / "copy.mp4", Seeker(StripedSquares()))

    assert film.read_bytes() == before


@pytest.mark.parametrize("keeps_sound", [True, False])
def test_sound_is_kept_by_choice_only(tmp_path: Path, *, keeps_sound: bool) -> None:
    source, target = tmp_path / "film.mp4", tmp_path / "copy.mp4"
    source.write_bytes(file_bytes(with_sound(encode_clip(25))))

    redact_video(source, target, Seeker(StripedSquares()), RedactionOptions(with_sound=keeps_sound))

    assert sound_packets(target) == (sound_packets(source) if keeps_sound else [])


def sound_packets(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        if not container.streams.audio:
            return []
        return [bytes(packet) for packet in container.demux(audio=0) if packet.size]


def test_progress_rises_to_the_end_and_stops_when_told(film: Path, tmp_path: Path) -> None:
    shares: list[float] = []

    def note(share: float) -> bool:
        shares.append(share)
        return True

    redact_video(film, tmp_path / "copy.mp4", Seeker(StripedSquares()), on_progress=note)

    assert shares == sorted(shares)
    assert shares[-1] > 0.95
    with pytest.raises(RedactionCancelledError):
        redact_video(
            film, tmp_path / "other.mp4", Seeker(StripedSquares()), on_progress=lambda _: False
        )


def test_no_video_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"nothing")

    with pytest.raises(RedactionError, match=r"broken\.mp4"):
        redact_video(broken, tmp_path / "copy.mp4", Seeker(StripedSquares()))


def test_odd_sides_are_taken(tmp_path: Path) -> None:
    source = tmp_path / "odd.mkv"
    with av.open(str(source), "w") as output:
        stream = output.add_stream("ffv1", rate=5)
        stream.width, stream.height, stream.pix_fmt = 321, 181, "bgr0"
        for _ in range(3):
            picture = np.full((181, 321, 3), 90, np.uint8)
            output.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        output.mux(stream.encode(None))

    redact_video(source, tmp_path / "copy.mp4", Seeker(StripedSquares()))

    assert [picture.shape for _, picture in frames_of(tmp_path / "copy.mp4")] == [(182, 322, 3)] * 3
