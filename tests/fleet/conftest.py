from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis
from tests.fleet.town import Town

from infra.db import Database
from infra.redis import connect


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    """A client on an empty key space."""
    async with connect(redis_url) as client:
        yield client


@pytest.fixture
async def town(database_url: str) -> AsyncIterator[Town]:
    """A town of this test's own."""
    async with Database.connect(database_url, pool_size=6) as database:
        yield await Town(database).found()
