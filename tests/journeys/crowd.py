"""People in a hurry on real time: several orders at once, every deed repeated until it is answered."""

import asyncio
from collections.abc import Callable
from functools import partial
from itertools import count
from typing import Final

import httpx
from tests.journeys.town import CANTINA, Rider, Town

from infra.clock import wall_now
from infra.db import Database
from simulator.feeds import Feed, Json

STEPS: Final = ("arrive-at-pickup", "check-items", "pick-up", "arrive-at-dropoff", "deliver")
# Real seconds are dear: dispatch looks often and waits for nobody, and whoever missed an offer is asked again soon.
HASTE: Final = {
    "fleet.dispatch": {"round_s": 1, "ask_again_s": 1, "early_s": 7200, "horizon_s": 7200},
    "fleet.offers": {"ttl_s": 5, "misses_before_break": 100},
}
KEPT: Final = {
    "placed": "SELECT count(*) FROM orders WHERE id = $1",
    "accepted": "SELECT count(*) FROM tickets WHERE id = $1 AND accepted_at IS NOT NULL",
    "ready": "SELECT count(*) FROM tickets WHERE id = $1 AND ready_at IS NOT NULL",
    "taken": "SELECT count(*) FROM offers WHERE id = $1 AND status = 'accepted'",
    "reported": "SELECT count(*) FROM delivery_reports WHERE report_id = $1 AND outcome = 'applied'",
}


class Crowd:
    """Everybody of the town at once; `acknowledged` is what the house said yes to: kind and id."""

    def __init__(self, town: Town, evening: asyncio.TaskGroup) -> None:
        self._town, self._evening = town, evening
        self.acknowledged: list[tuple[str, str]] = []
        self.orders: dict[str, Json] = {}
        self._numbers = count(1)
        self._delivered: set[str] = set()
        self._heard: set[str] = set()
        self._moved = asyncio.Condition()

    async def gather(self) -> None:
        """Begin the evening: the kitchen listens, the riders are at its door."""
        town = self._town
        for name, value in HASTE.items():
            rule = {"value": value, "reason": "an evening in seconds", "scope_id": town.city_id}
            await town.operator.must("PUT", f"/v1/rules/{name}", rule)
        path = f"/v1/stores/{town.store_id}/feed"
        await town.watchers.follow(Feed(town.store_id, path, town.kitchen, on_event=self._kitchen_hears))
        for rider in (town.beto, town.carla):
            hears = partial(self._rider_hears, rider)
            await town.watchers.follow(Feed(rider.id, "/v1/rider/feed", rider.caller, on_event=hears))
            where = {"lat": CANTINA.lat, "lon": CANTINA.lon}
            await rider.caller.must("POST", "/v1/rider/shift/start", where)

    def get_hungry(self, so_many: int) -> None:
        """Have Ana order so many times more, all at once."""
        for _ in range(so_many):
            self._evening.create_task(self._order(next(self._numbers)))

    async def until_acknowledged(self, more: int, *, kinds: frozenset[str] = frozenset(KEPT)) -> None:
        """Wait until the house said yes so many times more, to something of these kinds."""
        before = self._count(kinds)
        async with self._moved:
            await self._moved.wait_for(lambda: self._count(kinds) >= before + more)

    async def until_delivered(self, so_many: int) -> None:
        """Wait until Ana has so many orders in her hands."""
        async with self._moved:
            await self._moved.wait_for(lambda: len(self._delivered) >= so_many)

    async def _order(self, number: int) -> None:
        answer = await self._town.place(f"evening-{number}", payment="card" if number % 2 else "cash")
        assert answer.status == httpx.codes.CREATED, answer
        made: Json = answer.json()
        order_id = str(made["order_id"])
        self.orders[order_id] = made
        await self._note("placed", order_id)
        path = f"/v1/orders/{order_id}/feed"
        await self._town.watchers.follow(Feed(order_id, path, self._town.ana, on_event=self._ana_hears(order_id)))

    def _kitchen_hears(self, event: Json) -> None:
        if event["type"] == "ticket.offered" and self._is_new(event["ticket_id"]):
            self._evening.create_task(self._cook(str(event["ticket_id"])))

    async def _cook(self, ticket_id: str) -> None:
        for word, kind, body in (("accept", "accepted", {"prep_minutes": 1}), ("ready", "ready", None)):
            await self._town.kitchen.must("POST", f"/v1/tickets/{ticket_id}/{word}", body)
            await self._note(kind, ticket_id)

    def _rider_hears(self, rider: Rider, event: Json) -> None:
        if event["type"] == "offer.made" and self._is_new(event["offer_id"]):
            self._evening.create_task(self._take(rider, str(event["offer_id"])))
        if event["type"] == "order.rider_assigned" and self._is_new(event["delivery_id"]):
            self._evening.create_task(self._carry(rider, str(event["delivery_id"]), str(event["order_id"])))

    async def _take(self, rider: Rider, offer_id: str) -> None:
        answer = await rider.caller.ask("POST", f"/v1/offers/{offer_id}/accept")
        if answer.is_good:
            await self._note("taken", offer_id)
        else:  # The house was away for longer than an offer lasts, or somebody else was quicker.
            assert answer.code() in {"offer.expired", "offer.withdrawn", "offer.taken"}, answer

    async def _carry(self, rider: Rider, delivery_id: str, order_id: str) -> None:
        for step in STEPS:
            said: Json = {"report_id": f"{step} of {delivery_id}", "occurred_at": wall_now()}
            if step == "deliver":
                said["code"] = await self._code_of(order_id)
            answer = await rider.caller.must("POST", f"/v1/deliveries/{delivery_id}/{step}", said)
            assert answer.json()["applied"], answer
            await self._note("reported", said["report_id"])

    async def _code_of(self, order_id: str) -> str:
        async with self._moved:  # The rider may be at the door before Ana's app was told that the order was placed.
            await self._moved.wait_for(lambda: order_id in self.orders)
        return str(self.orders[order_id]["dropoff_code"])

    def _ana_hears(self, order_id: str) -> Callable[[Json], None]:
        def hear(event: Json) -> None:
            if event["type"] == "order.delivered":
                self._evening.create_task(self._receive(order_id))

        return hear

    async def _receive(self, order_id: str) -> None:
        async with self._moved:
            self._delivered.add(order_id)
            self._moved.notify_all()

    def _count(self, kinds: frozenset[str]) -> int:
        return sum(kind in kinds for kind, _ in self.acknowledged)

    def _is_new(self, what: object) -> bool:
        is_new = str(what) not in self._heard
        self._heard.add(str(what))
        return is_new

    async def _note(self, kind: str, what: str) -> None:
        async with self._moved:
            self.acknowledged.append((kind, what))
            self._moved.notify_all()


async def lost(database: Database, acknowledged: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return what the house said yes to and does not hold, or holds twice."""
    async with database.read() as tx:
        return [(kind, what) for kind, what in acknowledged if await tx.fetchval(KEPT[kind], what) != 1]
