from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analytics.engine.violence import SUMMARY_NAMES
from analytics.engine.violence_model import DEFAULT_MODEL, FightModel, ModelError, load_model
from analytics.engine.weights import FIGHT_MODEL_FILE, open_finders

pytestmark = pytest.mark.unit


def test_usual_motion_scores_near_the_middle() -> None:
    assert DEFAULT_MODEL.score(np.array(DEFAULT_MODEL.means)) == pytest.approx(0.48, abs=0.02)


def test_each_sign_of_disorder_raises_the_score() -> None:
    usual = np.array(DEFAULT_MODEL.means)
    for number, name in enumerate(SUMMARY_NAMES):
        more = usual.copy()
        more[number] += DEFAULT_MODEL.spreads[number]
        raises = DEFAULT_MODEL.score(more) > DEFAULT_MODEL.score(usual)
        assert raises is (name != "gap_mean")


def test_saved_model_is_read_back_as_it_was(tmp_path: Path) -> None:
    DEFAULT_MODEL.save(tmp_path / "fight.json")

    assert load_model(tmp_path / "fight.json") == DEFAULT_MODEL


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        json.dumps(
            {"names": ["speed"], "means": [0], "spreads": [1], "weights": [1], "intercept": 0}
        ),
    ],
)
def test_broken_file_is_no_model(tmp_path: Path, content: str) -> None:
    path = tmp_path / "fight.json"
    path.write_text(content)

    with pytest.raises(ModelError):
        load_model(path)


def test_model_with_an_endless_weight_is_refused() -> None:
    with pytest.raises(ModelError, match="no number"):
        replace(DEFAULT_MODEL, weights=(float("inf"),) * len(SUMMARY_NAMES))


def test_model_with_too_few_values_is_refused() -> None:
    with pytest.raises(ModelError, match="one value for each name"):
        FightModel(means=(0.0,), spreads=(1.0,), weights=(1.0,), intercept=0.0)


def test_own_model_beside_the_weights_is_opened(tmp_path: Path) -> None:
    own = replace(DEFAULT_MODEL, intercept=1.0)
    own.save(tmp_path / FIGHT_MODEL_FILE)

    finders, _ = open_finders(tmp_path)

    assert finders.fight_model == own


def test_broken_own_model_is_said_to_be_missing(tmp_path: Path) -> None:
    (tmp_path / FIGHT_MODEL_FILE).write_text("{")

    finders, missing = open_finders(tmp_path)

    assert finders.fight_model is None
    assert "fight.json" in missing["fight_model"]
