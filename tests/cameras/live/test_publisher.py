from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import redis

from cameras.engine.tap import LiveTap
from cameras.live import LivePublisher
from cameras.live.entries import (
    WATCH_CHANNEL,
    LiveEntry,
    analysis_key,
    stream_key,
    watch_key,
)
from cameras.live.reader import LiveReader
from tests.archive.feed import encode
from tests.cameras.live_camera import LiveCamera
from tests.services import RedisServer, wait_until

pytestmark = pytest.mark.media

STREAM = 7


@pytest.fixture
def client(redis_server: RedisServer) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_server.url) as client:
        yield client


@pytest.fixture
async def reader(redis_server: RedisServer) -> AsyncIterator[LiveReader]:
    reader = LiveReader(redis_server.url)
    yield reader
    await reader.close()


async def read_until(reader: LiveReader, count: int, *, timeout: float = 5.0) -> list[LiveEntry]:
    """Read the one joined stream until so many entries came."""
    entries: list[LiveEntry] = []
    deadline = time.monotonic() + timeout
    while len(entries) < count:
        assert time.monotonic() < deadline, f"only {len(entries)} entries"
        for _, batch in await reader.read(block_ms=200):
            entries += batch
    return entries


def sequences_of(entries: list[LiveEntry]) -> list[int]:
    return [entry.fragment.sequence for entry in entries]


def watch(client: redis.Redis, stream_id: int = STREAM, *, seconds: int = 10) -> None:
    client.set(watch_key(stream_id), 1, ex=seconds)
    client.publish(WATCH_CHANNEL, stream_id)


def test_nothing_stands_in_redis_while_nobody_watches(
    redis_server: RedisServer, client: redis.Redis
) -> None:
    with LiveCamera(redis_server.url, STREAM):
        time.sleep(0.3)

        assert client.keys("live:*") == []


async def test_first_watcher_gets_the_current_gop_at_once(
    redis_server: RedisServer, reader: LiveReader
) -> None:
    with LiveCamera(redis_server.url, STREAM):
        time.sleep(0.6)
        began = time.monotonic()
        await reader.announce([STREAM], is_new=True)
        gop = await reader.join(STREAM)
        entries = gop or await read_until(reader, 1)
        waited = time.monotonic() - began

    assert entries[0].fragment.is_keyframe
    # A keyframe comes each second: it was not waited for.
    assert waited < 0.3
    assert sequences_of(entries) == list(
        range(entries[0].fragment.sequence, entries[-1].fragment.sequence + 1)
    )


async def test_second_watcher_joins_at_the_newest_keyframe(
    redis_server: RedisServer, client: redis.Redis, reader: LiveReader
) -> None:
    with LiveCamera(redis_server.url, STREAM):
        watch(client)
        wait_until(lambda: client.xlen(stream_key(STREAM)) > 35, "more than one GOP stands there")
        gop = await reader.join(STREAM)
        following = await read_until(reader, 10)

    assert [entry.fragment.is_keyframe for entry in gop] == [True] + [False] * (len(gop) - 1)
    numbers = sequences_of(gop + following)
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


async def test_redis_holds_no_more_than_two_gops(
    redis_server: RedisServer, client: redis.Redis
) -> None:
    lengths = []
    with LiveCamera(redis_server.url, STREAM, clip=encode(50, gop=5)):
        watch(client)
        for _ in range(30):
            time.sleep(0.05)
            lengths.append(client.xlen(stream_key(STREAM)))

    assert 5 <= max(lengths) <= 10


def test_publishing_ends_when_the_watch_runs_out(
    redis_server: RedisServer, client: redis.Redis
) -> None:
    with LiveCamera(redis_server.url, STREAM):
        watch(client, seconds=1)
        wait_until(lambda: client.exists(stream_key(STREAM)) == 1, "published")

        wait_until(lambda: client.exists(stream_key(STREAM)) == 0, "forgotten", timeout=5)


