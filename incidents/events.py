"""What open desks are told, and when: after the commit, never before.

The message is a hint that there is something to read; what there is stands in the database. One
that is lost costs a few seconds, never an alarm.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import Literal, TypedDict

import redis
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction

logger = logging.getLogger(__name__)

ALARMS_GROUP = "alarms"


class AlarmsChanged(TypedDict):
    type: Literal["alarms.changed"]
    revision: int


def publish_on_commit(revision: int) -> None:
    event: AlarmsChanged = {"type": "alarms.changed", "revision": revision}
    transaction.on_commit(partial(_publish, event))


def _publish(event: AlarmsChanged) -> None:
    layer = get_channel_layer()
    assert layer is not None  # noqa: S101 -- settings name one
    try:
        async_to_sync(layer.group_send)(ALARMS_GROUP, {**event})
    except (redis.RedisError, OSError) as error:
        # The sockets look by themselves every few seconds.
        logger.warning("no event, Redis does not answer: %s", error)
