from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from analytics.engine.violence_model import load_model
from analytics.engine.weights import FIGHT_MODEL_FILE

pytestmark = pytest.mark.unit


def test_train_fight_without_weights_says_which_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"yolox.*can not be read"):
        call_command("train_fight", clips=tmp_path, weights=tmp_path)


def test_train_fight_wants_clips_of_several_scenes(shared_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "fights").mkdir()

    with pytest.raises(CommandError, match="at least 10 scenes"):
        call_command("train_fight", clips=tmp_path, weights=shared_folder / "models")


def a_few_clips(shared_folder: Path, folder: Path) -> Path:
    """Make a folder with a fight from every other of ten cameras, and no fight from the rest."""
    source, place = shared_folder / "clips" / "fights", folder / "clips" / "fights"
    place.mkdir(parents=True)
    with (source / "labels.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    first = {(row["scene"], row["label"]): row for row in reversed(rows)}
    both = sorted(
        scene for scene, label in first if label == "fight" and (scene, "no_fight") in first
    )
    labels = ("fight", "no_fight") * 5
    kept = [first[scene, label] for scene, label in zip(both[:10], labels, strict=True)]
    for row in kept:
        (place / row["file"]).symlink_to(source / row["file"])
    lines = [f"{row['file']},{row['label']},{row['scene']}" for row in kept]
    (place / "labels.csv").write_text("\n".join(["file,label,scene", *lines]))
    return place.parent


def test_train_fight_writes_a_model_that_analysis_opens(
    shared_folder: Path, tmp_path: Path
) -> None:
    for path in (shared_folder / "models").glob("*.onnx"):
        (tmp_path / path.name).symlink_to(path)
    said = StringIO()

    call_command(
        "train_fight", clips=a_few_clips(shared_folder, tmp_path), weights=tmp_path, stdout=said
    )

    assert "unseen scenes: " in said.getvalue()
    assert load_model(tmp_path / FIGHT_MODEL_FILE).origin.endswith("clips of 10 scenes")
