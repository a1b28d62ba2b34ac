"""Measure faces on a folder with ground truth and on clips: found, verified, identified."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from analytics.engine.faces.face import Face, FaceFinder, Picture, Recognizer, Template
from analytics.engine.faces.matching import DEFAULT_THRESHOLD
from analytics.evaluation.clips import Clips
from analytics.evaluation.faces_data import FacesFolder, files_of
from analytics.evaluation.faces_detection import evaluate_detection
from analytics.evaluation.faces_hardships import HARDSHIPS
from analytics.evaluation.faces_scores import (
    PairScores,
    all_pairs,
    identify,
    threshold_at_far,
)
from analytics.evaluation.faces_video import evaluate_profile, evaluate_video
from analytics.evaluation.figures import Figure, share
from analytics.evaluation.parallel import on_all_cores

SMALL_GRAY_SETS = {"orl"}
"""Reported by themselves; all other sets together are `colour`."""
EYE_BINS = (0, 12, 20, 30, 50, 80, 10_000)
LARGEST_LIGHTENED_PX = 640
"""Larger pictures are shrunk to it before they are made hard, to save time."""


@dataclass(frozen=True)
class Networks:
    finder: FaceFinder
    recognizer: Recognizer


@dataclass(frozen=True)
class Described:
    """One labelled picture: its largest face, and those of its hardened versions."""

    file: str
    eyes_px: float
    template: Template | None
    """None: no face was found."""
    hard: dict[str, Template | None] = field(default_factory=dict)
    """Without those hardships that do not apply."""


def evaluate_faces(
    folder: FacesFolder, clips: Clips, networks: Networks, say: Callable[[str], None]
) -> Iterator[Figure]:
    yield from evaluate_detection(folder, networks.finder)
    identities = folder.identities()
    files = files_of([folder.gallery(), folder.probes(), [(file, "") for file in identities]])
    say(f"{len(files)} pictures")
    small_gray = {file for file in files if identities.get(file, ("", ""))[1] in SMALL_GRAY_SETS}

    def describe(file: str) -> Described:
        return described(folder, networks, file, is_hardened=file not in small_gray)

    faces = {each.file: each for each in on_all_cores(describe, files)}
    yield share(
        "faces.labelled_found",
        sum(face.template is not None for face in faces.values()),
        len(faces),
    )
    colour = [(faces[file], identities[file][0]) for file in identities if file not in small_gray]
    gray = [(faces[file], identities[file][0]) for file in identities if file in small_gray]
    yield from _verification(colour, "colour", 1e-4)
    yield from _verification(gray, "orl", 1e-3)
    yield from _identification(folder, faces)
    yield from _by_eye_distance([*colour, *gray])
    yield from _hardships(colour)
    yield from evaluate_video(folder, clips, networks.finder, networks.recognizer, faces_of(faces))
    yield from evaluate_profile(clips, networks.finder, networks.recognizer)


def labelled_pairs(folder: FacesFolder, networks: Networks) -> PairScores:
    """Score all pairs of the labelled pictures of a folder."""
    identities = folder.identities()

    def describe(file: str) -> Described:
        return described(folder, networks, file, is_hardened=False)

    faces = faces_of({each.file: each for each in on_all_cores(describe, list(identities))})
    return all_pairs(list(faces.values()), [identities[file][0] for file in faces])


def faces_of(faces: dict[str, Described]) -> dict[str, Template]:
    return {file: each.template for file, each in faces.items() if each.template is not None}


def described(
    folder: FacesFolder, networks: Networks, file: str, *, is_hardened: bool
) -> Described:
    picture = folder.read(file)
    face = largest(networks.finder.find(picture))
    if face is None:
        return Described(file, 0.0, None)
    template = networks.recognizer.photo_template(picture, face)
    hard: dict[str, Template | None] = {}
    for name, harden in HARDSHIPS.items() if is_hardened else ():
        changed = harden(picture, face)
        if changed is not None:
            hard[name] = _template(networks, changed)
    return Described(file, face.eye_distance, template, hard)


def largest(faces: Sequence[Face]) -> Face | None:
    """The face of a portrait; people in the background are smaller."""
    return max(faces, key=lambda face: face.eye_distance * face.score, default=None)


def _template(networks: Networks, picture: Picture) -> Template | None:
    face = largest(networks.finder.find(picture))
    return None if face is None else networks.recognizer.photo_template(picture, face)


Labelled = Sequence[tuple[Described, str]]


def _verification(labelled: Labelled, name: str, far: float) -> Iterator[Figure]:
    """A picture without a face counts as a pair that is not recognized."""
    found = [(each.template, who) for each, who in labelled if each.template is not None]
    scores = all_pairs([template for template, _ in found], [who for _, who in found])
    if not len(scores.same):
        return
    threshold = threshold_at_far(scores.different, far)
    names = [who for _, who in labelled]
    total = sum(names[:i].count(who) for i, who in enumerate(names))
    hits = int((scores.same > threshold).sum())
    power = round(np.log10(far))
    yield share(f"faces.tar_at_far_1e{power}.{name}", hits, total)
    yield Figure(f"faces.threshold_at_far_1e{power}.{name}", threshold, "cosine")
    yield share(f"faces.tar.{name}", int((scores.same >= DEFAULT_THRESHOLD).sum()), total)
    false = int((scores.different >= DEFAULT_THRESHOLD).sum())
    yield share(f"faces.far.{name}", false, len(scores.different))


def _identification(folder: FacesFolder, faces: dict[str, Described]) -> Iterator[Figure]:
    gallery: dict[str, list[Template]] = {}
    for file, who in folder.gallery():
        template = faces[file].template
        if template is not None:
            gallery.setdefault(who, []).append(template)
    probes = [(_as_list(faces[file].template), who) for file, who in folder.probes()]
    if not probes:
        return
    result = identify(gallery, probes, DEFAULT_THRESHOLD)
    yield Figure("faces.threshold", DEFAULT_THRESHOLD, "cosine")
    yield share("faces.known_right", result.known_right, result.known)
    yield share("faces.strangers_accepted", result.strangers_accepted, result.strangers)


def _by_eye_distance(labelled: Labelled) -> Iterator[Figure]:
    """Pairs by the smaller face of both."""
    found = [(each, who) for each, who in labelled if each.template is not None]
    for low, high in pairwise(EYE_BINS):
        same = hits = 0
        for i, (one, who) in enumerate(found):
            for other, other_who in found[:i]:
                if who == other_who and low <= min(one.eyes_px, other.eyes_px) < high:
                    same += 1
                    hits += float(_dot(one.template, other.template)) >= DEFAULT_THRESHOLD
        if same:
            name = f"{low}_{high}" if high < EYE_BINS[-1] else f"{low}_up"
            yield share(f"faces.tar.eyes_{name}", hits, same)


def _hardships(labelled: Labelled) -> Iterator[Figure]:
    """A hardened picture against the untouched ones of others: found, TAR of found, FAR."""
    for name in HARDSHIPS:
        concerned = [(each, who) for each, who in labelled if name in each.hard]
        if not concerned:
            continue
        found = [(each, who) for each, who in concerned if each.hard[name] is not None]
        yield share(f"faces.{name}.found", len(found), len(concerned))
        same: list[float] = []
        different: list[float] = []
        for each, who in found:
            for other, other_who in labelled:
                if other is not each and other.template is not None:
                    score = _dot(each.hard[name], other.template)
                    (same if who == other_who else different).append(score)
        same_hits = sum(score >= DEFAULT_THRESHOLD for score in same)
        yield share(f"faces.{name}.tar", same_hits, len(same))
        false = sum(score >= DEFAULT_THRESHOLD for score in different)
        yield share(f"faces.{name}.far", false, len(different))


def _dot(one: Template | None, other: Template | None) -> float:
    return -1.0 if one is None or other is None else float(one @ other)


def _as_list(template: Template | None) -> list[Template]:
    return [] if template is None else [template]
