"""Russian is complete: every text has a translation, and no translation is left over."""

from __future__ import annotations

import re
from collections import defaultdict

import pytest
from django.conf import settings
from django.utils import translation

from tests.messages import Message, script_messages, server_messages, translations

DOMAINS = {"django": server_messages, "djangojs": script_messages}
PLACEHOLDER = re.compile(r"%(?:\(\w+\))?[sd]")


@pytest.mark.parametrize("domain", DOMAINS)
def test_every_text_has_a_russian_translation(domain: str) -> None:
    done = {message for _, message, text in translations(domain) if text}

    assert sorted(DOMAINS[domain]() - done, key=str) == []


@pytest.mark.parametrize("domain", DOMAINS)
def test_no_translation_is_left_over(domain: str) -> None:
    used = DOMAINS[domain]()

    assert [(path.parts[-4], m) for path, m, _ in translations(domain) if m not in used] == []


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_text_is_translated_the_same_in_every_area(domain: str) -> None:
    texts: dict[Message, set[str]] = defaultdict(set)
    for _, message, text in translations(domain):
        texts[message].add(text)

    assert {message: found for message, found in texts.items() if len(found) > 1} == {}


@pytest.mark.parametrize("domain", DOMAINS)
def test_translations_keep_the_placeholders(domain: str) -> None:
    wrong = [
        message
        for _, message, text in translations(domain)
        for form in text.split("\0")
        if text and sorted(PLACEHOLDER.findall(form)) != sorted(PLACEHOLDER.findall(message[0]))
    ]

    assert wrong == []


def test_compiled_catalogs_load() -> None:
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            assert translation.gettext("Desk") == {"ru": "Пост", "en": "Desk"}[language]
