"""The index of templates: what it finds, what it forgets, what lies on the disk."""

from __future__ import annotations

import multiprocessing
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from analytics.engine.faces.index import Bounds, Entry, TemplateIndex

pytestmark = pytest.mark.unit

SECRET = b"a secret of the portal"
EVERYTHING = Bounds()


def made_templates(count: int, dimensions: int = 256, seed: int = 1) -> NDArray[np.float32]:
    drawn = np.random.default_rng(seed).standard_normal((count, dimensions), dtype=np.float32)
    return np.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True), np.float32)


def made_entries(templates: NDArray[np.float32]) -> list[Entry]:
    """Cameras 1 to 10 in turn, a second apart, quality from 0 to 0.99 in turn."""
    return [
        Entry(number, template, 1 + number % 10, float(number), (number % 100) / 100)
        for number, template in enumerate(templates, 1)
    ]


def open_index(folder: Path, *, secret: bytes = SECRET, dimensions: int = 256) -> TemplateIndex:
    return TemplateIndex(folder / "faces" / "made.index", secret=secret, dimensions=dimensions)


def found_ids(index: TemplateIndex, template: NDArray[np.float32], limit: int = 10) -> list[int]:
    return [number for number, _ in index.search(template, bounds=EVERYTHING, limit=limit)]


@pytest.mark.parametrize("dimensions", [100, 128, 256, 512])
def test_search_agrees_with_exact_comparison(tmp_path: Path, dimensions: int) -> None:
    templates = made_templates(20_000, dimensions)
    index = open_index(tmp_path, dimensions=dimensions)
    index.add(made_entries(templates))

    right = 0
    for query in made_templates(20, dimensions, seed=2):
        exact = 1 + np.argsort(-(templates @ query))[:10]
        # Templates of 8 bits may swap neighbors; the rows decide between them.
        right += len(set(found_ids(index, query, 20)) & set(exact.tolist()))

    assert right >= 199


def test_search_scores_are_cosines(tmp_path: Path) -> None:
    templates = made_templates(5_000)
    index = open_index(tmp_path)
    index.add(made_entries(templates))

    answers = index.search(templates[41], bounds=EVERYTHING, limit=50)

    assert answers[0][0] == 42
    exact = templates @ templates[41]
    assert all(score == pytest.approx(exact[number - 1], abs=0.01) for number, score in answers)
    assert [score for _, score in answers] == sorted((s for _, s in answers), reverse=True)


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        (Bounds(camera_ids=frozenset({4})), lambda number: 1 + number % 10 == 4),
        (Bounds(camera_ids=frozenset()), lambda number: False),
        (Bounds(begin=100, end=19_000), lambda number: 100 <= number <= 19_000),
        (Bounds(minimum_quality=0.9), lambda number: number % 100 >= 90),
        (
            Bounds(frozenset({4}), 100, 3_000, 0.5),
            lambda number: number % 100 in range(53, 100, 10),
        ),
    ],
)
def test_search_within_bounds_fills_its_limit(
    tmp_path: Path, bounds: Bounds, expected: Callable[[int], bool]
) -> None:
    templates = made_templates(20_000)
    index = open_index(tmp_path)
    index.add(made_entries(templates))

    answers = index.search(templates[0], bounds=bounds, limit=50)

    inside = sum(1 for number in range(1, 20_001) if expected(number) and _in_time(bounds, number))
    assert len(answers) == min(50, inside)
    assert all(expected(number) and _in_time(bounds, number) for number, _ in answers)


def _in_time(bounds: Bounds, number: int) -> bool:
    return bounds.begin <= number <= bounds.end


def test_search_among_many_of_one_face_stays_bounded(tmp_path: Path) -> None:
    index = open_index(tmp_path)
    index.add(made_entries(np.repeat(made_templates(1), 10_000, axis=0)))

    assert len(index.search(made_templates(1)[0], bounds=EVERYTHING, limit=50)) == 50


def test_add_of_a_known_id_changes_nothing(tmp_path: Path) -> None:
    index = open_index(tmp_path)
    index.add(made_entries(made_templates(3)))

    index.add(made_entries(made_templates(3, seed=5)))

    assert len(index) == 3
    assert index.search(made_templates(3)[2], bounds=EVERYTHING, limit=1)[0][1] > 0.99


