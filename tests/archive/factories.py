"""Footage for tests: clips made by PyAV, written as the recorder writes, with their rows.

Each frame carries its number as 32 black and white cells along its top edge, so that a test can
tell which frame it sees after any way through the portal.
"""

from __future__ import annotations

import hashlib
import io
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av
import cv2
import numpy as np
import numpy.typing as npt

from archive.engine.files import recording_path
from archive.engine.index import index_fragments, pack_index
from archive.engine.reader import describe_tracks
from archive.engine.timeline import to_us, us_of
from archive.engine.volume import open_volume
from archive.models import Recording, VideoFormat, Volume
from cameras.engine import packets
from cameras.engine.fragments import AUDIO_TRACK, VIDEO_TRACK, fragment_header, iter_fragments
from cameras.engine.initialization import initialization_segment
from cameras.models import Camera, Location, Stream

CELLS = 32
NOON = datetime(2026, 7, 10, 12, 0, 0, tzinfo=UTC)
AUDIO_RATE = 16_000

Picture = npt.NDArray[np.uint8]


# --- pictures ---------------------------------------------------------------------------


def draw_counter(picture: Picture, number: int) -> None:
    """Write the number into the top sixteenth of a picture (gray or color), high bit first."""
    height, width = picture.shape[:2]
    for cell in range(CELLS):
        value = 235 if number >> (CELLS - 1 - cell) & 1 else 16
        left, right = cell * width // CELLS, (cell + 1) * width // CELLS
        picture[: max(height // 16, 8), left:right] = value


def read_counter(picture: Picture) -> int:
    """Return the number that `draw_counter` wrote."""
    gray = picture if picture.ndim == 2 else picture.mean(axis=2)
    height, width = gray.shape
    row = gray[: max(height // 16, 8)][2:-2].mean(axis=0)
    number = 0
    for cell in range(CELLS):
        left, right = cell * width // CELLS, (cell + 1) * width // CELLS
        middle = row[left + (right - left) // 4 : right - (right - left) // 4]
        number = number << 1 | int(middle.mean() > 128)
    return number


def draw_frame(number: int, *, width: int, height: int) -> Picture:
    """A gray picture with something that moves, and its number."""
    columns = np.arange(width, dtype=np.uint32)[None, :]
    rows = np.arange(height, dtype=np.uint32)[:, None]
    picture = ((columns + number * 3) // 4 + rows // 2) % 200 + 20
    picture = picture.astype(np.uint8)
    draw_counter(picture, number)
    return picture


def decode_jpeg(data: bytes) -> Picture:
    """Return a JPEG as a gray picture."""
    picture: Any = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert picture is not None
    return cast("Picture", picture)


def counters_in(data: bytes | Path) -> list[int]:
    """Decode a whole video and return the number of each frame, in the order shown."""
    file = io.BytesIO(data) if isinstance(data, bytes) else str(data)
    with av.open(file, "r") as container:
        return [
            read_counter(cast("Picture", frame.to_ndarray(format="gray")))
            for frame in container.decode(video=0)
        ]


# --- clips ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ClipPacket:
    """An encoded packet; times in ticks of its track, from the clip's beginning."""

    track: int
    data: bytes
    dts: int
    pts: int
    duration: int
    is_keyframe: bool


@dataclass(frozen=True, slots=True)
class Clip:
    format: packets.StreamFormat
    packets: list[ClipPacket]  # in the order of the file

    @property
    def duration_us(self) -> int:
        return us_of(max(p.pts + p.duration for p in self.packets if p.track == VIDEO_TRACK))


def encode_clip(
    frame_count: int,
    *,
    first_number: int = 0,
    rate: int = 25,
    size: tuple[int, int] = (320, 180),
    gop: int = 25,
    codec: str = "libx264",
    options: dict[str, str] | None = None,
) -> Clip:
    """Encode frames `first_number`, `first_number` + 1, …; B-frames by options {"bf": "2"}."""
    memory = io.BytesIO()
    with av.open(memory, "w", format="mp4", options={"video_track_timescale": "90000"}) as output:
        stream = cast("av.VideoStream", output.add_stream(codec, rate=rate))
        stream.width, stream.height = size
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        stream.gop_size = gop
        stream.options = {**_encoder_options(codec, gop), **(options or {})}
        for position in range(frame_count):
            picture = draw_frame(first_number + position, width=size[0], height=size[1])
            frame = av.VideoFrame.from_ndarray(picture, format="gray")
            frame.pts, frame.time_base = position, Fraction(1, rate)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    memory.seek(0)
    return read_clip(memory)


def _encoder_options(codec: str, gop: int) -> dict[str, str]:
    if codec == "libx264":
        scene = {"sc_threshold": "0", "keyint_min": str(gop)}
        return {"preset": "ultrafast", "tune": "zerolatency", "crf": "23", **scene}
    if codec == "libx265":
        parameters = f"keyint={gop}:min-keyint={gop}:scenecut=0:bframes=0:log-level=none"
        return {"preset": "ultrafast", "x265-params": parameters}
    return {}


def read_clip(memory: io.BytesIO) -> Clip:
    with av.open(memory, "r") as container:
        stream = container.streams.video[0]
        context = stream.codec_context
        found = [_packet(packet) for packet in container.demux(stream) if packet.size]
        video = packets.VideoFormat(
            codec=context.name if context.name in {"hevc", "mjpeg"} else "h264",
            width=context.width,
            height=context.height,
            parameter_sets=b"",
            decoder_configuration=b""
            if context.name == "mjpeg"
            else bytes(context.extradata or b""),
            codec_string="",
        )
    first = found[0].dts
    shifted = [replace(p, dts=p.dts - first, pts=p.pts - first) for p in found]
    return Clip(packets.StreamFormat(video), shifted)


def _packet(packet: av.Packet[Any]) -> ClipPacket:
    assert packet.time_base == Fraction(1, packets.VIDEO_CLOCK)
    assert packet.dts is not None
    assert packet.pts is not None
    duration = packet.duration or 0
    key = packet.is_keyframe
    return ClipPacket(VIDEO_TRACK, bytes(packet), packet.dts, packet.pts, duration, key)


def with_sound(clip: Clip) -> Clip:
    """Return the clip with a tone beside its video, AAC."""
    memory = io.BytesIO()
    count = clip.duration_us * AUDIO_RATE // 1_000_000
    with av.open(memory, "w", format="mp4") as output:
        stream = output.add_stream("aac", rate=AUDIO_RATE, layout="mono")
        tone = (np.sin(np.arange(count) / 20) * 0.3).astype(np.float32)[None, :]
        frame = av.AudioFrame.from_ndarray(tone, format="fltp", layout="mono")
        frame.sample_rate, frame.pts = AUDIO_RATE, 0
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    memory.seek(0)
    with av.open(memory, "r") as container:
        source = container.streams.audio[0]
        configuration = bytes(source.codec_context.extradata or b"")
        sound = [
            ClipPacket(
                AUDIO_TRACK, bytes(p), position * 1024, position * 1024, 1024, is_keyframe=True
            )
            for position, p in enumerate(p for p in container.demux(source) if p.size)
        ]
    audio = packets.AudioFormat("aac", AUDIO_RATE, 1, configuration, "mp4a.40.2")
    return Clip(packets.StreamFormat(clip.format.video, audio), _interleave(clip.packets, sound))


def _interleave(video: list[ClipPacket], sound: list[ClipPacket]) -> list[ClipPacket]:
    def seconds(packet: ClipPacket) -> float:
        clock = packets.VIDEO_CLOCK if packet.track == VIDEO_TRACK else AUDIO_RATE
        return packet.dts / clock

    return sorted([*video, *sound], key=seconds)


def split_clip(clip: Clip, keyframes: int) -> Iterator[Clip]:
    """Yield the clip in parts of so many GOPs each, as the recorder cuts a run into files."""
    part: list[ClipPacket] = []
    seen = 0
    for packet in clip.packets:
        if packet.track == VIDEO_TRACK and packet.is_keyframe:
            if seen and seen % keyframes == 0:
                yield _from_zero(clip, part)
                part = []
            seen += 1
        part.append(packet)
    yield _from_zero(clip, part)


def _from_zero(clip: Clip, part: list[ClipPacket]) -> Clip:
    zero = min(packet.dts for packet in part if packet.track == VIDEO_TRACK)

    def moved(packet: ClipPacket) -> ClipPacket:
        clock = packets.VIDEO_CLOCK if packet.track == VIDEO_TRACK else AUDIO_RATE
        own_zero = zero * clock // packets.VIDEO_CLOCK
        return replace(packet, dts=packet.dts - own_zero, pts=packet.pts - own_zero)

    return Clip(clip.format, [moved(packet) for packet in part])


def file_bytes(clip: Clip) -> bytes:
    """Return the clip as the recorder writes it."""
    parts = [initialization_segment(clip.format)]
    for sequence, packet in enumerate(clip.packets):
        header = fragment_header(
            sequence=sequence + 1,
            decode_time=packet.dts,
            duration=packet.duration,
            data_size=len(packet.data),
            is_keyframe=packet.is_keyframe,
            composition_offset=packet.pts - packet.dts,
            track=packet.track,
        )
        parts += [header, packet.data]
    return b"".join(parts)


# --- rows -------------------------------------------------------------------------------


def make_camera(number: int = 1, *, place: str = "Солнышко", name: str = "Качели") -> Camera:
    location, _created = Location.objects.get_or_create(name=place)
    camera = Camera.objects.create(location=location, number=number, name=name)
    Stream.objects.create(camera=camera, role=Stream.Role.MAIN, url="file:///nowhere")
    return camera


def main_stream(camera: Camera) -> Stream:
    return camera.streams.select_related("camera").get(role=Stream.Role.MAIN)


def make_volume(folder: Path) -> Volume:
    folder.mkdir(parents=True, exist_ok=True)
    opened = open_volume(folder, expected=None)
    return Volume.objects.create(identity=opened.identity, node="test", path=str(folder))


def record(
    stream: Stream,
    volume: Volume,
    clip: Clip,
    *,
    started_at: datetime = NOON,
    run: uuid.UUID | None = None,
) -> Recording:
    """Write the clip as one recording: file and row."""
    run = run or uuid.uuid4()
    path = recording_path(
        camera_number=stream.camera.number,
        role=stream.role,
        started_us=to_us(started_at),
        run=run,
    )
    data = file_bytes(clip)
    file = Path(volume.path) / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    initialization = initialization_segment(clip.format)
    fragments = list(iter_fragments(data, len(initialization)))
    return Recording.objects.create(
        stream=stream,
        volume=volume,
        path=path,
        run=run,
        video_format=format_row(initialization),
        started_at=started_at,
        ended_at=started_at + timedelta(microseconds=clip.duration_us),
        size_bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        frame_count=sum(1 for part in fragments if part.track == VIDEO_TRACK),
        gop_index=pack_index(index_fragments(fragments)),
    )


def record_run(
    stream: Stream, volume: Volume, clips: Iterable[Clip], *, started_at: datetime = NOON
) -> list[Recording]:
    """Write clips that follow each other without a lost frame, as recordings of one run."""
    run, recordings = uuid.uuid4(), []
    for clip in clips:
        recordings.append(record(stream, volume, clip, started_at=started_at, run=run))
        started_at = recordings[-1].ended_at
    return recordings


def format_row(initialization: bytes) -> VideoFormat:
    tracks = describe_tracks(initialization)
    row, _created = VideoFormat.objects.get_or_create(
        digest=hashlib.sha256(initialization).hexdigest(),
        defaults={
            "codec": tracks[0].codec,
            "codec_string": ",".join(track.codec_string for track in tracks),
            "width": tracks[0].width,
            "height": tracks[0].height,
            "has_audio": len(tracks) > 1,
            "initialization": initialization,
        },
    )
    return row
