"""A small town and its people, each a client of the public API; time stands until the test moves it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import Any, Final

import httpx
from tests.journeys.house import House

from infra import clock
from infra.db import Database
from kernel.geo import Point, offset
from simulator.agenda import Kind
from simulator.api import Answer, Api, Caller, ClockOverHttp
from simulator.conductor import Conductor
from simulator.days import Pace
from simulator.feeds import Feed
from simulator.movement import Leg, ride, standing

Json = dict[str, Any]
EVENING: Final = datetime(2031, 3, 7, 22, tzinfo=UTC)  # a Friday, seven in São Paulo; ahead of every real clock
NEVER: Final = datetime(9999, 1, 1, tzinfo=UTC)
SE: Final = Point(lat=-23.5505, lon=-46.6333)
CANTINA: Final = offset(SE, east_m=0, north_m=0)
BETOS_CORNER: Final = offset(SE, east_m=150, north_m=0)
CARLAS_CORNER: Final = offset(SE, east_m=0, north_m=600)
ANAS_DOOR: Final = offset(SE, east_m=900, north_m=300)
MENU: Final = {"moqueca": 5_200, "suco": 1_100}
SETTLED_WITHIN_S: Final = 40.0  # a killed holder's deadline is taken over after 15
LOST_SHARE: Final = 0.3  # of the answers, where the signal is bad
PING_EVERY: Final = timedelta(seconds=30)
PACE: Final = Pace(
    speed_mps=4.0,
    in_whole_minutes=False,
    pickup_service=timedelta(minutes=2),
    dropoff_service=timedelta(minutes=2),
)


class Watchers:
    """Everybody's feeds; one order may be followed by several."""

    def __init__(self, address: str) -> None:
        self._address = address
        self.feeds: list[Feed] = []

    async def follow(self, feed: Feed) -> Feed:
        """Follow one more feed from its first number on."""
        self.feeds.append(feed)
        await feed.open(self._address)
        return feed

    async def catch_up(self, heads: Mapping[str, int]) -> None:
        """Return when everybody has seen the head of what they follow."""
        for feed in self.feeds:
            if feed.seq < heads.get(feed.id, 0):
                await feed.wait_for(heads[feed.id])

    async def close(self) -> None:
        """Let all of them put their phones away."""
        for feed in self.feeds:
            await feed.close()


class Person(Caller):
    """A client who takes every answer as it comes, and asks again where the first try is still being worked on.

    With a `bad_signal` some writes are sent a second time, as if its answer had been lost on the way.
    """

    bad_signal: Random | None = None

    def __init__(self, api: Api, token: str, *, name: str) -> None:
        super().__init__(api, token)
        self.name = name

    async def ask(self, method: str, path: str, body: object = None, *, key: str | None = None) -> Answer:
        """Send one request, again while nobody answers it."""
        answer = await self._answer(method, path, body, key)
        if self.bad_signal is None or method == "GET" or self.bad_signal.random() > LOST_SHARE:
            return answer
        again = await self._answer(method, path, body, key)
        assert (again.status, again.json()) == (answer.status, answer.json()), f"{path}: {answer}, then {again}"
        return again

    async def _answer(self, method: str, path: str, body: object, key: str | None) -> Answer:
        headers = {"Idempotency-Key": key} if key else {}
        while True:
            answer = await self._api.send(method, path, body, token=self.token, headers=headers)
            if answer.code() != "idempotency.key_busy":
                return answer
            await asyncio.sleep(0.1)


class Order:
    """One order as Ana knows it."""

    def __init__(self, answer: Json, feed: Feed, desk_feed: Feed) -> None:
        self.id, self.answer, self.feed, self.desk_feed = str(answer["order_id"]), answer, feed, desk_feed

    def heard(self, kind: str) -> list[Json]:
        """Return what Ana was told of this kind."""
        return heard(self.feed, kind)

    def desk_heard(self, kind: str) -> list[Json]:
        """Return what the desk was told of this kind."""
        return heard(self.desk_feed, kind)


