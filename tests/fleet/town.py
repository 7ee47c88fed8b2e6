"""A town to act in: one city, one store, riders with names, and a clock in the hands of the test."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from fleet.commands import assigning, offers, open_delivery, reports, shifts
from fleet.messages import NewDelivery, Place
from fleet.model.offers import Proposal, Stop
from fleet.model.reports import Report, ReportKind
from fleet.model.riders import Vehicle
from fleet.worker import REACTIONS, TIMERS
from infra import ids
from infra.db import Database
from infra.outbox import Recorded
from infra.timers import Due
from kernel.actors import Actor, Role
from kernel.events import Act, Cause
from kernel.geo import Point, offset
from kernel.ids import CustomerId, DeliveryId, OfferId, OrderId, PersonId, RiderId, StoreId
from orders import commands as orders
from orders.model import NewOrder, OrderLine, PaymentMethod
from places import commands as places

NOON = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
SQUARE = Point(lat=-23.55, lon=-46.63)
OPERATOR = Actor(Role.OPERATOR, "per_00000000000000000000000000")


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


class Town:
    """Everything a test does is one transaction, as in the house."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.now = NOON
        self.store_id: StoreId = ids.new(StoreId, "sto")
        self.city_id: Any = None
        self.names: dict[str, RiderId] = {}
        self.reports = 0

    async def found(self) -> "Town":
        async with self.database.begin() as tx:
            city = await places.found_city(
                tx, name="Sampa", country="BR", currency="BRL", time_zone="America/Sao_Paulo", centre=SQUARE, now=NOON
            )
        self.city_id = city.id
        return self

    def by(self, rider_id: RiderId, *, at: datetime | None = None) -> Act:
        return Act(actor=Actor(Role.RIDER, rider_id), now=self.now, occurred_at=at or self.now)

    def by_hand(self) -> Act:
        return Act(actor=OPERATOR, now=self.now, occurred_at=self.now, cause=Cause.BY_HAND)

    def by_system(self) -> Act:
        return Act.by_system(self.now, Cause.RULE)

    async def rider(self, name: str, *, capacity: int = 3, on_shift: bool = True) -> RiderId:
        async with self.database.begin() as tx:
            rider_id = await shifts.register_rider(
                tx,
                city_id=self.city_id,
                name=name,
                phone=f"+55119{len(self.names):08}",
                vehicle=Vehicle.MOTORCYCLE,
                capacity=capacity,
                act=self.by_hand(),
            )
        self.names[name] = rider_id
        if on_shift:
            await self.start_shift(rider_id)
        return rider_id

    async def start_shift(self, rider_id: RiderId, **plan: Any) -> None:
        async with self.database.begin() as tx:
            await shifts.start_shift(tx, rider_id, shifts.ShiftPlan(**plan), act=self.by(rider_id))

    async def order(
        self,
        *,
        accepted: bool = True,
        ready_in: float = 15,
        code: str = "",
        away_m: float = 1000,
        payment_method: PaymentMethod = PaymentMethod.CASH,
    ) -> OrderId:
        """A placed order of the town's store, its drop-off so far north of it; accepted unless said otherwise."""
        new = _new_order(self, code=code, away_m=away_m, payment_method=payment_method)
        async with self.database.begin() as tx:
            order = await orders.receive(tx, new, act=self.by_system())
            order = await orders.place(tx, order, accept_by=self.now + minutes(5), act=self.by_system())
            await open_delivery(tx, _new_delivery(self, new), act=self.by_system())
        if accepted:
            await self.accept(new.id, ready_in=ready_in)
        await self.drain()
        return new.id

    async def accept(self, order_id: OrderId, *, ready_in: float) -> None:
        async with self.database.begin() as tx:
            order = await orders.lock_one(tx, order_id)
            ready_by = self.now + minutes(ready_in)
            await orders.accept(tx, order, prep_minutes=int(ready_in), ready_by=ready_by, act=self.by_system())

    async def cancel(self, order_id: OrderId) -> None:
        async with self.database.begin() as tx:
            order = await orders.lock_one(tx, order_id)
            await orders.cancel(tx, order, reason="changed_mind", fee_minor=0, act=self.by_hand())

    async def delivery_of(self, order_id: OrderId) -> DeliveryId:
        return await self.value("SELECT id FROM deliveries WHERE order_id = $1", order_id)

    async def offer(self, rider_id: RiderId, *order_ids: OrderId) -> OfferId:
        delivery_ids = [await self.delivery_of(order_id) for order_id in order_ids]
        async with self.database.begin() as tx:
            return await offers.make_offer(tx, self.proposal(rider_id, delivery_ids), act=self.by_system())

    def proposal(self, rider_id: RiderId, delivery_ids: list[DeliveryId]) -> Proposal:
        stop = Stop(kind="pickup", delivery_ids=delivery_ids, point=SQUARE, eta_at=self.now + minutes(4))
        return Proposal(
            rider_id=rider_id,
            delivery_ids=delivery_ids,
            stops=[stop],
            distance_m=1200,
            pay_minor=880,
            currency="BRL",
        )

    async def take(self, rider_id: RiderId, offer_id: OfferId) -> None:
        async with self.database.begin() as tx:
            await offers.accept_offer(tx, offer_id, rider_id=rider_id, act=self.by(rider_id))

    async def refuse(self, rider_id: RiderId, offer_id: OfferId, reason: str = "too_far") -> None:
        async with self.database.begin() as tx:
            await offers.decline_offer(tx, offer_id, rider_id=rider_id, reason=reason, act=self.by(rider_id))

    async def carry(self, rider_id: RiderId, *order_ids: OrderId) -> list[DeliveryId]:
        """Offer and accept in one go."""
        await self.take(rider_id, await self.offer(rider_id, *order_ids))
        return [await self.delivery_of(order_id) for order_id in order_ids]

    async def assign(self, delivery_id: DeliveryId, rider_id: RiderId, reason: str = "knows the way") -> None:
        async with self.database.begin() as tx:
            await assigning.assign_by_hand(tx, delivery_id, rider_id=rider_id, reason=reason, act=self.by_hand())

    async def unassign(self, delivery_id: DeliveryId, reason: str = "flat tyre") -> None:
        async with self.database.begin() as tx:
            await assigning.unassign_by_hand(tx, delivery_id, reason=reason, act=self.by_hand())

    async def report(
        self,
        rider_id: RiderId,
        delivery_id: DeliveryId,
        kind: str,
        *,
        at: datetime | None = None,
        report_id: str | None = None,
        problems: list[Any] | None = None,
        act: Act | None = None,
        **said: str,
    ) -> Any:
        self.reports += 1
        report = Report(
            report_id=report_id or f"report-{self.reports}",
            kind=ReportKind(kind),
            occurred_at=at or self.now,
            **said,
        )
        async with self.database.begin() as tx:
            return await reports.file_report(
                tx, delivery_id, report, problems=problems or [], act=act or self.by(rider_id, at=at)
            )

    async def drain(self) -> None:
        """React to every fact that waits, as a relay would, until there is none."""
        while rows := await self.rows("SELECT * FROM events WHERE NOT is_sent ORDER BY position"):
            for row in rows:
                fact = Recorded.from_row(row)
                async with self.database.begin() as tx:
                    if reaction := REACTIONS.get(fact.type):
                        await reaction(tx, fact, self.by_system())
                    await tx.execute("UPDATE events SET is_sent = true WHERE id = $1", fact.id)

    async def wait(self, duration: timedelta) -> None:
        """Let time pass; deadlines fire at their instant, and what they tell is heard."""
        until = self.now + duration
        due = (
            "SELECT * FROM timers WHERE status = 'pending' AND due_at <= $1 AND kind = ANY ($2) ORDER BY due_at LIMIT 1"
        )
        while rows := await self.rows(due, until, list(TIMERS)):
            row = rows[0]
            self.now = max(self.now, row["due_at"])
            async with self.database.begin() as tx:
                moot = await TIMERS[row["kind"]](tx, _due(row), self.by_system())
                await tx.execute(
                    "UPDATE timers SET status = $2, settled_because = $3 WHERE id = $1",
                    row["id"],
                    "cancelled" if moot else "fired",
                    moot,
                )
            await self.drain()
        self.now = until

    async def rows(self, sql: str, *args: Any) -> list[Any]:
        async with self.database.read() as tx:
            return await tx.fetch(sql, *args)

    async def value(self, sql: str, *args: Any) -> Any:
        async with self.database.read() as tx:
            return await tx.fetchval(sql, *args)

    async def status(self, order_id: OrderId) -> str:
        return await self.value("SELECT status FROM deliveries WHERE order_id = $1", order_id)

    async def told(self, stream_id: str) -> list[str]:
        """The types of all facts in a stream, in order."""
        rows = await self.rows("SELECT type FROM events WHERE stream_id = $1 ORDER BY seq", stream_id)
        return [row["type"] for row in rows]

    async def last(self, stream_id: str, kind: str) -> dict[str, Any]:
        """The newest fact of this type, with its cause and event time."""
        row = (
            await self.rows(
                "SELECT * FROM events WHERE stream_id = $1 AND type = $2 ORDER BY seq DESC LIMIT 1", stream_id, kind
            )
        )[0]
        return msgspec.json.decode(row["payload"]) | {"cause": row["cause"], "occurred_at": row["occurred_at"]}


