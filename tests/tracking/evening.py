"""An evening to track: orders on their way, a clock in the hands of the test, and tracking's reactions by hand."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from infra import ids
from infra.db import Database, Tx
from infra.outbox import Recorded
from infra.timers import Due
from infra.travel.straight_line import StraightLine
from kernel.actors import Actor, Role
from kernel.events import Act, Event
from kernel.geo import Point, offset
from kernel.ids import CustomerId, DeliveryId, OrderId, RiderId, StoreId
from merchant import commands as merchants
from merchant.commands.setup import NewStore
from orders import commands as orders
from orders.model import NewOrder, Order, OrderLine, PaymentMethod, RiderComing
from places import commands as places
from tracking import commands, worker
from tracking.messages import NewPromise

NOON = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
SQUARE = Point(lat=-23.55, lon=-46.63)
ZE = CustomerId("cus_00000000000000000000000000")
RIDERS = {"Ana": "rdr_0000000000000000000000000A", "Beto": "rdr_0000000000000000000000000B"}
STRAIGHT = StraightLine(detour=1.0, speeds_mps={"motorcycle": 5.0, "bicycle": 2.5})
REACTIONS = worker.consumer(STRAIGHT).reactions


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


class Evening:
    def __init__(self, database: Database) -> None:
        self.database = database
        self.now = NOON
        self.store_id = StoreId("")
        self.city_id: Any = None

    async def begin(self) -> "Evening":
        async with self.database.begin() as tx:
            city = await places.found_city(
                tx, name="Sampa", country="BR", currency="BRL", time_zone="America/Sao_Paulo", centre=SQUARE, now=NOON
            )
            self.city_id = city.id
            merchant = await merchants.add_merchant(tx, name="Cooperativa", now=NOON)
            new = NewStore(
                merchant_id=merchant.id,
                city_id=city.id,
                name="Cantina",
                phone="+551133334444",
                address="Praça da Sé, 1",
                point=SQUARE,
                opening_hours={},
                default_prep_minutes=15,
                auto_accept=False,
            )
            self.store_id = (await merchants.add_store(tx, new, now=NOON)).id
            for name, rider_id in RIDERS.items():
                await tx.execute(
                    "INSERT INTO riders (id, city_id, name, phone, vehicle, capacity, created_at)"
                    " VALUES ($1, $2, $3, $1, $4, 3, $5)",
                    rider_id,
                    city.id,
                    f"{name} da Silva",
                    "motorcycle" if name == "Ana" else "bicycle",
                    NOON,
                )
        return self

    @property
    def act(self) -> Act:
        return Act(actor=Actor(Role.OPERATOR, "per_0"), now=self.now, occurred_at=self.now)

    async def place(self, *, prep_minutes: int = 15, away_m: float = 3000) -> OrderId:
        """Place an order: with the test's rider 10 minutes of way for 3 km."""
        new = self.new_order(offset(SQUARE, east_m=0, north_m=away_m))
        async with self.database.begin() as tx:
            order = await orders.receive(tx, new, act=self.act)
            await orders.place(tx, order, accept_by=self.now + minutes(5), act=self.act)
            promise = NewPromise(
                order_id=new.id,
                city_id=self.city_id,
                store_id=self.store_id,
                store=SQUARE,
                dropoff=new.dropoff,
                prep_minutes=prep_minutes,
            )
            await commands.promise(tx, promise, travel=STRAIGHT, act=self.act)
        await self.drain()
        return new.id

    async def receive(self, tx: Tx) -> OrderId:
        """An order that came in and was not placed."""
        return (await orders.receive(tx, self.new_order(SQUARE), act=self.act)).id

    async def step(self, order_id: OrderId, name: str, **words: Any) -> None:
        """Take one of the order's steps, and let tracking hear of it."""
        async with self.database.begin() as tx:
            order = await orders.lock_one(tx, order_id)
            await getattr(orders, name)(tx, order, act=self.act, **words)
        await self.drain()

    async def accept(self, order_id: OrderId, ready_in: float = 15) -> None:
        await self.step(order_id, "accept", prep_minutes=int(ready_in), ready_by=self.now + minutes(ready_in))

    async def assign(self, order_id: OrderId, name: str = "Ana", *, pickup_in: float = 10, no: int = 1) -> None:
        await self.step(
            order_id,
            "assign_rider",
            rider=RiderComing(rider_id=RiderId(RIDERS[name]), pickup_eta_at=self.now + minutes(pickup_in)),
            delivery_id=delivery_of(order_id),
            assignment_no=no,
        )

    async def tell(self, order_id: OrderId, *facts: Event) -> None:
        async with self.database.begin() as tx:
            await orders.lock_one(tx, order_id)
            await orders.tell(tx, order_id, *facts, act=self.act)
        await self.drain()

    async def drain(self) -> None:
        """React to every fact that waits, as a relay would, until there is none."""
        while rows := await self.rows("SELECT * FROM events WHERE NOT is_sent ORDER BY position"):
            for row in rows:
                fact = Recorded.from_row(row)
                async with self.database.begin() as tx:
                    if reaction := REACTIONS.get(fact.type):
                        await reaction(tx, fact, self.act)
                    await tx.execute("UPDATE events SET is_sent = true WHERE id = $1", fact.id)

    async def wait(self, count: float) -> None:
        """Let minutes pass; the watchdog looks whenever it is due."""
        until = self.now + minutes(count)
        due = "SELECT * FROM timers WHERE status = 'pending' AND due_at <= $1 AND kind = $2 ORDER BY due_at LIMIT 1"
        while rows := await self.rows(due, until, commands.WATCHDOG):
            row = rows[0]
            self.now = max(self.now, row["due_at"])
            async with self.database.begin() as tx:
                moot = await worker.TIMERS[commands.WATCHDOG](tx, _due(row), self.act)
                await tx.execute(
                    "UPDATE timers SET status = $2 WHERE id = $1", row["id"], "cancelled" if moot else "fired"
                )
            await self.drain()
        self.now = until

    async def rows(self, sql: str, *args: Any) -> list[Any]:
        async with self.database.read() as tx:
            return await tx.fetch(sql, *args)

    async def facts(self, order_id: OrderId, kind: str) -> list[dict[str, Any]]:
        """The payloads of all facts of this type, in order."""
        rows = await self.rows(
            "SELECT payload FROM events WHERE stream_id = $1 AND type = $2 ORDER BY seq", order_id, kind
        )
        return [msgspec.json.decode(row["payload"]) for row in rows]

    async def eta_in(self, order_id: OrderId) -> float:
        """Minutes from now until the order is expected, as the customer knows it."""
        (row,) = await self.rows("SELECT eta_at FROM etas WHERE order_id = $1", order_id)
        return (row["eta_at"] - self.now).total_seconds() / 60

    async def causes(self, order_id: OrderId) -> list[str]:
        return [fact["cause"] for fact in await self.facts(order_id, "eta.revised")]

    async def order(self, order_id: OrderId) -> Order:
        async with self.database.begin() as tx:
            return await orders.lock_one(tx, order_id)

    def new_order(self, dropoff: Point) -> NewOrder:
        line = OrderLine(item_id="itm_00000000000000000000000000", name="Feijoada", quantity=1, unit_price_minor=4000)
        return NewOrder(
            id=ids.new(OrderId, "ord"),
            city_id=self.city_id,
            store_id=self.store_id,
            customer_id=ZE,
            platform_id="plt_1",
            external_id=ids.new(str, "ext"),
            customer_name="Zé",
            customer_phone="+5511987654321",
            dropoff=dropoff,
            dropoff_address="Rua Augusta 1",
            dropoff_note="",
            dropoff_code="1234",
            lines=[line],
            currency="BRL",
            items_minor=4000,
            delivery_fee_minor=500,
            tip_minor=0,
            payment_method=PaymentMethod.CASH,
            change_for_minor=None,
            payment_token=None,
        )


def delivery_of(order_id: OrderId) -> DeliveryId:
    return DeliveryId(order_id.replace("ord_", "dlv_"))


def _due(row: Any) -> Due:
    return Due(
        id=row["id"],
        kind=row["kind"],
        subject_id=row["subject_id"],
        payload=msgspec.Raw(row["payload"].encode()),
        due_at=row["due_at"],
        attempts=row["attempts"],
    )
