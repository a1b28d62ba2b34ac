"""Payload formats piece by piece."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

import av
import numpy as np
import pytest

from cameras.engine.access_units import AccessUnit
from cameras.engine.faults import SourceError
from cameras.engine.jpeg import jpeg_size
from cameras.engine.rtsp.h264 import H264Depacketizer
from cameras.engine.rtsp.h265 import H265Depacketizer
from cameras.engine.rtsp.jpeg import JpegDepacketizer
from cameras.engine.rtsp.nal_units import NalDepacketizer
from cameras.engine.rtsp.sdp import Media
from cameras.engine.rtsp.sound import AacDepacketizer, audio_format
from tests.cameras.engine.listeners import gray_pictures
from tests.encoded_pictures import numbered_image

pytestmark = pytest.mark.unit

IDR = b"\x65\x88" + bytes(range(30))
SLICE = b"\x41\x9a" + bytes(range(20))
SPS, PPS, SEI, AUD = (
    b"\x67\x42\x00\x1f\x96",
    b"\x68\xce\x38\x80",
    b"\x06\x05\x01\xff\x80",
    b"\x09\xf0",
)


def feed(
    depacketizer: NalDepacketizer | JpegDepacketizer,
    payloads: Iterable[tuple[bytes, int, bool]],
) -> None:
    for payload, timestamp, is_marked in payloads:
        view = memoryview(b"head" + payload)
        depacketizer.payload(view, 4, len(view), timestamp, is_marked=is_marked)


def units_of(
    kind: type[NalDepacketizer], *payloads: tuple[bytes, int, bool], **options: bool
) -> list[AccessUnit]:
    units: list[AccessUnit] = []
    feed(kind(units.append, lambda: None, **options), payloads)
    return units


def with_lengths(*nals: bytes) -> bytes:
    return b"".join(len(nal).to_bytes(4, "big") + nal for nal in nals)


def aggregate(*nals: bytes, head: bytes = b"\x78", order: bytes = b"", step: bytes = b"") -> bytes:
    parts = [head, order]
    for index, nal in enumerate(nals):
        parts += [step if index else b"", len(nal).to_bytes(2, "big"), nal]
    return b"".join(parts)


def test_aggregated_units_become_one_picture_without_delimiter_and_parameter_sets() -> None:
    (unit,) = units_of(H264Depacketizer, (aggregate(AUD, SPS, PPS, SEI, IDR), 1, True))

    assert bytes(unit.data) == with_lengths(SEI, IDR)
    assert unit.parameter_sets == [SPS, PPS]
    assert unit.is_keyframe


def test_fragments_are_joined() -> None:
    pieces = [
        (b"\x7c\x85" + IDR[1:10], 1, False),
        (b"\x7c\x05" + IDR[10:20], 1, False),
        (b"\x7c\x45" + IDR[20:], 1, True),
    ]

    (unit,) = units_of(H264Depacketizer, *pieces)

    assert bytes(unit.data) == with_lengths(IDR)


def test_fragments_without_their_beginning_are_left_out() -> None:
    assert units_of(H264Depacketizer, (b"\x7c\x45" + IDR[20:], 1, True)) == []


def test_picture_ends_where_the_timestamp_changes_when_there_is_no_marker() -> None:
    units = units_of(
        H264Depacketizer, (SPS, 1, False), (PPS, 1, False), (IDR, 1, False), (SLICE, 2, False)
    )

    assert [(unit.timestamp, unit.is_keyframe) for unit in units] == [(1, True)]


def test_marker_on_parameter_sets_alone_makes_no_picture() -> None:
    (unit,) = units_of(H264Depacketizer, (SPS, 1, True), (PPS, 1, True), (IDR, 1, True))

    assert unit.parameter_sets == [SPS, PPS]


def test_recovery_point_counts_as_keyframe_when_it_is_exact() -> None:
    exact, gradual = b"\x06\x06\x01\xc4\x80", b"\x06\x06\x02\x04\xc4\x80"

    units = units_of(
        H264Depacketizer,
        *[(exact, 1, False), (SLICE, 1, True), (gradual, 2, False), (SLICE, 2, True)],
    )

    assert [unit.is_keyframe for unit in units] == [True, False]


def hevc(kind: int, content: bytes = bytes(12)) -> bytes:
    return bytes((kind << 1, 1)) + b"\x80" + content


@pytest.mark.parametrize("has_order_numbers", [False, True])
def test_hevc_packets_are_taken_apart(has_order_numbers: bool) -> None:  # noqa: FBT001 -- parametrized
    order, step = (b"\0\7", b"\0") if has_order_numbers else (b"", b"")
    sets = [hevc(32), hevc(33), hevc(34)]
    idr, single = hevc(19, bytes(range(40))), hevc(1)
    packets = [
        (aggregate(*sets, head=b"\x60\x01", order=order, step=step), 1, False),
        (b"\x62\x01" + bytes((0x80 | 19,)) + order + idr[2:20], 1, False),
        (b"\x62\x01" + bytes((0x40 | 19,)) + idr[20:], 1, True),
        (single[:2] + order + single[2:], 2, True),
    ]

    key, other = units_of(H265Depacketizer, *packets, has_order_numbers=has_order_numbers)

    assert key.parameter_sets == sets
    assert bytes(key.data) == with_lengths(idr)
    assert key.is_keyframe
    assert bytes(other.data) == with_lengths(single)
    assert not other.is_keyframe


def test_hevc_leading_pictures_are_marked() -> None:
    units = units_of(H265Depacketizer, (hevc(21), 1, True), (hevc(8), 2, True), (hevc(1), 3, True))

    assert [unit.is_keyframe for unit in units] == [True, False, False]
    assert [unit.is_skippable_leading for unit in units] == [False, True, False]


@pytest.mark.parametrize("kind", [H264Depacketizer, H265Depacketizer])
def test_random_payloads_never_raise(kind: type[NalDepacketizer]) -> None:
    random = np.random.default_rng(7)

    for _ in range(3000):
        size = int(random.integers(1, 40))
        payload = random.integers(0, 256, size, dtype=np.uint8).tobytes()
        units_of(kind, (payload, 1, True), (payload, 2, False))


# --- JPEG -----------------------------------------------------------------------------------


def jpeg_parts(width: int, height: int, *, has_restarts: bool) -> tuple[bytes, bytes, bytes]:
    """Return a JPEG with standard Huffman tables, its quantization tables and its scan."""
    encoder = av.CodecContext.create("mjpeg", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuvj420p"
    encoder.options = {"huffman": "default", "qscale": "5"}
    encoder.thread_count = 4 if has_restarts else 1
    encoder.time_base = Fraction(1, 25)
    image = numbered_image(1234, width, height)
    frame = av.VideoFrame.from_ndarray(image, format="gray").reformat(format="yuvj420p")
    frame.pts = 0
    jpeg = bytes([*encoder.encode(frame), *encoder.encode(None)][0])
    tables = jpeg[jpeg.index(b"\xff\xdb") + 4 :]
    scan_header = jpeg.index(b"\xff\xda")
    scan = jpeg[scan_header + 2 + int.from_bytes(jpeg[scan_header + 2 : scan_header + 4], "big") :]
    return jpeg, tables[1:65] + tables[1:65], scan


@pytest.mark.parametrize("has_restarts", [False, True])
def test_jpeg_gets_its_headers_back(has_restarts: bool) -> None:  # noqa: FBT001 -- parametrized
    original, tables, scan = jpeg_parts(320, 240, has_restarts=has_restarts)
    restarts = original.find(b"\xff\xdd")
    assert (restarts > 0) == has_restarts
    interval = original[restarts + 4 : restarts + 6] + b"\xff\xff" if has_restarts else b""
    units: list[AccessUnit] = []
    header = b"\0" + b"{offset}" + bytes((65 if has_restarts else 1, 255, 40, 30))
    quantization = b"\0\0" + len(tables).to_bytes(2, "big") + tables
    packets = []
    for at in range(0, len(scan), 1000):
        head = header.replace(b"{offset}", at.to_bytes(3, "big"))
        first = quantization if at == 0 else b""
        packets.append((head + interval + first + scan[at : at + 1000], 1, at + 1000 >= len(scan)))

    feed(JpegDepacketizer(units.append, lambda: None), packets)

    (unit,) = units
    assert jpeg_size(unit.data) == (320, 240)
    (ours,) = gray_pictures(bytes(unit.data), form="mjpeg")
    (theirs,) = gray_pictures(original, form="mjpeg")
    assert np.array_equal(ours, theirs)


@pytest.mark.parametrize(("kind", "words"), [(70, "no standard"), (1, "without telling its size")])
def test_jpeg_that_can_not_be_made_whole_is_refused(kind: int, words: str) -> None:
    depacketizer = JpegDepacketizer(lambda _unit: None, lambda: None)
    payload = bytes((0, 0, 0, 0, kind, 50, 0, 0)) + bytes(50)

    with pytest.raises(SourceError, match=words):
        feed(depacketizer, [(payload, 1, True)])


# --- sound ----------------------------------------------------------------------------------


def test_aac_frames_are_taken_out_of_a_packet() -> None:
    got: list[tuple[bytes, int]] = []
    depacketizer = AacDepacketizer(lambda data, timestamp: got.append((data, timestamp)))
    frames = [b"a" * 5, b"b" * 7]
    headers = b"".join((len(frame) << 3).to_bytes(2, "big") for frame in frames)
    payload = (16 * len(frames)).to_bytes(2, "big") + headers + b"".join(frames)
    view = memoryview(payload)

    depacketizer.payload(view, 0, len(view), 2**32 - 1024, is_marked=True)

    assert got == [(frames[0], 2**32 - 1024), (frames[1], 0)]


@pytest.mark.parametrize(
    ("media", "codec"),
    [
        (Media("audio", 0, "PCMU", 8000), "pcm_mulaw"),
        (Media("audio", 8, "PCMA", 8000), "pcm_alaw"),
        (Media("audio", 97, "OPUS", 48_000), None),
        (Media("audio", 97, "MPEG4-GENERIC", 48_000, parameters={"config": "1190"}), None),
        (
            Media(
                *("audio", 97, "MPEG4-GENERIC", 48_000),
                parameters={"mode": "AAC-hbr", "config": "1190"},
            ),
            "aac",
        ),
        (
            Media(
                *("audio", 97, "MPEG4-GENERIC", 48_000),
                parameters={"mode": "AAC-hbr", "config": "zz"},
            ),
            None,
        ),
    ],
)
def test_sound_that_mp4_has_no_place_for_is_left_out(media: Media, codec: str | None) -> None:
    found = audio_format(media)

    assert (found.codec if found else None) == codec
