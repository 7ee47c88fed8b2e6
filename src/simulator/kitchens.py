"""Kitchens hear every order, answer in their own time, cook as long as the day says, and say so when they are late."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from math import ceil
from typing import Final, TypeAlias

from simulator.agenda import Kind
from simulator.api import Answer, Caller
from simulator.feeds import Feed
from simulator.scene import Json, OrderRecord, Scene

Step: TypeAlias = Callable[[OrderRecord], Awaitable[None]]
A_MINUTE: Final = timedelta(minutes=1)
MAX_PREP_MINUTES: Final = 120
THINKS_FOR: Final = timedelta(seconds=20)  # when asked whether an order may still be cancelled


class Kitchen:
    """One store's tablet."""

    def __init__(self, scene: Scene, name: str, *, store_id: str, caller: Caller) -> None:
        self._scene, self.name, self._store_id, self._caller = scene, name, store_id, caller
        self._tickets: dict[str, str] = {}
        self._over: set[str] = set()  # orders nobody cooks any more
        self._started: set[str] = set()

    async def enter(self) -> None:
        """Follow the store's feed."""
        feed = Feed(self._store_id, f"/v1/stores/{self._store_id}/feed", self._caller, on_event=self._hear)
        await self._scene.watched.watch(feed)

    def _hear(self, event: Json) -> None:
        order_id = str(event.get("order_id", ""))
        match event.get("type"):
            case "ticket.offered":
                self._tickets[order_id] = str(event["ticket_id"])
                self._scene.book.when_known(order_id, self._look_at)
            case "order.cancelled" | "order.expired" | "order.rejected":
                self._over.add(order_id)
            case "order.cancellation_asked":
                self._scene.book.when_known(order_id, self._consider_cancellation)

    def _look_at(self, record: OrderRecord) -> None:
        kitchen = record.plan.kitchen
        if kitchen.answers_after is not None:
            self._plan(record.plan.placed_at + kitchen.answers_after, record, self._answer)

    def _consider_cancellation(self, record: OrderRecord) -> None:
        self._plan(self._scene.stage.now + THINKS_FOR, record, self._answer_cancellation)

    def _plan(self, at: datetime, record: OrderRecord, do: Step) -> None:
        async def step() -> None:
            if record.order_id not in self._over:
                await do(record)

        self._scene.stage.plan(at, Kind.KITCHEN, f"{self.name}/{record.plan.name}", step)

    async def _answer(self, record: OrderRecord) -> None:
        plan = record.plan
        if plan.kitchen.is_refused:
            await self._say(record, "reject", {"reason": "too_busy"})
            return
        now = self._scene.stage.now
        promised = plan.ready_at - plan.kitchen.says_late - now
        prep_minutes = min(MAX_PREP_MINUTES, max(1, ceil(promised / A_MINUTE)))
        if (await self._say(record, "accept", {"prep_minutes": prep_minutes})).is_good:
            self._plan(min(now + plan.kitchen.starts_after, plan.ready_at), record, self._start)
            if plan.kitchen.says_late:
                self._plan(plan.ready_at - plan.kitchen.says_late, record, self._say_late)
            self._plan(plan.ready_at, record, self._ready)

    async def _start(self, record: OrderRecord) -> None:
        self._started.add(record.order_id)
        await self._say(record, "start")

    async def _say_late(self, record: OrderRecord) -> None:
        minutes = ceil(record.plan.kitchen.says_late / A_MINUTE)
        await self._say(record, "extend", {"minutes": minutes, "reason": "the oven is full"})

    async def _ready(self, record: OrderRecord) -> None:
        await self._say(record, "ready")

    async def _answer_cancellation(self, record: OrderRecord) -> None:
        await self._say(record, "cancellation-answer", {"agree": record.order_id not in self._started})

    async def _say(self, record: OrderRecord, what: str, body: Json | None = None) -> Answer:
        return await self._caller.ask("POST", f"/v1/tickets/{self._tickets[record.order_id]}/{what}", body)
