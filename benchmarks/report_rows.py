"""A made-up year of a town for bench_reports.py; import it after Django's setup."""

from __future__ import annotations

import random
import uuid
from datetime import UTC, datetime, timedelta

from django.contrib.auth.models import Group, User

from analytics.models import Detection, WatchRule
from cameras.models import Camera, Location
from incidents.models import Category, Incident, Norm

PLACES = (
    "Площадь Ленина",
    "Набережная водохранилища",
    "Площадка «Солнышко»",
    "Курган Славы",
    "Парк Комсомольский, 3-й микрорайон",
    "Стадион",
    "Школа № 2",
    "Рынок",
    "Автостанция",
    "Двор 4-го микрорайона, дом 12",
    "Лодочная станция",
    "Сквер ветеранов",
)
CATEGORIES = (
    ("vandalism", "Порча имущества", 2, 30),
    ("graffiti", "Надписи и рисунки", 3, 12),
    ("drinking", "Распитие спиртного", 3, 22),
    ("fight", "Драка, побои", 1, 9),
    ("noise", "Шум ночью", 4, 14),
    ("litter", "Мусор", 4, 8),
    ("fire", "Огонь, дым", 1, 3),
    ("person_down", "Человек лежит", 1, 5),
    ("abandoned", "Оставленная вещь", 1, 4),
)
KINDS = ("loitering", "fight", "fire", "abandoned", "crowd", "asset")
CHANCES = {"loitering": 0.82, "fight": 0.22, "fire": 0.9, "abandoned": 0.45, "crowd": 0.7}
OUTCOMES = ("PROTOCOL", "PROTOCOL", "TALK", "NOT_CONFIRMED", "REFUSED", "DETAINED", "PASSED_ON")
LAST = datetime(2026, 7, 31, 20, 0, tzinfo=UTC)


def fill(*, incidents: int, last: datetime = LAST, days: int = 364) -> None:
    """Make the town and its year, the same ones at each call."""
    chance = random.Random(7)  # noqa: S311 -- no secret
    for name in ("senior", "staff"):
        user = User.objects.get_or_create(username=name)[0]
        user.is_staff = name == "staff"
        user.save()
        user.groups.add(Group.objects.get_or_create(name=name)[0])
    places = [Location.objects.create(name=n, position=i) for i, n in enumerate(PLACES)]
    categories = [
        Category.objects.update_or_create(code=code, defaults={"name": name, "priority": p})[0]
        for code, name, p, _ in CATEGORIES
    ]
    for interval, seconds in (("REVIEW", 30), ("CONFIRM", 75), ("HAND_OVER", 75), ("ACCEPT", 30)):
        Norm.objects.update_or_create(interval=interval, defaults={"seconds": seconds})
    weights = [weight for *_, weight in CATEGORIES]
    Incident.objects.bulk_create(
        _card(number, chance, places, chance.choices(categories, weights)[0], last, days)
        for number in range(1, incidents + 1)
    )
    _detections(chance, places, last, count=incidents * 2)


def _moment(chance: random.Random, last: datetime, days: int) -> datetime:
    """Return a moment of the year: most happens in the evening, and at week-ends."""
    while True:
        at = last - timedelta(minutes=chance.randrange(days * 1440))
        hour = (at.hour + 3) % 24
        busy = 1.0 if hour >= 18 or hour < 2 else 0.45 if hour >= 12 else 0.12
        if chance.random() < busy * (1.0 if at.weekday() >= 4 else 0.6):
            return at


def _card(
    number: int,
    chance: random.Random,
    places: list[Location],
    category: Category,
    last: datetime,
    days: int,
) -> Incident:
    at = _moment(chance, last, days)
    card = Incident(
        year=at.year,
        number=900_000 + number,
        source=chance.choice(["DETECTOR", "DETECTOR", "DETECTOR", "DISPATCHER", "CITIZEN"]),
        place=chance.choices(places, range(len(places), 0, -1))[0],
        category=category,
        priority=category.priority,
        summary="Двое ломают скамью",
        occurred_at=at,
        detected_at=at,
        registered_at=at,
        is_drill=number % 97 == 0,
    )
    _move_on(card, chance, at)
    return card


def _move_on(card: Incident, chance: random.Random, at: datetime) -> None:
    """Give the card its moments, as far as it came."""
    card.reviewed_at = at + timedelta(seconds=chance.lognormvariate(2.8, 0.7))
    if chance.random() < 0.18:
        card.status, card.false_reason = "FALSE_ALARM", "тень"
        return
    card.confirmed_at = card.reviewed_at + timedelta(seconds=chance.lognormvariate(3.5, 0.6))
    card.handed_over_at = card.confirmed_at + timedelta(seconds=chance.lognormvariate(3.9, 0.6))
    card.status = "HANDED_OVER"
    if chance.random() < 0.85:
        card.accepted_at = card.handed_over_at + timedelta(seconds=chance.lognormvariate(3, 0.7))
        card.arrived_at = card.accepted_at + timedelta(seconds=chance.lognormvariate(6, 0.5))
        card.status, card.disposition = "CLOSED", chance.choice(OUTCOMES)


def _detections(
    chance: random.Random, places: list[Location], last: datetime, *, count: int
) -> None:
    cameras = Camera.objects.bulk_create(
        Camera(location=place, number=number, name=f"вид {number}")
        for number, place in enumerate(places * 2, 1)
    )
    WatchRule.objects.bulk_create(
        WatchRule(camera=camera, kind=kind, grade="ALARM") for camera in cameras for kind in KINDS
    )
    Detection.objects.bulk_create(_detection(chance, cameras, last) for _ in range(count))


def _detection(chance: random.Random, cameras: list[Camera], last: datetime) -> Detection:
    at, kind = _moment(chance, last, 364), chance.choice(KINDS)
    is_real = chance.random() < CHANCES.get(kind, 0.6)
    return Detection(
        camera=chance.choice(cameras),
        kind=kind,
        grade="ALARM",
        identity=uuid.uuid4().hex,
        detector_version=1,
        began_at=at,
        raised_at=at,
        verdict="" if chance.random() < 0.1 else "REAL" if is_real else "FALSE",
    )
