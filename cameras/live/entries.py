"""What stands in Redis: the names of the keys and the fields of a stream's entry."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cameras.engine.packets import AudioFormat
from cameras.engine.tap import LiveFormat, LiveFragment, LiveSound

# Pub/sub: "somebody watches", the message is the stream's id.
WATCH_CHANNEL = "live:watch"
# Seconds a watch lives without being renewed, and how often it is renewed.
WATCH_SECONDS = 10
WATCH_RENEWAL_SECONDS = 3
# Seconds that the last fragments stay when their recorder died.
STREAM_SECONDS = 30

# Loose, because the client's type names more than is used here and dicts are invariant.
Fields = dict[Any, Any]


def stream_key(stream_id: int) -> str:
    return f"live:{stream_id}"


def watch_key(stream_id: int) -> str:
    return f"live:watch:{stream_id}"


def analysis_key(stream_id: int) -> str:
    """Stands while a worker analyzes the stream; unlike a viewer it can wait for its frames."""
    return f"live:analyze:{stream_id}"


@dataclass(frozen=True, slots=True)
class LiveEntry:
    """A fragment as it was read; `id` is its place in the Redis stream."""

    id: bytes
    fragment: LiveFragment


def fields_of(fragment: LiveFragment) -> Fields:
    """Every keyframe carries its format, so that a reader may begin at any of them."""
    fields: Fields = {
        "r": fragment.run,
        "s": fragment.sequence,
        "t": fragment.captured_us,
        "d": fragment.data,
    }
    if live_format := fragment.live_format:
        fields |= {
            "c": live_format.codec_string,
            "w": live_format.width,
            "h": live_format.height,
            "i": live_format.initialization,
        }
    if sound := fragment.sound:
        fields |= {
            "a": b"".join(struct.pack(">H", len(part)) + part for part in sound.packets),
            "ac": sound.audio_format.codec,
            "ar": sound.audio_format.sample_rate,
            "an": sound.audio_format.channel_count,
            "ax": sound.audio_format.decoder_configuration,
            "as": sound.audio_format.codec_string,
        }
    return fields


def entry_of(entry_id: bytes, fields: Mapping[bytes, bytes]) -> LiveEntry:
    live_format = None
    if b"i" in fields:
        live_format = LiveFormat(
            fields[b"c"].decode(), int(fields[b"w"]), int(fields[b"h"]), fields[b"i"]
        )
    fragment = LiveFragment(
        run=fields[b"r"].decode(),
        sequence=int(fields[b"s"]),
        captured_us=int(fields[b"t"]),
        keep=0,
        data=fields[b"d"],
        live_format=live_format,
        sound=_sound_of(fields),
    )
    return LiveEntry(entry_id, fragment)


def _sound_of(fields: Mapping[bytes, bytes]) -> LiveSound | None:
    if b"a" not in fields:
        return None
    audio_format = AudioFormat(
        codec=fields[b"ac"].decode(),
        sample_rate=int(fields[b"ar"]),
        channel_count=int(fields[b"an"]),
        decoder_configuration=fields[b"ax"],
        codec_string=fields[b"as"].decode(),
    )
    return LiveSound(audio_format, tuple(_parts(fields[b"a"])))


def _parts(packed: bytes) -> Iterator[bytes]:
    at = 0
    while at + 2 <= len(packed):
        (size,) = struct.unpack_from(">H", packed, at)
        yield packed[at + 2 : at + 2 + size]
        at += 2 + size