def _due(row: Any) -> Due:
    return Due(
        id=row["id"],
        kind=row["kind"],
        subject_id=row["subject_id"],
        payload=msgspec.Raw(row["payload"].encode()),
        due_at=row["due_at"],
        attempts=row["attempts"],
    )


def _new_order(town: Town, *, code: str, away_m: float, payment_method: PaymentMethod) -> NewOrder:
    line = OrderLine(item_id="itm_00000000000000000000000000", name="Feijoada", quantity=1, unit_price_minor=4000)
    return NewOrder(
        id=ids.new(OrderId, "ord"),
        city_id=town.city_id,
        store_id=town.store_id,
        customer_id=CustomerId("cus_00000000000000000000000000"),
        platform_id=None,
        external_id=None,
        customer_name="Zé",
        customer_phone="+5511987654321",
        dropoff=offset(SQUARE, east_m=0, north_m=away_m),
        dropoff_address="Rua Augusta 1",
        dropoff_note="",
        dropoff_code=code,
        lines=[line],
        currency="BRL",
        items_minor=4000,
        delivery_fee_minor=500,
        tip_minor=0,
        payment_method=payment_method,
        change_for_minor=None,
        payment_token="tok" if payment_method is PaymentMethod.CARD else None,
    )


def _new_delivery(town: Town, new: NewOrder) -> NewDelivery:
    return NewDelivery(
        order_id=new.id,
        city_id=new.city_id,
        zone_id=None,
        store_id=new.store_id,
        pickup=Place(point=SQUARE, name="Cantina", address="Praça 1"),
        dropoff=Place(point=new.dropoff, name="Zé", address=new.dropoff_address, note="ring twice"),
        item_count=1,
        collect_minor=4500,
        currency="BRL",
        needs_code=bool(new.dropoff_code),
    )


def a_person() -> PersonId:
    return PersonId("per_00000000000000000000000001")
