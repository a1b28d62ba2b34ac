"""What the pages are told of cameras, and when: after the commit, never before."""

from __future__ import annotations

import logging
from functools import partial
from typing import Literal, TypedDict

import redis
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction

logger = logging.getLogger(__name__)

CAMERAS_GROUP = "cameras"


class CameraStateChanged(TypedDict):
    type: Literal["camera.state_changed"]
    camera_id: int
    stream_id: int
    role: str  # Stream.Role
    state: str  # StreamStatus.State
    changed_us: int  # Unix time, microseconds


def publish_on_commit(event: CameraStateChanged) -> None:
    transaction.on_commit(partial(_publish, event))


def _publish(event: CameraStateChanged) -> None:
    layer = get_channel_layer()
    assert layer is not None  # noqa: S101 -- settings name one
    try:
        async_to_sync(layer.group_send)(CAMERAS_GROUP, {**event})
    except (redis.RedisError, OSError) as error:
        # A page that misses it reads the state when it connects again.
        logger.warning("no event, Redis does not answer: %s", error)
