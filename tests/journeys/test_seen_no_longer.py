"""A rider who does nothing for an order any more is seen by nobody of it, a second later at the latest.

One API process, the front, serves everybody who follows; what changes is said to another, the back. So the front can
be stopped, as a machine under pressure stops it, and must not go on where it was.
"""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager
from itertools import count
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

import httpx
import pytest
import redis
from tests.journeys.house import House
from tests.journeys.town import CANTINA, CARLAS_CORNER, Json, Rider, Town, a_town
from tests.journeys.ways import WAYS, OverCentrifuge, OverEvents, OverPolls, OverSocket, Way, a_client

from infra.clock import wall_now
from infra.db import Database
from kernel.actors import Role
from kernel.geo import Point, offset

pytestmark = pytest.mark.journey
PING_EVERY_S: Final = 0.1
AT_THE_LATEST_S: Final = 1.3  # the second that is promised, and what a busy machine takes to hand a frame on
STOPPED_S: Final = 3.0 if int(os.environ.get("RECADO_SOAK_FACTOR", "1")) > 1 else 2.0
LISTENS_S: Final = 2.0
SEEN_WITHIN_S: Final = 20.0
CARLAS_WAY: Final = offset(CANTINA, east_m=0, north_m=2_000)
_numbers: Final = count(10)


class Followed:
    """One order that a rider has, and everybody who follows it at the front."""

    def __init__(self, evening: "Evening", made: Json, rider: Rider, ticket_id: str, delivery_id: str) -> None:
        self._evening, self._made, self._rider, self._ticket_id = evening, made, rider, ticket_id
        self._delivery, self._delivery_id = f"/v1/deliveries/{delivery_id}", delivery_id
        self.path = f"/v1/orders/{made['order_id']}"
        self._share_id = ""
        self.watchers: list[Way] = []
        self.ended_s = 0.0

    async def for_the_store(self) -> None:
        """Let the store see who comes."""
        for way in (OverSocket, OverEvents, OverCentrifuge):
            self._watch(way, Role.MERCHANT, self._evening.town.kitchen.token)

    async def for_the_customer(self) -> None:
        """Let Ana and whoever she told see the rider with the food."""
        for step in ("arrive-at-pickup", "check-items", "pick-up"):
            await self._report(step)
        follower = await self._a_followers_token()
        for way in WAYS:
            self._watch(way, Role.CUSTOMER, self._evening.town.ana.token)
            self._watch(way, Role.FOLLOWER, follower)

    async def for_a_follower(self) -> None:
        """Let somebody see the rider with the food who has a link and nothing else."""
        await self._report("pick-up")
        follower = await self._a_followers_token()
        for way in (OverSocket, OverEvents, OverCentrifuge):
            self._watch(way, Role.FOLLOWER, follower)

    async def give_to_carla(self) -> None:
        """Let the desk give it to somebody else."""
        await self.give_to(self._evening.carla)

    async def give_to(self, rider: Rider) -> None:
        """Let the desk give it to somebody, whoever had it."""
        wish = {"rider_id": rider.id, "reason": "by hand"}
        await self._evening.town.operator.must("POST", f"{self._delivery}/assign", wish)

    async def take_away(self) -> None:
        """Let the desk take it away from whoever has it."""
        await self._evening.town.operator.must("POST", f"{self._delivery}/unassign", {"reason": "a flat tyre"})

    async def cancel(self) -> None:
        """Let Ana cancel, and the kitchen agree."""
        town = self._evening.town
        version = (await town.ana.get(f"{self.path}/cancellation"))["version"]
        wish = {"version": version, "reason": "no longer hungry"}
        await town.ana.must("POST", f"{self.path}/cancellation", wish)
        await town.kitchen.must("POST", f"/v1/tickets/{self._ticket_id}/cancellation-answer", {"agree": True})

    async def deliver(self) -> None:
        """Let the rider hand it over at the door."""
        await self._report("deliver", code=self._made["dropoff_code"])

    async def turn_back(self) -> None:
        """Let the rider bring it back to the store."""
        await self._report("turn-back", reason="customer_absent")

    async def revoke(self) -> None:
        """Let Ana revoke the link."""
        await self._evening.town.ana.must("DELETE", f"/v1/share-links/{self._share_id}")

    def seen_for_s(self, since_s: float) -> float:
        """Return how long after this moment somebody was still shown where the rider is; below 0: nobody was."""
        return max(at_s for one in self.watchers for at_s, place in one.places if not _is_carlas(place)) - since_s

    async def _report(self, step: str, **said: object) -> None:
        report = {"report_id": f"{step} {self._delivery_id}", "occurred_at": wall_now(), **said}
        answer = await self._rider.caller.must("POST", f"{self._delivery}/{step}", report)
        assert answer.json()["applied"]

    async def _a_followers_token(self) -> str:
        ana = self._evening.town.ana
        link = (await ana.must("POST", f"{self.path}/share-links", {})).json()
        self._share_id = link["share_id"]
        return str((await ana.must("POST", "/v1/share-links/open", {"token": link["token"]})).json()["access_token"])

    def _watch(self, way: type[Way], role: Role, token: str) -> None:
        order_id, chance = str(self._made["order_id"]), Random(1)
        self.watchers.append(way(self._evening.client, order_id, token, role=role, from_zero=False, chance=chance))


