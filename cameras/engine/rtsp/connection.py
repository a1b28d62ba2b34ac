"""One connection to a camera: from the first request to the end of its video."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass

from cameras.engine.access_units import VideoTrack
from cameras.engine.addresses import SourceAddress
from cameras.engine.faults import SourceError, unreachable
from cameras.engine.loop import SourceLoop, Timer
from cameras.engine.packets import AudioFormat, FailureCause, StreamListener
from cameras.engine.rtsp.authorization import Authorization
from cameras.engine.rtsp.handshake import RtspDialog, Transport
from cameras.engine.rtsp.media import (
    VIDEO_KINDS,
    choose_media,
    parameter_sets_of,
    sound_depacketizer,
)
from cameras.engine.rtsp.messages import Message, format_response
from cameras.engine.rtsp.reader import ConnectionReader
from cameras.engine.rtsp.rtp import RtpReceiver
from cameras.engine.rtsp.sdp import Media
from cameras.engine.rtsp.sound import audio_format
from cameras.engine.rtsp.tracks import Arrival, RtpAudioTrack, RtpVideoTrack
from cameras.engine.rtsp.transmission import Transmission
from cameras.engine.rtsp.udp import UdpPair

# Until a second keyframe has told how far apart they are.
UNKNOWN_GOP_SECONDS = 60.0
REPORT_SECONDS = 5.0
_TICK_SECONDS = 1.0
_RTCP_BYE = 203


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a camera may keep us waiting, in seconds. Together less than the 15 s after which
    a person must see that something is wrong."""

    answer: float = 10.0  # from the beginning to the answer to PLAY
    silence: float = 5.0  # without a whole picture
    first_keyframe: float = 10.0


@dataclass(frozen=True, slots=True)
class Clocks:
    """Where a connection takes the time from."""

    unix: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic


