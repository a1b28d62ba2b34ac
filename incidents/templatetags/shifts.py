"""How the pages of the shift name people and say entries."""

from __future__ import annotations

from django import template

from incidents.queries.drill_words import step_name, step_text
from incidents.queries.drills import Step, steps_as_json
from incidents.queries.journal_words import words_of
from incidents.queries.people import name_of

register = template.Library()
register.filter("person_name", name_of)
register.filter("entry_words", words_of)
register.filter("step_name", step_name)


@register.filter("step_text")
def text_of_step(step: Step) -> str:
    """Say how long a step of a drill took."""
    return step_text(steps_as_json([step])[0])
