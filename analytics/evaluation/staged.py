"""Rendered scenes, whose truth is known by construction: events, and controls that look alike."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from analytics.engine.detectors import entries
from analytics.engine.kinds import Kind
from analytics.engine.rules import Rule
from analytics.evaluation.clips import Context, run_rules
from analytics.evaluation.events import WITHIN_S, Score, TrueEvent
from analytics.evaluation.figures import Figure
from analytics.evaluation.parallel import on_all_cores
from analytics.staged.casting import abandoned, crossing, crowd, loitering
from analytics.staged.damage import asset
from analytics.staged.scenes import Scene, frames


@dataclass(frozen=True)
class Subject:
    kind: Kind
    cast: Callable[..., Scene]
    events: int
    controls: int


SUBJECTS = (
    Subject(Kind.CROSSING, crossing, 40, 40),
    Subject(Kind.LOITERING, loitering, 40, 40),
    Subject(Kind.CROWD, crowd, 20, 20),
    Subject(Kind.ABANDONED, abandoned, 40, 40),
    Subject(Kind.ASSET, asset, 240, 240),
)
CROSSING_WITHIN_S = 1.0
ASSET_WITHIN_S = 60.0
"""Somebody stands before it at first, and a change must last."""
EARLY_S = 2.0


@dataclass(frozen=True)
class Take:
    """What the rule raised in one scene, at which seconds."""

    kind: Kind
    name: str
    truth: tuple[TrueEvent, ...]
    raised: tuple[float, ...]

    def score(self) -> Score:
        score = Score()
        self.add_to(score)
        return score

    def add_to(self, score: Score) -> None:
        within = {Kind.CROSSING: CROSSING_WITHIN_S, Kind.ASSET: ASSET_WITHIN_S}
        score.add(
            self.raised, self.truth, within_s=within.get(self.kind, WITHIN_S), early_s=EARLY_S
        )


def evaluate_staged(context: Context) -> list[Figure]:
    return evaluate_subjects(context, SUBJECTS)


def evaluate_subjects(context: Context, subjects: Sequence[Subject]) -> list[Figure]:
    """Play all scenes of the subjects whose detectors the catalog has."""
    known = entries()
    shown = [subject for subject in subjects if subject.kind in known]
    takes = play_all(context, [scene for subject in shown for scene in scenes_of(subject)])
    return [
        figure
        for subject in shown
        for figure in _figures(context, [take for take in takes if take.kind is subject.kind])
    ]


def scenes_of(subject: Subject) -> list[Scene]:
    return [
        *(subject.cast(number, is_control=False) for number in range(subject.events)),
        *(subject.cast(number, is_control=True) for number in range(subject.controls)),
    ]


def play_all(context: Context, scenes: Iterable[Scene]) -> list[Take]:
    """Play scenes on all cores; those of one place and light one after another."""
    groups: dict[tuple[str, str, bool], list[Scene]] = defaultdict(list)
    for scene in scenes:
        groups[scene.site.name, scene.light, scene.snow].append(scene)
    takes: list[Take] = []
    for played in on_all_cores(lambda group: _play(context, group), list(groups.values())):
        takes += played
        context.say(f"{len(takes)} scenes")
    return takes


def _play(context: Context, scenes: Sequence[Scene]) -> list[Take]:
    return [play(context, scene) for scene in scenes]


def play(context: Context, scene: Scene) -> Take:
    entry = entries()[scene.kind]
    outcome = run_rules(frames(scene), context.finders, lambda: [Rule(entry.make(scene.setting))])
    truth = tuple(TrueEvent(event.start, event.end, event.due_at) for event in scene.truth)
    return Take(scene.kind, scene.name, truth, tuple(outcome.raised))


def _figures(context: Context, takes: Sequence[Take]) -> list[Figure]:
    if not takes:
        return []
    total = Score()
    for take in sorted(takes, key=lambda take: take.name):
        take.add_to(total)
        alone = take.score()
        if alone.missed or alone.false:
            raised = ", ".join(f"{at:.1f}" for at in take.raised)
            due = ", ".join(f"{event.due_at:.1f}" for event in take.truth)
            context.say(f"{take.name}: due at [{due}], raised at [{raised}]")
    return total.figures(f"evaluate.staged.{takes[0].kind}")
