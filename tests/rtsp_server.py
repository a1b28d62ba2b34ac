"""A real RTSP server for tests: gst-rtsp-server, in a process of the system's Python.

As a module it starts that process (`RtspServer`); run as a script it is the process. GStreamer's
Python bindings come from Debian, for Debian's Python only.
"""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SYSTEM_PYTHON = Path("/usr/bin/python3")
PACKAGES = "gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-{base,good,bad,ugly} gstreamer1.0-libav"

_TEST_VIDEO = (
    "videotestsrc is-live=true pattern={pattern} "
    "! video/x-raw,format=I420,width={width},height={height},framerate={rate}/1 "
)
_X264 = (
    "! x264enc tune=zerolatency speed-preset=ultrafast key-int-max={gop} bframes={b_frames} "
    "b-adapt=false ! video/x-h264,profile={profile} "
)


@dataclass(frozen=True)
class Mount:
    """A path of the server, and what plays there (gst-launch syntax, payloaders pay0, pay1)."""

    path: str
    launch: str
    username: str = ""
    password: str = ""
    is_digest: bool = True
    is_shared: bool = False


def h264_launch(
    *,
    config_interval: int = -1,
    width: int = 320,
    height: int = 240,
    rate: int = 25,
    gop: int = 25,
    b_frames: int = 0,
    sound: str = "",
) -> str:
    """Live H.264; config_interval -1 sends parameter sets with each keyframe, 0 in SDP only."""
    video = _TEST_VIDEO.format(pattern="ball", width=width, height=height, rate=rate)
    profile = "main" if b_frames else "baseline"
    encoder = _X264.format(gop=gop, b_frames=b_frames, profile=profile)
    if b_frames:
        encoder = encoder.replace("tune=zerolatency ", "")
    payloader = f"! rtph264pay name=pay0 pt=96 config-interval={config_interval}"
    return f"( {video}{encoder}! h264parse {payloader} {sound})"


def h265_launch(*, width: int = 320, height: int = 240, rate: int = 25) -> str:
    video = _TEST_VIDEO.format(pattern="ball", width=width, height=height, rate=rate)
    encoder = "! x265enc tune=zerolatency speed-preset=ultrafast key-int-max=25 "
    return f"( {video}{encoder}! h265parse ! rtph265pay name=pay0 pt=96 config-interval=-1 )"


def jpeg_launch(*, width: int = 320, height: int = 240, rate: int = 25) -> str:
    video = _TEST_VIDEO.format(pattern="ball", width=width, height=height, rate=rate)
    return f"( {video}! jpegenc quality=60 ! rtpjpegpay name=pay0 pt=26 )"


def file_launch(path: Path) -> str:
    """An MP4 file with H.264, once from its beginning to its end, for each client."""
    source = f"filesrc location={path} ! qtdemux ! h264parse config-interval=-1"
    return f"( {source} ! rtph264pay name=pay0 pt=96 )"


AAC_SOUND = (
    "audiotestsrc is-live=true ! audio/x-raw,rate=48000,channels=1 ! avenc_aac ! aacparse "
    "! rtpmp4gpay name=pay1 pt=97 "
)
MULAW_SOUND = (
    "audiotestsrc is-live=true ! audio/x-raw,rate=8000,channels=1 ! mulawenc "
    "! rtppcmupay name=pay1 "
)


class RtspServer:
    """The server process. Use as a context manager."""

    def __init__(self, mounts: list[Mount]) -> None:
        self._mounts = mounts
        self.port = 0
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> RtspServer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def url(self, path: str) -> str:
        return f"rtsp://127.0.0.1:{self.port}{path}"

    def start(self, *, port: int = 0) -> None:
        """Start on a free port, or on the one that a stopped server had."""
        mounts = json.dumps([dataclasses.asdict(mount) for mount in self._mounts])
        self._process = subprocess.Popen(
            [str(SYSTEM_PYTHON), __file__, str(port), mounts],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout is not None
        answer = self._process.stdout.readline().strip()
        if not answer.isdigit():
            self.stop()
            raise RuntimeError(f"the RTSP server did not start: {answer}")
        self.port = int(answer)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            if self._process.stdout is not None:
                self._process.stdout.close()
            self._process = None


def is_available() -> bool:
    """Whether Debian's bindings and plugins are there."""
    if not SYSTEM_PYTHON.exists():
        return False
    check = "import gi; gi.require_version('GstRtspServer', '1.0')"
    return subprocess.run([str(SYSTEM_PYTHON), "-c", check], capture_output=True).returncode == 0  # noqa: PLW1510 -- the code is the answer


def _require(factory: Any, rtsp: Any, methods: Any, mount: dict[str, Any]) -> Any:
    """Ask for user and password at this mount; return its authentication."""
    auth = rtsp.RTSPAuth()
    token = rtsp.RTSPToken()
    token.set_string("media.factory.role", "user")
    if mount["is_digest"]:
        auth.set_supported_methods(methods.DIGEST)
        auth.add_digest(mount["username"], mount["password"], token)
    else:
        auth.set_supported_methods(methods.BASIC)
        auth.add_basic(rtsp.RTSPAuth.make_basic(mount["username"], mount["password"]), token)
    permissions = rtsp.RTSPPermissions()
    for act in ("access", "construct"):
        permissions.add_permission_for_role("user", f"media.factory.{act}", True)  # noqa: FBT003 -- GObject's interface
    factory.set_permissions(permissions)
    return auth


def _serve(port: str, mounts: list[dict[str, Any]]) -> None:
    import gi  # noqa: PLC0415 -- Debian's Python only

    gi.require_version("Gst", "1.0")
    gi.require_version("GstRtspServer", "1.0")
    from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: PLC0415 -- after require_version

    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_service(port)
    server.set_address("127.0.0.1")
    for mount in mounts:
        factory = GstRtspServer.RTSPMediaFactory()
        factory.set_launch(mount["launch"])
        factory.set_shared(mount["is_shared"])
        if mount["username"]:
            server.set_auth(_require(factory, GstRtspServer, GstRtsp.RTSPAuthMethod, mount))
        server.get_mount_points().add_factory(mount["path"], factory)
    server.attach(None)
    print(server.get_bound_port(), flush=True)  # noqa: T201 -- the parent reads it
    GLib.MainLoop().run()


if __name__ == "__main__":
    _serve(sys.argv[1], json.loads(sys.argv[2]))
