"""Customers place their order, watch it to the end, know their code, and sometimes change their mind."""

from typing import Final

from simulator.agenda import Kind
from simulator.feeds import Feed
from simulator.scene import Json, OrderRecord, Scene

SANDBOX_CARD: Final = "tok_ok"


class Customer:
    """One order's customer."""

    def __init__(self, scene: Scene, record: OrderRecord, *, store_id: str, item_id: str) -> None:
        self._scene, self._record = scene, record
        self._store_id, self._item_id = store_id, item_id

    def enter(self) -> None:
        """Plan to order."""
        plan = self._record.plan
        self._scene.stage.plan(plan.placed_at, Kind.ORDER, plan.name, self._place)

    async def _place(self) -> None:
        scene, record = self._scene, self._record
        record.customer_id = scene.new_id("cus")
        caller = await scene.api.caller("customer", record.customer_id)
        answer = await caller.ask("POST", "/v1/orders", self._wish(), key=f"{scene.day.name}/{record.plan.name}")
        if not answer.is_good:
            record.refusal = answer.code()
            return
        record.answer = answer.json()
        epoch = record.answer.get("epoch") or (await caller.get(f"/v1/orders/{record.order_id}"))["epoch"]
        feed = record.feed = Feed(
            record.order_id, f"/v1/orders/{record.order_id}/feed", caller, epoch=epoch, on_event=record.hear
        )
        await scene.watched.watch(feed)
        scene.book.enter(record)
        if record.plan.cancels_after is not None:
            at = record.plan.placed_at + record.plan.cancels_after
            scene.stage.plan(at, Kind.CANCEL, record.plan.name, self._cancel)

    def _wish(self) -> Json:
        plan = self._record.plan
        return {
            "store_id": self._store_id,
            "lines": [{"item_id": self._item_id, "quantity": plan.quantity}],
            "dropoff": {
                "lat": plan.dropoff.lat,
                "lon": plan.dropoff.lon,
                "address": f"Rua de {plan.name}, 10",
                "note": "",
            },
            "customer": {"name": f"Cliente {plan.name}", "phone": "+5511987654321"},
            "payment": {
                "method": plan.payment,
                **({"token": SANDBOX_CARD} if plan.payment == "card" else {}),
            },
        }

    async def _cancel(self) -> None:
        if self._record.is_over or self._record.feed is None:
            return
        caller = self._record.feed.caller
        path = f"/v1/orders/{self._record.order_id}/cancellation"
        quote = await caller.ask("GET", path)
        if quote.is_good:
            wish = {"version": quote.json()["version"], "reason": "changed my mind"}
            await caller.ask("POST", path, wish)
