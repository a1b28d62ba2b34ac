"""Reads of cameras and streams that are used in more than one place."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from cameras.engine.generated import EncodedFrame, GeneratedFactory
from cameras.engine.sources import AddressError, SourceAddress, Transport, parse_address
from cameras.models import Stream
from cameras.secrets import SecretUnreadableError, decrypt_secret

# Schemes that the portal's own generators answer; see cameras.engine.generated.
GENERATED_SCHEMES = frozenset({"demo"})


def allowed_file_folders() -> list[Path]:
    """The folders below which files may be played as cameras."""
    folders = [settings.DATA_DIR / "demo", settings.DATA_DIR / "clips"]
    if settings.VIDEO_DIR:
        folders.append(Path(settings.VIDEO_DIR))
    return folders


def parse_stream_address(text: str, *, username: str = "", password: str = "") -> SourceAddress:
    """Check an address as a person typed it, by the portal's rules.

    Raises:
        AddressError: it is not of an allowed form.
    """
    return parse_address(
        text,
        username=username,
        password=password,
        allowed_folders=allowed_file_folders(),
        generated_schemes=GENERATED_SCHEMES,
    )


def source_address_of(stream: Stream) -> SourceAddress:
    """Return where the stream comes from, password included.

    Reads the camera too: select it with the stream.

    Raises:
        AddressError: the row holds an address that is no longer allowed, or a password that
            can not be decrypted (code "password").
    """
    try:
        password = decrypt_secret(stream.password_encrypted)
    except SecretUnreadableError as error:
        raise AddressError(
            "password", "the stored password can not be decrypted: enter it again"
        ) from error
    return parse_address(
        stream.url,
        username=stream.username,
        password=password,
        transport=Transport(stream.transport),
        wants_audio=stream.camera.records_audio,
        allowed_folders=allowed_file_folders(),
        generated_schemes=GENERATED_SCHEMES,
    )


def generated_sources() -> dict[str, GeneratedFactory]:
    """What plays the schemes of our own, for the source loop of a record worker."""
    return {"demo": _demo_frames}


def _demo_frames(path: str, stopping: threading.Event) -> Iterator[EncodedFrame]:
    """Play `k01/main` of the demo town. Raises LookupError: there is no such clip."""
    from cameras.demo.live import LoopingClip  # noqa: PLC0415 -- only recorders of a demo need it

    clip = settings.DATA_DIR / "demo" / f"{path.replace('/', '-')}.mp4"
    if not clip.is_file():
        raise LookupError(path)
    return LoopingClip(clip, zone=settings.TIME_ZONE).packets(stopping)