def test_search_with_a_template_of_another_recognizer_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="256"):
        open_index(tmp_path).search(made_templates(1, 128)[0], bounds=EVERYTHING, limit=1)


# --- several processes ---------------------------------------------------------------------


def test_other_holders_see_additions_and_removals(tmp_path: Path) -> None:
    templates = made_templates(40_000)
    first, second = open_index(tmp_path), open_index(tmp_path)

    first.add(made_entries(templates))
    assert found_ids(second, templates[39_999], 1) == [40_000]
    second.remove([40_000])

    assert 40_000 not in found_ids(first, templates[39_999], 50)
    assert len(first) == 39_999


def test_other_holders_follow_a_rewritten_file(tmp_path: Path) -> None:
    templates = made_templates(25_000)
    first, second = open_index(tmp_path), open_index(tmp_path)
    first.add(made_entries(templates))
    size = (tmp_path / "faces" / "made.index").stat().st_size
    second.refresh()

    first.remove(range(1, 20_001))

    assert (tmp_path / "faces" / "made.index").stat().st_size < size
    assert len(second.ids()) == 5_000
    assert found_ids(second, templates[24_000], 1) == [24_001]


def _add_alone(folder: Path, begin: int) -> None:
    index = open_index(folder)
    templates = made_templates(200, seed=begin)
    for number, template in enumerate(templates, begin):
        index.add([Entry(number, template, 1, 0.0, 1.0)])


def test_processes_add_at_once_without_loss(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    processes = [
        spawn.Process(target=_add_alone, args=(tmp_path, begin)) for begin in (1, 1001, 2001)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()

    index = open_index(tmp_path)

    assert len(index) == 600
    for begin in (1, 1001, 2001):
        assert found_ids(index, made_templates(200, seed=begin)[-1], 1) == [begin + 199]


def test_a_place_that_was_taken_and_never_written_is_passed_over(tmp_path: Path) -> None:
    templates = made_templates(5)
    index = open_index(tmp_path)
    index.add(made_entries(templates)[:2])
    with (tmp_path / "faces" / "made.index").open("r+b") as file:
        file.seek(48)  # what a writer leaves that was killed here
        file.write(struct.pack("<QQ", 3, 0))

    index.add(made_entries(templates)[2:])

    assert len(index) == 5
    assert found_ids(index, templates[4], 1) == [5]


def test_write_after_the_file_was_lost_begins_anew(tmp_path: Path) -> None:
    templates = made_templates(3)
    index = open_index(tmp_path)
    index.add(made_entries(templates))
    (tmp_path / "faces" / "made.index").unlink()

    assert index.remove([1]) == 0
    index.add(made_entries(templates)[1:])

    assert found_ids(index, templates[0]) in ([2, 3], [3, 2])


# --- what lies on the disk -----------------------------------------------------------------


def test_file_holds_no_plain_template(tmp_path: Path) -> None:
    """Many copies of one template: in the clear, or under a cipher that repeats, they compress."""
    index = open_index(tmp_path)
    index.add(made_entries(np.repeat(made_templates(1), 4_000, axis=0)))
    path = tmp_path / "faces" / "made.index"

    stored = np.frombuffer(path.read_bytes(), np.uint8)[4096 : 4096 + 4_000 * 296]
    records = stored.reshape(4_000, 296)[:, 8:]

    assert len(np.unique(records[:, -256:].reshape(-1, 16), axis=0)) == 4_000 * 16
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0


def test_removed_record_is_erased_from_the_file(tmp_path: Path) -> None:
    index = open_index(tmp_path)
    index.add(made_entries(made_templates(3)))

    assert index.remove([2, 77]) == 1

    stored = (tmp_path / "faces" / "made.index").read_bytes()
    assert stored[4096 + 296 : 4096 + 2 * 296] == bytes(296)
    assert any(stored[4096 : 4096 + 296])


def test_file_of_another_key_is_made_anew(tmp_path: Path) -> None:
    index = open_index(tmp_path)
    index.add(made_entries(made_templates(3)))

    assert len(open_index(tmp_path, secret=b"another")) == 0


def test_index_is_whole_after_it_is_opened_again(tmp_path: Path) -> None:
    templates = made_templates(3_000)
    index = open_index(tmp_path)
    index.add(made_entries(templates))
    index.remove([7])

    again = open_index(tmp_path)

    assert len(again) == 2_999
    assert found_ids(again, templates[99], 1) == [100]