class RtspConnection:
    """Speaks with the camera and feeds the listener until something ends it.

    `on_end` is called once, with the error, unless `close` came first. `Limits.answer` counts for
    all of the dialog, so that a camera that drips an answer byte by byte ends too.

    Args:
        address: with the URL to use now (a camera may have redirected us).
    """

    def __init__(
        self,
        address: SourceAddress,
        listener: StreamListener,
        *,
        loop: SourceLoop,
        clocks: Clocks,
        limits: Limits,
        on_end: Callable[[Exception], None],
    ) -> None:
        self._address = address
        self._listener = listener
        self._loop = loop
        self._clocks = clocks
        self._limits = limits
        self._on_end = on_end
        self._arrival = Arrival()
        self._reader = ConnectionReader(self._take_message)
        self._transmission = Transmission(
            loop,
            tls=loop.tls_context if address.scheme == "rtsps" else None,
            on_open=self._opened,
            on_bytes=self._take_bytes,
            on_error=self._end,
            leftover=lambda: self._reader.leftover,
        )
        self._dialog = RtspDialog(
            address.url,
            Authorization(address.username, address.password),
            address.transport,
            lambda description: choose_media(description, wants_audio=address.wants_audio),
            self._open_ports,
        )
        self._udp_pairs: list[UdpPair] = []
        self._receivers: list[RtpReceiver] = []
        self._video: RtpVideoTrack | None = None
        self._timer: Timer | None = None
        self._is_over = False
        self._began_at = self._played_at = clocks.monotonic()
        self._next_keep_alive = self._next_report = 0.0

    @property
    def run_seconds(self) -> float:
        """How long pictures have come; 0 when none did."""
        if self._video is None or not self._video.track.frame_count:
            return 0.0
        return self._video.last_frame_at - self._played_at

    def open(self) -> None:
        self._timer = self._loop.call_later(_TICK_SECONDS, self._tick)
        self._transmission.connect(self._address.host, self._address.port)

    def close(self) -> None:
        """Say good-bye if the camera listens, and close the sockets."""
        if self._is_over:
            return
        self._is_over = True
        with contextlib.suppress(SourceError):  # it is being left anyway
            self._transmission.send(self._dialog.teardown())
        self._release()

    def _release(self) -> None:
        if self._timer:
            self._timer.cancel()
        self._transmission.close()
        for pair in self._udp_pairs:
            pair.close()

    def _end(self, error: Exception) -> None:
        if not self._is_over:
            self._is_over = True
            self._release()
            self._on_end(error)

    def _guard(self, act: Callable[[], None]) -> None:
        """Run a part of this connection: whatever it raises ends this connection only."""
        if self._is_over:
            return
        self._note_arrival()
        try:
            act()
        except Exception as error:  # goes to the source, which logs what is no SourceError
            self._end(error)

    def _note_arrival(self) -> None:
        self._arrival.unix = self._clocks.unix()
        self._arrival.monotonic = self._clocks.monotonic()

    def _opened(self) -> None:
        self._loop.hurry()
        self._transmission.send(self._dialog.begin())

    def _take_bytes(self, end: int) -> None:
        self._guard(lambda: self._reader.feed(self._loop.buffer, self._loop.view, end))

    def _take_message(self, message: Message) -> None:
        self._loop.hurry()  # a dialog of many steps
        if message.method:
            # The camera asks something: most only want to know whether we live.
            known = message.method in {"OPTIONS", "GET_PARAMETER", "SET_PARAMETER"}
            status = "200 OK" if known else "501 Not Implemented"
            self._transmission.send(format_response(status, message.header("cseq")))
            return
        was_playing = self._dialog.is_playing
        self._transmission.send(self._dialog.take(message))
        if self._dialog.setups and not self._receivers:
            self._make_tracks()
        if self._dialog.is_playing and not was_playing:
            self._play()

    def _open_ports(self, _index: int) -> tuple[int, int]:
        pair = UdpPair(self._loop, self._transmission.family, guard=self._guard)
        self._udp_pairs.append(pair)
        return pair.ports

    def _make_tracks(self) -> None:
        """Make what reads the tracks; data may come before the answer to PLAY does."""
        video_setup, *others = self._dialog.setups
        media = video_setup.media
        kind = VIDEO_KINDS[media.encoding]
        audio = audio_format(others[0].media) if others else None
        track = VideoTrack(
            self._listener, kind.codec(), parameter_sets=parameter_sets_of(media), audio=audio
        )
        self._video = RtpVideoTrack(self._listener, track, self._arrival)
        self._receivers.append(
            RtpReceiver(
                media.payload_type,
                kind.depacketizer(media, self._video.take, track.wait_for_keyframe),
            )
        )
        if audio and others:
            self._add_sound(self._video, audio, others[0].media)

    def _add_sound(self, video: RtpVideoTrack, audio: AudioFormat, media: Media) -> None:
        sound = RtpAudioTrack(
            self._listener, video, audio, self._arrival, time_offset=self._start_timestamps
        )
        self._receivers.append(
            RtpReceiver(media.payload_type, sound_depacketizer(media, sound.take))
        )

    def _start_timestamps(self) -> tuple[int, int] | None:
        """Return the timestamps of video and sound at the start of play, if both are told."""
        video, sound = (setup.rtp_time for setup in self._dialog.setups[:2])
        return None if video is None or sound is None else (video, sound)

    def _play(self) -> None:
        self._played_at = self._clocks.monotonic()
        self._next_keep_alive = self._played_at + self._dialog.session_timeout / 2
        for index, (setup, receiver) in enumerate(
            zip(self._dialog.setups, self._receivers, strict=True)
        ):
            if self._dialog.transport is Transport.TCP and setup.granted:
                self._reader.receivers[setup.granted[0]] = receiver.receive
                self._reader.run_receivers[setup.granted[0]] = receiver.receive_run
                self._reader.receivers[setup.granted[1]] = self._take_rtcp
            elif self._udp_pairs:
                self._udp_pairs[index].start(
                    receiver,
                    peer=self._transmission.peer,
                    peer_ports=setup.granted,
                    on_rtcp=self._take_rtcp,
                )

    def _take_rtcp(self, view: memoryview, start: int, end: int) -> None:
        while start + 4 <= end:
            if view[start + 1] == _RTCP_BYE:
                raise SourceError(FailureCause.CAMERA_CLOSED, "the camera ended the stream")
            start += 4 + 4 * (view[start + 2] << 8 | view[start + 3])

    def _tick(self) -> None:
        self._timer = self._loop.call_later(_TICK_SECONDS, self._tick)
        self._guard(self._watch)

    def _watch(self) -> None:
        """Look for silence; keep the session alive. Sound and keep-alives do not count."""
        now = self._arrival.monotonic
        if not self._dialog.is_playing:
            if now - self._began_at >= self._limits.answer:
                raise self._no_answer()
            return
        self._watch_pictures(now)
        if now >= self._next_keep_alive:
            self._next_keep_alive = now + self._dialog.session_timeout / 2
            self._transmission.send(self._dialog.keep_alive())
        if now >= self._next_report:
            self._next_report = now + REPORT_SECONDS
            for pair in self._udp_pairs:
                pair.send_report()

    def _watch_pictures(self, now: float) -> None:
        video = self._video
        if video is None:
            return
        if self._receivers[0].has_changed_codec:
            raise SourceError(
                FailureCause.FORMAT_CHANGED, "the camera sends another codec than it described"
            )
        if now - max(video.last_frame_at, self._played_at) >= self._limits.silence:
            raise _no_frames(f"connected, but no picture for {self._limits.silence:.0f} s")
        patience = self._limits.first_keyframe
        if video.last_keyframe_at:
            patience = 4 * video.longest_gop if video.longest_gop else UNKNOWN_GOP_SECONDS
            patience = max(patience, self._limits.first_keyframe)
        if now - max(video.last_keyframe_at, self._played_at) >= patience:
            raise _no_frames(f"no keyframe for {patience:.0f} s: nothing can be decoded")
        if video.track.keyframe_count and not video.track.is_started:
            raise _no_frames("pictures come without the parameters to decode them")

    def _no_answer(self) -> SourceError:
        if self._transmission.is_connected:
            return unreachable(
                f"the camera took the connection but gave no answer in {self._limits.answer:.0f} s"
            )
        return unreachable(f"no answer in {self._limits.answer:.0f} s")


def _no_frames(detail: str) -> SourceError:
    return SourceError(FailureCause.NO_FRAMES, detail)
