"""The demo town: three places, ten cameras, all modelled and drawn by this package."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cameras.demo.places import embankment, playground, square, stories
from cameras.demo.scene.lighting import Atmosphere, Mood
from cameras.demo.scene.projection import PinholeCamera
from cameras.demo.scene.stage import World
from cameras.demo.story import Story


@dataclass(frozen=True)
class DemoCamera:
    """`optics` gives the position and the bearing for the plan, in meters and degrees."""

    number: int
    name_ru: str
    name_en: str
    optics: PinholeCamera

    @property
    def code(self) -> str:
        return f"k{self.number:02d}"

    @property
    def label(self) -> str:
        return f"К{self.number:02d}"

    @property
    def plan_position(self) -> tuple[float, float]:
        """Meters east and north of the middle of the place."""
        return self.optics.position[:2]

    @property
    def bearing_deg(self) -> float:
        return self.optics.bearing_deg


@dataclass(frozen=True)
class DemoLocation:
    """`icon` is one of "playground", "water" and "stele"."""

    key: str
    name_ru: str
    name_en: str
    address_ru: str
    address_en: str
    icon: str
    mood: Mood
    cameras: tuple[DemoCamera, ...]
    world: Callable[[Mood], World]
    atmospheres: dict[Mood, Atmosphere]
    story: Callable[[], Story]


PLAYGROUND = DemoLocation(
    key="playground",
    name_ru="Солнышко",
    name_en="Solnyshko",
    address_ru="детская площадка, 3-й микрорайон, д. 12",
    address_en="playground, 3rd microdistrict, 12",
    icon="playground",
    mood=Mood.DUSK,
    cameras=(
        DemoCamera(
            1, "качели с юга", "swings from the south",
            PinholeCamera((-8.8, -7.2, 4.3), (-5.0, 4.6, 0.9), 76),
        ),
        DemoCamera(
            2, "горка с востока", "slide from the east",
            PinholeCamera((13.4, -3.6, 4.4), (3.2, 4.4, 0.9), 78),
        ),
        DemoCamera(
            3, "вход со двора", "entrance from the yard",
            PinholeCamera((-0.6, -14.9, 4.1), (6.2, -8.4, 0.7), 74),
        ),
        DemoCamera(
            4, "дорожка к школе", "path to the school",
            PinholeCamera((-12.6, -8.0, 4.2), (-24, -11.6, 1.0), 76),
        ),
    ),
    world=playground.world,
    atmospheres=playground.ATMOSPHERES,
    story=stories.playground_story,
)  # fmt: skip

EMBANKMENT = DemoLocation(
    key="embankment",
    name_ru="Набережная",
    name_en="Embankment",
    address_ru="набережная водохранилища, от причала до аллеи",
    address_en="reservoir embankment, from the pier to the alley",
    icon="water",
    mood=Mood.DUSK,
    cameras=(
        DemoCamera(
            5, "к причалу", "towards the pier",
            PinholeCamera((-14, -2.2, 4.4), (4, 5.2, 0.6), 76),
        ),
        DemoCamera(6, "аллея", "alley", PinholeCamera((21, -1.6, 4.5), (4, 1.6, 0.8), 74)),
        DemoCamera(
            7, "смотровая", "view deck", PinholeCamera((26, -3.4, 4.7), (31.5, 9, 0.2), 80)
        ),
    ),
    world=embankment.world,
    atmospheres=embankment.ATMOSPHERES,
    story=stories.embankment_story,
)  # fmt: skip

SQUARE = DemoLocation(
    key="square",
    name_ru="Курган Славы",
    name_en="Mound of Glory",
    address_ru="мемориальная площадь, 2-й микрорайон",
    address_en="memorial square, 2nd microdistrict",
    icon="stele",
    mood=Mood.DAY,
    cameras=(
        DemoCamera(8, "мемориал", "memorial", PinholeCamera((-7.6, -2.2, 4.6), (1, 15.4, 4), 80)),
        DemoCamera(
            9, "площадь с юга", "square from the south",
            PinholeCamera((2.6, -24.5, 4.8), (-0.6, -4, 1.6), 74),
        ),
        DemoCamera(
            10, "стоянка", "car park", PinholeCamera((14.2, -18.6, 4.7), (27, -10.2, 0.8), 76)
        ),
    ),
    world=square.world,
    atmospheres=square.ATMOSPHERES,
    story=stories.square_story,
)  # fmt: skip

TOWN: tuple[DemoLocation, ...] = (PLAYGROUND, EMBANKMENT, SQUARE)