class Installation(NamedTuple):
    """A house with a front and a back."""

    front: House
    back: House
    town: Town
    database: Database
    client: httpx.AsyncClient


class Evening:
    """Orders on their way, each with a rider of its own, in a house with a front and a back; Carla has none."""

    def __init__(self, installation: Installation) -> None:
        self.front, self.town = installation.front, installation.town
        self.database, self.client = installation.database, installation.client
        self.orders: dict[str, Followed] = {}
        self.riders: list[Rider] = []
        self.carla: Rider

    async def begin(self) -> "Evening":
        """Let Carla come to work."""
        self.carla = await self._enter_rider("Carla")
        return self

    async def end(self) -> None:
        """Send everybody home, so that nobody is asked any more."""
        for rider in (*self.riders, self.carla):
            await rider.caller.must("POST", "/v1/rider/shift/break")

    async def order(self, name: str) -> Followed:
        """Have an order cooked, and given by hand to somebody who has nothing else to carry."""
        town = self.town
        rider = await self._enter_rider(name)
        self.riders.append(rider)
        made = (await town.place(f"{name} {next(_numbers)}", payment="cash")).json()
        open_tickets = (await town.kitchen.get(f"/v1/stores/{town.store_id}/tickets?open=true"))["tickets"]
        (ticket_id,) = [ticket["id"] for ticket in open_tickets if ticket["order_id"] == made["order_id"]]
        await town.kitchen.must("POST", f"/v1/tickets/{ticket_id}/accept", {"prep_minutes": 15})
        events = await town.operator.get(f"/v1/orders/{made['order_id']}/events")
        (opened,) = [event["payload"] for event in events if event["type"] == "delivery.opened"]
        followed = self.orders[name] = Followed(self, made, rider, ticket_id, opened["delivery_id"])
        await followed.give_to(rider)
        return followed

    async def _enter_rider(self, name: str) -> Rider:
        number = next(_numbers)
        rider = await self.town.enter_rider(f"{name} {number}", f"+551198765{number:04}", CARLAS_CORNER)
        await rider.caller.must("POST", "/v1/rider/shift/start", {})
        return rider

    async def ask(self, path: str) -> Json:
        """Ask the front, as Ana."""
        answer = await self.client.get(path, headers={"Authorization": f"Bearer {self.town.ana.token}"})
        said: Json = answer.raise_for_status().json()
        return said

    @asynccontextmanager
    async def followed(self) -> AsyncIterator[None]:
        """Let everybody follow while all riders say where they are, ten times a second each."""
        watchers = [watcher for order in self.orders.values() for watcher in order.watchers]
        tasks = [*(asyncio.create_task(_ride(rider, CANTINA)) for rider in self.riders),
                 asyncio.create_task(_ride(self.carla, CARLAS_WAY)),
                 *(asyncio.create_task(watcher.follow()) for watcher in watchers)]  # fmt: skip
        try:
            give_up_s = time.monotonic() + SEEN_WITHIN_S
            while blind := [f"{one}: {one.faults}" for one in watchers if len(one.places) < 3]:
                assert time.monotonic() < give_up_s, blind
                await asyncio.sleep(0.02)
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


Step = Callable[[Followed], Awaitable[None]]
ENDS: Final[Mapping[str, tuple[Step, Step]]] = {
    "given to another": (Followed.for_the_store, Followed.give_to_carla),
    "taken away": (Followed.for_the_store, Followed.take_away),
    "cancelled": (Followed.for_the_store, Followed.cancel),
    "delivered": (Followed.for_the_customer, Followed.deliver),
    "turned back": (Followed.for_the_customer, Followed.turn_back),
    "link revoked": (Followed.for_a_follower, Followed.revoke),
}


@asynccontextmanager
async def an_installation(database_url: str, redis_url: str, logs: Path) -> AsyncIterator[Installation]:
    houses = []
    for name in ("front", "back"):
        (logs / name).mkdir()
        houses.append(House(database_url=database_url, redis_url=redis_url, logs=logs / name))
    front, back = houses
    try:
        front.start("api-1", "worker-1")
        back.start("api-1")
        async with (
            Database.connect(database_url, pool_size=2) as database,
            a_town(back, database) as town,
            a_client(front.address) as client,
        ):
            yield Installation(front, back, town, database, client)
    finally:
        for house in houses:
            house.close()


@asynccontextmanager
async def an_evening(installation: Installation) -> AsyncIterator[Evening]:
    evening = await Evening(installation).begin()
    yield evening
    await evening.end()
    assert [house.bugs() for house in (installation.front, installation.back)] == [{}, {}]


@pytest.fixture(scope="module")
def evenings_stores(databases, stores):
    """A database, and a key space that is not the one that other tests empty."""
    redis_url = f"{stores.redis_url.rpartition('/')[0]}/2"
    with redis.Redis.from_url(redis_url) as client:
        client.flushdb()
    database_url = databases.take()
    yield database_url, redis_url
    databases.give_back(database_url)


