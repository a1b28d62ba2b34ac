from __future__ import annotations

import math

import av
import numpy as np
import pytest

from analytics.engine.sound import SILENCE_DB, Ear
from cameras.engine.packets import AudioFormat

pytestmark = pytest.mark.media

G711 = AudioFormat("pcm_mulaw", 8000, 1, b"", "ulaw")


def tone(amplitude: float, *, codec: str = "pcm_mulaw", rate: int = 8000) -> list[bytes]:
    """A second of 440 Hz in packets; `amplitude` as a share of full scale."""
    context = av.CodecContext.create(codec, "w")
    assert isinstance(context, av.AudioCodecContext)
    context.sample_rate, context.layout, context.format = rate, "mono", "s16"
    wave = amplitude * 32767 * np.sin(2 * math.pi * 440 * np.arange(rate) / rate)
    packets = []
    for start in range(0, rate, 160):
        part = wave[start : start + 160].astype(np.int16).reshape(1, -1)
        sound = av.AudioFrame.from_ndarray(part, format="s16", layout="mono")
        sound.sample_rate, sound.pts = rate, start
        packets += [bytes(packet) for packet in context.encode(sound)]
    return packets


@pytest.mark.parametrize("amplitude", [0.5, 0.05])
def test_tone_has_its_level(amplitude: float) -> None:
    ear = Ear()

    ear.hear(G711, tone(amplitude))

    # A sine has half the power of its peak.
    assert ear.take_level_db() == pytest.approx(20 * math.log10(amplitude) - 3.01, abs=0.3)


def test_level_is_taken_once() -> None:
    ear = Ear()
    ear.hear(G711, tone(0.5))
    ear.take_level_db()

    assert ear.take_level_db() is None


def test_silence_is_as_quiet_as_it_gets() -> None:
    ear = Ear()

    ear.hear(G711, tone(0.0))

    level = ear.take_level_db()
    assert level is not None
    assert SILENCE_DB <= level < -60


def test_unknown_format_is_not_heard() -> None:
    ear = Ear()

    ear.hear(AudioFormat("no_such_codec", 8000, 1, b"", "?"), [b"x" * 100])

    assert ear.take_level_db() is None


def test_damaged_packet_leaves_the_others() -> None:
    aac = AudioFormat("aac", 16000, 1, bytes([0x14, 0x08]), "mp4a.40.2")
    ear = Ear()

    ear.hear(aac, [b"\x00\x01broken" * 5])
    ear.hear(G711, tone(0.5))

    assert ear.take_level_db() == pytest.approx(-9.0, abs=0.3)
