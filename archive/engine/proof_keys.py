"""The keys that sign: made at the first start, rotated when told, old public halves kept."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from archive.engine.proof import Signer, fingerprint_of

_PRIVATE = "signing_key.pem"


class BadKeyError(Exception):
    """The file is no Ed25519 key."""


class KeyRing:
    """A folder with one private key and the public halves of all that ever signed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def signer(self) -> Signer:
        """Return the key that signs now; the first call makes it.

        Raises:
            BadKeyError: the file is there, but is no key. It is never replaced by itself.
        """
        path = self._folder / _PRIVATE
        if not path.exists():
            self._make(path)
        key = _load(path)
        self._note(Signer(key))
        return Signer(key)

    def rotate(self) -> Signer:
        """Sign with a new key from now on; what the old ones signed stays valid."""
        self.signer()
        path = self._folder / _PRIVATE
        fresh = path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        _write_private(fresh)
        fresh.replace(path)
        return self.signer()

    def fingerprints(self) -> set[str]:
        """Of all keys that ever signed here."""
        self.signer()
        return {fingerprint_of(path.read_bytes()) for path in self._folder.glob("*.pub")}

    def _make(self, path: Path) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = path.with_suffix(f".{os.getpid()}")
        _write_private(fresh)
        try:
            # Of two processes that start together, one wins, and both sign with its key.
            os.link(fresh, path)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()

    def _note(self, signer: Signer) -> None:
        path = self._folder / f"{signer.fingerprint}.pub"
        if not path.exists():
            path.write_bytes(signer.public_key)


def _write_private(path: Path) -> None:
    content = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _load(path: Path) -> Ed25519PrivateKey:
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except ValueError as error:
        raise BadKeyError(f"{path} is no key") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise BadKeyError(f"{path} is no Ed25519 key")
    return key
