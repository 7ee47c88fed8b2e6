"""Customers place their order, watch it to the end, know their code, and sometimes change their mind."""

from collections.abc import Mapping
from typing import Final

from simulator.agenda import Kind
from simulator.api import Caller
from simulator.days import LinePlan
from simulator.feeds import Feed
from simulator.scene import Json, OrderRecord, Scene

SANDBOX_CARD: Final = "tok_ok"


class Customer:
    """One order's customer."""

    def __init__(self, scene: Scene, record: OrderRecord, *, store_id: str, items: Mapping[str, str]) -> None:
        self._scene, self._record = scene, record
        self._store_id, self._items = store_id, items

    def enter(self) -> None:
        """Plan to order."""
        plan = self._record.plan
        self._scene.stage.plan(plan.placed_at, Kind.ORDER, plan.name, self._place)

    async def _place(self) -> None:
        scene, record = self._scene, self._record
        record.customer_id = scene.new_id("cus")
        caller = await scene.api.caller("customer", record.customer_id)
        lines = await self._choose(caller)
        record.item_ids = [str(line["item_id"]) for line in lines]
        answer = await caller.ask("POST", "/v1/orders", self._wish(lines), key=f"{scene.day.name}/{record.plan.name}")
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

    async def _choose(self, caller: Caller) -> list[Json]:
        """Return what is ordered; of what is out something else is taken, if there is anything."""
        plan = self._record.plan
        wanted = plan.lines or [LinePlan(ref=next(iter(self._items)), quantity=plan.quantity)]
        if plan.lines:
            menu = (await caller.get(f"/v1/stores/{self._store_id}/menu"))["items"]
            there = [str(item["external_ref"]) for item in menu if item["is_available"]]
            chosen = {line.ref if line.ref in there else next(iter(there), line.ref): line for line in wanted}
        else:
            chosen = {line.ref: line for line in wanted}
        return [{"item_id": self._items[ref], "quantity": line.quantity} for ref, line in chosen.items()]

    def _wish(self, lines: list[Json]) -> Json:
        plan = self._record.plan
        return {
            "store_id": self._store_id,
            "lines": lines,
            "dropoff": {
                "lat": plan.dropoff.lat,
                "lon": plan.dropoff.lon,
                "address": plan.door.address or f"Rua de {plan.name}, 10",
                "note": plan.door.note,
            },
            "customer": {"name": plan.customer or f"Cliente {plan.name}", "phone": "+5511987654321"},
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
