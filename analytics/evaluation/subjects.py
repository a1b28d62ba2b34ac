"""What can be evaluated: a name, and the function that returns its figures."""

from __future__ import annotations

from collections.abc import Callable

from analytics.evaluation.abandoned import evaluate_abandoned
from analytics.evaluation.asset import evaluate_asset
from analytics.evaluation.clips import Context
from analytics.evaluation.crossing import evaluate_crossing
from analytics.evaluation.fall import evaluate_fall
from analytics.evaluation.fight import evaluate_fight
from analytics.evaluation.figures import Figure
from analytics.evaluation.fire import evaluate_fire
from analytics.evaluation.intrusion import evaluate_intrusion
from analytics.evaluation.normal import evaluate_normal
from analytics.evaluation.persons import evaluate_persons
from analytics.evaluation.staged import evaluate_staged
from analytics.evaluation.tamper import evaluate_tamper

Evaluate = Callable[[Context], list[Figure]]

SUBJECTS: dict[str, Evaluate] = {
    "abandoned": evaluate_abandoned,
    "asset": evaluate_asset,
    "crossing": evaluate_crossing,
    "fall": evaluate_fall,
    "fight": evaluate_fight,
    "fire": evaluate_fire,
    "intrusion": evaluate_intrusion,
    "normal": evaluate_normal,
    "persons": evaluate_persons,
    "staged": evaluate_staged,
    "tamper": evaluate_tamper,
}
