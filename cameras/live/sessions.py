"""Who sits behind a live socket, asked anew each time: a session may end while it is open."""

from __future__ import annotations

import hashlib
from importlib import import_module

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest

from cameras.access import Act, can
from cameras.live.selection import visible_camera_ids


def current_user(session_key: str) -> AbstractBaseUser | None:
    """The session's user if he may watch all cameras, else None."""
    user = _user_of(session_key)
    return user if user is not None and can(user, Act.WATCH) else None


def _user_of(session_key: str) -> AbstractBaseUser | None:
    engine = import_module(settings.SESSION_ENGINE)
    request = HttpRequest()
    request.session = engine.SessionStore(session_key or None)
    user = get_user(request)
    return user if isinstance(user, AbstractBaseUser) else None


def rights_of(session_key: str) -> tuple[AbstractBaseUser | None, set[int]]:
    """The session's user, and the cameras he may watch."""
    user = current_user(session_key)
    return user, visible_camera_ids(user) if user else set()


def live_rights_of(session_key: str) -> tuple[AbstractBaseUser | None, set[int]]:
    """The same for live pictures alone: also whom only some cameras were opened to."""
    user = _user_of(session_key)
    visible = visible_camera_ids(user) if user else set()
    may_watch = user is not None and (bool(visible) or can(user, Act.WATCH))
    return (user, visible) if may_watch else (None, set())


def session_group(session_key: str) -> str:
    """The group of all sockets of a session; the key itself stays out of Redis."""
    return "session." + hashlib.sha256(session_key.encode()).hexdigest()[:32]
