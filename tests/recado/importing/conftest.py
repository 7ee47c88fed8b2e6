from collections.abc import AsyncIterator

import pytest
from tests.recado.importing.office import Office

from infra.db import Database


@pytest.fixture
async def office(database_url: str) -> AsyncIterator[Office]:
    """Where a cooperative's file lies, beside a database without a city."""
    async with Database.connect(database_url, pool_size=3) as database:
        yield Office(database)
