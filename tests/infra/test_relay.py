import asyncio
import signal
from collections import Counter

import asyncpg
import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from structlog.testing import capture_logs
from tests.infra.facts import (
    Noted,
    NotedAtStore,
    all_sent,
    execute,
    fetch,
    going,
    note,
    start_script,
    until,
)
from tests.infra.relaying import Reacting, Watching

from infra import relay as relay_module
from infra.relay import BATCH, SILENT_AT_MOST_MS, Consumer


async def test_every_stream_is_told_in_its_order(database, relay_of):
    ana = Reacting()
    for n in range(20):
        await asyncio.gather(*(note(database, f"ord_{stream}", Noted(note=str(n))) for stream in range(10)))

    async with going(relay_of(ana.consumer()).run()):
        await until(lambda: all_sent(database))

    assert ana.by_stream() == {f"ord_{stream}": list(range(1, 21)) for stream in range(10)}


async def test_facts_written_while_it_runs_are_told_soon_after_a_wake(database, relay_of, monkeypatch):
    monkeypatch.setattr(relay_module, "POLL_S", 3600.0)  # nothing but the wake makes it look
    ana = Reacting()
    relay = relay_of(ana.consumer())

    async with going(relay.run()):
        await asyncio.sleep(0.3)
        await note(database, "ord_a")
        relay.wake()
        await until(lambda: all_sent(database))

    assert ana.took == [("ord_a", 1)]


async def test_a_lost_wake_costs_a_second_and_no_fact(database, relay_of):
    ana = Reacting()

    async with going(relay_of(ana.consumer()).run()):
        await asyncio.sleep(0.3)
        await note(database, "ord_a")
        await until(lambda: all_sent(database), within_s=2.5)

    assert ana.took == [("ord_a", 1)]


async def test_two_relays_share_the_shards_and_apply_everything_once(database, relay_of):
    ana, beto = Reacting(slow_s=0.002), Reacting(slow_s=0.002)

    async def write():
        for n in range(40):
            await asyncio.gather(*(note(database, f"ord_{stream}", Noted(note=str(n))) for stream in range(8)))

    async with going(relay_of(ana.consumer()).run(), relay_of(beto.consumer()).run()):
        await write()
        await until(lambda: all_sent(database))
        await until(lambda: _even_split(database), within_s=5)

    assert Counter(ana.took + beto.took) == {(f"ord_{stream}", seq): 1 for stream in range(8) for seq in range(1, 41)}


async def test_a_relay_that_joins_later_gets_its_half(database, relay_of):
    async with going(relay_of().run()):
        await until(lambda: _holds(database, [64]))
        async with going(relay_of().run()):
            await until(lambda: _even_split(database), within_s=5)
        await until(lambda: _holds(database, [64]), within_s=5)


async def test_relays_of_another_database_on_the_same_server_do_not_count(database, relay_of, stores):
    stranger = await asyncpg.connect(stores.database_url)
    await stranger.execute("SELECT pg_advisory_lock_shared(7402, 0)")

    async with going(relay_of().run()):
        await until(lambda: _holds(database, [64]), within_s=2.5)

    await stranger.close()


async def test_what_a_killed_relay_left_half_told_is_applied_once(database, database_url, relay_of):
    await execute(database, "CREATE TABLE applied (stream_id text, seq bigint)")
    for n in range(30):
        await asyncio.gather(*(note(database, f"ord_{stream}", Noted(note=str(n))) for stream in range(8)))

    for _ in range(3):
        victim = start_script("carrying", "relay", database_url)
        before = (await fetch(database, "SELECT count(*) FROM applied"))[0][0]
        await until(lambda mark=before: _applied_more_than(database, mark + 5), within_s=30)
        victim.send_signal(signal.SIGKILL)
        victim.wait()
    survivor = start_script("carrying", "relay", database_url)
    try:
        await until(lambda: all_sent(database), within_s=30)
    finally:
        survivor.kill()
        survivor.wait()

    rows = await fetch(database, "SELECT stream_id, array_agg(seq ORDER BY seq) FROM applied GROUP BY stream_id")
    assert dict(rows) == {f"ord_{stream}": list(range(1, 31)) for stream in range(8)}


async def test_a_relay_that_stands_still_loses_its_shards_and_joins_again(database, database_url, relay_of):
    await execute(database, "CREATE TABLE applied (stream_id text, seq bigint)")
    ana = Reacting()
    still = start_script("carrying", "relay", database_url)
    try:
        await until(lambda: _holds(database, [64]), within_s=30)
        still.send_signal(signal.SIGSTOP)
        async with going(relay_of(ana.consumer()).run()):
            for stream in range(8):
                await note(database, f"ord_{stream}", Noted(), Noted())
            await until(lambda: all_sent(database), within_s=SILENT_AT_MOST_MS / 1000 + 5)
            still.send_signal(signal.SIGCONT)
            await until(lambda: _even_split(database))
    finally:
        still.kill()
        still.wait()

    assert ana.by_stream() == {f"ord_{stream}": [1, 2] for stream in range(8)}


