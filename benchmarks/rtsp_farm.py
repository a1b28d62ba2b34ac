"""Many RTSP cameras that send one clip for ever, in step with the wall clock.

    python rtsp_farm.py CLIP COUNT RATE

CLIP is made by numbered_clip.py. Picture k of camera c (/cam0, /cam1, ...) is sent at
T0 + c * PHASE + k / RATE, so a picture's number tells when it was sent; prints "PORT T0".

A server of its own: a first one on gst-rtsp-server, fed by appsrc, at times gave no answer for 10 s
and let its RTP times jump by 5 s, also before any client was killed, on a busy machine. Why was
not found, and a measure of the recorder must not depend on it. The
RTP packets of a picture are made once and are the same bytes for all cameras and clients, so a
farm of 40 costs a few percent of a core. RTP by RFC 3550 and 6184, over RTSP's TCP connection.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import struct
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

PHASE = 0.007  # seconds between the pictures of neighboring cameras
GROUPS = 5  # cameras c and c + 5 send together
PAYLOAD_BYTES = 1400
MAX_BACKLOG = 16 * 1024 * 1024
_HEADER = struct.Struct(">cBHBBHII")  # interleaved frame and RTP header


@dataclass
class Picture:
    units: list[bytes]
    is_keyframe: bool
    payloads: list[bytes] = field(default_factory=list)


def read_clip(path: Path) -> list[Picture]:
    data, offset, pictures = path.read_bytes(), 0, []
    while offset < len(data):
        size, is_keyframe = struct.unpack_from(">IB", data, offset)
        body = data[offset + 5 : offset + 5 + size]
        units = [unit.rstrip(b"\0") for unit in body.split(b"\0\0\1")]
        picture = Picture([unit for unit in units if unit], bool(is_keyframe))
        picture.payloads = [part for unit in picture.units for part in payloads_of(unit)]
        pictures.append(picture)
        offset += 5 + size
    return pictures


def payloads_of(unit: bytes) -> list[bytes]:
    """Split a NAL unit into RTP payloads: single NAL unit packets and FU-A (RFC 6184, 5.8)."""
    if len(unit) <= PAYLOAD_BYTES:
        return [unit]
    indicator, kind = unit[0] & 0xE0 | 28, unit[0] & 31
    pieces = [unit[i : i + PAYLOAD_BYTES] for i in range(1, len(unit), PAYLOAD_BYTES)]
    last = len(pieces) - 1
    return [
        bytes((indicator, (i == 0) << 7 | (i == last) << 6 | kind)) + piece
        for i, piece in enumerate(pieces)
    ]


class Clip:
    def __init__(self, path: Path, rate: int) -> None:
        self.rate = rate
        self.pictures = read_clip(path)
        counts = [len(picture.payloads) for picture in self.pictures]
        self._before = list(itertools.accumulate(counts, initial=0))

    def is_keyframe(self, k: int) -> bool:
        return self.pictures[k % len(self.pictures)].is_keyframe

    def packets(self, k: int) -> bytes:
        """Return picture k of the endless stream as interleaved RTP packets."""
        turn, index = divmod(k, len(self.pictures))
        payloads = self.pictures[index].payloads
        first = turn * self._before[-1] + self._before[index]
        timestamp = k * 90_000 // self.rate & 0xFFFFFFFF
        parts: list[bytes] = []
        for i, payload in enumerate(payloads):
            marker = 0x80 if i == len(payloads) - 1 else 0
            sequence = first + i & 0xFFFF
            head = _HEADER.pack(
                *(b"$", 0, len(payload) + 12, 0x80, marker | 96, sequence, timestamp, 0x5EED)
            )
            parts += (head, payload)
        return b"".join(parts)

    def description(self) -> str:
        sets = [unit for unit in self.pictures[0].units if unit[0] & 31 in {7, 8}]
        sprop = ",".join(base64.b64encode(unit).decode() for unit in sets)
        return (
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=farm\r\nt=0 0\r\na=control:*\r\n"
            "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:track\r\n"
            f"a=fmtp:96 packetization-mode=1;sprop-parameter-sets={sprop}\r\n"
        )


@dataclass(eq=False)
class Viewer:
    writer: asyncio.StreamWriter
    is_running: bool = False  # had its first keyframe


class Farm:
    def __init__(self, clip: Clip, count: int) -> None:
        self.clip = clip
        self.viewers: list[set[Viewer]] = [set() for _ in range(count)]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        viewer, camera = Viewer(writer), None
        try:
            while head := await self._request(reader):
                method, url, *_ = head[0].split()
                fields = dict(line.lower().split(": ", 1) for line in head[1:] if ": " in line)
                writer.write(self._answer(method, fields))
                if method == "PLAY":
                    camera = int(url.partition("/cam")[2].strip("/").partition("/")[0])
                    self.viewers[camera].add(viewer)
                if method == "TEARDOWN":
                    break
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client was killed, which is what these cameras are for
        finally:
            if camera is not None:
                self.viewers[camera].discard(viewer)
            writer.close()

    async def _request(self, reader: asyncio.StreamReader) -> list[str]:
        """Read one request; RTCP from the client is passed over. Empty at the end."""
        while first := await reader.read(1):
            if first == b"$":
                _, size = struct.unpack(">BH", await reader.readexactly(3))
                await reader.readexactly(size)
                continue
            rest = await reader.readuntil(b"\r\n\r\n")
            return (first + rest).decode().split("\r\n")
        return []

    def _answer(self, method: str, fields: dict[str, str]) -> bytes:
        lines = ["RTSP/1.0 200 OK", f"CSeq: {fields['cseq']}", "Session: 1;timeout=60"]
        body = ""
        if method == "OPTIONS":
            lines.append("Public: OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN")
        elif method == "SETUP":
            lines.append("Transport: RTP/AVP/TCP;unicast;interleaved=0-1")
        elif method == "DESCRIBE":
            body = self.clip.description()
            lines += ["Content-Type: application/sdp", f"Content-Length: {len(body)}"]
        return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()

    def send(self, camera: int, data: bytes, *, is_keyframe: bool) -> None:
        for viewer in list(self.viewers[camera]):
            viewer.is_running = viewer.is_running or is_keyframe
            if viewer.writer.transport.get_write_buffer_size() > MAX_BACKLOG:
                viewer.writer.transport.abort()
                self.viewers[camera].discard(viewer)
            elif viewer.is_running:
                viewer.writer.write(data)

    async def send_all(self, start: float) -> None:
        for k in itertools.count():
            data, is_keyframe = self.clip.packets(k), self.clip.is_keyframe(k)
            for group in range(GROUPS):
                due = start + group * PHASE + k / self.clip.rate
                await asyncio.sleep(max(0.0, due - time.time()))
                for camera in range(group, len(self.viewers), GROUPS):
                    self.send(camera, data, is_keyframe=is_keyframe)


async def main() -> None:
    clip = Clip(Path(sys.argv[1]), rate=int(sys.argv[3]))
    farm = Farm(clip, count=int(sys.argv[2]))
    server = await asyncio.start_server(farm.serve, "127.0.0.1", 0)
    start = time.time() + 0.5
    print(server.sockets[0].getsockname()[1], start, flush=True)
    await farm.send_all(start)


if __name__ == "__main__":
    asyncio.run(main())
