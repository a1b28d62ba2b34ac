"""An RTSP server that follows a script, to send what no good camera sends."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

_MTU = 1200


@dataclass
class Dialog:
    """The server's side of one connection."""

    connection: socket.socket
    index: int
    buffer: bytes = b""
    requests: list[str] = field(default_factory=list)
    sequence: int = 65_500  # wraps soon, as it does each few minutes in life

    def request(self) -> dict[str, str]:
        """Read the next request; packets of the client's are passed over."""
        while True:
            while self.buffer[:1] == b"$" and len(self.buffer) >= 4:
                size = 4 + int.from_bytes(self.buffer[2:4], "big")
                while len(self.buffer) < size:
                    self._receive()
                self.buffer = self.buffer[size:]
            if b"\r\n\r\n" in self.buffer:
                break
            self._receive()
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        first, *lines = head.decode().split("\r\n")
        method, url, _ = first.split(" ")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        self.requests.append(method)
        return {"method": method, "url": url, **headers}

    def _receive(self) -> None:
        data = self.connection.recv(65_536)
        if not data:
            raise ConnectionError("the client left")
        self.buffer += data

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)

    def answer(
        self,
        request: dict[str, str],
        *,
        status: str = "200 OK",
        headers: Sequence[str] = (),
        body: bytes = b"",
    ) -> None:
        lines = [f"RTSP/1.0 {status}", f"CSeq: {request['cseq']}", *headers]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        self.send(("\r\n".join(lines) + "\r\n\r\n").encode() + body)

    def play(self, sdp: str, *, timeout: int = 60) -> None:
        """Answer everything up to PLAY."""
        while True:
            request = self.request()
            method = request["method"]
            if method == "DESCRIBE":
                self.answer(request, headers=["Content-Type: application/sdp"], body=sdp.encode())
            elif method == "SETUP":
                session = f"Session: 42;timeout={timeout}"
                self.answer(request, headers=[session, f"Transport: {request['transport']}"])
            else:
                self.answer(request, headers=["Public: OPTIONS, DESCRIBE, SETUP, PLAY"])
            if method == "PLAY":
                return

    def rtp(
        self,
        payload: bytes,
        timestamp: int,
        *,
        is_marked: bool = True,
        payload_type: int = 96,
        channel: int = 0,
    ) -> None:
        packet = b"\x80" + bytes((payload_type | (0x80 if is_marked else 0),))
        packet += (self.sequence & 0xFFFF).to_bytes(2, "big")
        packet += (timestamp & 0xFFFFFFFF).to_bytes(4, "big") + b"\0\0\0\1" + payload
        self.sequence += 1
        self.send(b"$" + bytes((channel,)) + len(packet).to_bytes(2, "big") + packet)

    def picture(
        self, nals: Sequence[bytes], timestamp: int, *, marks_every_nal: bool = False
    ) -> None:
        """Send an access unit as single NAL units and FU-A."""
        for index, nal in enumerate(nals):
            is_last = marks_every_nal or index == len(nals) - 1
            if len(nal) <= _MTU:
                self.rtp(nal, timestamp, is_marked=is_last)
                continue
            pieces = [nal[at : at + _MTU] for at in range(1, len(nal), _MTU)]
            for number, piece in enumerate(pieces):
                is_end = number == len(pieces) - 1
                header = nal[0] & 31 | (0x80 if number == 0 else 0) | (0x40 if is_end else 0)
                indicator = bytes((nal[0] & 0xE0 | 28, header))
                self.rtp(indicator + piece, timestamp, is_marked=is_last and is_end)


Script = Callable[[Dialog], None]


class ScriptedServer:
    """Plays one script per connection, the last one for all that follow. Use as a context."""

    def __init__(self, *scripts: Script, tls: ssl.SSLContext | None = None) -> None:
        self._scripts = scripts
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.dialogs: list[Dialog] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> ScriptedServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for dialog in self.dialogs:
            with contextlib.suppress(OSError):
                dialog.connection.shutdown(socket.SHUT_RDWR)
            dialog.connection.close()
        self._thread.join(5)

    def url(self, path: str = "/stream") -> str:
        return f"rtsp://127.0.0.1:{self.port}{path}"

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            dialog = Dialog(connection, len(self.dialogs))
            self.dialogs.append(dialog)
            threading.Thread(target=self._run, args=(dialog,), daemon=True).start()

    def _run(self, dialog: Dialog) -> None:
        script = self._scripts[min(dialog.index, len(self._scripts) - 1)]
        with contextlib.suppress(OSError):  # the client left, as it may
            if self._tls:
                dialog.connection = self._tls.wrap_socket(dialog.connection, server_side=True)
            script(dialog)
        with contextlib.suppress(OSError):
            dialog.connection.shutdown(socket.SHUT_RDWR)
        dialog.connection.close()