async def test_a_relay_whose_batch_takes_long_keeps_its_shards(database, relay_of, monkeypatch):
    monkeypatch.setattr(relay_module, "SILENT_AT_MOST_MS", 400)
    monkeypatch.setattr(relay_module, "BEAT_S", 0.1)
    ana = Reacting(slow_s=0.5)
    await note(database, "ord_a", *[Noted()] * 4)

    async with going(relay_of(ana.consumer()).run()):
        await until(lambda: _holds(database, [64]))
        (holder,) = await _holders(database)
        await until(lambda: all_sent(database))

        assert await _holders(database) == [holder]

    assert ana.took == [("ord_a", seq) for seq in range(1, 5)]


async def test_a_broken_reaction_holds_up_only_its_own_stream(database, relay_of):
    ana = Reacting()
    ana.chokes_on = {"ord_bad"}
    for stream in ("ord_bad", "ord_good"):
        await note(database, stream, Noted(), Noted(), Noted())

    async with going(relay_of(ana.consumer()).run()):
        await until(lambda: _sent(database, "ord_good", 3))
        await asyncio.sleep(0.3)
        assert "ord_bad" not in ana.by_stream()
        ana.chokes_on = set()
        await until(lambda: all_sent(database))

    assert ana.by_stream() == {"ord_good": [1, 2, 3], "ord_bad": [1, 2, 3]}


@pytest.mark.parametrize("error", [OSError, TimeoutError, ValueError, asyncpg.InterfaceError, asyncpg.PostgresError])
async def test_whatever_a_reaction_raises_the_other_streams_go_on(database, relay_of, error):
    ana = Reacting()

    async def choke(tx, fact, act):
        if fact.stream_id == "ord_bad":
            raise error("broken")
        await ana(tx, fact, act)

    await note(database, "ord_bad")
    async with going(relay_of(Consumer("test", {"test.noted": choke})).run()):
        for n in range(3):
            await note(database, "ord_good", Noted(note=str(n)))
            await until(lambda seq=n + 1: _sent(database, "ord_good", seq), within_s=2.5)

    assert not await all_sent(database)


@pytest.mark.parametrize(("error", "is_a_bug"), [(RedisConnectionError, False), (OSError, False), (ValueError, True)])
async def test_a_store_that_is_away_is_no_bug_of_the_reaction_that_needs_it(database, relay_of, error, is_a_bug):
    ana = Reacting()

    async def choke(tx, fact, act):
        await ana(tx, fact, act)
        raise error("broken")

    await note(database, "ord_bad")
    with capture_logs() as logs:
        async with going(relay_of(Consumer("test", {"test.noted": choke})).run()):
            await until(lambda: _failures(logs))

    failed = (await _failures(logs))[0]
    assert (failed["exc_info"] is not None) is is_a_bug


async def test_a_broken_reaction_is_tried_again_ever_more_rarely(database, relay_of):
    ana = Reacting()
    ana.chokes_on = {"ord_bad"}
    await note(database, "ord_bad")

    async with going(relay_of(ana.consumer()).run()):
        await asyncio.sleep(2.0)

    assert 2 <= ana.attempts["ord_bad"] <= 3  # at once, after 0.2 s, after another 1 s


async def test_what_a_failed_reaction_wrote_is_undone(database, relay_of):
    await execute(database, "CREATE TABLE applied (stream_id text)")
    is_broken = [True]

    async def half_way(tx, fact, act):
        await tx.execute("INSERT INTO applied VALUES ($1)", fact.stream_id)
        if is_broken[0]:
            is_broken[0] = False
            raise ValueError

    await note(database, "ord_a")
    async with going(relay_of(Consumer("test", {"test.noted": half_way})).run()):
        await until(lambda: all_sent(database))

    assert await fetch(database, "SELECT stream_id FROM applied") == [("ord_a",)]


