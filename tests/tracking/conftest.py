from collections.abc import AsyncIterator

import pytest
from tests.tracking.evening import Evening

from infra.db import Database


@pytest.fixture
async def evening(database_url: str) -> AsyncIterator[Evening]:
    async with Database.connect(database_url, pool_size=4) as database:
        yield await Evening(database).begin()
