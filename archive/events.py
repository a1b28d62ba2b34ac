"""What the pages are told of exports and volumes, and when: after the commit, never before.

An event is a hint without content worth hiding; the page reads the rest through the API.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import Any, Literal, TypedDict

import redis
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction

from archive.models import Export, Volume

logger = logging.getLogger(__name__)

VOLUMES_GROUP = "volumes"


class ExportProgressed(TypedDict):
    type: Literal["export.progressed"]
    export_id: str  # Export.public_id
    camera_id: int
    state: str  # Export.State
    done_bytes: int
    total_bytes: int


class VolumeStateChanged(TypedDict):
    type: Literal["volume.state_changed"]
    volume_id: int
    is_full: bool
    problem: str


def exports_group(user_id: int) -> str:
    """The group of the person who asked for the export."""
    return f"exports-{user_id}"


def publish_export(export: Export) -> None:
    event: ExportProgressed = {
        "type": "export.progressed",
        "export_id": str(export.public_id),
        "camera_id": export.camera_id,
        "state": export.state,
        "done_bytes": export.done_bytes,
        "total_bytes": export.total_bytes,
    }
    _publish_on_commit(exports_group(export.requested_by_id), {**event})


def publish_volume(volume: Volume) -> None:
    event: VolumeStateChanged = {
        "type": "volume.state_changed",
        "volume_id": volume.pk,
        "is_full": volume.is_full,
        "problem": volume.problem,
    }
    _publish_on_commit(VOLUMES_GROUP, {**event})


def _publish_on_commit(group: str, event: dict[str, Any]) -> None:
    transaction.on_commit(partial(_publish, group, event))


def _publish(group: str, event: dict[str, Any]) -> None:
    layer = get_channel_layer()
    assert layer is not None  # noqa: S101 -- settings name one
    try:
        async_to_sync(layer.group_send)(group, event)
    except (redis.RedisError, OSError) as error:
        # A page that misses it sees the state at its next look.
        logger.warning("no event, Redis does not answer: %s", error)