async def test_many_broken_streams_do_not_starve_a_good_one(database, relay_of):
    """Because a batch filled with facts that wait would never reach those behind them."""
    ana = Reacting()
    ana.chokes_on = {f"ord_bad{n}" for n in range(20)}
    for stream in sorted(ana.chokes_on):
        await note(database, stream, *(Noted() for _ in range(BATCH // 10)))
    await note(database, "ord_good")

    async with going(relay_of(ana.consumer()).run()):
        await until(lambda: _sent(database, "ord_good", 1), within_s=5)
        await note(database, "ord_good")
        await until(lambda: _sent(database, "ord_good", 2), within_s=5)

    assert ana.by_stream() == {"ord_good": [1, 2]}


async def test_feeds_hear_of_a_fact_that_a_reaction_chokes_on_and_hear_it_once(database, relay_of):
    ana, watching = Reacting(), Watching()
    ana.chokes_on = {"ord_bad"}
    await note(database, "ord_bad", NotedAtStore(store_id="sto_a"))

    async with going(relay_of(ana.consumer(), announcer=watching).run()):
        await asyncio.sleep(1.6)

    assert ana.attempts["ord_bad"] > 1
    assert watching.heard == [("ord_bad", 1), ("sto_a", 1)]


async def test_two_consumers_of_one_fact_fail_apart(database, relay_of):
    ana, beto = Reacting(), Reacting()
    beto.chokes_on = {"ord_a"}
    await note(database, "ord_a")

    async with going(relay_of(ana.consumer("ana"), beto.consumer("beto")).run()):
        await asyncio.sleep(0.5)
        beto.chokes_on = set()
        await until(lambda: all_sent(database))

    assert ana.took == [("ord_a", 1)]  # told again with beto's second try, applied once
    assert beto.took == [("ord_a", 1)]


async def test_a_fact_nobody_reacts_to_is_sent_too(database, relay_of):
    await note(database, "ord_a")

    async with going(relay_of(Consumer("test", {})).run()):
        await until(lambda: all_sent(database))


async def test_an_outside_reaction_opens_its_own_transactions_and_is_told_again_after_a_failure(database, relay_of):
    await execute(database, "CREATE TABLE called (stream_id text)")
    attempts = []

    async def call_out(begin, fact, act):
        attempts.append(fact.seq)
        async with begin() as tx:
            await tx.execute("INSERT INTO called VALUES ($1)", fact.stream_id)
        if len(attempts) == 1:
            raise ConnectionError("the network is away")

    await note(database, "ord_a")
    async with going(relay_of(Consumer("test", {}, outside={"test.noted": call_out})).run()):
        await until(lambda: all_sent(database))

    assert attempts == [1, 1]
    assert await fetch(database, "SELECT count(*) FROM called") == [(2,)]


async def test_an_outside_reaction_that_hangs_is_given_up(database, relay_of, monkeypatch):
    monkeypatch.setattr(relay_module, "OUTSIDE_WITHIN_S", 0.1)
    is_hanging = [True]

    async def hang_once(begin, fact, act):
        if is_hanging.pop() if is_hanging else False:
            await asyncio.Event().wait()

    await note(database, "ord_a")
    async with going(relay_of(Consumer("test", {}, outside={"test.noted": hang_once})).run()):
        await until(lambda: all_sent(database), within_s=3)

    assert is_hanging == []


@pytest.mark.parametrize("how", ["raises", "hangs"])
async def test_feeds_that_cannot_be_told_do_not_hold_up_reactions(database, relay_of, monkeypatch, how):
    monkeypatch.setattr(relay_module, "ANNOUNCE_WITHIN_S", 0.1)
    ana, watching = Reacting(), Watching()
    watching.is_broken = True
    if how == "hangs":
        watching.announce = lambda _: asyncio.Event().wait()
    await note(database, "ord_a", NotedAtStore(store_id="sto_a"))

    async with going(relay_of(ana.consumer(), announcer=watching).run()):
        await until(lambda: all_sent(database), within_s=3)

    assert ana.took == [("ord_a", 1)]
    assert await fetch(database, "SELECT feed_id, seq FROM feed_entries") == [("sto_a", 1)]


async def test_a_relay_whose_connections_are_cut_goes_on(database, relay_of, stores):
    ana = Reacting()

    async with going(relay_of(ana.consumer()).run()):
        for n in range(3):
            await note(database, "ord_a", Noted(note=str(n)))
            await until(lambda seq=n + 1: _sent(database, "ord_a", seq))
            _cut_connections(stores, await _name(database))
            await asyncio.sleep(0.1)  # This test's own pool sees it as well.

    assert ana.took == [("ord_a", 1), ("ord_a", 2), ("ord_a", 3)]


async def _holds(database, expected):
    return sorted(count for _, count in await _holders(database)) == expected


async def _holders(database):
    return await fetch(
        database,
        """SELECT pid, count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 7401 AND granted
           AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) GROUP BY pid""",
    )


async def _even_split(database):
    return await _holds(database, [32, 32])


async def _applied_more_than(database, count):
    return (await fetch(database, "SELECT count(*) > $1 FROM applied", count))[0][0]


async def _sent(database, stream_id, seq):
    return (await fetch(database, "SELECT is_sent FROM events WHERE stream_id = $1 AND seq = $2", stream_id, seq)) == [
        (True,)
    ]


async def _name(database):
    return (await fetch(database, "SELECT current_database()"))[0][0]


def _cut_connections(stores, name):
    import threading  # noqa: PLC0415  a loop of its own, as this one is busy

    sql = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    thread = threading.Thread(target=stores.execute, args=(sql,))
    thread.start()
    thread.join()


async def _failures(logs):
    return [said for said in logs if said["event"] == "relay.reaction_failed"]
