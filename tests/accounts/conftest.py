from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from infra.db import Database


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    async with Database.connect(database_url, pool_size=8) as database:
        yield database


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    async with Redis.from_url(redis_url) as redis:
        yield redis
