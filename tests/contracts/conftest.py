from collections.abc import AsyncIterator, Iterator

import pytest
import redis
from tests.contracts.worlds import House, a_house


@pytest.fixture(scope="module")
def modules_stores(databases, stores) -> Iterator[tuple[str, str]]:
    """A migrated database and an empty key space for all tests of a module."""
    with redis.Redis.from_url(stores.redis_url) as client:
        client.flushdb()
    url = databases.take()
    yield url, stores.redis_url
    databases.give_back(url)


@pytest.fixture(scope="module")
async def house(modules_stores) -> AsyncIterator[House]:
    """Two worlds that a module's tests share: they leave them as they are."""
    async with a_house(*modules_stores) as house:
        yield house


@pytest.fixture
async def fresh_house(database_url, redis_url) -> AsyncIterator[House]:
    """Two worlds to be changed."""
    async with a_house(database_url, redis_url) as house:
        yield house