@pytest.fixture(scope="module")
async def installation(evenings_stores, tmp_path_factory):
    """One for all evenings but that on which Redis stops."""
    async with an_installation(*evenings_stores, tmp_path_factory.mktemp("evenings")) as installation:
        yield installation


@pytest.fixture
async def evening(installation):
    async with an_evening(installation) as evening:
        yield evening


@pytest.mark.parametrize("away", [(), ("worker-1",)], ids=["", "although nobody can tell"])
async def test_whoever_is_gone_is_seen_no_longer(evening, away):
    await _order_all(evening)
    async with evening.followed():
        with stopped(evening.front, *away):
            await _end_all(evening)
            await asyncio.sleep(LISTENS_S)

    seen_for_s = {name: order.seen_for_s(order.ended_s) for name, order in evening.orders.items()}
    assert {name: so_long for name, so_long in seen_for_s.items() if so_long >= AT_THE_LATEST_S} == {}
    assert _faults(evening) == ["link revoked: 4501", "link revoked: 4501", "link revoked: 3500"]


@pytest.mark.parametrize("away", [(), ("worker-1",)], ids=["", "and told nothing"])
async def test_a_process_that_was_stopped_meanwhile_goes_on_without_them(evening, away):
    await _order_all(evening)
    async with evening.followed():
        with stopped(evening.front, *away, "api-1"):
            await asyncio.sleep(0.3)  # what was on its way arrives
            await _end_all(evening)
            await asyncio.sleep(STOPPED_S)
            continued_s = time.monotonic()
        await asyncio.sleep(LISTENS_S)

    seen_for_s = {name: order.seen_for_s(continued_s) for name, order in evening.orders.items()}
    closed_after_s = [at_s - continued_s for one in evening.orders["link revoked"].watchers for at_s, _ in one.closed]
    assert {name: so_long for name, so_long in seen_for_s.items() if so_long >= 0} == {}
    assert max(closed_after_s) < AT_THE_LATEST_S
    assert _faults(evening) == ["link revoked: 4501", "link revoked: 4501", "link revoked: 3500"]


async def test_an_answer_that_waited_for_redis_shows_nobody_who_is_gone_meanwhile(
    database_url, durable_redis, tmp_path
):
    async with (
        an_installation(database_url, durable_redis.url, tmp_path) as installation,
        an_evening(installation) as evening,
    ):
        order = await evening.order("delivered")
        await order.for_the_customer()
        async with evening.followed():
            with durable_redis.stopped():
                answers = [asyncio.create_task(evening.ask(f"{order.path}/{what}")) for what in ("tracking", "feed")]
                await asyncio.sleep(0.5)  # by now they have asked the tables
                assert not any(answer.done() for answer in answers)
                await order.deliver()
                await asyncio.sleep(LISTENS_S)
            tracked, polled = [await answer for answer in answers]
    assert "position" not in tracked
    assert "position" not in polled["frames"][0]["body"]


async def test_positions_wait_while_the_tables_cannot_be_asked(evening):
    order = await evening.order("carried")
    await order.for_the_customer()
    async with evening.followed():
        async with evening.database.begin() as tx:
            await tx.execute("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
            locked_s = time.monotonic()
            await asyncio.sleep(STOPPED_S)
            seen_for_s = order.seen_for_s(locked_s)
        freed_s = time.monotonic()
        await asyncio.sleep(LISTENS_S)

    lasting = [one for one in order.watchers if one.name != OverPolls.name]
    assert seen_for_s < AT_THE_LATEST_S
    assert min(sum(at_s > freed_s for at_s, _ in one.places) for one in lasting) >= 3
    assert _faults(evening) == []


@contextmanager
def stopped(house: House, *names: str) -> Iterator[None]:
    """Stop processes for a while; they are not told."""
    with ExitStack() as stack:
        for name in names:
            process = house.processes[name]
            process.send_signal(signal.SIGSTOP)
            stack.callback(process.send_signal, signal.SIGCONT)
        yield


async def _order_all(evening: Evening) -> None:
    for name, (begin, _) in ENDS.items():
        await begin(await evening.order(name))


async def _end_all(evening: Evening) -> None:
    for name, (_, end) in ENDS.items():
        order = evening.orders[name]
        await end(order)
        order.ended_s = time.monotonic()


async def _ride(rider: Rider, start: Point) -> None:
    for number in count():
        here = offset(start, east_m=0.5 * number, north_m=0)
        ping = {"device_at": wall_now(), "lat": here.lat, "lon": here.lon, "accuracy_m": 5.0}
        await rider.caller.must("POST", "/v1/rider/positions", ping)
        await asyncio.sleep(PING_EVERY_S)


def _is_carlas(place: Json) -> bool:
    return abs(place["lat"] - CANTINA.lat) > abs(place["lat"] - CARLAS_WAY.lat)


def _faults(evening: Evening) -> list[str]:
    """Return what watchers found wrong, and with which code they were closed for good."""
    return [
        f"{name}: {one.closed[-1][1] if one.is_over else one.faults}"
        for name, order in evening.orders.items()
        for one in order.watchers
        if one.faults
    ]
