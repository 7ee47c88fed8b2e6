"""A rider with routes in hand: rides to the store, waits, picks up, hands over, and brings back what nobody took."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

from kernel.geo import Point
from simulator.agenda import Kind
from simulator.api import Answer
from simulator.days import RiderPlan
from simulator.movement import standing
from simulator.phones import Phone
from simulator.routes import Job, Route, Step
from simulator.scene import OrderRecord, Scene

READY_STATES: Final = frozenset({"ready", "picked_up"})
RINGS_FOR: Final = timedelta(minutes=5)  # at a door that stays shut; the domain contract's time for an absent customer
WRONG_BY: Final = 1_111  # a code that was misheard


class Carrier:
    """The part of a rider that carries; `on_idle` is told when nothing is in hand any more."""

    def __init__(self, scene: Scene, plan: RiderPlan, phone: Phone, *, on_idle: Callable[[], None]) -> None:
        self._scene, self._plan, self._phone, self._on_idle = scene, plan, phone, on_idle
        self.free_at = plan.on_at  # until then somebody is being served
        self._route: Route | None = None
        self._queue: list[Route] = []
        self.late_pickups = 0

    @property
    def is_busy(self) -> bool:
        """Tell whether anything is in hand."""
        return bool(self._route or self._queue)

    @property
    def step(self) -> Step | None:
        """What is being done with the route in hand."""
        return self._route.step if self._route else None

    def take(self, jobs: list[Job]) -> None:
        """Carry a route, after those in hand."""
        self._queue.append(Route(jobs))
        self._next_route()

    def has(self, order_id: str) -> bool:
        """Tell whether an order is in hand."""
        return any(route.find(order_id) for route in self._routes())

    def picks_up_at(self, jobs: list[Job]) -> datetime:
        """Return when a further route could be picked up, as far as can be known."""
        day = self._scene.day
        free_at, place = self._when_free()
        there_at = self._expect(place, jobs[0].pickup, starts_at=free_at)
        ready_by = [job.ready_by for job in jobs if job.ready_by is not None]
        return max([there_at + day.pace.pickup_service / 2, *ready_by])

    def hear_ready(self, order_id: str) -> None:
        """Take note that food waits."""
        for route in self._routes():
            if (job := route.find(order_id)) is not None and not job.is_ready:
                job.is_ready = True
                if route is self._route and route.step is Step.AT_STORE and route.is_ready:
                    self._then(max(self._scene.stage.now, self.free_at), route, self._pick_up)

    def hear_returned(self, order_id: str) -> None:
        """Take note that the store has its food back."""
        route = self._route
        if route is not None and route.give_back(order_id) and route.step is Step.BRINGING_BACK and route.is_done:
            self._go_on(route)

    def lose(self, order_id: str) -> None:
        """Let go of an order that ended or went to somebody else."""
        self._queue = [route for route in self._queue if not (route.drop(order_id) and route.is_done)]
        route = self._route
        if route is not None and route.drop(order_id):
            now = self._scene.stage.now
            if route.is_done:
                self._phone.go(standing(self._phone.place(now), since=now))
                self._route = None
                self._next_route()
            elif route.step is Step.AT_STORE and route.is_ready:
                self._then(max(now, self.free_at), route, self._pick_up)

    def _routes(self) -> list[Route]:
        return [route for route in (self._route, *self._queue) if route is not None]

    def _expect(self, start: Point, end: Point, *, starts_at: datetime) -> datetime:
        return self._scene.ways.expect(start, end, starts_at=starts_at, rider=self._plan)

    def _when_free(self) -> tuple[datetime, Point]:
        """Return when and where the last door in hand is behind the rider, as far as can be known."""
        pace = self._scene.day.pace
        at, place = max(self._scene.stage.now, self.free_at), self._phone.place(self._scene.stage.now)
        for route in self._routes():
            if route.jobs and route.step in {Step.TO_STORE, Step.AT_STORE}:
                at = self._expect(place, route.jobs[0].pickup, starts_at=at) + pace.pickup_service
                place = route.jobs[0].pickup
            for job in route.jobs:
                at = self._expect(place, job.dropoff, starts_at=at) + pace.dropoff_service
                place = job.dropoff
        return at, place

    def _next_route(self) -> None:
        if self._route is not None:
            return
        if self._queue:
            self._route = self._queue.pop(0)
            self._ride_to(self._route.jobs[0].pickup, self._route, self._arrive_at_store)
        else:
            self._on_idle()

    def _ride_to(self, end: Point, route: Route, do: Callable[[Route], Awaitable[None]]) -> None:
        starts_at = max(self._scene.stage.now, self.free_at)
        going = self._scene.ways.ride(self._phone.place(starts_at), end, starts_at=starts_at, rider=self._plan)
        self._phone.go(going)
        self._then(going.ends_at, route, do)

    def _then(self, at: datetime, route: Route, do: Callable[[Route], Awaitable[None]]) -> None:
        async def step() -> None:
            if self._route is route:  # Not cancelled meanwhile.
                await do(route)

        self._scene.stage.plan(at, Kind.RIDE, self._plan.name, step)

    async def _arrive_at_store(self, route: Route) -> None:
        route.step = Step.AT_STORE
        self.free_at = self._scene.stage.now + self._counter_takes(route) / 2
        for job in list(route.jobs):
            await self._report(job, "arrive-at-pickup")
            job.is_ready = await self._sees_food(job)
        if route.is_ready:
            self._then(self.free_at, route, self._pick_up)

    async def _sees_food(self, job: Job) -> bool:
        if not self._phone.is_connected:
            return self._wait_at_counter(job)
        order = await self._phone.caller.ask("GET", f"/v1/orders/{job.order_id}")
        return order.is_good and order.json()["status"] in READY_STATES

    def _wait_at_counter(self, job: Job) -> bool:
        """Look whether the bag stands there, and have the cook call out when it does: no phone is needed for that."""
        record = self._scene.book.find(job.order_id)
        if record is None:
            return False
        if not record.is_cooked:
            record.when_cooked.append(lambda: self.hear_ready(job.order_id))
        return record.is_cooked

    async def _pick_up(self, route: Route) -> None:
        if route.step is not Step.AT_STORE:
            return
        route.step = Step.TO_DOOR
        now = self._scene.stage.now
        for job in list(route.jobs):
            await self._report(job, "check-items")
            answer = await self._report(job, "pick-up")
            job.is_picked_up = answer is None or answer.is_good
            self.late_pickups += job.is_picked_up and now > self._plan.off_at
            if not job.is_picked_up:
                route.jobs.remove(job)
        self.free_at = now + self._counter_takes(route) / 2
        self._go_on(route)

    def _go_on(self, route: Route) -> None:
        if route.jobs:
            route.step = Step.TO_DOOR
            self._ride_to(route.jobs[0].dropoff, route, self._arrive_at_door)
        elif route.refused:
            route.step = Step.BRINGING_BACK
            self._ride_to(route.refused[0].pickup, route, self._bring_back)
        else:
            self._route = None
            self._next_route()

    async def _arrive_at_door(self, route: Route) -> None:
        route.step = Step.AT_DOOR
        now = self._scene.stage.now
        job = route.jobs[0]
        await self._report(job, "arrive-at-dropoff")
        record = self._record(job)
        opens_after = record.plan.door.opens_after if record else timedelta(0)
        if opens_after is None or opens_after > RINGS_FOR:
            self._then(now + RINGS_FOR, route, self._turn_back)
            return
        self.free_at = now + opens_after + self._door_takes(job) / 2
        self._then(self.free_at, route, self._hand_over)

    async def _hand_over(self, route: Route) -> None:
        job = route.jobs.pop(0)
        record = self._record(job)
        code = str(record.answer.get("dropoff_code", "")) if record else ""  # The customer says it at the door.
        if record is not None and record.plan.door.is_misheard and code:
            await self._report(job, "deliver", code=f"{(int(code) + WRONG_BY) % 10_000:04}")
        await self._report(job, "deliver", code=code)
        self.free_at = self._scene.stage.now + self._door_takes(job) / 2
        self._go_on(route)

    async def _turn_back(self, route: Route) -> None:
        job = route.jobs.pop(0)
        await self._report(job, "turn-back", reason="customer_absent", note="nobody opens, nobody answers the phone")
        route.refused.append(job)
        self.free_at = self._scene.stage.now
        self._go_on(route)

    async def _bring_back(self, route: Route) -> None:
        for job in route.refused:
            if (record := self._record(job)) is not None:
                record.bring_back(job.delivery_id)

    async def _report(self, job: Job, move: str, **more: object) -> Answer | None:
        return await self._phone.report(f"/v1/deliveries/{job.delivery_id}/{move}", **more)

    def _record(self, job: Job) -> OrderRecord | None:
        return self._scene.book.find(job.order_id)

    def _counter_takes(self, route: Route) -> timedelta:
        records = [self._record(job) for job in route.jobs]
        takes = [record.plan.kitchen.counter_takes for record in records if record is not None]
        return max([one for one in takes if one is not None], default=self._scene.day.pace.pickup_service)

    def _door_takes(self, job: Job) -> timedelta:
        record = self._record(job)
        takes = record.plan.door.takes if record else None
        return self._scene.day.pace.dropoff_service if takes is None else takes