class Rider:
    """A rider's phone: reports where they are every half minute of a shift, and follows the rider's own feed."""

    def __init__(self, town: "Town", name: str, rider_id: str, caller: Person, corner: Point) -> None:
        self._town, self.name, self.id, self.caller = town, name, rider_id, caller
        self._leg: Leg = standing(corner, since=EVENING)
        self._is_on_shift = False
        self._reports = count(1)
        self.feed = Feed(rider_id, "/v1/rider/feed", caller)

    def heard(self, kind: str) -> list[Json]:
        """Return what this rider was told of this kind."""
        return heard(self.feed, kind)

    async def start_shift(self) -> None:
        """Begin to work; the phone speaks from now on."""
        await self.caller.must("POST", "/v1/rider/shift/start", {"planned_end_at": EVENING + timedelta(hours=5)})
        self._is_on_shift = True
        await self._ping()

    async def end_shift(self) -> None:
        """Go home."""
        await self.caller.must("POST", "/v1/rider/shift/end")
        self._is_on_shift = False

    async def ride_to(self, place: Point) -> None:
        """Ride there, while time passes for everybody."""
        now = self._town.stage.now
        self._leg = ride(self._leg.place_at(now), place, starts_at=now, pace=PACE, centre=SE)
        await self._town.pass_time(self._leg.ends_at - now)

    async def in_hand(self) -> list[Json]:
        """Return what the rider's phone shows to be fetched and brought, in the order of the route."""
        self.carried: list[Json] = (await self.caller.get("/v1/rider/deliveries"))["deliveries"]
        return self.carried

    async def report(self, delivery_id: str, step: str, **said: object) -> Answer:
        """Say that a step was made now; the phone gives every report an id of its own."""
        return await self.repeat(f"{self.name}-{next(self._reports)}", delivery_id, step, **said)

    async def repeat(self, report_id: str, delivery_id: str, step: str, **said: object) -> Answer:
        """Hand in a report under this id."""
        report = {"report_id": report_id, "occurred_at": self._town.stage.now, **said}
        return await self.caller.ask("POST", f"/v1/deliveries/{delivery_id}/{step}", report)

    async def _ping(self) -> None:
        if not self._is_on_shift:
            return
        now = self._town.stage.now
        self._town.stage.plan(now + PING_EVERY, Kind.PING, self.name, self._ping)
        here = self._leg.place_at(now)
        ping = {"device_at": now, "lat": here.lat, "lon": here.lon, "accuracy_m": 8.0}
        (judged,) = (await self.caller.must("POST", "/v1/rider/positions", ping)).json()
        assert judged["verdict"] == "accepted"


