"""Basic and Digest authentication (RFC 7617, RFC 7616) as RTSP uses them."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_PARAMETER = re.compile(r'(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))')
_DIGESTS = {"SHA-256": hashlib.sha256, "MD5": hashlib.md5}


@dataclass(frozen=True, slots=True)
class Challenge:
    """One WWW-Authenticate header."""

    scheme: str  # "basic" or "digest"
    realm: str = ""
    nonce: str = ""
    opaque: str | None = None
    algorithm: str = "MD5"
    offers_qop: bool = False
    is_stale: bool = False


def choose_challenge(headers: Sequence[str]) -> Challenge | None:
    """Return the strongest challenge we can answer, or None."""
    challenges = [found for text in headers if (found := _parse_challenge(text))]
    preferred = {"SHA-256": 0, "MD5": 1}
    digests = [found for found in challenges if found.scheme == "digest"]
    if digests:
        return min(digests, key=lambda found: preferred[found.algorithm])
    return challenges[0] if challenges else None


def _parse_challenge(text: str) -> Challenge | None:
    scheme, _, rest = text.strip().partition(" ")
    values = {name.lower(): quoted or bare for name, quoted, bare in _PARAMETER.findall(rest)}
    if scheme.lower() == "basic":
        return Challenge("basic", realm=values.get("realm", ""))
    algorithm = values.get("algorithm", "MD5").upper()
    qops = [qop.strip() for qop in values.get("qop", "").split(",") if qop.strip()]
    if scheme.lower() != "digest" or algorithm not in _DIGESTS or (qops and "auth" not in qops):
        return None
    return Challenge(
        scheme="digest",
        realm=values.get("realm", ""),
        nonce=values.get("nonce", ""),
        opaque=values.get("opaque"),
        algorithm=algorithm,
        offers_qop=bool(qops),
        is_stale=values.get("stale", "").lower() == "true",
    )


class Authorization:
    """Answers challenges for one user on one connection."""

    def __init__(
        self,
        username: str,
        password: str,
        *,
        client_nonce: Callable[[], str] = lambda: secrets.token_hex(8),
    ) -> None:
        self._username = username
        self._password = password
        self._client_nonce = client_nonce
        self._challenge: Challenge | None = None
        self._nonce_count = 0

    @property
    def has_credentials(self) -> bool:
        return bool(self._username or self._password)

    def accept(self, headers: Sequence[str], *, retries: int) -> bool:
        """Take a 401's challenges; tell whether the request may be sent once more.

        Args:
            retries: how often this very request was already repeated. Once is for the nonce,
                twice only when the camera says that the first one was stale.
        """
        challenge = choose_challenge(headers)
        if challenge is None or not self.has_credentials:
            return False
        self._challenge = challenge
        self._nonce_count = 0
        return retries == 0 or (retries == 1 and challenge.is_stale)

    def header(self, method: str, url: str) -> str | None:
        """Return the value of the Authorization header, None before a challenge."""
        if self._challenge is None:
            return None
        if self._challenge.scheme == "basic":
            token = f"{self._username}:{self._password}".encode()
            return f"Basic {base64.b64encode(token).decode()}"
        return self._digest(self._challenge, method, url)

    def _digest(self, challenge: Challenge, method: str, url: str) -> str:
        def hashed(*parts: str) -> str:
            return _DIGESTS[challenge.algorithm](":".join(parts).encode()).hexdigest()

        self._nonce_count += 1
        secret = hashed(self._username, challenge.realm, self._password)
        act = hashed(method, url)
        fields = [
            f'username="{_quoted(self._username)}"',
            f'realm="{_quoted(challenge.realm)}"',
            f'nonce="{challenge.nonce}"',
            f'uri="{url}"',
        ]
        if challenge.offers_qop:
            count, client_nonce = f"{self._nonce_count:08x}", self._client_nonce()
            answer = hashed(secret, challenge.nonce, count, client_nonce, "auth", act)
            fields += ["qop=auth", f"nc={count}", f'cnonce="{client_nonce}"']
        else:
            answer = hashed(secret, challenge.nonce, act)
        fields.append(f'response="{answer}"')
        if challenge.algorithm != "MD5":
            fields.append(f"algorithm={challenge.algorithm}")
        if challenge.opaque is not None:
            fields.append(f'opaque="{challenge.opaque}"')
        return "Digest " + ", ".join(fields)


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
