"""RTP over UDP: the socket pair, packets out of order, receiver reports (RFC 3550, 6.4)."""

from __future__ import annotations

import secrets
import selectors
import socket
import struct
import time
from collections.abc import Callable

from cameras.engine.faults import unreachable
from cameras.engine.loop import SourceLoop
from cameras.engine.rtsp.reader import PacketReceiver
from cameras.engine.rtsp.rtp import RtpReceiver

MAX_REORDERED_PACKETS = 64
MAX_REORDER_SECONDS = 0.2
_RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024  # a keyframe comes faster than we may be scheduled
_DATAGRAM_BYTES = 65_536
_MAX_READS = 128
_PORT_TRIES = 50


class ReorderBuffer:
    """Puts packets back into order; a gap is given up after 64 packets or 0.2 s."""

    def __init__(self, receive: PacketReceiver) -> None:
        self._receive = receive
        self._expected: int | None = None
        self._held: dict[int, bytes] = {}
        self._held_since = 0.0

    def push(self, view: memoryview, start: int, end: int, now: float) -> None:
        if end - start < 4:
            return
        sequence = view[start + 2] << 8 | view[start + 3]
        if self._expected is None or sequence == self._expected:
            self._pass_on(view, start, end, sequence)
            if self._held:
                self._release_following()
        elif (sequence - self._expected) & 0xFFFF < 0x8000:
            self._hold(sequence, bytes(view[start:end]), now)
        elif (self._expected - sequence) & 0xFFFF > 1000:
            self._release_all()
            self._pass_on(view, start, end, sequence)  # the camera began anew

    def _hold(self, sequence: int, packet: bytes, now: float) -> None:
        if not self._held:
            self._held_since = now
        self._held[sequence] = packet
        is_late = now - self._held_since > MAX_REORDER_SECONDS
        if is_late or len(self._held) > MAX_REORDERED_PACKETS:
            self._release_all()

    def _pass_on(self, view: memoryview, start: int, end: int, sequence: int) -> None:
        self._expected = (sequence + 1) & 0xFFFF
        self._receive(view, start, end)

    def _release_following(self) -> None:
        while self._expected is not None and (packet := self._held.pop(self._expected, None)):
            self._pass_on(memoryview(packet), 0, len(packet), self._expected)

    def _release_all(self) -> None:
        first = self._expected or 0
        for sequence in sorted(self._held, key=lambda number: (number - first) & 0xFFFF):
            packet = self._held[sequence]
            self._pass_on(memoryview(packet), 0, len(packet), sequence)
        self._held.clear()


class UdpPair:
    """The sockets for RTP and RTCP of one track; takes packets from the camera's address only."""

    def __init__(
        self,
        loop: SourceLoop,
        family: socket.AddressFamily,
        *,
        guard: Callable[[Callable[[], None]], None],
    ) -> None:
        self._loop = loop
        # Runs the reading, notes the time before it and catches the errors of this camera.
        self._guard = guard
        self._rtp, self._rtcp = _bind_pair(family)
        self._reorder: ReorderBuffer | None = None
        self._receiver: RtpReceiver | None = None
        self._on_rtcp: PacketReceiver | None = None
        self._peer = ""
        self._report_ssrc = secrets.randbits(32)
        self._rtcp_address: tuple[str, int] | None = None
        self._reported_packets = 0
        self._reported_lost = 0

    @property
    def ports(self) -> tuple[int, int]:
        return self._rtp.getsockname()[1], self._rtcp.getsockname()[1]

    def start(
        self,
        receiver: RtpReceiver,
        *,
        peer: str,
        peer_ports: tuple[int, int] | None,
        on_rtcp: PacketReceiver,
    ) -> None:
        """Begin to read; send an empty packet each way, which opens a firewall's door."""
        self._receiver, self._peer, self._on_rtcp = receiver, peer, on_rtcp
        self._reorder = ReorderBuffer(receiver.receive)
        if peer_ports:
            self._rtcp_address = (peer, peer_ports[1])
            self._send(self._rtp, struct.pack(">BBHII", 0x80, 0, 0, 0, 0), (peer, peer_ports[0]))
            self.send_report()
        guard, events = self._guard, selectors.EVENT_READ
        self._loop.watch(self._rtp, events, lambda _events: guard(self._read_rtp))
        self._loop.watch(self._rtcp, events, lambda _events: guard(self._read_rtcp))

    def close(self) -> None:
        for sock in (self._rtp, self._rtcp):
            self._loop.unwatch(sock)
            sock.close()

    def send_report(self) -> None:
        """Send a receiver report: cameras stop sending to those who are silent."""
        if self._rtcp_address is None or self._receiver is None:
            return
        receiver = self._receiver
        if not receiver.packet_count:
            report = struct.pack(">BBHI", 0x80, 201, 1, self._report_ssrc)
        else:
            got = receiver.packet_count - self._reported_packets
            lost = receiver.lost_count - self._reported_lost
            fraction = min(255, 256 * lost // max(1, got + lost))
            total = min(receiver.lost_count, 0x7FFFFF)
            report = struct.pack(
                ">BBHIIIIIII",
                *(0x81, 201, 7, self._report_ssrc, receiver.ssrc),
                *(fraction << 24 | total, receiver.highest_sequence, 0, 0, 0),
            )
        self._reported_packets, self._reported_lost = receiver.packet_count, receiver.lost_count
        self._send(self._rtcp, report, self._rtcp_address)

    def _send(self, sock: socket.socket, data: bytes, address: tuple[str, int]) -> None:
        try:
            sock.sendto(data, address)
        except OSError:
            return  # reports are a courtesy; the next one comes in seconds

    def _read_rtp(self) -> None:
        loop, reorder = self._loop, self._reorder
        if reorder is None:
            return
        now = time.monotonic()
        for _ in range(_MAX_READS):
            count = self._receive(self._rtp)
            if count is None:
                return
            reorder.push(loop.view, 0, count, now)

    def _read_rtcp(self) -> None:
        for _ in range(_MAX_READS):
            count = self._receive(self._rtcp)
            if count is None:
                return
            if self._on_rtcp:
                self._on_rtcp(self._loop.view, 0, count)

    def _receive(self, sock: socket.socket) -> int | None:
        """Read a datagram into the loop's buffer; 0: it came from somebody else."""
        try:
            count, address = sock.recvfrom_into(self._loop.view[:_DATAGRAM_BYTES])
        except OSError:
            return None  # nothing more, or closed meanwhile
        return count if address[0] == self._peer else 0


def _bind_pair(family: socket.AddressFamily) -> tuple[socket.socket, socket.socket]:
    """Bind an even port and the odd one above it (RFC 3550, 11)."""
    for _ in range(_PORT_TRIES):
        rtp, rtcp = (socket.socket(family, socket.SOCK_DGRAM) for _ in range(2))
        try:
            rtp.bind(("", 0))
            port = rtp.getsockname()[1]
            if port % 2 == 0:
                rtcp.bind(("", port + 1))
                rtp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER_BYTES)
                rtp.settimeout(0)
                rtcp.settimeout(0)
                return rtp, rtcp
        except OSError:
            pass  # the port above is taken: try another pair
        rtp.close()
        rtcp.close()
    raise unreachable("no free pair of UDP ports on this machine")
