"""An RTSP server that sends what it is given on standard input, to any number of cameras.

Runs under the system's Python, which has GStreamer: python3 rtsp_push.py COUNT. Input: for each
picture 4 bytes of length (big endian), one byte (1: keyframe), and the picture as H.264 with start
codes. Every camera /cam0, /cam1, ... sends the same pictures. Prints its port when it is ready.
"""

from __future__ import annotations

import struct
import sys
import threading
from typing import Any

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402 -- versions are chosen first

LAUNCH = (
    "( appsrc name=source is-live=true do-timestamp=true format=time "
    "caps=video/x-h264,stream-format=byte-stream,alignment=au "
    "! h264parse config-interval=-1 "
    "! rtph264pay name=pay0 pt=96 aggregate-mode=zero-latency )"
)


class Cameras:
    def __init__(self) -> None:
        self.sources: dict[Any, bool] = {}  # appsrc: whether it had its first keyframe

    def configure(self, _factory: Any, media: Any) -> None:
        source = media.get_element().get_by_name("source")
        self.sources[source] = False
        media.connect("unprepared", lambda _media: self.sources.pop(source, None))

    def push(self, data: bytes, *, is_keyframe: bool) -> None:
        for source, is_running in list(self.sources.items()):
            if is_running or is_keyframe:
                self.sources[source] = True
                source.emit("push-buffer", Gst.Buffer.new_wrapped(data))


def feed(cameras: Cameras, loop: Any) -> None:
    stream = sys.stdin.buffer
    while len(head := stream.read(5)) == 5:
        size, is_keyframe = struct.unpack(">IB", head)
        cameras.push(stream.read(size), is_keyframe=bool(is_keyframe))
    loop.quit()


def main() -> None:
    Gst.init(None)
    cameras = Cameras()
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service("0")
    for number in range(int(sys.argv[1])):
        factory = GstRtspServer.RTSPMediaFactory()
        factory.set_launch(LAUNCH)
        factory.set_shared(True)
        factory.set_latency(0)
        factory.connect("media-configure", cameras.configure)
        server.get_mount_points().add_factory(f"/cam{number}", factory)
    pool = GstRtspServer.RTSPThreadPool()
    pool.set_max_threads(-1)  # else one camera that waits for its keyframe holds up the others
    server.set_thread_pool(pool)
    server.attach(None)
    loop = GLib.MainLoop()
    threading.Thread(target=feed, args=(cameras, loop), daemon=True).start()
    print(server.get_bound_port(), flush=True)
    loop.run()


main()
