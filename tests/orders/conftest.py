from collections.abc import AsyncIterator

import pytest
from tests.orders.builders import CITY, NOON, WAY, a_new_order, an_act

from infra.db import Database
from kernel.geo import Point
from orders import commands
from places import store as places_store
from places.model import City


class House:
    """A database with one city, and orders in any state."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def order(self, status: str = "received", *, now=NOON, **changes) -> str:
        """Write an order and bring it to this state, one step after the other; returns its id."""
        new = a_new_order(**changes)
        act = an_act(now=now)
        async with self.database.begin() as tx:
            order = await commands.receive(tx, new, act=act)
            if status != "received":
                for step, do in WAY.items():
                    order = await do(tx, order, act)
                    if step == status:
                        break
        return new.id

    async def do(self, order_id, command, **arguments):
        """Run one command on the locked order in a transaction of its own."""
        async with self.database.begin() as tx:
            return await command(tx, await commands.lock_one(tx, order_id), **arguments)

    async def fetch(self, sql, *args):
        async with self.database.read() as tx:
            return [tuple(row) for row in await tx.fetch(sql, *args)]

    async def status(self, order_id):
        return (await self.fetch("SELECT status FROM orders WHERE id = $1", order_id))[0][0]

    async def told(self, order_id):
        """Return the order's facts by type, having seen that they are numbered without a gap."""
        rows = await self.fetch("SELECT seq, type FROM events WHERE stream_id = $1 ORDER BY position", order_id)
        head = (await self.fetch("SELECT seq FROM orders WHERE id = $1", order_id))[0][0]
        assert [seq for seq, _ in rows] == list(range(1, head + 1))
        return [kind for _, kind in rows]

    async def ledger(self, order_id):
        return await self.fetch(
            "SELECT kind, amount_minor, status FROM payment_entries WHERE order_id = $1 ORDER BY requested_at, id",
            order_id,
        )

    async def payload(self, order_id, kind):
        import msgspec  # noqa: PLC0415

        rows = await self.fetch("SELECT payload FROM events WHERE stream_id = $1 AND type = $2", order_id, kind)
        return msgspec.json.decode(rows[-1][0])

    async def timers(self, subject_id):
        return await self.fetch(
            "SELECT kind, status, due_at FROM timers WHERE subject_id = $1 ORDER BY due_at, id", subject_id
        )


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    async with Database.connect(database_url, pool_size=20) as database:
        async with database.begin() as tx:
            city = City(
                id=CITY, name="São Paulo", country="BR", currency="BRL", time_zone="America/Sao_Paulo",
                centre=Point(lat=-23.55, lon=-46.63),
            )  # fmt: skip
            await places_store.insert_city(tx, city, now=NOON)
        yield House(database)
