from collections.abc import AsyncIterator

import pytest
from tests.intake.counter import Counter

from infra.db import Database


@pytest.fixture
async def counter(database_url: str) -> AsyncIterator[Counter]:
    async with Database.connect(database_url, pool_size=4) as database:
        yield await Counter(database).open()
