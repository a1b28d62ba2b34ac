from __future__ import annotations

import pytest

from analytics.engine.detector import Sighting
from analytics.engine.episodes import Episode, EpisodeParameters, Episodes
from analytics.engine.kinds import Kind

pytestmark = pytest.mark.unit


def sighting(at: float, *, key: str = "", score: float = 1.0) -> Sighting:
    return Sighting(Kind.LOITERING, at=at, since=at - 3, key=key, score=score)


def take(episodes: Episodes, *sightings: Sighting) -> list[Episode]:
    return list(episodes.take(sightings[0].at, sightings))


def test_sightings_of_one_event_are_one_episode() -> None:
    episodes = Episodes()

    first = take(episodes, sighting(10))
    again = take(episodes, sighting(11, score=2.0))

    assert first == again
    episode = next(iter(episodes.take(12, [sighting(12)])))
    assert (episode.began_at, episode.raised_at, episode.sightings) == (7, 10, 3)
    assert episode.best.at == 11


def test_two_keys_are_two_episodes() -> None:
    episodes = Episodes()

    both = take(episodes, sighting(10, key="left bag"), sighting(10, key="other bag"))

    assert len({id(episode) for episode in both}) == 2


def test_episode_ends_when_it_has_been_quiet() -> None:
    episodes = Episodes(EpisodeParameters(quiet_s=5, cool_down_s=60))
    take(episodes, sighting(10))

    assert list(episodes.take(15, [])) == []
    ended = list(episodes.take(15.1, []))

    assert [episode.is_over for episode in ended] == [True]
    assert list(episodes.take(16, [])) == []


def test_event_seen_again_in_the_cool_down_is_the_same_episode() -> None:
    episodes = Episodes(EpisodeParameters(quiet_s=5, cool_down_s=60))
    first = take(episodes, sighting(10))
    list(episodes.take(20, []))

    again = take(episodes, sighting(70))

    assert first == again
    assert again[0].sightings == 2


def test_event_seen_after_the_cool_down_is_a_new_episode() -> None:
    episodes = Episodes(EpisodeParameters(quiet_s=5, cool_down_s=60))
    first = take(episodes, sighting(10))
    list(episodes.take(75.1, []))

    again = take(episodes, sighting(76))

    assert first != again
    assert again[0].sightings == 1


def test_close_ends_what_is_open_once() -> None:
    episodes = Episodes()
    take(episodes, sighting(10))

    assert [episode.is_over for episode in episodes.close()] == [True]
    assert list(episodes.close()) == []


def test_rule_that_rests_begins_nothing_new_but_goes_on() -> None:
    episodes = Episodes(EpisodeParameters(rest_s=100))

    take(episodes, sighting(10, key="a"))
    other = take(episodes, sighting(12, key="b"))
    goes_on = take(episodes, sighting(13, key="a"))
    later = take(episodes, sighting(111, key="b"))

    assert "b" not in [episode.first.key for episode in other]
    assert goes_on[0].sightings == 2
    assert later[0].first.key == "b"
