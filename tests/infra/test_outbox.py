import asyncio

import asyncpg
import msgspec
import pytest
from tests.infra.facts import NOON, Noted, NotedAtStore, by_system, fetch, note

from infra import outbox
from kernel.events import Cause


async def test_a_fact_is_written_with_who_why_and_both_times(database):
    await note(database, "sto_a", Noted(note="first"))

    row = (await fetch(database, "SELECT seq, type, actor_role, cause, occurred_at, recorded_at, payload FROM events"))[
        0
    ]
    assert row[:6] == (1, "test.noted", "system", Cause.RULE, NOON, NOON)
    assert msgspec.json.decode(row[6]) == {"type": "test.noted", "note": "first"}


async def test_facts_of_one_step_are_numbered_in_the_order_given(database):
    await note(database, "sto_a", Noted(note="a"), Noted(note="b"), Noted(note="c"))
    await note(database, "sto_a", Noted(note="d"))

    rows = await fetch(database, "SELECT seq, payload->>'note' FROM events ORDER BY position")
    assert rows == [(1, "a"), (2, "b"), (3, "c"), (4, "d")]


async def test_a_step_that_fails_leaves_neither_fact_nor_gap(database):
    await note(database, "sto_a")
    with pytest.raises(asyncpg.DivisionByZeroError):
        await _note_and_fail(database)
    await note(database, "sto_a")

    assert await fetch(database, "SELECT seq FROM events ORDER BY seq") == [(1,), (2,)]


async def test_fifty_writers_of_one_stream_leave_no_gap(database):
    await asyncio.gather(*(note(database, "sto_a") for _ in range(50)))

    assert await fetch(database, "SELECT seq FROM events ORDER BY position") == [(n,) for n in range(1, 51)]


async def test_a_number_is_never_given_twice(database):
    async with database.begin() as tx:
        await outbox.append(tx, "ord_a", (Noted(),), after_seq=0, act=by_system())

    with pytest.raises(asyncpg.UniqueViolationError):
        async with database.begin() as tx:
            await outbox.append(tx, "ord_a", (Noted(),), after_seq=0, act=by_system())


async def test_a_fact_names_the_feeds_it_is_addressed_to(database):
    await note(database, "ord_a", NotedAtStore(store_id="sto_a"), NotedAtStore(store_id=""))

    assert await fetch(database, "SELECT feeds FROM events ORDER BY seq") == [(["sto_a"],), ([],)]


def test_a_stream_keeps_its_shard_for_ever():
    """Because facts already written carry it."""
    assert [outbox.shard_of(name) for name in ("ord_A", "sto_B", "rdr_C")] == [55, 51, 41]


def test_streams_spread_over_all_shards():
    assert {outbox.shard_of(f"ord_{n}") for n in range(2000)} == set(range(outbox.SHARDS))


async def test_a_fact_reads_back_as_it_was_written(database):
    await note(database, "ord_a", NotedAtStore(store_id="sto_a", note="ñandú 🛵"))

    async with database.read() as tx:
        recorded = outbox.Recorded.from_row(await tx.fetchrow("SELECT * FROM events"))
    assert msgspec.json.decode(recorded.payload, type=NotedAtStore).note == "ñandú 🛵"
    assert (recorded.stream_id, recorded.seq, recorded.feeds) == ("ord_a", 1, ["sto_a"])


async def _note_and_fail(database):
    async with database.begin() as tx:
        await outbox.publish(tx, "sto_a", Noted(), act=by_system())
        await tx.execute("SELECT 1 / 0")