class Town:
    """One city with one store, two riders, and Ana, who is hungry."""

    def __init__(self, api: Api, watchers: Watchers, database: Database) -> None:
        self.api, self.watchers, self.database = api, watchers, database
        self.installation = ClockOverHttp(api)
        self.stage = Conductor(self.installation, watchers)
        self.operator = Person(api, api.administrator.token, name="the desk")
        self.city_id = self.store_id = ""
        self.items: dict[str, str] = {}
        self.ana = self.kitchen = self.operator
        self.kitchen_feed: Feed
        self.beto: Rider
        self.carla: Rider
        self._orders = count(1)

    async def open(self) -> None:
        """Open the city and bring its people in."""
        await self._open_city()
        self.ana = await self.person("Ana", "customer", f"cus_{1:026}")
        self.kitchen = await self.person("the Cantina", "merchant", f"per_{2:026}", store_ids=[self.store_id])
        self.kitchen_feed = await self.watchers.follow(
            Feed(self.store_id, f"/v1/stores/{self.store_id}/feed", self.kitchen)
        )
        self.beto = await self.enter_rider("Beto", "+5511987654321", BETOS_CORNER)
        self.carla = await self.enter_rider("Carla", "+5511987654322", CARLAS_CORNER)

    async def person(self, name: str, role: str, subject_id: str, **wish: object) -> Person:
        """Return a person of this role with a token."""
        token = await self.api.new_token({"role": role, "subject_id": subject_id, **wish})
        return Person(self.api, token, name=name)

    async def pass_time(self, span: timedelta) -> None:
        """Let so much time pass, everything that falls due on the way at its own instant."""
        until = self.stage.now + span
        await self.stage.play(is_over=lambda: False, give_up_at=until)
        await self.stage.play_instant(until)

    async def pass_time_until(self, is_so: Callable[[], object], *, within: timedelta) -> None:
        """Let time pass until something is so, at the earliest instant at which it is."""
        await self.stage.play(is_over=lambda: bool(is_so()), give_up_at=self.stage.now + within)
        assert is_so(), f"not so by {self.stage.now}"

    async def rest(self) -> None:
        """Let everything that is to be done at this instant be done, and everybody hear of it."""
        await self.stage.play_instant(self.stage.now)

    async def until_told(self) -> None:
        """On flowing time: wait until every fact was told, every deadline kept, and everybody heard of it.

        Not for a round of dispatch that a killed worker holds: there is nothing left to dispatch.
        """
        async with asyncio.timeout(SETTLED_WITHIN_S):
            while not await self._is_settled():  # noqa: ASYNC110  other processes settle it
                await asyncio.sleep(0.1)
            _, heads = await self.installation.heads(after_position=0)
            await self.watchers.catch_up(heads)

    async def _is_settled(self) -> bool:
        state = await self.installation.read()
        due = [kind for kind, _ in await self.pending_deadlines(until=state.now) if kind != "dispatch.round"]
        return not state.unsent_events and not due

    async def order(self, *, payment: str, item: str = "moqueca") -> Order:
        """Let Ana order, and follow her order on her phone; the desk follows it too."""
        answer = await self.place(f"ana-{next(self._orders)}", payment=payment, item=item)
        assert answer.status == httpx.codes.CREATED, answer
        return await self.follow(answer.json())

    async def place(self, key: str, *, payment: str, item: str = "moqueca") -> Answer:
        """Send an order of Ana's under this key."""
        return await self.ana.ask("POST", "/v1/orders", self.a_request(payment=payment, item=item), key=key)

    def a_request(self, *, payment: str, item: str = "moqueca") -> Json:
        """Return what Ana's app sends."""
        return {
            "store_id": self.store_id,
            "lines": [{"item_id": self.items[item], "quantity": 2}],
            "dropoff": {"lat": ANAS_DOOR.lat, "lon": ANAS_DOOR.lon, "address": "Rua do Carmo, 9"},
            "customer": {"name": "Ana", "phone": "+5511912345678"},
            "payment": {"method": payment} | ({"token": "tok_ana"} if payment == "card" else {}),
        }

    async def follow(self, answer: Json) -> Order:
        """Follow an order as Ana and as the desk."""
        path = f"/v1/orders/{answer['order_id']}/feed"
        feeds = [Feed(answer["order_id"], path, person) for person in (self.ana, self.operator)]
        order = Order(answer, *[await self.watchers.follow(feed) for feed in feeds])
        await self.rest()
        return order

    def ticket_of(self, order: Order) -> str:
        """Return the ticket the Cantina's tablet rang with."""
        offered = [event for event in heard(self.kitchen_feed, "ticket.offered") if event["order_id"] == order.id]
        assert len(offered) == 1
        return str(offered[0]["ticket_id"])

    async def answer_ticket(self, order: Order, word: str, body: Json | None = None) -> Answer:
        """Let the kitchen say something about an order."""
        answer = await self.say_to_ticket(order, word, body)
        await self.rest()
        return answer

    async def say_to_ticket(self, order: Order, word: str, body: Json | None = None) -> Answer:
        """Let the kitchen say something, and wait for nothing but the answer."""
        return await self.kitchen.ask("POST", f"/v1/tickets/{self.ticket_of(order)}/{word}", body)

    async def status_of(self, order: Order) -> str:
        """Return how far the order is, in the desk's words."""
        return str((await self.operator.get(f"/v1/orders/{order.id}"))["status"])

    async def ledger_of(self, order: Order) -> list[tuple[str, int, str]]:
        """Return the order's movements of money: kind, amount, and what became of each."""
        async with self.database.read() as tx:
            rows = await tx.fetch(
                "SELECT kind, amount_minor, status FROM payment_entries WHERE order_id = $1 ORDER BY id", order.id
            )
        return [(row["kind"], row["amount_minor"], row["status"]) for row in rows]

    async def pending_deadlines(self, *, until: datetime | None = None) -> list[tuple[str, str]]:
        """Return what is still to come, or only until then: kind and subject."""
        pending = "SELECT kind, subject_id FROM timers WHERE status = 'pending' AND due_at <= $1 ORDER BY due_at"
        async with self.database.read() as tx:
            rows = await tx.fetch(pending, until or NEVER)
        return [(row["kind"], row["subject_id"]) for row in rows]

    async def _open_city(self) -> None:
        city = await self._add("/v1/cities", _CITY)
        self.city_id = str(city["id"])
        await self._add("/v1/zones", {"city_id": self.city_id, "name": "Centro", "polygon": _around(SE)})
        merchant = await self._add("/v1/merchants", {"name": "Cooperativa"})
        place = {"phone": "+551133334444", "address": "Praça da Sé, 1", "point": CANTINA}
        names = {"merchant_id": merchant["id"], "city_id": self.city_id, "name": "Cantina da Praça"}
        self.store_id = str((await self._add("/v1/stores", names | place))["id"])
        items = [{"external_ref": name, "name": name, "price_minor": price} for name, price in MENU.items()]
        menu = (await self.operator.must("PUT", f"/v1/stores/{self.store_id}/menu", {"items": items})).json()
        self.items = {item["name"]: item["id"] for item in menu["items"]}

    async def enter_rider(self, name: str, phone: str, corner: Point) -> Rider:
        """Bring in a rider, whose phone follows the rider's feed."""
        wish = {"city_id": self.city_id, "name": name, "phone": phone, "vehicle": "bicycle", "capacity": 3}
        rider_id = str((await self._add("/v1/riders", wish))["id"])
        rider = Rider(self, name, rider_id, await self.person(name, "rider", rider_id), corner)
        await self.watchers.follow(rider.feed)
        return rider

    async def _add(self, path: str, wish: Json) -> Json:
        answer: Json = (
            await self.operator.must("POST", path, wish, key=f"{path} {wish['name']}".encode().hex())
        ).json()
        return answer


