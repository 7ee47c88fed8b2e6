"""Whoever follows an order has seen its whole history, each message once, however often the house fell down."""

import asyncio
import json
import os
from collections.abc import Mapping
from itertools import cycle, islice, product
from random import Random
from typing import Final

import httpx
import pytest
from tests.journeys.books import FEED
from tests.journeys.durable import DurableRedis
from tests.journeys.house import House
from tests.journeys.town import Json, Person, Rider, Town, a_town
from tests.journeys.ways import WAYS, OverPolls, Way, a_client

from infra.clock import wall_now
from infra.db import Database
from kernel.actors import Role
from simulator.feeds import Feed
from tracking.policy.privacy import visible
from tracking.policy.stages import STAGE_AFTER

pytestmark = pytest.mark.journey
IS_SOAK: Final = int(os.environ.get("RECADO_SOAK_FACTOR", "1")) > 1
KILLS_EACH: Final = 20 if IS_SOAK else 3
ORDERS: Final = 60 if IS_SOAK else 20
WATCHERS: Final = 200
ORDERS_AT_ONCE: Final = 5
ENDS_WITHIN_S: Final = 600 if IS_SOAK else 120
SEED: Final = 20_310_308
ROLES: Final = (Role.CUSTOMER, Role.FOLLOWER, Role.MERCHANT, Role.OPERATOR)
PLANS: Final = ("delivered", "handed to another", "delivered", "cancelled", "rejected")
STEPS_AN_ORDER: Final = 8  # on average; kills are spread over them
CARRIED: Final = ("arrive-at-pickup", "check-items", "pick-up", "arrive-at-dropoff", "deliver")
# Everything goes by hand: nobody is asked, and nobody is sent home for not answering.
BY_HAND: Final = {"fleet.offers": {"ttl_s": 3600, "misses_before_break": 100}}


async def test_every_watcher_has_seen_what_stands_in_the_tables(durable_redis, database_url, tmp_path):
    house = House(database_url=database_url, redis_url=durable_redis.url, logs=tmp_path)
    try:
        async with Database.connect(database_url, pool_size=2) as database, asyncio.timeout(ENDS_WITHIN_S):
            house.start("api-1", "api-2", "worker-1")
            async with a_town(house, database) as town, a_client(house.address) as client:
                evening = Evening(town, client)
                async with asyncio.TaskGroup() as tasks:
                    lasting = [tasks.create_task(evening.follow()), tasks.create_task(house.supervise())]
                    killing = tasks.create_task(evening.kill(house, durable_redis))
                    await evening.pass_by()
                    await killing
                    await evening.until_caught_up(await heads_of(database))
                    for task in lasting:
                        task.cancel()
                faults = [*evening.faults(), *await evening.unlike(database)]
    finally:
        house.close()

    assert faults == []
    assert len(evening.watchers) == WATCHERS
    connected = [one for one in evening.watchers if one.name != OverPolls.name]
    assert sum(one.begun - 1 for one in connected) > KILLS_EACH  # the kills did interrupt them
    assert house.bugs() == {}


