"""Two complete worlds side by side in one house: in each a customer, a store, riders, a platform and their orders."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

import asyncpg
import httpx
import msgspec
from litestar import Litestar
from tests.apps import an_app, settings_of
from tests.databases import Picture, picture_of, restore
from tests.loops import stop

from accounts.model import Caller, Grant, Scope
from infra import clock
from kernel.actors import Role
from kernel.geo import Point, offset
from kernel.ids import OrderId, StoreId
from recado import worker
from recado.settings import Settings

Json = dict[str, Any]
EVENING: Final = datetime(2031, 3, 7, 22, tzinfo=UTC)  # ahead of every real clock
CENTRES: Final = {"A": Point(lat=-23.55, lon=-46.63), "B": Point(lat=-12.97, lon=-38.51)}
OPERATOR: Final = f"per_{1:026}"
WITHIN: Final = timedelta(seconds=90)
STEP: Final = timedelta(seconds=10)
_KNOWN: Final = {"helper": Role.RIDER, "manager": Role.MERCHANT}


class World:
    """The people and things of one half, by the name of the path's parameter; a riders' helper works beside the rider.

    `order_id` is the platform's, for the customer, cooked by the store, and picked up by the rider. Others are held
    for review, typed in by an operator and not confirmed, escalated as nobody answers, offered to the helper, and long
    delivered by the rider. The rider met with something on the way.
    """

    def __init__(self, name: str) -> None:
        self.name, self.centre = name, CENTRES[name]
        self.ids: dict[str, str] = {}
        self.share_ends_at = EVENING
        self.orders: dict[str, Json] = {}  # what the placer was told, by the state the order was brought to
        self.platform = f"platform-{name}"
        self.customer = f"cus_{name * 26}"
        digit = "1" if name == "A" else "2"
        self.phone, self.riders_phone = f"+551198765000{digit}", f"+551198765001{digit}"
        self.stores_phone = f"+551130001{digit * 3}"
        self.customers_name, self.address = f"Ana Pessoa {name}", f"Rua Secreta {name}, 100"
        self.note = f"ring twice at {name}"

    def caller(self, role: str, *scopes: Scope) -> Caller:
        """Return one of this world's people; operators are of no world."""
        name = {"customer": self.customer, "merchant": f"per_{self.name * 26}", "platform": self.platform}
        name["manager"] = f"per_{self.name * 25}M"
        subject = {who: self.ids.get(f"{who}_id", "") for who in ("rider", "helper")}
        subject |= {"operator": OPERATOR, "follower": self.ids.get("share_id", "")}
        staff = {"merchant", "manager"}
        stores = frozenset({StoreId(self.ids["store_id"])}) if role in staff else frozenset[StoreId]()
        return Caller(
            role=_KNOWN.get(role) or Role(role),
            id=(name | subject)[role],
            scopes=frozenset(scopes),
            store_ids=stores,
            is_manager=role == "manager",
            grant=self._share() if role == "follower" else None,
        )

    def _share(self) -> Grant:
        return Grant(id=self.ids["share_id"], order_id=OrderId(self.ids["order_id"]), ends_at=self.share_ends_at)

    @property
    def private_ids(self) -> dict[str, str]:
        """The ids that nobody of the other world may ever read."""
        public = {"merchant_id", "store_id", "item_id", "city_id", "zone_id"}
        found = {name: one for name, one in self.ids.items() if name not in public}
        return found | {f"order {state}": told["order_id"] for state, told in self.orders.items()}


