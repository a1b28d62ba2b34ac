"""What several modules about the archive need."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.db import connections
from django.test import AsyncClient

from tests.cast import client_for


@pytest.fixture
async def browser(dispatcher: User) -> AsyncIterator[AsyncClient]:
    """A dispatcher's client that asks as the ASGI server does."""
    browser = AsyncClient()
    browser.cookies = (await sync_to_async(client_for)(dispatcher)).cookies
    yield browser
    # The views ran in a thread of their own, whose connection would keep PostgreSQL busy.
    await sync_to_async(connections.close_all)()
