"""A small town for benches, set up through the public API: a city with one zone, stores, riders."""

from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from infra import ids
from infra.clock import wall_now
from kernel.actors import Role
from kernel.geo import Point, offset
from kernel.ids import StoreId
from recado.benches.frame.client import Client
from recado.benches.frame.installation import Installation

CENTRE: Final = Point(lat=-23.5505, lon=-46.6333)  # Praça da Sé, São Paulo
HALF_M: Final = 5_000
NEAR: Final = offset(CENTRE, east_m=150, north_m=150)  # where everything in it happens


class Town(msgspec.Struct, frozen=True, kw_only=True):
    """Its ids."""

    city_id: str
    merchant_id: str


class Kitchen(msgspec.Struct, frozen=True, kw_only=True):
    """A store that is open, with one thing to eat, and its tablet."""

    store_id: str
    item_id: str
    tablet: Client


async def open_town(house: Installation) -> Town:
    """Open the city and a merchant."""
    city = {"name": "São Paulo", "country": "BR", "currency": "BRL", "time_zone": "America/Sao_Paulo", "centre": CENTRE}
    city_id = await _add(house.desk, "/v1/cities", city)
    corners = [offset(CENTRE, east_m=HALF_M * x, north_m=HALF_M * y) for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    await _add(house.desk, "/v1/zones", {"city_id": city_id, "name": "Centro", "polygon": corners})
    return Town(city_id=city_id, merchant_id=await _add(house.desk, "/v1/merchants", {"name": "Cooperativa"}))


async def open_kitchen(house: Installation, town: Town, name: str) -> Kitchen:
    """Open a store in the middle of the town."""
    wish = {"merchant_id": town.merchant_id, "city_id": town.city_id, "name": name, "phone": "+551133334440"}
    store_id = await _add(house.desk, "/v1/stores", {**wish, "address": "Rua Direita, 100", "point": NEAR})
    items = [{"external_ref": "prato", "name": "Prato do dia", "price_minor": 3_490}]
    menu = await house.desk.ask("PUT", f"/v1/stores/{store_id}/menu", {"items": items})
    tablet = house.client(Role.MERCHANT, ids.new(str, "per"), store_ids=frozenset({StoreId(store_id)}))
    return Kitchen(store_id=store_id, item_id=menu["items"][0]["id"], tablet=tablet)


async def hire(house: Installation, town: Town, number: int) -> tuple[str, Client]:
    """Enter the rider of this number and return the id with the phone."""
    person = {"city_id": town.city_id, "name": f"Beto {number}", "phone": f"+5511{900_000_000 + number}"}
    wish = {**person, "vehicle": "bicycle", "capacity": 2}
    rider_id = await _add(house.desk, "/v1/riders", wish)
    return rider_id, house.client(Role.RIDER, rider_id)


async def place_order(customer: Client, kitchen: Kitchen) -> Any:
    """Order something to a door around the corner, paid in cash."""
    wish = {
        "store_id": kitchen.store_id,
        "lines": [{"item_id": kitchen.item_id, "quantity": 2}],
        "dropoff": {"lat": NEAR.lat, "lon": NEAR.lon, "address": "Rua Augusta, 100"},
        "customer": {"name": "Ana", "phone": "+5511988887777"},
        "payment": {"method": "cash"},
    }
    return await customer.post("/v1/orders", wish, key=ids.new(str, "key"))


async def find_ticket(kitchen: Kitchen, order_id: str) -> str:
    """Return the order's ticket, as the tablet finds it in its list."""
    listed = await kitchen.tablet.get(f"/v1/stores/{kitchen.store_id}/tickets?open=true")
    return next(str(ticket["id"]) for ticket in listed["tickets"] if ticket["order_id"] == order_id)


def instant() -> datetime:
    """Return the time as a phone's clock has it."""
    return wall_now().astimezone(UTC)


async def _add(desk: Client, path: str, wish: dict[str, Any]) -> str:
    return str((await desk.post(path, wish, key=ids.new(str, "key")))["id"])
