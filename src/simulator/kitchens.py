"""Kitchens hear every order, answer in their own time, cook as long as the day says, and say so when they are late."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from math import ceil
from typing import Final, TypeAlias

from simulator import guests
from simulator.agenda import Kind
from simulator.api import Answer, Caller
from simulator.feeds import Feed
from simulator.scene import Json, OrderRecord, Scene

Step: TypeAlias = Callable[[OrderRecord], Awaitable[None]]
A_MINUTE: Final = timedelta(minutes=1)
MAX_PREP_MINUTES: Final = 120
THINKS_FOR: Final = timedelta(seconds=20)  # when asked whether an order may still be cancelled
RESTOCKS_AFTER: Final = timedelta(minutes=45)
LOOKS_INTO_THE_BAG_FOR: Final = timedelta(seconds=75)  # before a return is confirmed


class Kitchen:
    """One store's tablet. `items` are the menu's ids by the store's own names for them."""

    def __init__(
        self, scene: Scene, name: str, *, store_id: str, caller: Caller, items: Mapping[str, str] | None = None
    ) -> None:
        self._scene, self.name, self.store_id, self.caller = scene, name, store_id, caller
        self.items = items or {}
        self._tickets: dict[str, str] = {}
        self._over: set[str] = set()  # orders nobody cooks any more
        self._begun: set[str] = set()  # accepted, by whomever
        self._started: set[str] = set()

    async def enter(self) -> None:
        """Follow the store's feed."""
        feed = Feed(self.store_id, f"/v1/stores/{self.store_id}/feed", self.caller, on_event=self._hear)
        await self._scene.watched.watch(feed)

    def _hear(self, event: Json) -> None:
        order_id = str(event.get("order_id", ""))
        match event.get("type"):
            case "ticket.offered":
                self._tickets[order_id] = str(event["ticket_id"])
                self._scene.book.when_known(order_id, self._look_at)
                if self._scene.stage.wished_rate and self._scene.day.is_lived_in:
                    guests.expect(self._scene, order_id, self.name)  # Where time flows somebody may look on.
            case "ticket.escalated":
                self._scene.book.when_known(order_id, partial(self._ask_for_help, kind=str(event["kind"])))
            case "order.accepted":  # by this tablet, by another one, or by the desk
                self._scene.book.when_known(order_id, self._cook)
            case "order.cancelled" | "order.expired" | "order.rejected":
                self._over.add(order_id)
            case "order.cancellation_asked":
                self._scene.book.when_known(order_id, self._consider_cancellation)

    def _look_at(self, record: OrderRecord) -> None:
        kitchen = record.plan.kitchen
        record.when_brought_back = lambda delivery_id: self._take_back(record, delivery_id)
        if kitchen.answers_after is not None:
            self._plan(record.plan.placed_at + kitchen.answers_after, record, self._answer)

    def _ask_for_help(self, record: OrderRecord, *, kind: str) -> None:
        if self._scene.on_escalation is not None:
            self._scene.on_escalation(record, self._tickets[record.order_id], kind)

    def _consider_cancellation(self, record: OrderRecord) -> None:
        self._plan(self._scene.stage.now + THINKS_FOR, record, self._answer_cancellation)

    def _plan(self, at: datetime, record: OrderRecord, do: Step) -> None:
        async def step() -> None:
            if record.order_id not in self._over:
                await do(record)

        self._scene.stage.plan(at, Kind.KITCHEN, f"{self.name}/{record.plan.name}", step)

    async def _answer(self, record: OrderRecord) -> None:
        plan = record.plan
        if plan.kitchen.lacks is not None and self.items.get(plan.kitchen.lacks) in record.item_ids:
            await self._run_out(record, plan.kitchen.lacks)
            return
        if plan.kitchen.is_refused:
            await self._say(record, "reject", {"reason": "too_busy"})
            return
        now = self._scene.stage.now
        promised = plan.ready_at - plan.kitchen.says_late - plan.kitchen.misjudges - now
        prep_minutes = min(MAX_PREP_MINUTES, max(1, ceil(promised / A_MINUTE)))
        if (await self._say(record, "accept", {"prep_minutes": prep_minutes})).is_good:
            self._cook(record)

    async def _run_out(self, record: OrderRecord, ref: str) -> None:
        item_id = self.items[ref]
        await self._say(record, "reject", {"reason": "item_out_of_stock", "item_ids": [item_id]})

        async def restock() -> None:
            path = f"/v1/stores/{self.store_id}/items/{item_id}"
            await self.caller.must("PATCH", path, {"is_available": True})

        self._scene.stage.plan(self._scene.stage.now + RESTOCKS_AFTER, Kind.KITCHEN, f"{self.name}/{ref}", restock)

    def _cook(self, record: OrderRecord) -> None:
        if record.order_id in self._begun:
            return
        self._begun.add(record.order_id)
        now, plan = self._scene.stage.now, record.plan
        # Where the desk had to wake the kitchen up, everything happens as much later.
        is_awake = plan.kitchen.answers_after is not None
        ready_at = plan.ready_at if is_awake else now + plan.kitchen.cooks_for
        self._plan(min(now + plan.kitchen.starts_after, ready_at), record, self._start)
        if plan.kitchen.says_late:
            self._plan(ready_at - plan.kitchen.says_late - plan.kitchen.misjudges, record, self._say_late)
        self._plan(ready_at, record, self._ready)

    async def _start(self, record: OrderRecord) -> None:
        self._started.add(record.order_id)
        await self._say(record, "start")

    async def _say_late(self, record: OrderRecord) -> None:
        minutes = ceil(record.plan.kitchen.says_late / A_MINUTE)
        await self._say(record, "extend", {"minutes": minutes, "reason": "the oven is full"})

    async def _ready(self, record: OrderRecord) -> None:
        await self._say(record, "ready")
        record.cook()

    async def _answer_cancellation(self, record: OrderRecord) -> None:
        await self._say(record, "cancellation-answer", {"agree": record.order_id not in self._started})

    def _take_back(self, record: OrderRecord, delivery_id: str) -> None:
        async def confirm(_: OrderRecord) -> None:
            await self.caller.ask("POST", f"/v1/deliveries/{delivery_id}/confirm-return")

        self._plan(self._scene.stage.now + LOOKS_INTO_THE_BAG_FOR, record, confirm)

    async def _say(self, record: OrderRecord, what: str, body: Json | None = None) -> Answer:
        return await self.caller.ask("POST", f"/v1/tickets/{self._tickets[record.order_id]}/{what}", body)
