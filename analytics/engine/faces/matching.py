"""How alike two sets of templates of one recognizer are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analytics.engine.faces.face import Template

DEFAULT_THRESHOLD = 0.45
"""For retail-0095; from here on two faces are worth a person's look. See docs/design/faces.md."""
THRESHOLDS = {"retail-0095": DEFAULT_THRESHOLD, "sface": 0.363}
"""As shipped, by recognizer; sface: what OpenCV states for it, not measured here."""
LOWEST, HIGHEST = 0.2, 0.9
"""A town's own threshold lies between them: below it strangers resemble each other, above it
nobody resembles himself."""


def match_score(templates: Sequence[Template], gallery: Sequence[Template]) -> float:
    """Compare the shots of one track with the photos of one person.

    Each shot is compared with the photo it resembles most; the median shot decides, so that one
    bad shot neither names nor hides anybody. Without templates there is no resemblance: -1.
    """
    if not len(templates) or not len(gallery):
        return -1.0
    scores = np.stack(list(templates)) @ np.stack(list(gallery)).T
    return float(np.median(scores.max(axis=1)))
