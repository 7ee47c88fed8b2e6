"""Reacts to facts, or to deadlines, slowly enough to be killed in the middle of it: `carrying relay|timers URL`."""

import asyncio
import sys

from infra.clock import DomainClock
from infra.db import Begin, Database, Tx
from infra.outbox import Recorded
from infra.relay import Consumer, Relay
from infra.timekeeper import Timekeeper
from infra.timers import Due
from kernel.events import Act

SLOW_S = 0.01


async def apply_fact(tx: Tx, fact: Recorded, act: Act) -> None:
    await tx.execute("INSERT INTO applied (stream_id, seq) VALUES ($1, $2)", fact.stream_id, fact.seq)
    await asyncio.sleep(SLOW_S)


async def apply_due(tx: Tx, due: Due, act: Act) -> None:
    await tx.execute("INSERT INTO applied (stream_id, seq) VALUES ($1, 1)", due.subject_id)
    await asyncio.sleep(SLOW_S)


async def hang(begin: Begin, due: Due, act: Act) -> None:
    async with begin() as tx:
        await tx.execute("INSERT INTO applied (stream_id, seq) VALUES ($1, 1)", due.subject_id)
    await asyncio.Event().wait()


class Nobody:
    async def announce(self, numbered: object) -> None:
        pass


async def main(what: str, url: str) -> None:
    async with Database.connect(url, pool_size=20) as database:
        clock = DomainClock(database.read)
        if what == "relay":
            consumers = [Consumer("test", {"test.noted": apply_fact})]
            await Relay(database, url, clock, consumers=consumers, announcer=Nobody()).run()
        else:
            handlers = {"in_transaction": {"test.due": apply_due}, "outside": {"test.outside": hang}}
            await Timekeeper(database, clock, **handlers).run()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
