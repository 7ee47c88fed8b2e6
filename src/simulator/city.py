"""Sets a day's city up through the public API, as an administrator would: city, zone, stores with menus, riders."""

import asyncio
from collections.abc import Awaitable, Iterable
from typing import Final, TypeVar
from urllib.parse import quote

from simulator.api import Json
from simulator.customers import Customer
from simulator.days import RiderPlan, StorePlan, Vehicle
from simulator.desk import Desk
from simulator.kitchens import Kitchen
from simulator.riders import Rider
from simulator.scene import Scene

T = TypeVar("T")

AT_ONCE: Final = 8
ANSWERS_S: Final = 45  # what kitchens of a day that is lived in take to answer


class Cast:
    """Everybody who plays."""

    def __init__(self, kitchens: list[Kitchen], riders: list[Rider], customers: list[Customer]) -> None:
        self.kitchens, self.riders, self.customers = kitchens, riders, customers

    @property
    def are_all_home(self) -> bool:
        """Tell whether every rider's shift is over."""
        return all(rider.is_home for rider in self.riders)

    async def enter(self) -> None:
        """Have everybody plan their day."""
        for kitchen in self.kitchens:
            await kitchen.enter()
        for rider in self.riders:
            rider.enter()
        for customer in self.customers:
            customer.enter()


async def set_up(scene: Scene) -> Cast:
    """Create what the day needs and return everybody, ready to enter."""
    day = scene.day
    city_id = await _create(
        scene,
        "/v1/cities",
        {
            "name": "São Paulo",
            "country": "BR",
            "currency": "BRL",
            "time_zone": "America/Sao_Paulo",
            "centre": day.centre,
        },
    )
    await _create(scene, "/v1/zones", {"city_id": city_id, "name": day.name, "polygon": day.zone()})
    await _lay_down_rules(scene)
    merchant_id = await _create(scene, "/v1/merchants", {"name": "Recado do Dia"})
    kitchens = await _few_at_once(_open_store(scene, plan, city_id, merchant_id) for plan in day.stores)
    by_name = {kitchen.name: kitchen for kitchen in kitchens}
    riders = await _few_at_once(_hire(scene, plan, city_id, number) for number, plan in enumerate(day.riders))
    customers = [
        Customer(scene, record, store_id=by_name[record.plan.store].store_id, items=by_name[record.plan.store].items)
        for record in scene.book
    ]
    if day.is_lived_in:
        Desk(scene)
    return Cast(kitchens, riders, customers)


async def _lay_down_rules(scene: Scene) -> None:
    """Tell dispatch how fast riders of this day are, as an operator who measured would."""
    pace = scene.day.pace
    speeds = pace.by_vehicle_mps or dict.fromkeys(Vehicle, pace.speed_mps)
    value = {f"{vehicle}_mps": speed_mps for vehicle, speed_mps in speeds.items()} | {
        "detour_bp": pace.detour_bp,
        "pickup_service_s": int(pace.pickup_service.total_seconds()),
        "dropoff_service_s": int(pace.dropoff_service.total_seconds()),
    }
    rules = {"fleet.dispatch": value}
    if scene.day.is_lived_in:
        rules["tracking.estimate"] = {
            "accept_s": ANSWERS_S,
            "pickup_s": int(pace.pickup_service.total_seconds()),
            "dropoff_s": int(pace.dropoff_service.total_seconds()),
        }
    for name, value_of_it in rules.items():
        wish = {"value": value_of_it, "reason": f"measured for {scene.day.name}"}
        await scene.api.administrator.must("PUT", f"/v1/rules/{name}", wish)


async def _open_store(scene: Scene, plan: StorePlan, city_id: str, merchant_id: str) -> Kitchen:
    store_id = await _create(
        scene,
        "/v1/stores",
        {
            "merchant_id": merchant_id,
            "city_id": city_id,
            "name": plan.title or plan.name,
            "phone": "+551130000000",
            "address": plan.address or f"Rua de {plan.name}, 1",
            "point": plan.place,
            **({"default_prep_minutes": plan.prep_minutes} if plan.prep_minutes else {}),
        },
    )
    menu = [{"external_ref": item.ref, "name": item.name, "price_minor": item.price_minor} for item in plan.menu]
    answer = await scene.api.administrator.must("PUT", f"/v1/stores/{store_id}/menu", {"items": menu})
    ids = {str(item["external_ref"]): str(item["id"]) for item in answer.json()["items"]}
    items = {item.ref: ids[item.ref] for item in plan.menu}
    person_id = scene.new_id("per")
    caller = await scene.api.caller("merchant", person_id, store_ids=[store_id])
    return Kitchen(scene, plan.name, store_id=store_id, caller=caller, items=items)


async def _hire(scene: Scene, plan: RiderPlan, city_id: str, number: int) -> Rider:
    wish = {
        "city_id": city_id,
        "name": plan.title or plan.name,
        "phone": f"+5511{900_000_000 + number}",
        "vehicle": plan.vehicle,
        "capacity": plan.capacity,
    }
    rider_id = await _create(scene, "/v1/riders", wish)
    return Rider(scene, plan, rider_id=rider_id, caller=await scene.api.caller("rider", rider_id))


async def _create(scene: Scene, path: str, wish: Json) -> str:
    key = quote(f"{scene.day.name}{path}/{wish['name']}")
    return str((await scene.api.administrator.must("POST", path, wish, key=key)).json()["id"])


async def _few_at_once(making: Iterable[Awaitable[T]]) -> list[T]:
    slots = asyncio.Semaphore(AT_ONCE)

    async def make(one: Awaitable[T]) -> T:
        async with slots:
            return await one

    return list(await asyncio.gather(*(make(one) for one in making)))
