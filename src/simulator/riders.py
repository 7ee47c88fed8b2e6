"""Riders: on shift they report where they are, answer offers, ride, wait, pick up and hand over."""

from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

from kernel.geo import Point
from simulator.agenda import Kind
from simulator.api import Answer, Caller
from simulator.days import RiderPlan
from simulator.feeds import Feed
from simulator.movement import Leg, ride, standing
from simulator.routes import Job, Route, Step, job_of
from simulator.scene import Json, Scene

PING_EVERY: Final = timedelta(seconds=30)
ACCURACY_M: Final = 8.0
BASIS: Final = 10_000
AWAY_FOR: Final = timedelta(seconds=90)  # who was sent on a break for not answering looks at the phone again
TRY_AGAIN_AFTER: Final = timedelta(seconds=30)
READY_STATES: Final = frozenset({"ready", "picked_up"})


class Rider:
    """One rider's phone, from the start of the shift to its end."""

    def __init__(self, scene: Scene, plan: RiderPlan, *, rider_id: str, caller: Caller) -> None:
        self._scene, self.plan, self.id, self._caller = scene, plan, rider_id, caller
        self._chance = scene.chance_of(plan.name)
        self._leg: Leg = standing(plan.place, since=plan.on_at)
        self._free_at = plan.on_at
        self._route: Route | None = None
        self._queue: list[Route] = []
        self._offers: set[str] = set()
        self._reports = 0
        self.is_on_shift = False
        self.is_home = False
        self.verdicts: Counter[str] = Counter()
        self.late_pickups = 0

    def enter(self) -> None:
        """Plan the shift."""
        self._plan(self.plan.on_at, Kind.SHIFT, self._start)
        self._plan(self.plan.off_at, Kind.SHIFT, self._go_home)

    @property
    def pings(self) -> int:
        """How many pings were answered, whatever became of them."""
        return self.verdicts.total()

    @property
    def state(self) -> str:
        """How the rider is busy, for the board."""
        if not self.is_on_shift:
            return "off"
        return str(self._route.step) if self._route else "free"

    def place(self, now: datetime) -> Point:
        """Return where the rider is."""
        return self._leg.place_at(now)

    def _plan(self, at: datetime, kind: Kind, do: Callable[[], Awaitable[None]]) -> None:
        self._scene.stage.plan(at, kind, self.plan.name, do)

    async def _start(self) -> None:
        feed = Feed(self.id, "/v1/rider/feed", self._caller, on_event=self._hear)
        await self._scene.watched.watch(feed)
        wish = {
            "vehicle": self.plan.vehicle,
            "capacity": self.plan.capacity,
            "planned_end_at": self.plan.off_at,
            "lat": self.plan.place.lat,
            "lon": self.plan.place.lon,
        }
        await self._caller.must("POST", "/v1/rider/shift/start", wish)
        self.is_on_shift = True
        await self._ping()

    async def _ping(self) -> None:
        if not self.is_on_shift:
            return
        now = self._scene.stage.now
        place = self.place(now)
        ping = {"device_at": now, "lat": place.lat, "lon": place.lon, "accuracy_m": ACCURACY_M}
        self._plan(now + PING_EVERY, Kind.PING, self._ping)
        answer = await self._caller.must("POST", "/v1/rider/positions", {"positions": [ping]})
        self.verdicts.update(judged["verdict"] for judged in answer.json())

    async def _go_home(self) -> None:
        if self._route or self._queue:
            return  # Food on the way is brought first.
        answer = await self._caller.ask("POST", "/v1/rider/shift/end")
        if answer.is_good:
            self.is_on_shift, self.is_home = False, True
        else:
            self._plan(self._scene.stage.now + TRY_AGAIN_AFTER, Kind.SHIFT, self._go_home)

    def _hear(self, event: Json) -> None:
        order_id = str(event.get("order_id", ""))
        match event.get("type"):
            case "offer.made":
                self._consider(event)
            case "order.ready":
                self._hear_ready(order_id)
            case "order.cancelled" | "delivery.cancelled" | "order.rider_unassigned":
                self._lose(order_id)
            case "shift.break_started":
                self._plan(self._scene.stage.now + AWAY_FOR, Kind.SHIFT, self._resume)

    async def _resume(self) -> None:
        if self.is_on_shift:
            await self._caller.ask("POST", "/v1/rider/shift/resume")

    def _consider(self, event: Json) -> None:
        offer_id = str(event["offer_id"])
        if offer_id in self._offers:
            return  # Told once for each order in it.
        self._offers.add(offer_id)
        manners = self._scene.day.manners
        spread = manners.answers_until - manners.answers_from
        answers_at = self._scene.stage.now + manners.answers_from + self._chance.random() * spread
        mood = self._chance.randrange(BASIS)

        if mood < manners.misses_bp:
            return
        says_no = mood < manners.misses_bp + manners.declines_bp

        async def answer() -> None:
            if says_no:
                await self._decline(offer_id, "too_far")
            else:
                await self._take_if_possible(offer_id)

        self._plan(answers_at.replace(microsecond=0), Kind.ANSWER, answer)

    async def _decline(self, offer_id: str, reason: str) -> None:
        await self._caller.ask("POST", f"/v1/offers/{offer_id}/decline", {"reason": reason})

    async def _take_if_possible(self, offer_id: str) -> None:
        listed = (await self._caller.get("/v1/rider/offers"))["offers"]
        offers = [offer for offer in listed if offer["offer_id"] == offer_id]
        if not offers:
            return  # Taken back meanwhile.
        jobs = [job_of(delivery) for delivery in offers[0]["deliveries"]]
        if self._picks_up_at(jobs) > self.plan.off_at:
            await self._decline(offer_id, "shift_ends")
        elif (await self._caller.ask("POST", f"/v1/offers/{offer_id}/accept")).is_good:
            self._queue.append(Route(jobs))
            self._next_route()

    def _picks_up_at(self, jobs: list[Job]) -> datetime:
        day = self._scene.day
        free_at, place = self._when_free()
        there = ride(place, jobs[0].pickup, starts_at=free_at, pace=day.pace, centre=day.centre)
        ready_by = [job.ready_by for job in jobs if job.ready_by is not None]
        return max([there.ends_at + day.pace.pickup_service / 2, *ready_by])

    def _when_free(self) -> tuple[datetime, Point]:
        """Return when and where the last door in hand is behind the rider, as far as can be known."""
        day = self._scene.day
        at, place = max(self._scene.stage.now, self._free_at), self.place(self._scene.stage.now)
        for route in filter(None, [self._route, *self._queue]):
            if route.step in {Step.TO_STORE, Step.AT_STORE}:
                there = ride(place, route.jobs[0].pickup, starts_at=at, pace=day.pace, centre=day.centre)
                at, place = there.ends_at + day.pace.pickup_service, there.end
            for job in route.jobs:
                door = ride(place, job.dropoff, starts_at=at, pace=day.pace, centre=day.centre)
                at, place = door.ends_at + day.pace.dropoff_service, door.end
        return at, place

    def _next_route(self) -> None:
        if self._route is not None:
            return
        now = self._scene.stage.now
        if self._queue:
            self._route = self._queue.pop(0)
            self._ride_to(self._route.jobs[0].pickup, self._route, self._arrive_at_store)
        elif now >= self.plan.off_at:
            self._plan(now, Kind.SHIFT, self._go_home)

    def _ride_to(self, end: Point, route: Route, do: Callable[[Route], Awaitable[None]]) -> None:
        starts_at = max(self._scene.stage.now, self._free_at)
        day = self._scene.day
        self._leg = ride(self.place(starts_at), end, starts_at=starts_at, pace=day.pace, centre=day.centre)
        self._then(self._leg.ends_at, route, do)

    def _then(self, at: datetime, route: Route, do: Callable[[Route], Awaitable[None]]) -> None:
        async def step() -> None:
            if self._route is route:  # Not cancelled meanwhile.
                await do(route)

        self._plan(at, Kind.RIDE, step)

    async def _arrive_at_store(self, route: Route) -> None:
        route.step = Step.AT_STORE
        self._free_at = self._scene.stage.now + self._scene.day.pace.pickup_service / 2
        for job in list(route.jobs):
            await self._report(job, "arrive-at-pickup")
            order = await self._caller.ask("GET", f"/v1/orders/{job.order_id}")
            job.is_ready = order.is_good and order.json()["status"] in READY_STATES
        if route.is_ready:
            self._then(self._free_at, route, self._pick_up)

    def _hear_ready(self, order_id: str) -> None:
        for route in filter(None, [self._route, *self._queue]):
            if (job := route.find(order_id)) is not None and not job.is_ready:
                job.is_ready = True
                if route is self._route and route.step is Step.AT_STORE and route.is_ready:
                    self._then(max(self._scene.stage.now, self._free_at), route, self._pick_up)

    async def _pick_up(self, route: Route) -> None:
        if route.step is not Step.AT_STORE:
            return
        route.step = Step.TO_DOOR
        now = self._scene.stage.now
        for job in list(route.jobs):
            await self._report(job, "check-items")
            answer = await self._report(job, "pick-up")
            job.is_picked_up = answer.is_good
            self.late_pickups += answer.is_good and now > self.plan.off_at
            if not answer.is_good:
                route.jobs.remove(job)
        self._free_at = now + self._scene.day.pace.pickup_service / 2
        self._go_on(route)

    def _go_on(self, route: Route) -> None:
        if route.is_done:
            self._route = None
            self._next_route()
        else:
            route.step = Step.TO_DOOR
            self._ride_to(route.jobs[0].dropoff, route, self._arrive_at_door)

    async def _arrive_at_door(self, route: Route) -> None:
        route.step = Step.AT_DOOR
        self._free_at = self._scene.stage.now + self._scene.day.pace.dropoff_service / 2
        await self._report(route.jobs[0], "arrive-at-dropoff")
        self._then(self._free_at, route, self._hand_over)

    async def _hand_over(self, route: Route) -> None:
        job = route.jobs.pop(0)
        record = self._scene.book.find(job.order_id)
        code = str(record.answer.get("dropoff_code", "")) if record else ""  # The customer says it at the door.
        await self._report(job, "deliver", code=code)
        self._free_at = self._scene.stage.now + self._scene.day.pace.dropoff_service / 2
        self._go_on(route)

    def _lose(self, order_id: str) -> None:
        self._queue = [route for route in self._queue if not (route.drop(order_id) and route.is_done)]
        route = self._route
        if route is not None and route.drop(order_id):
            now = self._scene.stage.now
            if route.is_done:
                self._leg = standing(self.place(now), since=now)
                self._route = None
                self._next_route()
            elif route.step is Step.AT_STORE and route.is_ready:
                self._then(max(now, self._free_at), route, self._pick_up)

    async def _report(self, job: Job, move: str, **more: object) -> Answer:
        self._reports += 1
        wish = {"report_id": f"{self.plan.name}-{self._reports}", "occurred_at": self._scene.stage.now, **more}
        return await self._caller.ask("POST", f"/v1/deliveries/{job.delivery_id}/{move}", wish)
