"""The whole life of an order through the public API: customer's app, kitchen's tablet, rider's phone, desk."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any, Final

from infra import ids
from kernel.actors import Role
from recado.benches.frame.client import Client
from recado.benches.frame.figures import Result, at_least, share_of_speed
from recado.benches.frame.installation import Installation, Spent, installation
from recado.benches.frame.load import Do, keep_busy
from recado.benches.frame.plan import Outcome, Plan
from recado.benches.frame.town import NEAR, Kitchen, find_ticket, hire, instant, open_kitchen, open_town, place_order

AT_ONCE: Final = 8
CALLS: Final = 18  # what `Lane.live` makes; a test counts
PREP_MINUTES: Final = 40  # so long that dispatch waits on purpose, and the desk assigns
TARGET: Final = 0.15
NO_OP: Final = "/v1/me"
KINDS: Final = ("api", "worker", "postgres", "valkey")

Measured = tuple[int, Spent]


class Lane:
    """One order after the other, each with its customer, its store and its rider."""

    def __init__(self, desk: Client, customer: Client, kitchen: Kitchen, rider: tuple[str, Client]) -> None:
        self._desk, self.customer, self._kitchen = desk, customer, kitchen
        self._rider_id, self.rider = rider
        self._reports = 0

    async def start_shift(self) -> None:
        """Bring the rider to work."""
        await self.rider.post("/v1/rider/shift/start", {"vehicle": "bicycle", "capacity": 2})
        await self._ping()

    async def live(self) -> None:
        """Take one order from the customer's wish to the customer's door."""
        order, delivery_id = await self.set_out()
        await self._ping()
        await self.customer.get(f"/v1/orders/{order['order_id']}/tracking")
        await self._report(delivery_id, "arrive-at-dropoff")
        await self._report(delivery_id, "deliver", code=order["dropoff_code"])
        await self.customer.get(f"/v1/orders/{order['order_id']}")

    async def set_out(self) -> tuple[Any, str]:
        """Take one order until it is on its way; return what its customer was answered, and the delivery's id."""
        tablet = self._kitchen.tablet
        order = await place_order(self.customer, self._kitchen)
        order_id = order["order_id"]
        ticket_id = await find_ticket(self._kitchen, order_id)
        await tablet.post(f"/v1/tickets/{ticket_id}/accept", {"prep_minutes": PREP_MINUTES})
        await self.customer.get(f"/v1/orders/{order_id}")
        delivery_id = await self._assign(order_id)
        await self.rider.get("/v1/rider/deliveries")
        await tablet.post(f"/v1/tickets/{ticket_id}/start")
        await self._ping()
        await self._report(delivery_id, "arrive-at-pickup")
        await self._report(delivery_id, "check-items")
        await tablet.post(f"/v1/tickets/{ticket_id}/ready")
        await self._report(delivery_id, "pick-up")
        return order, delivery_id

    async def idle(self) -> None:
        """Make as many calls that do nothing."""
        for _ in range(CALLS):
            await self.rider.get(NO_OP)

    async def _assign(self, order_id: str) -> str:
        history = await self._desk.get(f"/v1/orders/{order_id}/events")
        delivery_id = next(str(e["payload"]["delivery_id"]) for e in history if e["type"] == "delivery.opened")
        wish = {"rider_id": self._rider_id, "reason": "the desk's choice"}
        await self._desk.post(f"/v1/deliveries/{delivery_id}/assign", wish)
        return delivery_id

    async def _report(self, delivery_id: str, step: str, **more: Any) -> None:
        self._reports += 1
        said = {"report_id": f"report-{self._reports}", "occurred_at": instant(), **more}
        await self.rider.post(f"/v1/deliveries/{delivery_id}/{step}", said)

    async def _ping(self) -> None:
        ping = {"device_at": instant(), "lat": NEAR.lat, "lon": NEAR.lon, "accuracy_m": 8}
        await self.rider.post("/v1/rider/positions", ping)


async def run(plan: Plan) -> Outcome:
    """Carry orders eight at once, and beside each stretch make as many calls that do nothing."""
    lives_s, idles_s = (8.0, 3.0) if plan.is_quick else (20.0, 6.0)
    async with installation() as house, AsyncExitStack() as stack:
        lanes = await _open_lanes(house, stack)
        await _measure(house, [lane.live for lane in lanes], for_s=lives_s / 2)
        await _measure(house, [lane.idle for lane in lanes], for_s=idles_s / 2)
        lives, idles = [], []
        for _ in range(plan.repetitions):
            idles.append(await _measure(house, [lane.idle for lane in lanes], for_s=idles_s))
            lives.append(await _measure(house, [lane.live for lane in lanes], for_s=lives_s))
    return _outcome(lives, idles)


async def _open_lanes(house: Installation, stack: AsyncExitStack) -> list[Lane]:
    town = await open_town(house)
    lanes = []
    for number in range(AT_ONCE):
        kitchen = await open_kitchen(house, town, f"Cantina {number}")
        rider = await hire(house, town, number)
        customer, desk = (
            house.client(Role.CUSTOMER, ids.new(str, "cus")),
            house.client(Role.OPERATOR, ids.new(str, "per")),
        )
        for client in (customer, desk, kitchen.tablet, rider[1]):
            await stack.enter_async_context(client)
        lanes.append(Lane(desk, customer, kitchen, rider))
        await lanes[-1].start_shift()
    return lanes


async def _measure(house: Installation, doing: Sequence[Do], *, for_s: float) -> Measured:
    """Keep every lane busy, then let the workers finish; return how often it was done, and what that cost."""
    await house.settle()
    with house.metered() as meter:
        times = await keep_busy(doing, for_s=for_s)
        await house.settle()
    return times, meter.spent


def _outcome(lives: Sequence[Measured], idles: Sequence[Measured]) -> Outcome:
    def cost_ms(kind: str) -> list[float]:
        return [1_000 * spent.cpu_s.get(kind, 0.0) / times for times, spent in lives]

    def server_ms(measured: Sequence[Measured]) -> list[float]:
        return [1_000 * spent.server_s / times for times, spent in measured]

    def per_s(measured: Sequence[Measured]) -> list[float]:
        return [times / spent.wall_s for times, spent in measured]

    results = [
        Result(
            name="one order",
            unit="CPU ms",
            samples=server_ms(lives),
            references=server_ms(idles),
            compare=share_of_speed,
            target=at_least(TARGET, of="ratio"),
        ),
        Result(name="orders", unit="1/s", samples=per_s(lives), references=per_s(idles)),
        *(Result(name=f"  {kind}", unit="CPU ms", samples=cost_ms(kind)) for kind in KINDS),
    ]
    notes = [
        f"One order is {CALLS} calls, with CPU of API and workers; the reference is as many calls of {NO_OP}.",
        *lives[-1][1].limit("orders"),
        *idles[-1][1].limit("no-ops"),
    ]
    return Outcome(results=results, notes=notes)
