"""How the pages of the shift name people and say entries."""

from __future__ import annotations

from django import template

from incidents.queries.journal_words import words_of
from incidents.queries.people import name_of

register = template.Library()
register.filter("person_name", name_of)
register.filter("entry_words", words_of)
