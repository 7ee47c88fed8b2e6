"""The Cantina da Nena: one store, orders for it, and a clock in the hands of the test."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec
from tests.merchant.builders import NOON, an_id

from accounts.model import Caller, Scope
from infra import ids
from infra.db import Database, Tx
from infra.outbox import Recorded
from infra.timers import Due
from kernel.actors import Role
from kernel.events import Act, Cause
from kernel.geo import Point
from kernel.ids import CustomerId, ItemId, OrderId, StoreId, TicketId
from merchant import commands
from merchant.commands.menus import ItemChange
from merchant.commands.setup import NewStore, StoreChange
from merchant.messages import AcceptanceRules
from merchant.model.stores import OpeningHours
from merchant.model.tickets import Ticket
from merchant.policy.menus import WantedItem
from merchant.worker import CONSUMER, TIMERS
from orders import commands as orders
from orders.model import NewOrder, Order, OrderLine, PaymentMethod
from places import commands as places

ADMINISTRATOR = Caller(role=Role.OPERATOR, id=an_id("per", 1), scopes=frozenset({Scope.ADMINISTRATION}))
DISPATCHER = Caller(role=Role.OPERATOR, id=an_id("per", 2), scopes=frozenset({Scope.DISPATCH}))
RULES = AcceptanceRules()


class Kitchen:
    """Everything a test does is one transaction, as in the house."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.now = NOON
        self.store_id = StoreId("")
        self.nena = ADMINISTRATOR
        self.pizza = self.soda = ItemId("")

    async def open(self) -> "Kitchen":
        async with self.database.begin() as tx:
            city = await places.found_city(
                tx,
                name="São Paulo",
                country="BR",
                currency="BRL",
                time_zone="America/Sao_Paulo",
                centre=Point(lat=-23.55, lon=-46.63),
                now=NOON,
            )
            merchant = await commands.add_merchant(tx, name="Nena Ltda.", now=NOON)
            new = NewStore(
                merchant_id=merchant.id,
                city_id=city.id,
                name="Cantina da Nena",
                phone="+551130001234",
                address="Rua Augusta, 1500",
                point=Point(lat=-23.555, lon=-46.66),
                opening_hours=OpeningHours(),
                default_prep_minutes=15,
                auto_accept=False,
            )
            store = await commands.add_store(tx, new, now=NOON)
        self.city_id, self.store_id = city.id, store.id
        self.nena = Caller(role=Role.MERCHANT, id=an_id("per", 3), store_ids=frozenset({store.id}))
        self.pizza, self.soda = await self.sell(pizza=4200, soda=800)
        return self

    async def sell(self, **prices_minor: int) -> list[ItemId]:
        """Make this the menu."""
        wanted = [
            WantedItem(external_ref=name, name=name.title(), price_minor=price) for name, price in prices_minor.items()
        ]
        async with self.database.begin() as tx:
            menu = await commands.import_menu(tx, self.store_id, wanted, by=ADMINISTRATOR, now=self.now)
        by_ref = {item.external_ref: item.id for item in menu}
        return [by_ref[name] for name in prices_minor]

    async def count(self, item_id: ItemId, left: int | None) -> None:
        """Say how many are left."""
        await self.do(
            lambda tx: commands.change_item(
                tx,
                self.store_id,
                item_id,
                ItemChange(stock_count=left),
                by=self.nena,
                now=self.now,
            )
        )

    async def left(self, item_id: ItemId) -> int | None:
        return await self.value("SELECT stock_count FROM menu_items WHERE id = $1", item_id)

    async def change(self, **changes: Any) -> None:
        await self.do(
            lambda tx: commands.change_store(tx, self.store_id, StoreChange(**changes), by=self.nena, now=self.now)
        )

    async def order(
        self, *, pizzas: int = 1, is_own_channel: bool = True, payment_method: PaymentMethod = PaymentMethod.PREPAID
    ) -> OrderId:
        """Place an order as `intake` does: in one transaction, stock and ticket included."""
        lines = [OrderLine(item_id=self.pizza, name="Pizza", quantity=pizzas, unit_price_minor=4200)]
        new = _new_order(self, lines, payment_method)
        accept_by = RULES.accept_by(self.now, is_own_channel=is_own_channel)
        async with self.database.begin() as tx:
            order = await orders.receive(tx, new, act=self.act())
            await commands.take_stock(tx, self.store_id, lines)
            order = await orders.place(tx, order, accept_by=accept_by, act=self.act())
            await commands.open_ticket(
                tx,
                order=order,
                accept_by=accept_by,
                reminders_at=RULES.reminders_at(self.now),
                lines=lines,
                act=self.act(),
            )
        return new.id

    async def ticket_of(self, order_id: OrderId) -> TicketId:
        return await self.value("SELECT id FROM tickets WHERE order_id = $1", order_id)

    async def ticket(self, order_id: OrderId) -> dict[str, Any]:
        return dict((await self.rows("SELECT * FROM tickets WHERE order_id = $1", order_id))[0])

    async def order_status(self, order_id: OrderId) -> str:
        return await self.value("SELECT status FROM orders WHERE id = $1", order_id)

    async def answer(
        self, move: Callable[..., Awaitable[Ticket]], order_id: OrderId, *, by: Caller | None = None, **content: Any
    ) -> Ticket:
        """Answer as the tablet does: `await kitchen.answer(commands.accept, order_id, prep_minutes=15)`."""
        ticket_id = await self.ticket_of(order_id)
        return await self.do(lambda tx: move(tx, ticket_id, by=by or self.nena, now=self.now, **content))

    async def accepted(self, *, prep_minutes: int = 15, **wish: Any) -> OrderId:
        order_id = await self.order(**wish)
        await self.answer(commands.accept, order_id, prep_minutes=prep_minutes)
        return order_id

    async def on_order(self, order_id: OrderId, step: Callable[[Tx, Order], Awaitable[Any]]) -> Any:
        """Do something to the locked order, as a package beside or above does."""
        async with self.database.begin() as tx:
            return await step(tx, await orders.lock_one(tx, order_id))

    async def cancel(self, order_id: OrderId) -> None:
        await self.on_order(
            order_id, lambda tx, order: orders.cancel(tx, order, reason="changed_mind", fee_minor=0, act=self.act())
        )

    async def do(self, step: Callable[[Tx], Awaitable[Any]]) -> Any:
        async with self.database.begin() as tx:
            return await step(tx)

    def act(self) -> Act:
        return Act.by_system(self.now, Cause.RULE)

    async def hear(self) -> None:
        """React to every fact that waits, as a relay would, until there is none."""
        while rows := await self.rows("SELECT * FROM events WHERE NOT is_sent ORDER BY position"):
            for row in rows:
                fact = Recorded.from_row(row)
                async with self.database.begin() as tx:
                    if reaction := CONSUMER.reactions.get(fact.type):
                        await reaction(tx, fact, self.act())
                    await tx.execute("UPDATE events SET is_sent = true WHERE id = $1", fact.id)

    async def wait(self, minutes: float) -> None:
        """Let time pass; deadlines fire at their instant."""
        until = self.now + timedelta(minutes=minutes)
        while (row := await self._next_due(until)) is not None:
            self.now = max(self.now, row["due_at"])
            async with self.database.begin() as tx:
                moot = await TIMERS[row["kind"]](tx, _due(row), Act.by_system(self.now, Cause.DEADLINE))
                await tx.execute(
                    "UPDATE timers SET status = $2, settled_because = $3 WHERE id = $1",
                    row["id"],
                    "cancelled" if moot else "fired",
                    moot,
                )
        self.now = until

    async def _next_due(self, until: datetime) -> Any:
        sql = "SELECT * FROM timers WHERE status = 'pending' AND due_at <= $1 AND kind = ANY ($2) ORDER BY due_at, id"
        rows = await self.rows(f"{sql} LIMIT 1", until, list(TIMERS))
        return rows[0] if rows else None

    async def rows(self, sql: str, *args: Any) -> list[Any]:
        async with self.database.read() as tx:
            return await tx.fetch(sql, *args)

    async def value(self, sql: str, *args: Any) -> Any:
        async with self.database.read() as tx:
            return await tx.fetchval(sql, *args)

    async def told(self, order_id: OrderId) -> list[str]:
        """The types of all facts of an order, in order; money has tests of its own."""
        rows = await self.rows("SELECT type FROM events WHERE stream_id = $1 ORDER BY seq", order_id)
        return [row["type"] for row in rows if not row["type"].startswith("payment.")]

    async def last(self, order_id: OrderId, kind: str) -> dict[str, Any]:
        """The newest fact of this type."""
        sql = "SELECT payload FROM events WHERE stream_id = $1 AND type = $2 ORDER BY seq DESC LIMIT 1"
        return msgspec.json.decode(await self.value(sql, order_id, kind))

    async def timers(self, order_id: OrderId) -> list[tuple[str, str, str | None]]:
        """Every deadline of the order's ticket: kind, status, and why it was called off."""
        rows = await self.rows(
            "SELECT kind, status, settled_because FROM timers WHERE subject_id = $1 ORDER BY due_at, id",
            await self.ticket_of(order_id),
        )
        return [(row["kind"], row["status"], row["settled_because"]) for row in rows]


def _due(row: Any) -> Due:
    return Due(
        id=row["id"],
        kind=row["kind"],
        subject_id=row["subject_id"],
        payload=msgspec.Raw(row["payload"].encode()),
        due_at=row["due_at"],
        attempts=row["attempts"],
    )


def _new_order(kitchen: Kitchen, lines: list[OrderLine], payment_method: PaymentMethod) -> NewOrder:
    return NewOrder(
        id=ids.new(OrderId, "ord"),
        city_id=kitchen.city_id,
        store_id=kitchen.store_id,
        customer_id=CustomerId(an_id("cus")),
        platform_id=None,
        external_id=None,
        customer_name="Zé",
        customer_phone="+5511987654321",
        dropoff=Point(lat=-23.56, lon=-46.65),
        dropoff_address="Rua da Consolação, 900",
        dropoff_note="",
        dropoff_code="4711",
        lines=lines,
        currency="BRL",
        items_minor=sum(line.quantity * line.unit_price_minor for line in lines),
        delivery_fee_minor=500,
        tip_minor=0,
        payment_method=payment_method,
        change_for_minor=None,
        payment_token=None,
    )
