from __future__ import annotations

from typing import Any

import pytest

from cameras.secrets import SecretUnreadableError, decrypt_secret, encrypt_secret

pytestmark = pytest.mark.unit

TEXT = "p@:/?#%$'\" пароль"


def test_secret_comes_back_and_its_token_tells_nothing() -> None:
    token = encrypt_secret(TEXT)

    assert decrypt_secret(token) == TEXT
    assert token != encrypt_secret(TEXT)
    assert TEXT not in token


def test_empty_secret_stays_empty() -> None:
    assert encrypt_secret("") == ""
    assert decrypt_secret("") == ""


def test_token_is_unreadable_with_another_key(settings: Any) -> None:
    token = encrypt_secret(TEXT)
    settings.FIELD_ENCRYPTION_KEY = "another"

    with pytest.raises(SecretUnreadableError):
        decrypt_secret(token)


def test_changed_token_is_unreadable() -> None:
    token = encrypt_secret(TEXT)
    changed = token[:-4] + ("A" if token[-4] != "A" else "B") + token[-3:]

    with pytest.raises(SecretUnreadableError):
        decrypt_secret(changed)


def test_old_keys_still_decrypt_and_the_first_encrypts(settings: Any) -> None:
    settings.FIELD_ENCRYPTION_KEY = "old"
    old = encrypt_secret(TEXT)
    settings.FIELD_ENCRYPTION_KEY = "new, old"
    new = encrypt_secret(TEXT)

    assert decrypt_secret(old) == TEXT
    settings.FIELD_ENCRYPTION_KEY = "new"
    assert decrypt_secret(new) == TEXT
    with pytest.raises(SecretUnreadableError):
        decrypt_secret(old)
