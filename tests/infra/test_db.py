import asyncio

import asyncpg
import pytest

from infra.db import AWAY, Database


@pytest.mark.parametrize("way", ["begin", "read"])
@pytest.mark.parametrize("error", [asyncpg.InternalClientError, asyncpg.InterfaceError, asyncpg.QueryCanceledError])
async def test_a_loop_that_waits_for_its_database_ends_when_it_is_cancelled(database, way, error):
    """What asyncpg does when a cancelled statement is still under way as its transaction is rolled back."""

    async def run() -> None:
        try:
            async with getattr(database, way)():
                try:
                    await asyncio.Event().wait()
                except asyncio.CancelledError:
                    raise error("another operation is in progress") from None
        except AWAY:
            await asyncio.Event().wait()

    running = asyncio.create_task(run())
    await asyncio.sleep(0.05)
    running.cancel()
    await asyncio.wait([running], timeout=2)

    assert running.cancelled()


async def test_a_time_limit_is_told_as_one(database):
    async def run() -> None:
        async with database.read():
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                raise asyncpg.InterfaceError("another operation is in progress") from None

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await run()


async def test_what_else_goes_wrong_is_told_as_it_is(database: Database):
    with pytest.raises(asyncpg.InterfaceError):
        async with database.begin():
            raise asyncpg.InterfaceError("pool is closing")
