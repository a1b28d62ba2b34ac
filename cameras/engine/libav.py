"""Sources that FFmpeg's demuxers read: MJPEG over HTTP, local video devices.

What FFmpeg may open is pinned: the format, and the protocols it may use underneath. Addresses
with credentials are given to it and to nobody else; PyAV keeps
FFmpeg's log off, which repeats addresses.
"""

from __future__ import annotations

import errno
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit, urlunsplit

import av
import av.error

from cameras.engine.access_units import AccessUnit, VideoTrack
from cameras.engine.addresses import SourceAddress
from cameras.engine.codecs import (
    H264Codec,
    HevcCodec,
    MjpegCodec,
    join_nals,
    jpeg_unit,
    split_annex_b,
    split_lengths,
)
from cameras.engine.faults import SourceError, unreachable, unsupported
from cameras.engine.packets import VIDEO_CLOCK, FailureCause, StreamListener

if TYPE_CHECKING:
    from av.container import InputContainer

OPEN_SECONDS = 10.0
SILENCE_SECONDS = 5.0
_HTTP_PROTOCOLS = "http,https,tcp,tls"
_DEVICE_FORMATS = ("h264", "mjpeg")

Codec = H264Codec | HevcCodec | MjpegCodec
CODECS: dict[str, Callable[[], Codec]] = {
    "h264": H264Codec,
    "hevc": HevcCodec,
    "mjpeg": MjpegCodec,
}


class UnitReader:
    """Makes access units of the packets of one of FFmpeg's video streams."""

    def __init__(self, stream: av.VideoStream) -> None:
        name = stream.codec_context.name
        # Decoders have names of their own: libdav1d, h264_v4l2m2m.
        codec = CODECS.get(stream.codec_context.codec.canonical_name or name) or CODECS.get(name)
        if codec is None:
            raise unsupported(f"no H.264, H.265 or MJPEG: the source holds {name}")
        self.codec: Codec = codec()
        extra = stream.codec_context.extradata or b""
        self._length_size = _length_size(self.codec, extra)
        self.parameter_sets = list(_parameter_sets(self.codec, extra))

    def unit(self, packet: av.Packet[av.VideoStream]) -> AccessUnit | None:
        data = bytes(packet)
        if isinstance(self.codec, MjpegCodec):
            return jpeg_unit(data, 0)
        nals = split_lengths(data, self._length_size) if self._length_size else split_annex_b(data)
        unit = join_nals(self.codec, nals, 0)
        if unit is not None:
            unit.is_keyframe = packet.is_keyframe
        return unit


def _length_size(codec: Codec, extra: bytes) -> int:
    """Return how many bytes tell a NAL unit's length; 0 for Annex B."""
    if isinstance(codec, MjpegCodec) or extra[:1] != b"\1":
        return 0
    position = 4 if isinstance(codec, H264Codec) else 21
    return (extra[position] & 3) + 1 if len(extra) > position else 0


def _parameter_sets(codec: Codec, extra: bytes) -> Iterator[bytes]:
    """Yield the parameter sets of avcC, hvcC or an Annex B header."""
    if isinstance(codec, MjpegCodec):
        return
    if extra[:1] != b"\1":
        yield from map(bytes, split_annex_b(extra))
    elif isinstance(codec, H264Codec):
        yield from _avc_sets(extra)
    else:
        yield from _hevc_sets(extra)


def _avc_sets(extra: bytes) -> Iterator[bytes]:
    position, count = 6, extra[5] & 31 if len(extra) > 5 else 0
    for _ in range(2):
        for _ in range(count):
            size = int.from_bytes(extra[position : position + 2], "big")
            yield extra[position + 2 : position + 2 + size]
            position += 2 + size
        count = extra[position] if len(extra) > position else 0
        position += 1


def _hevc_sets(extra: bytes) -> Iterator[bytes]:
    position = 23
    for _ in range(extra[22] if len(extra) > 22 else 0):
        count = int.from_bytes(extra[position + 1 : position + 3], "big")
        position += 3
        for _ in range(count):
            size = int.from_bytes(extra[position : position + 2], "big")
            yield extra[position + 2 : position + 2 + size]
            position += 2 + size


def read_http(address: SourceAddress, listener: StreamListener, stopping: threading.Event) -> None:
    """Read MJPEG over HTTP until it ends.

    Raises:
        SourceError: it can not be opened, or has gone silent.
    """
    _check_name(address.host)
    with _open(
        _with_credentials(address),
        format_name="mpjpeg",
        options={"protocol_whitelist": _HTTP_PROTOCOLS, "max_redirects": "0"},
    ) as container:
        _read_live(container, listener, stopping)


