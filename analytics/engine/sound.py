"""How loud it is: sound packets to decibels. Nothing is kept, nobody is understood."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from typing import cast

import av
import av.error
import numpy as np

from cameras.engine.packets import AudioFormat

logger = logging.getLogger(__name__)

SILENCE_DB = -90.0
LAYOUTS = {1: "mono", 2: "stereo"}


class Ear:
    """Measures the sound of one stream between two frames.

    A format that FFmpeg can not decode is logged once, and nothing is heard.
    """

    def __init__(self) -> None:
        self._format: AudioFormat | None = None
        self._context: av.AudioCodecContext | None = None
        self._energy = 0.0
        self._samples = 0

    def hear(self, audio_format: AudioFormat, packets: Sequence[bytes]) -> None:
        if audio_format != self._format:
            self._format, self._context = audio_format, _open(audio_format)
        if self._context is None:
            return
        for data in packets:
            try:
                for sound in self._context.decode(av.Packet(data)):
                    self._add(sound)
            except av.error.FFmpegError:
                continue  # one damaged packet is 20 ms of silence

    def take_level_db(self) -> float | None:
        """Return the level since the last call, 0 is full scale; None where nothing was heard."""
        if not self._samples:
            return None
        power = self._energy / self._samples
        self._energy, self._samples = 0.0, 0
        return max(SILENCE_DB, 10 * math.log10(power)) if power > 0 else SILENCE_DB

    def _add(self, sound: av.AudioFrame) -> None:
        values = sound.to_ndarray()
        scale = 32768.0 if values.dtype == np.int16 else 1.0  # AAC comes as floats
        self._energy += float(np.square(values.astype(np.float64) / scale).sum())
        self._samples += values.size


def _open(audio_format: AudioFormat) -> av.AudioCodecContext | None:
    try:
        context = cast("av.AudioCodecContext", av.CodecContext.create(audio_format.codec, "r"))
        context.sample_rate = audio_format.sample_rate
        context.layout = LAYOUTS.get(audio_format.channel_count, "mono")
        context.extradata = audio_format.decoder_configuration or None
        context.open()
    except (av.error.FFmpegError, ValueError) as error:
        logger.warning("%s can not be heard: %s", audio_format.codec, error)
        return None
    return context
