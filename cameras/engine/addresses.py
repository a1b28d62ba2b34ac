"""Addresses of cameras: which are allowed, and how they are kept without credentials."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from cameras.engine.rtsp.handshake import Transport

NETWORK_SCHEMES = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443}
SCHEMES = frozenset({*NETWORK_SCHEMES, "v4l2", "file"})
MAX_LENGTH = 500

_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,252})$|[0-9A-Fa-f:.]+(%[A-Za-z0-9]+)?$")
_VIDEO_DEVICE = re.compile(r"/dev/(video\d{1,3}|v4l/by-(id|path)/[\w.:-]+)$")
_GENERATED = re.compile(r"[a-z0-9]+(/[a-z0-9-]+)*$")
# What may stand unencoded in a path; everything else is percent-encoded when it is rebuilt.
_PATH_SAFE = "/:;=@!$&'()*+,~-._%"
_QUERY_SAFE = _PATH_SAFE + "?"


class AddressError(ValueError):
    """The address can not be used; `code` names the reason, the text is English.

    Codes: "empty", "long", "characters", "scheme", "host", "port", "path", "folder", "device".
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, slots=True)
class SourceAddress:
    """Where a stream comes from. Made by `parse_address`, which has checked it."""

    url: str  # rebuilt from its parts, without credentials
    username: str = ""
    password: str = field(default="", repr=False)
    transport: Transport = Transport.TCP
    wants_audio: bool = False

    @property
    def scheme(self) -> str:
        return self.url.partition(":")[0]

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or NETWORK_SCHEMES.get(self.scheme, 0)

    @property
    def path(self) -> str:
        """The file, the device, or what a generator is asked for."""
        return unquote(self.url.partition("://")[2])


def parse_address(
    text: str,
    *,
    username: str = "",
    password: str = "",
    transport: Transport = Transport.TCP,
    wants_audio: bool = False,
    allowed_folders: Sequence[Path] = (),
    generated_schemes: Collection[str] = (),
) -> SourceAddress:
    """Check an address as typed and split the credentials off.

    Credentials in the address win over the arguments. Nothing is opened and no name is looked up.

    Args:
        allowed_folders: `file` addresses must lie below one of these, links resolved.
        generated_schemes: schemes of our own, such as "demo".

    Raises:
        AddressError: it is not of an allowed form.
    """
    text = text.strip()
    _check_text(text)
    scheme, separator, rest = text.partition("://")
    scheme = scheme.lower()
    if not separator or scheme not in {*SCHEMES, *generated_schemes}:
        raise AddressError("scheme", f"addresses begin with {', '.join(sorted(SCHEMES))} and ://")
    if scheme in NETWORK_SCHEMES:
        url, found_name, found_password = _network_url(scheme, rest)
        if found_name or found_password:
            username, password = found_name, found_password
        _check_credentials(username, password)
        return SourceAddress(url, username, password, transport, wants_audio)
    if scheme == "file":
        return SourceAddress(_file_url(rest, allowed_folders))
    pattern = _VIDEO_DEVICE if scheme == "v4l2" else _GENERATED
    if not pattern.match(rest) or ".." in rest:
        raise AddressError("device", "this is no device such as v4l2:///dev/video0")
    return SourceAddress(f"{scheme}://{rest}")


def _check_text(text: str) -> None:
    if not text:
        raise AddressError("empty", "the address is empty")
    if len(text) > MAX_LENGTH:
        raise AddressError("long", f"the address is longer than {MAX_LENGTH} characters")
    decoded = unquote(text)
    if text.startswith("-") or not text.isprintable() or not decoded.isprintable():
        raise AddressError("characters", "the address holds characters that no address has")
    if any(character.isspace() for character in text):
        raise AddressError("characters", "the address holds a space")


def _check_credentials(username: str, password: str) -> None:
    if not (username + password).isprintable() or ":" in username:
        raise AddressError("characters", "the user name or password holds impossible characters")


def _network_url(scheme: str, rest: str) -> tuple[str, str, str]:
    """Rebuild the address from its parts; return it, the user name and the password."""
    head = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if "@" in rest and "@" not in head:
        # A password with / ? or # in it that nobody encoded: all up to the last @ is meant.
        credentials, _, host_part = rest.rpartition("@")
    else:
        credentials, _, after = head.rpartition("@")
        host_part = after + rest[len(head) :]
    try:
        parts = urlsplit(f"{scheme}://{host_part}")
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise AddressError("port", "the address has an impossible host or port") from error
    if not host or not _HOST.match(host):
        raise AddressError("host", "the address names no host")
    if port == 0:
        raise AddressError("port", "the port must lie between 1 and 65535")
    name, _, password = credentials.partition(":")
    shown = f"[{host}]" if ":" in host else host
    netloc = shown if port in {None, NETWORK_SCHEMES[scheme]} else f"{shown}:{port}"
    path = quote(parts.path, safe=_PATH_SAFE)
    query = quote(parts.query, safe=_QUERY_SAFE)
    return urlunsplit((scheme, netloc, path, query, "")), unquote(name), unquote(password)


def _file_url(rest: str, allowed_folders: Sequence[Path]) -> str:
    path = Path(unquote(rest))
    if not path.is_absolute():
        raise AddressError("path", "a file is named by its whole path: file:///folder/clip.mp4")
    resolved = path.resolve()
    if not any(resolved.is_relative_to(folder.resolve()) for folder in allowed_folders):
        raise AddressError("folder", "files are allowed below the configured folders only")
    return "file://" + quote(str(resolved), safe=_PATH_SAFE.replace("%", ""))