def _check_name(host: str) -> None:
    """FFmpeg says the same of an unknown name as of an answer that it can not read."""
    try:
        socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError as error:
        raise unreachable("the name of the camera is not known to the network") from error


def read_device(
    address: SourceAddress, listener: StreamListener, stopping: threading.Event
) -> None:
    """Read a video device of this machine that compresses by itself, until it ends.

    Raises:
        SourceError: it can not be opened, or gives raw pictures only.
    """
    with _open_device(address.path) as container:
        _read_live(container, listener, stopping)


def _open_device(path: str) -> InputContainer:
    for name in _DEVICE_FORMATS[:-1]:
        try:
            return _open(path, format_name="v4l2", options={"input_format": name})
        except SourceError:
            continue  # it may give the next format
    return _open(path, format_name="v4l2", options={"input_format": _DEVICE_FORMATS[-1]})


def _read_live(
    container: InputContainer, listener: StreamListener, stopping: threading.Event
) -> None:
    """Hand on what comes; the time of arrival is the time of the picture."""
    if not container.streams.video:
        raise unsupported("the source holds no video")
    stream = container.streams.video[0]
    reader = UnitReader(stream)
    track = VideoTrack(listener, reader.codec, parameter_sets=reader.parameter_sets)
    began_at = time.monotonic()
    try:
        for packet in container.demux(stream):
            if stopping.is_set():
                return
            unit = reader.unit(packet) if packet.size else None
            if unit is not None:
                pts = round((time.monotonic() - began_at) * VIDEO_CLOCK)
                track.push(unit, pts, time.time())
    except av.error.FFmpegError as error:
        raise _ended(error) from error
    if not track.frame_count:
        raise unsupported("the source sends no pictures that can be read")


def _open(url: str, *, format_name: str, options: dict[str, str]) -> InputContainer:
    try:
        container = av.open(
            url,
            format=format_name,
            container_options=options,
            timeout=(OPEN_SECONDS, SILENCE_SECONDS),
        )
    except av.error.FFmpegError as error:
        raise _open_failure(error) from error
    return container


def _with_credentials(address: SourceAddress) -> str:
    """Return the address with user name and password, for FFmpeg only."""
    if not address.username and not address.password:
        return address.url
    parts = urlsplit(address.url)
    user = f"{quote(address.username, safe='')}:{quote(address.password, safe='')}"
    return urlunsplit(parts._replace(netloc=f"{user}@{parts.netloc}"))


_NO_MJPEG = "the address answered as a web server, not as a camera: no MJPEG"
_CAUSES: tuple[tuple[type[Exception], FailureCause, str], ...] = (
    (
        av.error.HTTPUnauthorizedError,
        FailureCause.AUTH_FAILED,
        "the camera refuses this user name and password",
    ),
    (
        av.error.HTTPForbiddenError,
        FailureCause.AUTH_FAILED,
        "the camera does not let this user watch (403)",
    ),
    (
        av.error.HTTPNotFoundError,
        FailureCause.UNSUPPORTED,
        "the camera has no stream at this path (404)",
    ),
    (
        av.error.InvalidDataError,
        FailureCause.UNSUPPORTED,
        _NO_MJPEG,
    ),
    (av.error.HTTPError, FailureCause.UNSUPPORTED, "the camera refused the request"),
    (av.error.ExitError, FailureCause.UNREACHABLE, f"no answer in {OPEN_SECONDS:.0f} s"),
    (TimeoutError, FailureCause.UNREACHABLE, f"no answer in {OPEN_SECONDS:.0f} s"),
    (FileNotFoundError, FailureCause.UNREACHABLE, "there is no such device"),
)


def _open_failure(error: av.error.FFmpegError) -> SourceError:
    """Put FFmpeg's error into words; its own may hold the address, so they are not used."""
    for kind, cause, detail in _CAUSES:
        if isinstance(error, kind):
            return SourceError(cause, detail)
    if error.errno == errno.EIO:
        return unsupported(_NO_MJPEG)
    return unreachable(f"no connection: {error.strerror or type(error).__name__}")


def _ended(error: av.error.FFmpegError) -> SourceError:
    if isinstance(error, av.error.ExitError | TimeoutError):
        return SourceError(
            FailureCause.NO_FRAMES, f"connected, but no picture for {SILENCE_SECONDS:.0f} s"
        )
    return SourceError(
        FailureCause.CAMERA_CLOSED,
        f"the camera closed the connection: {error.strerror or type(error).__name__}",
    )