def test_watch_key_alone_is_enough(redis_server: RedisServer, client: redis.Redis) -> None:
    # A recorder that starts while somebody watches has missed the message.
    client.set(watch_key(STREAM), 1, ex=10)

    with LiveCamera(redis_server.url, STREAM):
        wait_until(lambda: client.exists(stream_key(STREAM)) == 1, "published", timeout=2)


async def test_publishing_goes_on_after_redis_was_away(redis_server: RedisServer) -> None:
    with LiveCamera(redis_server.url, STREAM) as camera:
        with redis.Redis.from_url(redis_server.url) as client:
            watch(client)
            wait_until(lambda: client.exists(stream_key(STREAM)) == 1, "published")
        redis_server.stop()
        time.sleep(0.5)
        redis_server.start()
        with redis.Redis.from_url(redis_server.url) as client:
            client.flushall()
            client.set(watch_key(STREAM), 1, ex=10)
            wait_until(lambda: client.exists(stream_key(STREAM)) == 1, "published", timeout=6)

        assert camera.publisher.dropped_count > 0


def test_recorder_is_never_held_up_by_redis(redis_server: RedisServer) -> None:
    publisher = LivePublisher("redis://192.0.2.1:6379")  # TEST-NET-1: nobody answers
    publisher.start()
    tap = publisher.tap(STREAM)
    clip = encode(50)
    tap.started(clip.stream_format)

    began = time.monotonic()
    for packet in clip.packets:
        tap.packet(packet)

    assert time.monotonic() - began < 0.05
    publisher.stop()


def test_full_queue_is_counted_and_recovers_at_a_keyframe(
    redis_server: RedisServer, client: redis.Redis
) -> None:
    clip = encode(50, gop=10)
    publisher = LivePublisher(redis_server.url, max_queue_bytes=clip.packets[0].size + 200)
    publisher.start()
    tap = publisher.tap(STREAM)
    assert isinstance(tap, LiveTap)
    wait_until(lambda: publisher.is_connected, "connected")
    watch(client)
    wait_until(lambda: tap.is_watched, "watched")

    tap.started(clip.stream_format)
    for packet in clip.packets:
        tap.packet(packet)
    wait_until(lambda: client.exists(stream_key(STREAM)) == 1, "published")
    publisher.stop()

    assert publisher.dropped_count > 0
    entries: Any = client.xrange(stream_key(STREAM))
    assert b"i" in entries[0][1]


def test_analysis_is_published_for_without_hurrying_the_recorder(
    redis_server: RedisServer, client: redis.Redis
) -> None:
    told: list[bool] = []
    publisher = LivePublisher(redis_server.url, on_watched=told.append)
    publisher.start()
    tap = publisher.tap(STREAM)
    assert isinstance(tap, LiveTap)
    wait_until(lambda: publisher.is_connected, "connected")

    client.set(analysis_key(STREAM), 1, ex=30)
    wait_until(lambda: tap.is_watched, "published for analysis", timeout=6)
    told_of_analysis = list(told)
    watch(client, seconds=1)
    wait_until(lambda: told == [True], "a person watches")
    wait_until(lambda: told == [True, False], "the person has left", timeout=8)
    still = tap.is_watched
    client.delete(analysis_key(STREAM))
    wait_until(lambda: not tap.is_watched, "nobody reads", timeout=6)
    publisher.stop()

    assert told_of_analysis == []
    assert still


async def test_reader_that_lost_its_place_begins_anew(
    redis_server: RedisServer, client: redis.Redis, reader: LiveReader
) -> None:
    with LiveCamera(redis_server.url, STREAM):
        watch(client)
        wait_until(lambda: client.xlen(stream_key(STREAM)) > 2, "published")
        await reader.join(STREAM)

        reader.leave_all()

        assert reader.stream_ids == set()
        gop = await reader.join(STREAM)

    assert gop[0].fragment.is_keyframe
