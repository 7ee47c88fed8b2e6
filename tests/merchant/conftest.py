from collections.abc import AsyncIterator

import pytest
from tests.merchant.kitchen import Kitchen

from infra.db import Database


@pytest.fixture
async def kitchen(database_url: str) -> AsyncIterator[Kitchen]:
    """A store of this test's own, with pizza and soda on its menu."""
    async with Database.connect(database_url, pool_size=6) as database:
        yield await Kitchen(database).open()