class House:
    """The application over real stores, called in this process."""

    def __init__(self, app: Litestar, database_url: str) -> None:
        self.app, self.database_url = app, database_url
        self.worlds = {name: World(name) for name in CENTRES}
        self._http = httpx.AsyncClient(
            transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url="http://r"
        )
        self.requests = 0

    def token(self, caller: Caller, **lifetime: Any) -> str:
        """Return an access token."""
        return str(self.app.state.tokens.issue(caller, **lifetime))

    async def call(
        self, method: str, path: str, token: str | None, body: object = None, *, key: str | None = None
    ) -> httpx.Response:
        """Send one request; every one has an Idempotency-Key of its own unless told otherwise."""
        self.requests += 1
        headers = {"Idempotency-Key": key or f"key-{self.requests}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        content = body if isinstance(body, str | None) else msgspec.json.encode(body)
        return await self._http.request(method, path, content=content, headers=headers)

    async def must(self, method: str, path: str, caller: Caller, body: object = None) -> Any:
        """Send a request that cannot be refused."""
        answer = await self.call(method, path, self.token(caller), body)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()

    async def rows(self, sql: str, *args: Any) -> list[asyncpg.Record]:
        """Look at the database itself."""
        async with self.app.state.database.read() as tx:
            return list(await tx.fetch(sql, *args))

    async def rest(self) -> None:
        """Wait until nothing is due at this instant and every fact is told."""
        async with asyncio.timeout(20):
            while True:
                seen = await self.must("GET", "/v1/clock", _operator())
                if not seen["overdue_timers"] and not seen["unsent_events"]:
                    return
                await asyncio.sleep(0.01)

    async def pass_time(self, span: timedelta) -> None:
        """Let time pass."""
        now = (await self.must("GET", "/v1/clock", _operator()))["now"]
        await self.must("PUT", "/v1/clock", _operator(), {"to": datetime.fromisoformat(now) + span})
        await self.rest()


class _Built(NamedTuple):
    picture: Picture
    worlds: dict[str, World]
    requests: int


_built: dict[str, _Built] = {}


@asynccontextmanager
async def a_house(database_url: str, redis_url: str) -> AsyncIterator[House]:
    """Build both worlds with a worker beside the API, then let everything stand still.

    They are built once in a process; whoever wants them again gets them as they stood then.
    """
    settings = settings_of(database_url, redis_url)
    app = an_app(settings, whose=database_url)  # a module's house may stand while one of its tests has its own
    if built := _built.get("worlds"):
        await restore(built.picture, database_url, redis_url)
    async with app.lifespan():
        house = House(app, database_url)
        if built:
            house.worlds, house.requests = deepcopy(built.worlds), built.requests
        else:
            await _build_with_a_worker(house, settings)
            picture = await picture_of(database_url, redis_url)
            _built["worlds"] = _Built(picture, deepcopy(house.worlds), house.requests)
        yield house


async def _build_with_a_worker(house: House, settings: Settings) -> None:
    async with house.app.state.database.begin() as tx:
        await clock.simulate(tx, start_at=EVENING, rate=0)
    working = asyncio.create_task(worker.run(settings))
    try:
        await _build(house)
    finally:
        await stop(working)


async def _build(house: House) -> None:
    worlds = list(house.worlds.values())
    for world in worlds:
        await _open(house, world)
    for world in worlds:
        await _accepted(house, world, "delivered")
        await _work(house, world, "rider")
    for world, offer in zip(worlds, await _offers(house, "rider"), strict=True):
        code = world.orders["delivered"]["dropoff_code"]
        world.ids["delivered_delivery_id"] = await _carry(house, world, offer, "pick-up", "deliver", code=code)
    for world in worlds:
        world.ids["order_id"], world.ids["ticket_id"] = await _accepted(house, world, "picked up")
    for world, offer in zip(worlds, await _offers(house, "rider"), strict=True):
        world.ids["offer_id"] = offer["offer_id"]
        world.ids["delivery_id"] = await _carry(house, world, offer, "arrive-at-pickup", "pick-up")
        await _meet(house, world)
        await house.must("POST", "/v1/rider/shift/break", world.caller("rider"))
        await _place(house, world, "escalated", world.caller("customer"))
        await _place(house, world, "held", world.caller("customer"), customer={"name": "?", "phone": "?"})
        await _place(house, world, "typed", _operator())
    await house.pass_time(timedelta(seconds=181))  # after the third reminder the desk is called
    calls = (await house.must("GET", "/v1/escalations", _operator()))["escalations"]
    stores = {call["store_id"]: call["id"] for call in calls}
    for world in worlds:
        world.ids["escalation_id"] = stores[world.ids["store_id"]]
        await _work(house, world, "helper")
        await _accepted(house, world, "offered")
        await _let_in(house, world)
    for world, offer in zip(worlds, await _offers(house, "helper"), strict=True):
        world.ids |= {"helpers_offer_id": offer["offer_id"], "offered_delivery_id": offer["delivery_ids"][0]}


async def _let_in(house: House, world: World) -> None:
    """Pair the store's tablet, link the rider's own app, and share the order that is on its way."""
    linked = await house.must("POST", f"/v1/riders/{world.ids['rider_id']}/phones", _operator(), {"label": "an app"})
    world.ids["phone_id"] = linked["phone_id"]
    staff = {"role": "merchant", "subject_id": f"per_{world.name * 26}", "store_ids": [world.ids["store_id"]]}
    offered = await house.must("POST", "/v1/pairings", world.caller("manager"), staff | {"label": "tablet"})
    claim = {"code": offered["code"], "device_name": "a tablet", "keep": "body"}
    world.ids["device_id"] = (await house.must("POST", "/v1/pairings/claim", world.caller("merchant"), claim))[
        "device_id"
    ]
    shared = await house.must("POST", f"/v1/orders/{world.ids['order_id']}/share-links", world.caller("customer"), {})
    world.ids["share_id"], world.share_ends_at = shared["share_id"], datetime.fromisoformat(shared["expires_at"])


async def _open(house: House, world: World) -> None:
    operator, ids = _operator(), world.ids
    centre = {"lat": world.centre.lat, "lon": world.centre.lon}
    place = {"country": "BR", "currency": "BRL", "time_zone": "America/Sao_Paulo", "centre": centre}
    ids["city_id"] = (await house.must("POST", "/v1/cities", operator, {"name": world.name, **place}))["id"]
    corners = ((-4e3, -4e3), (4e3, -4e3), (4e3, 4e3), (-4e3, 4e3))
    ring = [offset(world.centre, east_m=x, north_m=y) for x, y in corners]
    zone = {"city_id": ids["city_id"], "name": "Centro", "polygon": ring}
    ids["zone_id"] = (await house.must("POST", "/v1/zones", operator, zone))["id"]
    merchant = {"name": f"Casa {world.name}"}
    ids["merchant_id"] = (await house.must("POST", "/v1/merchants", operator, merchant))["id"]
    store = {"merchant_id": ids["merchant_id"], "city_id": ids["city_id"], "name": f"Cantina {world.name}"}
    store |= {"phone": world.stores_phone, "address": "Praça 1", "point": centre, "default_prep_minutes": 5}
    ids["store_id"] = (await house.must("POST", "/v1/stores", operator, store))["id"]
    menu = {"items": [{"external_ref": "pastel", "name": "Pastel", "price_minor": 900}]}
    items = await house.must("PUT", f"/v1/stores/{ids['store_id']}/menu", operator, menu)
    ids["item_id"] = items["items"][0]["id"]
    for name, phone in (("rider", world.riders_phone), ("helper", world.riders_phone + "9")):
        rider = {"city_id": ids["city_id"], "name": f"Beto Pessoa {world.name}", "phone": phone, "vehicle": "bicycle"}
        ids[f"{name}_id"] = (await house.must("POST", "/v1/riders", operator, rider))["id"]


def an_order(world: World, **changes: Any) -> Json:
    """Return an order as apps and platforms send it."""
    door = offset(world.centre, east_m=500, north_m=500)
    return {
        "store_id": world.ids["store_id"],
        "lines": [{"item_id": world.ids["item_id"], "quantity": 2}],
        "dropoff": {"lat": door.lat, "lon": door.lon, "address": world.address, "note": world.note},
        "customer": {"name": world.customers_name, "phone": world.phone, "customer_id": world.customer},
        "payment": {"method": "cash", "change_for_minor": 500_000},
    } | changes


async def _place(house: House, world: World, state: str, by: Caller, **changes: Any) -> str:
    told = await house.must("POST", "/v1/orders", by, an_order(world, **changes))
    world.orders[state] = told
    return str(told["order_id"])


async def _accepted(house: House, world: World, state: str) -> tuple[str, str]:
    """Place an order by the platform and accept it; returns order and ticket."""
    external = f"{world.name}-{state}"
    order_id = await _place(house, world, state, world.caller("platform"), external_id=external)
    await house.rest()
    path = f"/v1/stores/{world.ids['store_id']}/tickets"
    tickets = (await house.must("GET", path, world.caller("merchant")))["tickets"]
    ticket = next(ticket for ticket in tickets if ticket["order_id"] == order_id)
    await house.must("POST", f"/v1/tickets/{ticket['id']}/accept", world.caller("merchant"), {"prep_minutes": 1})
    return order_id, str(ticket["id"])


async def _work(house: House, world: World, who: str) -> None:
    rider = world.caller(who)
    await house.must("POST", "/v1/rider/shift/start", rider, {"lat": world.centre.lat, "lon": world.centre.lon})


async def _ping(house: House, world: World, who: str) -> None:
    rider = world.caller(who)
    now = (await house.must("GET", "/v1/clock", rider))["now"]
    ping = {"device_at": now, "lat": world.centre.lat, "lon": world.centre.lon, "accuracy_m": 5}
    await house.must("POST", "/v1/rider/positions", rider, ping)


async def _offers(house: House, who: str) -> list[Json]:
    """Let time pass until this rider is asked in each world."""
    for _ in range(WITHIN // STEP):
        for world in house.worlds.values():
            await _ping(house, world, who)
        await house.rest()
        asked = [await house.must("GET", "/v1/rider/offers", world.caller(who)) for world in house.worlds.values()]
        if all(found["offers"] for found in asked):
            return [found["offers"][0] for found in asked]
        await house.pass_time(STEP)
    raise AssertionError(f"nobody asked {who}")


async def _carry(house: House, world: World, offer: Json, *steps: str, code: str = "") -> str:
    """Let the rider take what is offered, and make these steps; returns the delivery."""
    rider, delivery_id = world.caller("rider"), str(offer["delivery_ids"][0])
    await house.must("POST", f"/v1/offers/{offer['offer_id']}/accept", rider)
    for step in steps:
        now = (await house.must("GET", "/v1/clock", rider))["now"]
        report = {"report_id": f"{delivery_id} {step}", "occurred_at": now}
        said = {"code": code} if step == "deliver" else {}
        await house.must("POST", f"/v1/deliveries/{delivery_id}/{step}", rider, report | said)
    await house.rest()
    return delivery_id


async def _meet(house: House, world: World) -> None:
    """Let the rider meet with something on the way."""
    rider = world.caller("rider")
    now = (await house.must("GET", "/v1/clock", rider))["now"]
    met = {"report_id": f"{world.name} met", "occurred_at": now, "kind": "vehicle", "note": "flat tyre"}
    path = f"/v1/deliveries/{world.ids['delivery_id']}/incidents"
    world.ids["incident_id"] = (await house.must("POST", path, rider, met))["id"]


def _operator() -> Caller:
    return Caller(role=Role.OPERATOR, id=OPERATOR, scopes=frozenset(Scope))


def texts_of(document: object) -> list[str]:
    """Return every string in a JSON document, keys left out."""
    if isinstance(document, str):
        return [document]
    inner = document.values() if isinstance(document, Mapping) else document if isinstance(document, list) else ()
    return [text for one in inner for text in texts_of(one)]
