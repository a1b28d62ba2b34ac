"""Each situation is explained in both languages, with what its facts say."""

from typing import Any

import pytest
from django.utils import translation

from analytics.engine.kinds import Kind
from analytics.explanations import duration_text, sentence, title

CASES: list[tuple[Kind, dict[str, Any], str, str, str]] = [
    (
        Kind.TAMPER,
        {"state": "covered", "seconds": 12},
        "",
        "Объектив закрыт, 12 с",
        "The lens is covered, 12 s",
    ),
    (
        Kind.MOTION,
        {"share": 0.124},
        "",
        "Движение в кадре, 12 % площади",
        "Movement in the picture, 12 % of its area",
    ),
    (
        Kind.INTRUSION,
        {"zone": "Сцена", "seconds": 3},
        "Сцена",
        "Человек вошёл в зону «Сцена», 3 с",
        "Person entered the zone “Сцена”, 3 s",
    ),
    (
        Kind.CROSSING,
        {"line": "Забор", "direction": "TO_LEFT"},
        "Забор",
        "Человек пересёк линию «Забор» справа налево",
        "Person crossed the line “Забор” from right to left",
    ),
    (
        Kind.LOITERING,
        {"zone": "Качели", "seconds": 432},
        "Качели",
        "Человек в зоне «Качели» 7 мин 12 с",
        "Person in the zone “Качели” 7 min 12 s",
    ),
    (
        Kind.CROWD,
        {"zone": "", "persons": 22, "seconds": 60},
        "",
        "22 человека в кадре 1 мин",
        "22 people in the picture 1 min",
    ),
    (
        Kind.GROUP,
        {"zone": "Скамья", "persons": 4, "seconds": 3900},
        "Скамья",
        "Группа из 4 человек в зоне «Скамья» 1 ч 5 мин",
        "Group of 4 people in the zone “Скамья” 1 h 5 min",
    ),
    (
        Kind.RUNNING,
        {"speed_m_s": 4.2},
        "",
        "Человек бежит, 15 км/ч",
        "Person is running, 15 km/h",
    ),
    (Kind.FALL, {"seconds_down": 20.4}, "", "Человек лежит 20 с", "Person is lying 20 s"),
    (
        Kind.FIGHT,
        {"persons": 3, "score": 0.81},
        "",
        "Похоже на драку, 3 человека",
        "Looks like a fight, 3 people",
    ),
    (
        Kind.ABANDONED,
        {"seconds": 65, "owner_away_s": 47, "owner": 3, "owner_left_at": 12.5},
        "",
        "Предмет без присмотра 1 мин 5 с, владелец ушёл 47 с назад",
        "Thing left alone 1 min 5 s, its owner went away 47 s ago",
    ),
    (
        Kind.ASSET,
        {"asset": "Скамья", "change": "removed", "similarity": 0.2},
        "Скамья",
        "«Скамья»: нет на месте",
        "“Скамья” is gone",
    ),
    (Kind.FIRE, {"seconds": 4}, "", "Виден огонь 4 с", "Fire is seen 4 s"),
    (Kind.SMOKE, {"seconds": 6}, "", "Виден дым 6 с", "Smoke is seen 6 s"),
    (
        Kind.VEHICLE,
        {"zone": "Газон", "label": "car", "seconds": 30},
        "Газон",
        "Автомобиль в зоне «Газон» 30 с",
        "Car in the zone “Газон” 30 s",
    ),
    (
        Kind.DOG,
        {"zone": "Площадка", "seconds": 9},
        "Площадка",
        "Собака в зоне «Площадка» 9 с",
        "Dog in the zone “Площадка” 9 s",
    ),
    (
        Kind.UNUSUAL,
        {"what": "hour", "share": 0.004},
        "",
        "В этот час здесь обычно никого нет, так бывает 0,4 % времени",
        "Somebody is here at an hour when the place is usually empty, seen in 0.4 % of the time",
    ),
    (
        Kind.SOUND,
        {"level_db": 82, "usual_db": 57},
        "",
        "Громче обычного на 25 дБ",
        "Louder than usual by 25 dB",
    ),
    (
        Kind.FACE,
        {"name": "Иванов И. И.", "score": 0.714},
        "",
        "Похож на «Иванов И. И.», 0,71: сверьте фотографии",
        "Similar to “Иванов И. И.”, 0.71: compare the pictures",
    ),
]


@pytest.mark.parametrize(
    ("kind", "facts", "place", "russian", "english"), CASES, ids=[case[0] for case in CASES]
)
def test_sentence_says_what_was_seen(
    kind: Kind, facts: dict[str, Any], place: str, russian: str, english: str
) -> None:
    with translation.override("ru"):
        assert sentence(kind, facts, place) == russian
    with translation.override("en"):
        assert sentence(kind, facts, place) == english


def test_every_kind_has_a_case() -> None:
    assert {case[0] for case in CASES} == set(Kind)


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("language", ["ru", "en"])
def test_sentence_needs_no_facts(kind: Kind, language: str) -> None:
    with translation.override(language):
        text = sentence(kind, {})

        assert text
        assert text != kind
        assert "None" not in text


@pytest.mark.parametrize("kind", Kind)
def test_title_is_short_and_translated(kind: Kind) -> None:
    with translation.override("en"):
        english = title(kind)
    with translation.override("ru"):
        russian = title(kind)

    assert english != russian
    assert max(len(english), len(russian)) <= 26


def test_kind_of_another_version_keeps_its_name() -> None:
    assert (title("drone"), sentence("drone", {"seconds": 3})) == ("drone", "drone")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.4, "0 с"),
        (59.6, "1 мин"),
        (61, "1 мин 1 с"),
        (3600, "1 ч"),
        (7322, "2 ч 2 мин"),
    ],
)
def test_duration_is_rounded_as_a_whole(seconds: float, text: str) -> None:
    with translation.override("ru"):
        assert duration_text(seconds) == text


@pytest.mark.parametrize(
    ("persons", "text"),
    [(1, "1 человек в кадре"), (3, "3 человека в кадре"), (11, "11 человек в кадре")],
)
def test_people_are_counted_as_russian_does(persons: int, text: str) -> None:
    with translation.override("ru"):
        assert sentence(Kind.CROWD, {"persons": persons}) == text
