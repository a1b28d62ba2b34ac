"""What is wrong with a camera, in the reader's language.

The engine speaks English, in whole sentences without credentials; those with numbers in them
are looked up with the numbers taken out, and what stands behind a colon is looked up by itself.
"""

from __future__ import annotations

import re

from django.utils.translation import gettext, gettext_noop

_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")

# Said by cameras.engine, and named here for the translators.
SENTENCES = (
    gettext_noop("no answer in {number} s"),
    gettext_noop("the camera took the connection but gave no answer in {number} s"),
    gettext_noop("no connection"),
    gettext_noop("connection refused"),
    gettext_noop("no route to host"),
    gettext_noop("network is unreachable"),
    gettext_noop("connection timed out"),
    gettext_noop("connection reset by peer"),
    gettext_noop("the name of the camera is not known to the network"),
    gettext_noop("no encrypted connection"),
    gettext_noop("the camera's certificate is not valid"),
    gettext_noop("the camera does not read what we send"),
    gettext_noop("no free pair of UDP ports on this machine"),
    gettext_noop("the address answered as a web server, not as a camera"),
    gettext_noop("no MJPEG"),
    gettext_noop("the camera answered with a web page instead of a description of video"),
    gettext_noop("the camera's answer describes no video"),
    gettext_noop("the camera's answer has too long a header"),
    gettext_noop("the camera's answer has no valid length"),
    gettext_noop("the camera describes itself in {number} bytes, too many to be true"),
    gettext_noop("the camera sends bytes that are not RTSP"),
    gettext_noop("the camera asks for a user name and a password"),
    gettext_noop("the camera refuses this user name and password"),
    gettext_noop("the camera does not let this user watch ({number})"),
    gettext_noop("the camera has no stream at this path ({number})"),
    gettext_noop("the camera ended the session ({number})"),
    gettext_noop("the camera is busy"),
    gettext_noop("too many connections ({number})"),
    gettext_noop("the camera does not send over TCP"),
    gettext_noop("the camera does not send over UDP"),
    gettext_noop("try the other transport"),
    gettext_noop("the camera refused the request"),
    gettext_noop("the camera gives no session"),
    gettext_noop("the camera sends us on to an address that is no RTSP address"),
    gettext_noop("the camera sends us on to an address that is none"),
    gettext_noop("the camera sends us from address to address without end"),
    gettext_noop("the camera offers no video"),
    gettext_noop("no H.264, H.265 or MJPEG"),
    gettext_noop("the camera sends a picture of more than {number} MB"),
    gettext_noop("the camera sends JPEG without telling its size"),
    gettext_noop("the camera sends more parameter sets than a decoder can hold"),
    gettext_noop("the camera sends another codec than it described"),
    gettext_noop("the camera closed the connection"),
    gettext_noop("the camera ended the stream"),
    gettext_noop("the camera's clock jumped by {number} s"),
    gettext_noop("connected, but no picture for {number} s"),
    gettext_noop("no keyframe for {number} s"),
    gettext_noop("nothing can be decoded"),
    gettext_noop("pictures come without the parameters to decode them"),
    gettext_noop("the video can not be decoded"),
    gettext_noop("no parameter sets"),
    gettext_noop("the pictures can not be decoded"),
    gettext_noop("the source ended its video"),
    gettext_noop("the source holds no video"),
    gettext_noop("the source sends no pictures that can be read"),
    gettext_noop("there is no such device"),
    gettext_noop("there is no such file"),
    gettext_noop("the file holds no video"),
    gettext_noop("the file holds no pictures that can be read"),
    gettext_noop("the file is no video, or damaged"),
    gettext_noop("the file is damaged"),
    gettext_noop("the file is too short to play as a camera"),
    gettext_noop("the machine's clock jumped"),
)

# By AddressError.code
ADDRESS_ERRORS = {
    "empty": gettext_noop("The address is empty."),
    "long": gettext_noop("The address is too long."),
    "characters": gettext_noop("The address holds characters that no address has."),
    "scheme": gettext_noop("Addresses begin with rtsp://, rtsps://, http://, https:// or file://."),
    "host": gettext_noop("The address names no camera: a name or a number is missing behind //."),
    "port": gettext_noop("The port in the address must lie between 1 and 65535."),
    "path": gettext_noop("A file is named by its whole path: file:///folder/clip.mp4."),
    "folder": gettext_noop("Files play from the configured folders only."),
    "device": gettext_noop("This is no device such as v4l2:///dev/video0."),
    "password": gettext_noop("The stored password can not be read any more: enter it again."),
}


def failure_text(detail: str) -> str:
    """Return the sentence of a Failure or StreamStatus in the active language."""
    head, colon, tail = detail.partition(": ")
    if not colon:
        return _translated(detail)
    return f"{_translated(head)}: {failure_text(tail)}"


def _translated(sentence: str) -> str:
    found = gettext(sentence)
    numbers = _NUMBER.findall(sentence)
    if found != sentence or not numbers:
        return found
    names = ("number", "number2", "number3")
    if len(numbers) > len(names) or "{" in sentence:
        return sentence
    values = dict(zip(names, numbers, strict=False))
    parts = _NUMBER.split(sentence)
    template = parts[0] + "".join(
        f"{{{name}}}{part}" for name, part in zip(names, parts[1:], strict=False)
    )
    return gettext(template).format(**values)


def address_error_text(code: str) -> str:
    return gettext(ADDRESS_ERRORS[code])
