"""The clips to evaluate on, and one way to lead each through rules."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from analytics.engine.analyzer import Analyzer, Finders
from analytics.engine.clips import read_frames
from analytics.engine.episodes import Episode
from analytics.engine.frames import Frame, Image, fit_for_analysis
from analytics.engine.rules import Rule
from analytics.engine.scene import Scene

SUFFIXES = {".mp4", ".avi", ".mkv", ".mov"}


@dataclass(frozen=True)
class Clips:
    """A folder as `docs/design/evaluation.md` describes it: one subfolder per subject."""

    folder: Path

    def of(self, subject: str) -> list[Path]:
        """The clips right below one subfolder, by name; none where there is no such folder."""
        place = self.folder / subject
        return sorted(path for path in place.glob("*") if path.suffix in SUFFIXES)

    def all(self) -> list[Path]:
        return sorted(path for path in self.folder.rglob("*") if path.suffix in SUFFIXES)

    def truth(self, subject: str, name: str = "events.csv") -> list[dict[str, str]]:
        """The rows of a subfolder's table, empty where it has none."""
        path = self.folder / subject / name
        if not path.is_file():
            return []
        with path.open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def subject_of(self, clip: Path) -> str:
        return clip.parent.relative_to(self.folder).as_posix()


@dataclass(frozen=True)
class Context:
    """What every evaluation gets."""

    clips: Clips
    finders: Finders
    say: Callable[[str], None] = field(default=lambda text: None)
    """Progress for a person; the figures are returned, not said."""


@dataclass(frozen=True)
class Outcome:
    """What rules raised on one clip, and how long the clip is, in seconds."""

    episodes: tuple[tuple[Rule, Episode], ...]
    seconds: float

    @property
    def raised(self) -> list[float]:
        return [episode.raised_at for _, episode in self.episodes]


def run_rules(
    frames: Iterable[Frame],
    finders: Finders,
    make_rules: Callable[[], Sequence[Rule]],
    *,
    scene: Scene | None = None,
) -> Outcome:
    """Lead frames, in order of time, through an analyzer of their own."""
    analyzer = Analyzer(scene or Scene(), finders, make_rules)
    begun: list[tuple[Rule, Episode]] = []
    last = 0.0
    for frame in frames:
        last = frame.at
        if analyzer.wants(frame.at):
            begun += [
                (change.rule, change.episode) for change in analyzer.feed(frame) if change.is_new
            ]
    analyzer.close()
    return Outcome(tuple(begun), last)


def run_clip(
    path: Path,
    finders: Finders,
    make_rules: Callable[[], Sequence[Rule]],
    *,
    scene: Scene | None = None,
) -> Outcome:
    """Lead one file through rules as the portal would lead a camera."""
    return run_rules(read_frames(path, lambda _: True), finders, make_rules, scene=scene)


def there_and_back(path: Path, seconds: float, fps: float) -> Iterator[Frame]:
    """A short clip played forward and backward until it is long enough: no cut appears."""
    wanted = sampled(path, fps)
    order = [*range(len(wanted)), *range(len(wanted) - 2, 0, -1)]
    for number in range(int(seconds * fps)):
        yield Frame(number / fps, wanted[order[number % len(order)]])


def sampled(path: Path, fps: float) -> list[Image]:
    """The pictures of a clip at a rate, fit for analysis."""
    due = 0.0
    pictures = []
    for frame in read_frames(path, lambda _: True):
        if frame.at + 1e-6 >= due:
            pictures.append(fit_for_analysis(frame.image))
            due += 1 / fps
    return pictures