_CITY: Final = {"name": "São Paulo", "country": "BR", "currency": "BRL", "time_zone": "America/Sao_Paulo", "centre": SE}


def heard(feed: Feed, kind: str) -> list[Json]:
    """Return what came over a feed of this kind."""
    return [message.event for message in feed.messages if message.event["type"] == kind]


def _around(place: Point) -> Sequence[Point]:
    corners = ((-1, -1), (1, -1), (1, 1), (-1, 1))
    return [offset(place, east_m=5_000 * east, north_m=5_000 * north) for east, north in corners]


@asynccontextmanager
async def a_standing_town(house: House, database_url: str) -> AsyncIterator[Town]:
    """Open the town on an installation whose time stands; the processes are not started yet."""
    async with Database.connect(database_url, pool_size=2) as database:
        async with database.begin() as tx:
            await clock.simulate(tx, start_at=EVENING, rate=0)
        house.start("api-1", "worker-1")
        async with a_town(house, database) as town:
            await town.stage.begin()
            yield town


@asynccontextmanager
async def a_town(house: House, database: Database) -> AsyncIterator[Town]:
    """Open the town in a house that is started."""
    api = Api(house.address, house.administration_token)
    watchers = Watchers(house.address)
    town = Town(api, watchers, database)
    try:
        await town.open()
        yield town
    finally:
        await watchers.close()
        await api.close()
