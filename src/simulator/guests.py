"""Orders that nobody planned: who looks on may type one in at the desk. It is cooked and carried like any."""

from datetime import timedelta
from typing import Final

from kernel.geo import Point
from simulator.agenda import Kind
from simulator.api import Caller
from simulator.days import KitchenPlan, OrderPlan
from simulator.feeds import Feed
from simulator.scene import OrderRecord, Scene

KNOWN_WITHIN: Final = timedelta(seconds=90)  # a planned order's customer has the answer long before
KITCHEN: Final = KitchenPlan(answers_after=timedelta(seconds=20), cooks_for=timedelta(minutes=9))


def expect(scene: Scene, order_id: str, store: str) -> None:
    """Take an order in that rang in a kitchen, unless its customer turns out to be of the day."""

    async def take_in() -> None:
        if scene.book.find(order_id) is None:
            await _take_in(scene, order_id, store)

    scene.stage.plan(scene.stage.now + KNOWN_WITHIN, Kind.ORDER, f"guest/{order_id}", take_in)


async def _take_in(scene: Scene, order_id: str, store: str) -> None:
    order = await scene.api.administrator.get(f"/v1/orders/{order_id}")
    plan = OrderPlan(
        name=f"guest-{order['short_number']:04}",
        store=store,
        dropoff=Point(lat=order["dropoff"]["lat"], lon=order["dropoff"]["lon"]),
        placed_at=scene.stage.now,
        kitchen=KITCHEN,
    )
    customer = await scene.api.caller("customer", str(order["customer_id"]))
    record = OrderRecord(plan)
    record.customer_id = str(order["customer_id"])
    record.item_ids = [str(line["item_id"]) for line in order["lines"]]
    await _watch(scene, record, order_id, customer)


async def _watch(scene: Scene, record: OrderRecord, order_id: str, customer: Caller) -> None:
    seen = await customer.get(f"/v1/orders/{order_id}")  # The code at the door is the customer's own.
    record.answer = {"order_id": order_id, "dropoff_code": seen.get("dropoff_code", "")}
    path = f"/v1/orders/{order_id}/feed"
    record.feed = Feed(order_id, path, customer, epoch=str(seen["epoch"]), on_event=record.hear)
    if scene.book.welcome(record):
        await scene.watched.watch(record.feed)
