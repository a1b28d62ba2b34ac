"""What follows from what happens elsewhere."""

from __future__ import annotations

import logging

import redis
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.contrib.auth.signals import user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest

from cameras.live.sessions import session_group

logger = logging.getLogger(__name__)


@receiver(user_logged_out)
def close_live_sockets(sender: object, request: HttpRequest, **kwargs: object) -> None:
    """Logging out ends the live pictures of that session at once."""
    key = request.session.session_key
    layer = get_channel_layer()
    if not key or layer is None:
        return
    try:
        async_to_sync(layer.group_send)(session_group(key), {"type": "session.ended"})
    except (redis.RedisError, OSError):
        # The sockets notice within 30 s by themselves; logging out must not fail.
        logger.exception("live: could not tell that a session ended")
