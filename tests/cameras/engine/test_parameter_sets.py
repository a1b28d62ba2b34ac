"""Parameter sets against those of x264 and x265, and FFmpeg's reading of them."""

from __future__ import annotations

import io
from fractions import Fraction

import av
import pytest

from cameras.engine.bits import without_emulation_prevention
from cameras.engine.codecs import H264Codec, HevcCodec
from cameras.engine.hevc_parameter_sets import hevc_format
from cameras.engine.parameter_sets import (
    ParameterSetError,
    h264_format,
    parse_h264_sps,
)
from tests.encoded_pictures import encode, is_parameter_set

pytestmark = pytest.mark.media


def sets_of(codec: str, **options: object) -> list[bytes]:
    pictures = encode(3, codec=codec, **options)  # type: ignore[arg-type]  # -- passed through
    name = "hevc" if codec == "libx265" else "h264"
    return [nal for nal in pictures[0].nals if is_parameter_set(nal, name)]


def extradata_by_ffmpeg(codec: str, width: int, height: int, options: dict[str, str]) -> bytes:
    """Return avcC or hvcC as FFmpeg's MP4 muxer writes it."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream(codec, rate=25, options={"preset": "ultrafast", **options})
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number in range(3):
            frame = av.VideoFrame(width, height, "yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with av.open(io.BytesIO(file.getvalue())) as container:
        return container.streams.video[0].codec_context.extradata or b""


SIZES = [(320, 240), (640, 360), (1920, 1080), (2560, 1440), (322, 242)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("profile", ["baseline", "main", "high"])
def test_h264_size_and_configuration_are_those_of_ffmpeg(
    size: tuple[int, int], profile: str
) -> None:
    options = {"profile": profile, "tune": "zerolatency"}
    width, height = size
    sps, pps = sets_of("libx264", width=width, height=height, options=options)

    video, _ = h264_format([sps], [pps])

    assert (video.width, video.height) == size
    expected = extradata_by_ffmpeg("libx264", width, height, options)
    ours, theirs = video.decoder_configuration, expected
    assert ours[:6] == theirs[:6]  # profile, compatibility, level, lengths, one SPS
    assert len(ours) == len(theirs)
    assert video.codec_string == f"avc1.{theirs[1:4].hex()}"


@pytest.mark.parametrize("b_frames", [0, 1, 2, 3])
def test_reorder_depth_is_read_from_the_sps(b_frames: int) -> None:
    sps, pps = sets_of("libx264", b_frames=b_frames, options={"preset": "medium"})

    _, parameters = h264_format([sps], [pps])

    assert parameters.reorder_depth == min(b_frames, 1)


@pytest.mark.parametrize("size", SIZES)
def test_hevc_size_and_configuration_are_those_of_ffmpeg(size: tuple[int, int]) -> None:
    options = {"tune": "zerolatency", "x265-params": "log-level=none:info=0"}
    width, height = size
    vps, sps, pps = sets_of("libx265", width=width, height=height, options=options)

    video, _ = hevc_format([vps], [sps], [pps])

    assert (video.width, video.height) == size
    expected = extradata_by_ffmpeg("libx265", width, height, options)
    # All fields up to the arrays, but for min_spatial_segmentation and parallelism (13 to 15),
    # which FFmpeg takes from the VUI and we leave unknown, and the frame rate's hint.
    assert video.decoder_configuration[:13] == expected[:13]
    assert video.decoder_configuration[16:19] == expected[16:19]
    assert video.codec_string.startswith("hvc1.1.6.L")


@pytest.mark.parametrize("length", range(1, 24))
def test_sps_cut_off_anywhere_is_an_error_or_harmless(length: int) -> None:
    (sps, pps), codec = sets_of("libx264"), H264Codec()

    try:
        video, _ = h264_format([sps[:length]], [pps])
    except ParameterSetError:
        return
    assert (video.width, video.height) == (320, 240)
    assert codec.key_of(sps) == (7, 0)


@pytest.mark.parametrize("position", range(4, 18))
@pytest.mark.parametrize("value", [0x00, 0xFF, 0x80, 0x55])
def test_changed_parameter_sets_never_raise_anything_else(position: int, value: int) -> None:
    for codec, parser in (("libx264", h264_format), ("libx265", hevc_format)):
        sets = sets_of_cached(codec)
        broken = [nal[:position] + bytes((value,)) + nal[position + 1 :] for nal in sets]
        try:
            parser(*[[nal] for nal in broken])
        except ParameterSetError:
            continue


_CACHE: dict[str, list[bytes]] = {}


def sets_of_cached(codec: str) -> list[bytes]:
    if codec not in _CACHE:
        options = {"x265-params": "log-level=none"} if codec == "libx265" else {}
        _CACHE[codec] = sets_of(codec, options=options)
    return _CACHE[codec]


def test_ids_tell_parameter_sets_apart() -> None:
    hevc = HevcCodec()

    assert [hevc.key_of(nal) for nal in sets_of_cached("libx265")] == [(32, 0), (33, 0), (34, 0)]


def bits(*fields: tuple[int, int]) -> bytes:
    """Return fields (value, width) as bytes; width 0: Exp-Golomb."""
    text = ""
    for value, width in fields:
        if width:
            text += f"{value:0{width}b}"
        else:
            code = f"{value + 1:b}"
            text += "0" * (len(code) - 1) + code
    return int(text.ljust(-len(text) // 8 * -8, "0"), 2).to_bytes(-(-len(text) // 8), "big")


@pytest.mark.parametrize("macroblocks", [1023, 4095, 100_000])
def test_impossible_picture_size_is_refused(macroblocks: int) -> None:
    side = (macroblocks, 0)
    fields = [(66, 8), (0, 8), (30, 8), (0, 0), (0, 0), (2, 0), (1, 0), (0, 1)]
    sps = b"\x67" + bits(*fields, side, side, (1, 1), (1, 1), (0, 1), (0, 1), (1, 1))

    with pytest.raises(ParameterSetError, match="impossible picture size"):
        parse_h264_sps(sps)


def test_emulation_prevention_is_taken_out() -> None:
    assert without_emulation_prevention(b"\1\0\0\3\1\0\0\3\0\0\3") == b"\1\0\0\1\0\0\0\0"
