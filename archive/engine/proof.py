"""What is signed and how: links of a stream's chain, manifests, heads. docs/design/proof.md.

Only the standard library and `cryptography` are needed here and in the modules that verify, so
that a stranger can check an export on a machine of his own.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

CHAIN_START = "0" * 64
ALGORITHM = "Ed25519"
_MANIFEST_PURPOSE = "atomgrad manifest v1"
_HEADS_PURPOSE = "atomgrad heads v1"


class BadProofError(ValueError):
    """A signature file or a chain proof can not be read."""


class WrongSignatureError(Exception):
    """The signature was not made by the key that it names, or not for this."""


@dataclass(frozen=True, slots=True)
class Link:
    """A finished recording as the chain of its stream knows it; times in µs since 1970, UTC."""

    stream: str  # "7/MAIN": number of the camera, role
    sha256: str
    started_us: int
    ended_us: int


def chain_value(previous: str, link: Link) -> str:
    """SHA-256 of previous value, hash of the file, stream, begin and end; hex."""
    text = f"{link.stream}\n{link.started_us}\n{link.ended_us}\n"
    return hashlib.sha256(
        bytes.fromhex(previous) + bytes.fromhex(link.sha256) + text.encode()
    ).hexdigest()


def extend_chain(previous: str, links: Iterable[Link]) -> str:
    for link in links:
        previous = chain_value(previous, link)
    return previous


def fingerprint_of(public_key: bytes) -> str:
    """SHA-256 of the raw 32 bytes: what is printed and compared."""
    return hashlib.sha256(public_key).hexdigest()


@dataclass(frozen=True, slots=True)
class Signer:
    key: Ed25519PrivateKey

    @property
    def public_key(self) -> bytes:
        return self.key.public_key().public_bytes_raw()

    @property
    def fingerprint(self) -> str:
        return fingerprint_of(self.public_key)

    def sign_manifest(self, manifest: bytes, *, subject: str, signed_at: str) -> bytes:
        """Return the content of manifest.sig. `subject` is the identity of the export."""
        return self._sign(_MANIFEST_PURPOSE, manifest, subject=subject, signed_at=signed_at)

    def sign_heads(self, document: bytes, *, signed_at: str) -> bytes:
        return self._sign(_HEADS_PURPOSE, document, subject="heads", signed_at=signed_at)

    def _sign(self, purpose: str, document: bytes, *, subject: str, signed_at: str) -> bytes:
        digest = hashlib.sha256(document).hexdigest()
        signature = self.key.sign(_statement(purpose, subject, digest, signed_at))
        content = {
            "algorithm": ALGORITHM,
            "subject": subject,
            "sha256": digest,
            "signed_at": signed_at,
            "key": self.fingerprint,
            "public_key": base64.b64encode(self.public_key).decode(),
            "signature": base64.b64encode(signature).decode(),
        }
        return json.dumps(content, indent=1).encode()


def _statement(purpose: str, subject: str, sha256: str, signed_at: str) -> bytes:
    return f"{purpose}\n{subject}\n{sha256}\n{signed_at}\n".encode()


@dataclass(frozen=True, slots=True)
class Signature:
    subject: str
    sha256: str
    signed_at: str
    public_key: bytes
    signature: bytes

    @property
    def key(self) -> str:
        return fingerprint_of(self.public_key)

    def check_manifest(self) -> None:
        """Raise WrongSignatureError if the key did not sign this."""
        self._check(_MANIFEST_PURPOSE)

    def check_heads(self) -> None:
        self._check(_HEADS_PURPOSE)

    def _check(self, purpose: str) -> None:
        statement = _statement(purpose, self.subject, self.sha256, self.signed_at)
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(self.signature, statement)
        except (InvalidSignature, ValueError) as error:
            raise WrongSignatureError from error


def read_signature(content: bytes) -> Signature:
    """Raises BadProofError."""
    try:
        found: dict[str, Any] = json.loads(content)
        if found["algorithm"] != ALGORITHM:
            raise BadProofError("another algorithm")
        signature = Signature(
            subject=str(found["subject"]),
            sha256=str(found["sha256"]),
            signed_at=str(found["signed_at"]),
            public_key=base64.b64decode(found["public_key"], validate=True),
            signature=base64.b64decode(found["signature"], validate=True),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise BadProofError("the signature can not be read") from error
    if found.get("key") != signature.key:
        raise BadProofError("the key's fingerprint is not that of the key")
    return signature
