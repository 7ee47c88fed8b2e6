"""From `recado up` on an empty directory to the first order accepted: processes, migrations, a city, an order."""

import time
from typing import Final

from infra import ids
from kernel.actors import Role
from recado.benches.frame.figures import Result, at_most
from recado.benches.frame.installation import installation
from recado.benches.frame.plan import Outcome, Plan
from recado.benches.frame.town import find_ticket, open_kitchen, open_town, place_order

TARGET_S: Final = 5.0


async def run(plan: Plan) -> Outcome:
    """Start again and again, each time from nothing, on all cores; there is nothing to warm up."""
    starts = [await _start() for _ in range(plan.repetitions)]
    ready, accepted = zip(*starts, strict=True)
    return Outcome(
        results=[
            Result(name="first order accepted", unit="s", samples=accepted, target=at_most(TARGET_S, of="value")),
            Result(name="API ready", unit="s", samples=ready),
        ]
    )


async def _start() -> tuple[float, float]:
    began_s = time.perf_counter()
    async with installation(is_pinned=False) as house:
        ready_s = time.perf_counter() - began_s
        kitchen = await open_kitchen(house, await open_town(house), "Cantina da Praça")
        async with kitchen.tablet, house.client(Role.CUSTOMER, ids.new(str, "cus")) as customer:
            order = await place_order(customer, kitchen)
            ticket_id = await find_ticket(kitchen, order["order_id"])
            await kitchen.tablet.post(f"/v1/tickets/{ticket_id}/accept", {"prep_minutes": 10})
        return ready_s, time.perf_counter() - began_s
