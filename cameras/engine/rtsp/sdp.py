"""Session descriptions (RFC 4566): which media a camera offers and how they are packed."""

from __future__ import annotations

from dataclasses import dataclass, field

from cameras.engine.faults import unsupported

MAX_MEDIA = 16
# RFC 3551, table 4 and 5
_STATIC_PAYLOADS = {0: "PCMU/8000", 8: "PCMA/8000", 26: "JPEG/90000"}


@dataclass(slots=True)
class Media:
    """One m= section."""

    kind: str  # "video", "audio", "application"
    payload_type: int
    encoding: str = ""  # upper case: "H264"
    clock_rate: int = 90_000
    channel_count: int = 1
    control: str = ""
    parameters: dict[str, str] = field(default_factory=dict)  # of fmtp, names in lower case
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class SessionDescription:
    control: str = ""
    media: list[Media] = field(default_factory=list)


def parse_sdp(body: bytes) -> SessionDescription:
    """Read what we need; lines that we do not know are passed over.

    Raises:
        SourceError: this is no session description.
    """
    text = body.decode("utf-8", "replace")
    if text.lstrip()[:1] == "<":
        raise unsupported("the camera answered with a web page instead of a description of video")
    description = SessionDescription()
    for line in text.splitlines():
        kind, _, value = line.strip().partition("=")
        if kind == "m" and len(description.media) < MAX_MEDIA:
            _add_media(description, value)
        elif kind == "a":
            _take_attribute(description, value)
    if not description.media:
        raise unsupported("the camera's answer describes no video")
    return description


def _add_media(description: SessionDescription, value: str) -> None:
    words = value.split()
    if len(words) < 4 or not words[3].isascii() or not words[3].isdigit():
        return
    media = Media(kind=words[0], payload_type=int(words[3][:3]))
    if media.payload_type in _STATIC_PAYLOADS:
        _take_encoding(media, _STATIC_PAYLOADS[media.payload_type])
    description.media.append(media)


def _take_attribute(description: SessionDescription, value: str) -> None:
    name, _, rest = value.partition(":")
    if not description.media:
        if name == "control":
            description.control = rest.strip()
        return
    media = description.media[-1]
    if name == "control":
        media.control = rest.strip()
    elif name in {"rtpmap", "fmtp"}:
        payload_type, _, rest = rest.strip().partition(" ")
        if payload_type != str(media.payload_type):
            return
        if name == "rtpmap":
            _take_encoding(media, rest.strip())
        else:
            media.parameters.update(_parse_parameters(rest))
    else:
        media.attributes[name.lower()] = rest.strip()


def _take_encoding(media: Media, text: str) -> None:
    encoding, *numbers = text.split("/")
    media.encoding = encoding.strip().upper()
    values = [int(number[:9]) for number in numbers if number.isascii() and number.isdigit()]
    if values and values[0] > 0:
        media.clock_rate = values[0]
    if len(values) > 1:
        media.channel_count = values[1]


def _parse_parameters(text: str) -> dict[str, str]:
    pairs = (item.strip().partition("=") for item in text.split(";"))
    return {name.strip().lower(): value.strip() for name, _, value in pairs if name}
