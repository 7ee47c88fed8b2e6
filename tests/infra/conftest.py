from collections.abc import AsyncIterator

import pytest
from tests.infra.relaying import Watching

from infra.clock import DomainClock
from infra.db import Database
from infra.relay import Relay
from infra.timekeeper import Timekeeper


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """This test's own database, through a pool as every process has one."""
    async with Database.connect(database_url, pool_size=20) as database:
        yield database


@pytest.fixture
def clock(database: Database) -> DomainClock:
    """The clock of a real installation, unless the test makes it a simulated one."""
    return DomainClock(database.read)


@pytest.fixture
def keeper_of(database, clock):
    def build(in_transaction=None, outside=None, clock=clock, **pace):
        return Timekeeper(
            database,
            clock,
            in_transaction={"test.due": in_transaction} if in_transaction else {},
            outside={"test.outside": outside} if outside else {},
            **pace,
        )

    return build


@pytest.fixture
def relay_of(database, database_url, clock):
    def build(*consumers, announcer=None):
        return Relay(database, database_url, clock, consumers=consumers, announcer=announcer or Watching())

    return build
