"""Which tracks of a camera we take, and what reads them."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass

from cameras.engine.access_units import AccessUnit, Codec
from cameras.engine.codecs import H264Codec, HevcCodec, MjpegCodec
from cameras.engine.faults import unsupported
from cameras.engine.rtsp.h264 import H264Depacketizer
from cameras.engine.rtsp.h265 import H265Depacketizer
from cameras.engine.rtsp.jpeg import JpegDepacketizer
from cameras.engine.rtsp.rtp import Depacketizer
from cameras.engine.rtsp.sdp import Media, SessionDescription
from cameras.engine.rtsp.sound import AacDepacketizer, G711Depacketizer, OnSound, audio_format

_SIZE = re.compile(r"(\d{1,5})\s*,\s*(\d{1,5})")

OnUnit = Callable[[AccessUnit], None]
OnLoss = Callable[[], None]


@dataclass(frozen=True, slots=True)
class VideoKind:
    """What a video encoding of RTP needs."""

    codec: Callable[[], Codec]
    depacketizer: Callable[[Media, OnUnit, OnLoss], Depacketizer]
    # fmtp parameters that hold parameter sets in base 64, comma separated
    parameter_set_names: tuple[str, ...]


def _h265(media: Media, on_unit: OnUnit, on_loss: OnLoss) -> Depacketizer:
    order_numbers = media.parameters.get("sprop-max-don-diff", "0") != "0"
    return H265Depacketizer(on_unit, on_loss, has_order_numbers=order_numbers)


def _jpeg(media: Media, on_unit: OnUnit, on_loss: OnLoss) -> Depacketizer:
    return JpegDepacketizer(on_unit, on_loss, size=_described_size(media))


VIDEO_KINDS: dict[str, VideoKind] = {
    "H264": VideoKind(
        H264Codec,
        lambda _media, on_unit, on_loss: H264Depacketizer(on_unit, on_loss),
        ("sprop-parameter-sets",),
    ),
    "H265": VideoKind(HevcCodec, _h265, ("sprop-vps", "sprop-sps", "sprop-pps")),
    "JPEG": VideoKind(MjpegCodec, _jpeg, ()),
}


def sound_depacketizer(media: Media, on_sound: OnSound) -> Depacketizer:
    if media.encoding == "MPEG4-GENERIC":
        return AacDepacketizer(on_sound)
    return G711Depacketizer(on_sound)


def _described_size(media: Media) -> tuple[int, int]:
    """Return the size that a=framesize, a=x-dimensions or a=cliprect tells, or (0, 0)."""
    size_text = media.attributes.get("framesize", "").partition(" ")[2].replace("-", ",")
    clip = media.attributes.get("cliprect", "").split(",")
    clip_text = f"{clip[3]},{clip[2]}" if len(clip) == 4 else ""
    for text in (size_text, media.attributes.get("x-dimensions", ""), clip_text):
        found = _SIZE.match(text.strip())
        if found:
            return int(found[1]), int(found[2])
    return 0, 0


def choose_media(description: SessionDescription, *, wants_audio: bool) -> list[Media]:
    """Return the video track to set up and, if wanted and copyable, the sound after it.

    Raises:
        SourceError: no video that we can record.
    """
    videos = [media for media in description.media if media.kind == "video"]
    usable = [media for media in videos if media.encoding in VIDEO_KINDS]
    if not usable:
        offered = ", ".join(sorted({media.encoding or "nameless" for media in videos}))[:80]
        raise unsupported(
            f"no H.264, H.265 or MJPEG: the camera offers {offered}"
            if videos
            else "the camera offers no video"
        )
    chosen = usable[:1]
    if wants_audio:
        chosen += [
            media for media in description.media if media.kind == "audio" and audio_format(media)
        ][:1]
    return chosen


def parameter_sets_of(media: Media) -> list[bytes]:
    """Return the parameter sets of the description; broken ones are left out."""
    found = []
    for name in VIDEO_KINDS[media.encoding].parameter_set_names:
        for item in media.parameters.get(name, "").split(","):
            try:
                nal = base64.b64decode(item.strip(), validate=True)
            except (binascii.Error, ValueError):
                continue
            if len(nal) > 2:
                found.append(nal)
    return found
