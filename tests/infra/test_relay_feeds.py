"""How the facts of many orders are numbered in a store's feed."""

import asyncio
import random

from tests.infra.facts import (
    NotedAtStore,
    all_sent,
    execute,
    fetch,
    going,
    note,
    until,
)
from tests.infra.relaying import Watching


async def test_a_stores_feed_is_numbered_without_a_gap_by_relays_at_the_same_time(database, relay_of):
    watching, other = Watching(), Watching()

    async def write(order):
        for n in range(10):
            await note(database, f"ord_{order}", NotedAtStore(store_id=f"sto_{n % 2}"))

    async with going(relay_of(announcer=watching).run(), relay_of(announcer=other).run()):
        await asyncio.gather(*(write(order) for order in range(20)))
        await until(lambda: all_sent(database))

    for store in ("sto_0", "sto_1"):
        rows = await fetch(database, "SELECT seq FROM feed_entries WHERE feed_id = $1 ORDER BY seq", store)
        assert rows == [(n,) for n in range(1, 101)]
        heard = [seq for feed_id, seq in watching.heard + other.heard if feed_id == store]
        assert set(heard) == set(range(1, 101))


async def test_in_a_stores_feed_the_facts_of_one_order_stay_in_their_order(database, relay_of):
    for n in range(30):
        order = random.Random(n).randrange(5)
        await note(database, f"ord_{order}", NotedAtStore(store_id="sto_a"))

    async with going(relay_of().run(), relay_of().run()):
        await until(lambda: all_sent(database))

    rows = await fetch(
        database,
        """SELECT event.stream_id, array_agg(event.seq ORDER BY entry.seq)
           FROM feed_entries AS entry JOIN events AS event ON event.id = entry.event_id GROUP BY 1""",
    )
    assert all(seqs == sorted(seqs) for _, seqs in rows)


async def test_a_fact_numbered_before_a_crash_keeps_its_number(database, relay_of):
    await note(database, "ord_a", NotedAtStore(store_id="sto_a"))
    async with going(relay_of().run()):
        await until(lambda: all_sent(database))
    await execute(database, "UPDATE events SET is_sent = false")
    await note(database, "ord_b", NotedAtStore(store_id="sto_a"))

    async with going(relay_of().run()):
        await until(lambda: all_sent(database))

    rows = await fetch(database, "SELECT feed_id, seq FROM feed_entries ORDER BY seq")
    assert rows == [("sto_a", 1), ("sto_a", 2)]
