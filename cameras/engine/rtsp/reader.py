"""The camera's side of an RTSP connection: answers and interleaved packets (RFC 2326, 10.12)."""

from __future__ import annotations

from collections.abc import Callable

from cameras.engine.rtsp.messages import Message, parse_message

_DOLLAR = 0x24
_LINE_ENDS = (0x0D, 0x0A)

PacketReceiver = Callable[[memoryview, int, int], None]
# See RtpReceiver.receive_run.
RunReceiver = Callable[[bytearray, int, int, int], int]
# Packets that are filled up: only they come in runs.
_FULL_BYTES = 500


class ConnectionReader:
    """Takes what was received and calls the receiver of each channel.

    The bytes lie in a buffer shared with other connections; what is left unfinished is kept here
    and put in front of the next read by the caller (`leftover`).
    """

    def __init__(self, on_message: Callable[[Message], None]) -> None:
        self._on_message = on_message
        self.receivers: dict[int, PacketReceiver] = {}
        self.run_receivers: dict[int, RunReceiver] = {}
        self.leftover = b""

    def feed(self, buffer: bytearray, view: memoryview, end: int) -> None:
        """Parse buffer[:end], of which `view` is a view; it begins with `leftover`.

        Raises:
            SourceError: the camera sends what is neither RTSP nor RTP.
        """
        position = 0
        receivers = self.receivers
        while end - position >= 4:
            if view[position] == _DOLLAR:
                packet_end = position + 4 + (view[position + 2] << 8 | view[position + 3])
                if packet_end > end:
                    break
                channel = view[position + 1]
                receiver = receivers.get(channel)
                if receiver:
                    receiver(view, position + 4, packet_end)
                stride, position = packet_end - position, packet_end
                if stride > _FULL_BYTES and channel in self.run_receivers:
                    position = self.run_receivers[channel](buffer, position, stride, end)
            elif view[position] in _LINE_ENDS:  # some firmware ends messages with one too many
                position += 1
            else:
                found = parse_message(buffer, position, end)
                if found is None:
                    break
                message, position = found
                self._on_message(message)
        self.leftover = bytes(view[position:end])
