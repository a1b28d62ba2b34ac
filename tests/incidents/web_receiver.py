"""A receiver of webhooks, and one of mail: real servers on free ports of this machine."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import BinaryIO, Self, cast

_LONGEST_S = 30.0


@dataclass
class Received:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """Answers each request with the next of `answers`, the last one for ever."""

    url: str
    answers: list[int]
    received: list[Received] = field(default_factory=list)
    location: str = ""
    # Cleared: whoever posts waits for the answer until it is set.
    goes_on: threading.Event = field(default_factory=threading.Event)

    def next_answer(self) -> int:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def web_receiver(*answers: int) -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.received.append(Received(self.path, headers, self.rfile.read(length)))
            receiver.goes_on.wait(_LONGEST_S)
            self.send_response(receiver.next_answer())
            if receiver.location:
                self.send_header("Location", receiver.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- its name there
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver = Receiver(f"http://127.0.0.1:{server.server_port}/hook", list(answers) or [204])
    receiver.goes_on.set()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.goes_on.set()
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class MailServer:
    """As much of SMTP (RFC 5321) as a client needs to hand over a message."""

    refuses: bool = False
    recipients: list[str] = field(default_factory=list)
    messages: list[bytes] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(timeout=5)

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:  # closed by the test
                return
            with client, client.makefile("rwb") as stream:
                self._converse(cast("BinaryIO", stream))

    def _converse(self, stream: BinaryIO) -> None:
        def say(text: str) -> None:
            stream.write(f"{text}\r\n".encode())
            stream.flush()

        say("220 mail.test")
        for line in stream:
            command = line.decode().strip()
            word = command.split(" ")[0].upper()
            if word == "RCPT":
                self.recipients.append(command.partition(":")[2].strip("<>"))
                say("550 nobody here" if self.refuses else "250 ok")
            elif word == "DATA":
                say("354 go on")
                self.messages.append(_message(stream))
                say("250 taken")
            elif word == "QUIT":
                say("221 bye")
                return
            else:
                say("250 ok")


def _message(stream: BinaryIO) -> bytes:
    lines: list[bytes] = []
    for line in stream:
        if line == b".\r\n":
            break
        lines.append(line)
    return b"".join(lines)
