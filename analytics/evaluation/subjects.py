"""What can be evaluated: a name, and the function that returns its figures."""

from __future__ import annotations

from collections.abc import Callable

from analytics.evaluation.clips import Context
from analytics.evaluation.crossing import evaluate_crossing
from analytics.evaluation.figures import Figure

Evaluate = Callable[[Context], list[Figure]]

SUBJECTS: dict[str, Evaluate] = {
    "crossing": evaluate_crossing,
}
