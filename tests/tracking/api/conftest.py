from collections.abc import AsyncIterator

import pytest
from tests.tracking.api.house import House, a_house


@pytest.fixture
async def house(database_url: str, redis_url: str) -> AsyncIterator[House]:
    async with a_house(database_url, redis_url) as house:
        yield house
