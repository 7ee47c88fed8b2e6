import asyncio

import asyncpg
import pytest

from infra import db as db_module
from infra.db import AWAY, Database
from infra.live.source import STORE_AWAY

LOCK = "SELECT pg_advisory_xact_lock(1)"


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


@pytest.mark.parametrize("goes_on", ["to another statement", "to its end", "to a refusal"])
async def test_who_stands_still_in_a_transaction_gives_up_its_locks_and_its_steps(database, monkeypatch, goes_on):
    async with database.begin() as tx:
        await tx.execute("CREATE TABLE steps (name text)")
    monkeypatch.setattr(db_module, "PAUSES_AT_MOST_MS", 200)
    holds = asyncio.Event()

    async def stand_still() -> None:
        async with database.begin() as tx:
            await tx.execute(LOCK)
            await tx.execute("INSERT INTO steps VALUES ('theirs')")
            holds.set()
            await asyncio.sleep(2)
            if goes_on == "to another statement":
                await tx.execute("INSERT INTO steps VALUES ('theirs too')")
            if goes_on == "to a refusal":
                raise LookupError

    standing = asyncio.create_task(stand_still())
    await holds.wait()
    async with asyncio.timeout(1.7), database.begin() as tx:
        await tx.execute(LOCK)
        await tx.execute("INSERT INTO steps VALUES ('ours')")

    with pytest.raises(STORE_AWAY):
        await standing
    async with database.read() as tx:
        assert [row["name"] for row in await tx.fetch("SELECT name FROM steps")] == ["ours"]


async def test_a_transaction_may_take_longer_than_it_may_pause(database, monkeypatch):
    monkeypatch.setattr(db_module, "PAUSES_AT_MOST_MS", 200)

    async with database.begin() as tx:
        numbers = {await tx.fetchval("SELECT pg_current_xact_id()::text FROM pg_sleep(0.3)") for _ in range(3)}

    assert len(numbers) == 1


async def test_a_transaction_that_is_cancelled_at_any_moment_leaves_nothing_open(database):
    complaints = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context["message"]))

    async def write() -> None:
        async with database.begin() as tx:
            await tx.execute("SELECT pg_sleep(0.002)")

    for number in range(100):
        writing = asyncio.create_task(write())
        await asyncio.sleep(number * 0.0001)
        writing.cancel()
        await asyncio.wait([writing])
        assert writing.cancelled() or writing.exception() is None
    asyncio.get_running_loop().set_exception_handler(None)

    async with database.read() as tx:
        left_open = await tx.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'"
        )
    assert (left_open, complaints) == (0, [])
