from collections.abc import AsyncIterator

import pytest

from infra.clock import DomainClock
from infra.db import Database


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """This test's own database, through a pool as every process has one."""
    async with Database.connect(database_url, pool_size=20) as database:
        yield database


@pytest.fixture
def clock(database: Database) -> DomainClock:
    """The clock of a real installation, unless the test makes it a simulated one."""
    return DomainClock(database.read)
