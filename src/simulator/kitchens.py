"""Kitchens hear every order, answer in their own time, cook as long as the day says, and say so when they are late."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from math import ceil
from typing import TypeAlias

from simulator.agenda import Kind
from simulator.api import Caller
from simulator.feeds import Feed
from simulator.scene import Json, OrderRecord, Scene

Step: TypeAlias = Callable[[OrderRecord], Awaitable[None]]
A_MINUTE = timedelta(minutes=1)


class Kitchen:
    """One store's tablet."""

    def __init__(self, scene: Scene, name: str, *, store_id: str, caller: Caller) -> None:
        self._scene, self.name, self._store_id, self._caller = scene, name, store_id, caller
        self._over: set[str] = set()  # orders nobody cooks any more
        self._tickets: dict[str, str] = {}

    async def enter(self) -> None:
        """Follow the store's feed."""
        feed = Feed(self._store_id, f"/v1/stores/{self._store_id}/feed", self._caller, on_event=self._hear)
        await self._scene.watched.watch(feed)

    def _hear(self, event: Json) -> None:
        order_id = str(event.get("order_id", ""))
        match event.get("type"):
            case "order.placed":
                self._scene.book.when_known(order_id, self._look_at)
            case "order.cancelled" | "order.expired" | "order.rejected":
                self._over.add(order_id)
            case "order.cancellation_asked":
                self._soon(order_id, self._answer_cancellation)

    def _look_at(self, record: OrderRecord) -> None:
        kitchen = record.plan.kitchen
        if kitchen.answers_after is not None:
            self._plan(record.plan.placed_at + kitchen.answers_after, record, self._answer)

    def _plan(self, at: datetime, record: OrderRecord, do: Step) -> None:
        async def step() -> None:
            if record.order_id not in self._over:
                await do(record)

        self._scene.stage.plan(at, Kind.KITCHEN, f"{self.name}/{record.plan.name}", step)

    def _soon(self, order_id: str, do: Step) -> None:
        def plan(record: OrderRecord) -> None:
            self._plan(self._scene.stage.now + timedelta(seconds=20), record, do)

        self._scene.book.when_known(order_id, plan)

    async def _answer(self, record: OrderRecord) -> None:
        kitchen = record.plan.kitchen
        ticket = f"/v1/tickets/{await self._ticket_of(record)}"
        if kitchen.is_refused:
            await self._caller.ask("POST", f"{ticket}/reject", {"reason": "too_busy"})
            return
        promised = record.plan.ready_at - kitchen.says_late - self._scene.stage.now
        prep_minutes = min(120, max(1, ceil(promised / A_MINUTE)))
        answer = await self._caller.ask("POST", f"{ticket}/accept", {"prep_minutes": prep_minutes})
        if answer.is_good:
            await self._caller.ask("POST", f"{ticket}/start")
            if kitchen.says_late:
                self._plan(record.plan.ready_at - kitchen.says_late, record, self._say_late)
            self._plan(record.plan.ready_at, record, self._ready)

    async def _say_late(self, record: OrderRecord) -> None:
        minutes = ceil(record.plan.kitchen.says_late / A_MINUTE)
        wish = {"minutes": minutes, "reason": "the oven is full"}
        await self._caller.ask("POST", f"/v1/tickets/{await self._ticket_of(record)}/extend", wish)

    async def _ready(self, record: OrderRecord) -> None:
        await self._caller.ask("POST", f"/v1/tickets/{await self._ticket_of(record)}/ready")

    async def _answer_cancellation(self, record: OrderRecord) -> None:
        """Agree; whoever has begun to cook has said so already."""

    async def _ticket_of(self, record: OrderRecord) -> str:
        if record.order_id not in self._tickets:
            listed = await self._caller.get(f"/v1/stores/{self._store_id}/tickets")
            for ticket in listed["tickets"]:
                self._tickets[ticket["order_id"]] = ticket["id"]
        return self._tickets[record.order_id]
