"""Camera passwords at rest: Fernet (AES-128-CBC and HMAC-SHA-256) under the portal's field key."""

from __future__ import annotations

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

# Part of the derivation: keys for other purposes can come from the same secret.
_PURPOSE = b"atomgrad camera password v1"


class SecretUnreadableError(Exception):
    """The token was made with another key, or was changed."""


def encrypt_secret(text: str) -> str:
    """Return a token for the database; an empty text stays empty."""
    return _cipher(settings.FIELD_ENCRYPTION_KEY).encrypt(text.encode()).decode() if text else ""


def decrypt_secret(token: str) -> str:
    """Return the text of a token.

    Raises:
        SecretUnreadableError: no key of FIELD_ENCRYPTION_KEY fits.
    """
    if not token:
        return ""
    try:
        return _cipher(settings.FIELD_ENCRYPTION_KEY).decrypt(token.encode()).decode()
    except InvalidToken as error:
        raise SecretUnreadableError("no key fits this secret") from error


@lru_cache(maxsize=4)
def _cipher(keys: str) -> MultiFernet:
    """Keys are separated by commas: the first encrypts, the others still decrypt."""
    return MultiFernet([Fernet(_derive(key.strip())) for key in keys.split(",") if key.strip()])


def _derive(key: str) -> bytes:
    derivation = HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE)
    return base64.urlsafe_b64encode(derivation.derive(key.encode()))
