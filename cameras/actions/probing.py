"""A look at a camera on behalf of a person: what comes, or what is wrong, in their language."""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext as _

from cameras.engine.packets import Failure, FailureCause
from cameras.engine.probe import ProbeReport, probe
from cameras.engine.sources import AddressError, SourceAddress, SourceLoop
from cameras.failure_texts import address_error_text, failure_text
from cameras.models import Stream
from cameras.queries import generated_sources, source_address_of

CODEC_NAMES = {"h264": "H.264", "hevc": "H.265", "mjpeg": "MJPEG"}
SOUND_NAMES = {"aac": "AAC", "pcm_mulaw": "G.711 µ-law", "pcm_alaw": "G.711 A-law"}


def check_address(address: SourceAddress, *, timeout: float = 10.0) -> ProbeReport:
    """Connect to the camera; blocks for `timeout` seconds and little more."""
    loop = SourceLoop(
        generated=generated_sources(),
        verifies_certificates=settings.VERIFY_CAMERA_CERTIFICATES,
        name="probe",
    )
    loop.start()
    try:
        return probe(address, timeout=timeout, loop=loop)
    finally:
        loop.stop()


def check_stream(stream: Stream) -> ProbeReport:
    """Connect to the camera of a row; what is wrong with the row is a failure too."""
    try:
        return check_address(source_address_of(stream))
    except AddressError as error:
        failure = Failure(FailureCause.UNSUPPORTED, address_error_text(error.code))
        return ProbeReport(failure=failure)


def report_lines(report: ProbeReport) -> list[str]:
    """Return what was seen, a sentence per line."""
    lines = []
    if report.failure:
        lines.append(_("Wrong: %(what)s") % {"what": failure_text(report.failure.detail)})
    if report.video:
        video = report.video
        name = CODEC_NAMES.get(video.codec, video.codec)
        size = f"{video.width} × {video.height}"
        lines.append(_("Video: %(codec)s, %(size)s") % {"codec": name, "size": size})
        rate = {"rate": round(report.frames_per_second, 1), "mbit": report.bitrate_bps / 1e6}
        lines.append(_("%(rate)s frames per second, %(mbit).1f Mbit/s") % rate)
    if report.audio:
        name = SOUND_NAMES.get(report.audio.codec, report.audio.codec)
        lines.append(
            _("Sound: %(codec)s, %(rate)s Hz") % {"codec": name, "rate": report.audio.sample_rate}
        )
    elif report.video:
        lines.append(_("Sound: none that can be recorded"))
    return lines