class Evening:
    """Orders on their way, and everybody who follows them."""

    def __init__(self, town: Town, client: httpx.AsyncClient) -> None:
        self._town, self._client = town, client
        self._chance = Random(SEED)
        self._kinds = cycle(product(ROLES, WAYS, (True, False)))
        self._coming: asyncio.Queue[Way] = asyncio.Queue()
        self._tickets: dict[str, asyncio.Future[str]] = {}
        self._steps = 0
        self._moved = asyncio.Condition()
        self._at_once = asyncio.Semaphore(ORDERS_AT_ONCE)
        self.watchers: list[Way] = []

    async def pass_by(self) -> None:
        """Let every order go its way."""
        town = self._town
        for name, value in BY_HAND.items():
            rule = {"value": value, "reason": "an evening by hand", "scope_id": town.city_id}
            await town.operator.must("PUT", f"/v1/rules/{name}", rule)
        path = f"/v1/stores/{town.store_id}/feed"
        await town.watchers.follow(Feed(town.store_id, path, town.kitchen, on_event=self._kitchen_hears))
        for rider in (town.beto, town.carla):
            await rider.caller.must("POST", "/v1/rider/shift/start", {})
        async with asyncio.TaskGroup() as orders:
            for number in range(ORDERS):
                orders.create_task(self._live(number))

    async def follow(self) -> None:
        """Follow whatever somebody wants to follow, until cancelled."""
        async with asyncio.TaskGroup() as all_of_them:
            while True:
                watcher = await self._coming.get()
                all_of_them.create_task(watcher.follow())

    async def kill(self, house: House, redis: DurableRedis) -> None:
        """Kill everything in turn, whenever so many steps more were made, and start it again."""
        chance = Random(SEED + 1)
        names = ["api", "worker", "redis"] * KILLS_EACH
        chance.shuffle(names)
        apart = ORDERS * STEPS_AN_ORDER / (len(names) + 1)
        for number, name in enumerate(names, 1):
            async with self._moved:
                await self._moved.wait_for(lambda number=number: self._steps >= number * apart)  # type: ignore[misc]
            await asyncio.sleep(chance.random() * 0.05)
            if name == "redis":
                redis.kill()
                await asyncio.sleep(chance.random())
                redis.start()
            else:
                process = f"{name}-{chance.randint(1, 2) if name == 'api' else 1}"
                house.kill(process)
                await asyncio.sleep(chance.random() * 0.3)
                house.start(process)

    async def until_caught_up(self, heads: Mapping[str, int]) -> None:
        """Wait until everybody has seen what happened last."""
        while any((one.seq or 0) < heads[one.order_id] for one in self.watchers):  # noqa: ASYNC110  many move
            await asyncio.sleep(0.1)

    def faults(self) -> list[str]:
        """Return what watchers found wrong by themselves."""
        return [fault for one in self.watchers for fault in one.faults]

    async def unlike(self, database: Database) -> list[str]:
        """Compare every message everybody got with the tables, and with what the desk is told of the same number."""
        found: list[str] = []
        for order_id in {one.order_id for one in self.watchers}:
            async with database.read() as tx:
                rows = await tx.fetch(FEED, order_id)
            desk = {event["seq"]: event for event in await self._town.operator.get(f"/v1/orders/{order_id}/events")}
            for one in self.watchers:
                if one.order_id == order_id:
                    found += _unlike(one, [dict(row) for row in rows], desk)
        return found

    def _kitchen_hears(self, event: Json) -> None:
        if event["type"] == "ticket.offered":
            self._ticket(event["order_id"]).set_result(str(event["ticket_id"]))

    def _ticket(self, order_id: str) -> asyncio.Future[str]:
        return self._tickets.setdefault(order_id, asyncio.get_running_loop().create_future())

    async def _live(self, number: int) -> None:
        async with self._at_once:
            plan = PLANS[number % len(PLANS)]
            answer = await self._town.place(f"order-{number}", payment="card" if number % 2 else "cash")
            made: Json = answer.json()
            order_id = str(made["order_id"])
            watchers = await self._who_follows(order_id, WATCHERS // ORDERS + (number < WATCHERS % ORDERS))
            await self._step(watchers)
            ticket_id = await self._ticket(order_id)
            kitchen = self._town.kitchen
            if plan == "rejected":
                await kitchen.must("POST", f"/v1/tickets/{ticket_id}/reject", {"reason": "too_busy"})
                await self._step(watchers, all_of_them=True)
                return
            await kitchen.must("POST", f"/v1/tickets/{ticket_id}/accept", {"prep_minutes": 15})
            await self._step(watchers)
            longer = {"minutes": 5, "reason": "the oven"}
            await kitchen.must("POST", f"/v1/tickets/{ticket_id}/extend", longer)
            await self._step(watchers)
            if plan == "cancelled":
                await self._cancel(order_id, ticket_id)
            else:
                await self._carry(order_id, ticket_id, made, watchers, is_handed_on=plan == "handed to another")
            await self._step(watchers, all_of_them=True)

    async def _cancel(self, order_id: str, ticket_id: str) -> None:
        path = f"/v1/orders/{order_id}/cancellation"
        quote = await self._town.ana.get(path)
        wish = {"version": quote["version"], "reason": "changed my mind"}
        asked = (await self._town.ana.must("POST", path, wish)).json()
        if asked["status"] == "asked":
            answer = {"agree": True}
            await self._town.kitchen.must("POST", f"/v1/tickets/{ticket_id}/cancellation-answer", answer)

    async def _carry(
        self, order_id: str, ticket_id: str, made: Json, watchers: list[Way], *, is_handed_on: bool
    ) -> None:
        delivery_id = await self._delivery_of(order_id)
        rider = self._town.beto
        for rider in (self._town.beto, self._town.carla)[: 1 + is_handed_on]:
            given = {"rider_id": rider.id, "reason": "by hand"}
            await self._town.operator.must("POST", f"/v1/deliveries/{delivery_id}/assign", given)
            await self._step(watchers)
        await self._town.kitchen.must("POST", f"/v1/tickets/{ticket_id}/ready")
        await self._step(watchers)
        for step in CARRIED:
            await self._report(rider, delivery_id, step, {"code": made["dropoff_code"]} if step == "deliver" else {})
            await self._step(watchers)

    async def _report(self, rider: Rider, delivery_id: str, step: str, said: Json) -> None:
        report = {"report_id": f"{step} of {delivery_id}", "occurred_at": wall_now(), **said}
        answer = await rider.caller.must("POST", f"/v1/deliveries/{delivery_id}/{step}", report)
        assert answer.json()["applied"], answer

    async def _delivery_of(self, order_id: str) -> str:
        while True:
            for event in await self._town.operator.get(f"/v1/orders/{order_id}/events"):
                if event["type"] == "delivery.opened":
                    return str(event["payload"]["delivery_id"])
            await asyncio.sleep(0.1)

    async def _who_follows(self, order_id: str, so_many: int) -> list[Way]:
        """Return those who will follow an order, each as somebody and in some way."""
        link = (await self._town.ana.must("POST", f"/v1/orders/{order_id}/share-links", {})).json()
        opened = (await self._town.ana.must("POST", "/v1/share-links/open", {"token": link["token"]})).json()
        people: dict[Role, Person | None] = {
            Role.CUSTOMER: self._town.ana, Role.MERCHANT: self._town.kitchen, Role.OPERATOR: self._town.operator,
        }  # fmt: skip
        watchers = []
        for role, way, from_zero in islice(self._kinds, so_many):
            person = people.get(role)
            token = person.token if person else opened["access_token"]
            chance = Random(self._chance.random())
            watchers.append(way(self._client, order_id, token, role=role, from_zero=from_zero, chance=chance))
        self.watchers += watchers
        return watchers

    async def _step(self, waiting: list[Way], *, all_of_them: bool = False) -> None:
        """Note that something was done; some of those who wait begin to follow."""
        self._chance.shuffle(waiting)
        for _ in range(len(waiting) if all_of_them else min(2, len(waiting))):
            self._coming.put_nowait(waiting.pop())
        async with self._moved:
            self._steps += 1
            self._moved.notify_all()


async def heads_of(database: Database) -> Mapping[str, int]:
    """Return how far every order has come."""
    async with database.read() as tx:
        return {row["id"]: row["seq"] for row in await tx.fetch("SELECT id, seq FROM orders")}


def _unlike(one: Way, rows: list[Json], desk: Mapping[int, Json]) -> list[str]:
    # A worker may still add to an order; that everybody saw what stood there at the end was waited for.
    expected = [
        (row["number"], _shown(row, Role(one.role))) for row in rows if one.first_seq < row["number"] <= one.seq
    ]
    seen = one.history
    found = [f"{one}: saw {got}, and it is {want}" for got, want in zip(seen, expected, strict=False) if got != want]
    if len(seen) != len(expected):
        found.append(f"{one}: saw {len(seen)} of {len(expected)} behind {one.first_seq}")
    return found + [
        f"{one}/{seq}: {event}, told the desk as {desk[seq]}" for seq, event in seen if _is_other(event, desk[seq])
    ]


def _shown(row: Json, role: Role) -> Json:
    """Return what a role is told of an event, as JSON says it."""
    seen = visible(row["type"], json.loads(row["payload"]), role)
    if seen is None:
        return {"type": "hidden"}
    stage = STAGE_AFTER.get(row["type"])
    told = {name: row[name].isoformat().replace("+00:00", "Z") for name in ("occurred_at", "recorded_at")}
    return {"type": row["type"], **told, **({"stage": str(stage)} if stage else {}), **seen}


def _is_other(event: Json, told: Json) -> bool:
    """Tell whether an event says anything but what the desk is told of the same number."""
    if event == {"type": "hidden"}:
        return False
    said = {
        **told["payload"],
        "type": told["type"],
        "occurred_at": told["occurred_at"],
        "recorded_at": told["recorded_at"],
    }
    return any(value != said.get(name) for name, value in event.items() if name != "stage")
