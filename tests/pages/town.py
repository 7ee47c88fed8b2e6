"""A town that runs on the machine's own time, and its people: over the API, as their apps would."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, Final

import httpx
from tests.journeys.house import SECRET, House
from tests.processes import wait_until

from accounts.model import Caller, Scope
from accounts.tokens import Tokens
from infra import ids
from kernel.actors import Role
from kernel.geo import Point, offset
from kernel.ids import CustomerId, PersonId, RiderId, StoreId

Json = dict[str, Any]
SE: Final = Point(lat=-23.5505, lon=-46.6333)
DOOR: Final = offset(SE, east_m=900, north_m=300)
MENU: Final = {"Moqueca de banana": 5_200, "Suco de caju": 1_100, "Pastel de queijo": 900}
_numbers: Final = count(1)


class Person:
    """Somebody with a token."""

    def __init__(self, town: "Town", caller: Caller) -> None:
        self.town, self.caller = town, caller
        self.token = Tokens(SECRET).issue(caller)

    def must(self, method: str, path: str, body: object = None, **headers: str) -> Any:
        """Call the API and take nothing but a yes."""
        return self.town.must(method, path, body, token=self.token, **headers)


class Town:
    """One city with a store; every test brings its own orders and its own riders."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.port = int(house.address.rpartition(":")[2])
        self.http = httpx.Client(base_url=house.address, trust_env=False, verify=False, timeout=20)
        self.operator = self.person(Role.OPERATOR, ids.new(PersonId, "per"), scopes=frozenset(Scope))
        self.city_id = self.store_id = ""
        self.items: dict[str, str] = {}
        self.kitchen = self.operator

    def person(self, role: Role, subject_id: str, **more: Any) -> Person:
        return Person(self, Caller(role=role, id=subject_id, **more))

    def must(self, method: str, path: str, body: object = None, *, token: str, **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self.http.request(method, path, json=body, headers={"Authorization": f"Bearer {token}"} | named)
        assert answer.is_success, f"{method} {path}: {answer.text}"
        return answer.json() if answer.content else None

    def open(self) -> None:
        """Open city, store and menu."""
        place = {"country": "BR", "currency": "BRL", "time_zone": "America/Sao_Paulo", "centre": _point(SE)}
        self.city_id = self.add("/v1/cities", name="São Paulo", **place)["id"]
        corners = [offset(SE, east_m=5_000 * x, north_m=5_000 * y) for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
        self.add("/v1/zones", city_id=self.city_id, name="Centro", polygon=[_point(one) for one in corners])
        merchant = self.add("/v1/merchants", name="Cooperativa")
        self.store_id = self.add(
            "/v1/stores", merchant_id=merchant["id"], city_id=self.city_id, name="Cantina da Praça",
            phone="+551133334444", address="Praça da Sé, 1", point=_point(SE),
        )["id"]  # fmt: skip
        items = [{"external_ref": name, "name": name, "price_minor": price} for name, price in MENU.items()]
        menu = self.operator.must("PUT", f"/v1/stores/{self.store_id}/menu", {"items": items})
        self.items = {item["name"]: item["id"] for item in menu["items"]}
        staff = ids.new(PersonId, "per")
        self.kitchen = self.person(Role.MERCHANT, staff, store_ids=frozenset({StoreId(self.store_id)}))

    def add(self, path: str, **wish: Any) -> Any:
        return self.operator.must("POST", path, wish, Idempotency_Key=f"town-{next(_numbers)}")

    def order(self, **wish: Any) -> "Order":
        """Let somebody order."""
        customer = self.person(Role.CUSTOMER, ids.new(CustomerId, "cus"))
        body = {
            "store_id": self.store_id,
            "lines": [
                {"item_id": self.items["Moqueca de banana"], "quantity": 2},
                {"item_id": self.items["Suco de caju"], "quantity": 1},
            ],
            "dropoff": _point(DOOR) | {"address": "Rua do Carmo, 9, apto 12"},
            "customer": {"name": "Ana", "phone": "+5511912345678"},
            "payment": {"method": "cash"},
        }
        answer = customer.must("POST", "/v1/orders", body | wish, Idempotency_Key=f"order-{next(_numbers)}")
        return Order(self, customer, answer)

    def rider(self, name: str = "Beto", vehicle: str = "bicycle") -> "Rider":
        """Enter a rider and let them begin their shift at the store's corner."""
        phone = f"+55119{next(_numbers):08}"
        rider_id = self.add("/v1/riders", city_id=self.city_id, name=name, phone=phone, vehicle=vehicle)["id"]
        return Rider(self, rider_id)


class Order:
    """One order, and those who do something for it."""

    def __init__(self, town: Town, customer: Person, answer: Json) -> None:
        self.town, self.customer, self.answer, self.id = town, customer, answer, answer["order_id"]

    def share(self, **wish: Any) -> Json:
        """Make a link to follow it."""
        link: Json = self.customer.must("POST", f"/v1/orders/{self.id}/share-links", wish)
        return link

    def tracking(self) -> Json:
        view: Json = self.customer.must("GET", f"/v1/orders/{self.id}/tracking")
        return view

    def ticket_id(self) -> str:
        tickets = self.town.kitchen.must("GET", f"/v1/stores/{self.town.store_id}/tickets")["tickets"]
        return next(str(one["id"]) for one in tickets if one["order_id"] == self.id)

    def say(self, word: str, **said: Any) -> Any:
        """Let the kitchen say something: accept, start, ready, extend, reject."""
        return self.town.kitchen.must("POST", f"/v1/tickets/{self.ticket_id()}/{word}", said or None)

    def assign(self, rider: "Rider") -> str:
        """Let the desk give it to a rider, and return the delivery."""
        delivery_id = self.delivery_id()
        wish = {"rider_id": rider.id, "reason": "the test's own rider"}
        self.town.operator.must("POST", f"/v1/deliveries/{delivery_id}/assign", wish)
        return delivery_id

    def delivery_id(self) -> str:
        events = self.town.operator.must("GET", f"/v1/orders/{self.id}/events")
        return next(str(one["payload"]["delivery_id"]) for one in events if "delivery_id" in one["payload"])

    def cancel(self, reason: str) -> None:
        path = f"/v1/orders/{self.id}/cancellation"
        quote = self.customer.must("GET", path)
        self.customer.must("POST", path, {"version": quote["version"], "reason": reason})


class Rider(Person):
    """A rider's phone."""

    def __init__(self, town: Town, rider_id: str) -> None:
        super().__init__(town, Caller(role=Role.RIDER, id=RiderId(rider_id)))
        self.id = rider_id
        self.must("POST", "/v1/rider/shift/start", {})

    def is_at(self, place: Point, *, seconds_ago: int = 0) -> None:
        at = datetime.now(tz=UTC) - timedelta(seconds=seconds_ago)
        ping = {"device_at": at.isoformat(), "accuracy_m": 6} | _point(place)
        (judged,) = self.must("POST", "/v1/rider/positions", ping)
        assert judged["verdict"] == "accepted", judged

    def report(self, delivery_id: str, step: str, **said: Any) -> None:
        at = datetime.now(tz=UTC).isoformat()
        report = {"report_id": f"report-{next(_numbers)}", "occurred_at": at, **said}
        answer = self.must("POST", f"/v1/deliveries/{delivery_id}/{step}", report)
        assert answer["applied"], answer


@contextmanager
def a_town(*, database_url: str, redis_url: str, logs: Path) -> Iterator[Town]:
    """Start an API and a worker, and open a town in them."""
    house = House(database_url=database_url, redis_url=redis_url, logs=logs)
    try:
        house.start("api-1", "worker-1")
        town = Town(house)
        wait_until(lambda: _is_ready(town), within_s=40)
        town.open()
        yield town
        town.http.close()
        assert house.bugs() == {}
    finally:
        house.close()


def _is_ready(town: Town) -> bool:
    try:
        return town.http.get("/health/ready").is_success
    except httpx.TransportError:
        return False


def _point(place: Point) -> Json:
    return {"lat": place.lat, "lon": place.lon}
