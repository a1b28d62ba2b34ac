from __future__ import annotations

import ast
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation

from cameras.failure_texts import ADDRESS_ERRORS, SENTENCES, address_error_text, failure_text

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("english", "russian"),
    [
        ("no answer in 10 s", "нет ответа за 10 с"),
        ("no connection: connection refused", "нет соединения: камера отвергла соединение"),
        (
            "the camera is busy: too many connections (453)",
            "камера занята: слишком много подключений (453)",
        ),
        (
            "no H.264, H.265 or MJPEG: the camera offers MP4V-ES",
            "нет ни H.264, ни H.265, ни MJPEG: the camera offers MP4V-ES",
        ),
        ("the camera's clock jumped by -3599.4 s", "часы камеры скакнули на -3599.4 с"),
        ("something {odd} 1 2 3 4 5", "something {odd} 1 2 3 4 5"),
        ("", ""),
    ],
)
def test_failure_is_told_in_the_active_language(english: str, russian: str) -> None:
    with translation.override("ru"):
        assert failure_text(english) == russian
    with translation.override("en"):
        assert failure_text(english) == english


def test_every_sentence_has_a_russian_text() -> None:
    with translation.override("ru"):
        assert [text for text in SENTENCES if translation.gettext(text) == text] == []
        assert all(address_error_text(code) != text for code, text in ADDRESS_ERRORS.items())


def test_every_address_error_has_a_text() -> None:
    source = Path(settings.BASE_DIR) / "cameras" / "engine" / "addresses.py"
    codes = {
        node.args[0].value
        for node in ast.walk(ast.parse(source.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "AddressError"
        and isinstance(node.args[0], ast.Constant)
    }

    assert codes
    assert codes <= set(ADDRESS_ERRORS)
