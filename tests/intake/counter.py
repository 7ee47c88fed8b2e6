"""One city, one store, and a counter where orders come in; everything is one transaction, as in the house."""

from datetime import UTC, datetime
from typing import Any

from accounts.model import Caller, Scope
from infra.db import Database
from infra.travel.straight_line import StraightLine
from intake import commands
from intake.commands import Around
from intake.model import CustomerRequest, DropoffRequest, LineRequest, OrderRequest, PaymentRequest
from kernel.actors import Actor, Role
from kernel.events import Act
from kernel.geo import Point, offset
from kernel.ids import ItemId, OrderId, StoreId
from merchant import commands as merchant
from merchant.commands.setup import NewStore
from merchant.model.stores import OpeningHours
from merchant.policy.menus import WantedItem
from orders import commands as orders
from orders.commands.payments import find_entry
from orders.model import PaymentMethod
from places import commands as places
from places import queries as place_queries

NOON = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
SQUARE = Point(lat=-23.55, lon=-46.63)
ANA = Caller(role=Role.CUSTOMER, id="cus_0000000000000000000000000A")
ADMINISTRATOR = Caller(role=Role.OPERATOR, id="per_0000000000000000000000000A", scopes=frozenset(Scope))
PLATFORM = Caller(role=Role.PLATFORM, id="rappido")


class Counter:
    def __init__(self, database: Database) -> None:
        self.database = database
        self.store_id = StoreId("")
        self.pastel = ItemId("")
        self.around = Around(zones=None, travel=StraightLine())  # type: ignore[arg-type]  drawn in `open`

    async def open(self, *, stock_count: int | None = None) -> "Counter":
        async with self.database.begin() as tx:
            city = await places.found_city(
                tx, name="Sampa", country="BR", currency="BRL", time_zone="America/Sao_Paulo", centre=SQUARE, now=NOON
            )
            ring = [
                offset(SQUARE, east_m=x, north_m=y) for x, y in ((-3e3, -3e3), (3e3, -3e3), (3e3, 3e3), (-3e3, 3e3))
            ]
            await places.draw_zone(tx, city_id=city.id, name="Centro", polygon=ring, now=NOON)
            owner = await merchant.add_merchant(tx, name="Aurora", now=NOON)
            new = NewStore(
                merchant_id=owner.id,
                city_id=city.id,
                name="Pastelaria Aurora",
                phone="+551130001234",
                address="Rua Direita, 1",
                point=SQUARE,
                opening_hours=OpeningHours(),
                default_prep_minutes=15,
                auto_accept=False,
            )
            self.store_id = (await merchant.add_store(tx, new, now=NOON)).id
            item = WantedItem(external_ref="pastel", name="Pastel", price_minor=900, stock_count=stock_count)
            menu = await merchant.import_menu(tx, self.store_id, [item], by=ADMINISTRATOR, now=NOON)
            self.pastel = menu[0].id
            self.around = Around(zones=await place_queries.zone_map(tx), travel=StraightLine())
        return self

    @property
    def act(self) -> Act:
        return Act(actor=Actor(Role.OPERATOR, "per_0"), now=NOON, occurred_at=NOON)

    def request(self, **changes: Any) -> OrderRequest:
        fields: dict[str, Any] = {
            "store_id": self.store_id,
            "lines": [LineRequest(item_id=self.pastel, quantity=2)],
            "dropoff": DropoffRequest(lat=SQUARE.lat, lon=SQUARE.lon, address="Praça da Sé, 1"),
            "customer": CustomerRequest(name="Ana", phone="11 98888-7777"),
            "payment": PaymentRequest(method=PaymentMethod.CASH),
        }
        return OrderRequest(**(fields | changes))

    async def receive(self, *, caller: Caller = ANA, **changes: Any) -> OrderId:
        async with self.database.begin() as tx:
            return await commands.receive_order(
                tx, self.request(**changes), caller=caller, around=self.around, act=caller.act(NOON)
            )

    async def one(self, sql: str, *args: Any) -> Any:
        async with self.database.read() as tx:
            return await tx.fetchrow(sql, *args)

    async def all(self, sql: str, *args: Any) -> list[Any]:
        async with self.database.read() as tx:
            return await tx.fetch(sql, *args)

    async def settle_payments(self, *, is_done: bool) -> None:
        """Answer every open movement as a provider would, and tell intake."""

        for row in await self.all("SELECT id, order_id, kind FROM payment_entries WHERE status = 'requested'"):
            async with self.database.begin() as tx:
                entry = await find_entry(tx, row["id"])
                assert entry is not None
                await orders.record_settlement(
                    tx, entry, is_done=is_done, provider_ref="ref", reason="declined", act=self.act
                )
            if row["kind"] == "authorise":
                async with self.database.begin() as tx:
                    if is_done:
                        await commands.payment_settled(tx, row["order_id"], around=self.around, act=self.act)
                    else:
                        await commands.payment_refused(tx, row["order_id"], act=self.act)
