"""Riders: on shift they answer offers, take breaks, wait for work where it usually comes from, and go home."""

from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

from kernel.geo import Point
from simulator.agenda import Kind
from simulator.api import Caller
from simulator.carrying import Carrier
from simulator.days import RiderPlan, Span
from simulator.movement import standing
from simulator.phones import Phone
from simulator.routes import job_of
from simulator.scene import Json, Scene

BASIS: Final = 10_000
AWAY_FOR: Final = timedelta(seconds=90)  # who was sent on a break for not answering looks at the phone again
TRY_AGAIN_AFTER: Final = timedelta(seconds=30)
LINGERS_FOR: Final = timedelta(seconds=60)  # at the last door, before riding back to where work comes from
REASONS: Final = ("too_far", "too_far", "too_little", "wrong_way", "a flat tyre")  # what riders say when they decline


class Rider:
    """One rider, from the start of the shift to its end."""

    def __init__(self, scene: Scene, plan: RiderPlan, *, rider_id: str, caller: Caller) -> None:
        self._scene, self.plan, self.id = scene, plan, rider_id
        self._chance = scene.chance_of(plan.name)
        self.phone = Phone(scene, plan, caller, rider_id=rider_id, hear=self._hear)
        self._carrier = Carrier(scene, plan, self.phone, on_idle=self._idle)
        self._offers: set[str] = set()
        self.is_on_shift = False
        self.is_home = False
        self.is_resting = False
        self.offers_answered = 0
        self.offers_missed = 0

    def enter(self) -> None:
        """Plan the shift."""
        self._plan(self.plan.on_at, Kind.SHIFT, self._start)
        self._plan(self.plan.off_at, Kind.SHIFT, self._go_home)

    @property
    def verdicts(self) -> Counter[str]:
        """What became of the pings."""
        return self.phone.verdicts

    @property
    def pings(self) -> int:
        """How many pings were answered, whatever became of them."""
        return self.verdicts.total()

    @property
    def late_pickups(self) -> int:
        """How often food was picked up after the shift's planned end."""
        return self._carrier.late_pickups

    @property
    def state(self) -> str:
        """How the rider is busy, for the board."""
        if not self.is_on_shift:
            return "off"
        if self._carrier.step is not None:
            return str(self._carrier.step)
        return "resting" if self.is_resting else "free"

    def place(self, now: datetime) -> Point:
        """Return where the rider is."""
        return self.phone.place(now)

    def _plan(self, at: datetime, kind: Kind, do: Callable[[], Awaitable[None]]) -> None:
        self._scene.stage.plan(at, kind, self.plan.name, do)

    async def _start(self) -> None:
        await self.phone.switch_on()
        wish = {
            "vehicle": self.plan.vehicle,
            "capacity": self.plan.capacity,
            "planned_end_at": self.plan.off_at,
            "lat": self.plan.place.lat,
            "lon": self.plan.place.lon,
        }
        await self.phone.caller.must("POST", "/v1/rider/shift/start", wish)
        self.is_on_shift = True
        for pause in self.plan.breaks:
            self._plan(pause.from_at, Kind.SHIFT, self._resting(pause))
        await self.phone.begin()
        self._wait_for_work()

    async def _go_home(self) -> None:
        if self._carrier.is_busy or not self.is_on_shift:
            return  # Food on the way is brought first.
        answer = await self.phone.caller.ask("POST", "/v1/rider/shift/end") if self.phone.is_connected else None
        if answer is not None and answer.is_good:
            self.is_on_shift, self.is_home = False, True
            self.phone.switch_off()
        else:
            self._wait_for_work()  # Where there is network.
            self._plan(self._scene.stage.now + TRY_AGAIN_AFTER, Kind.SHIFT, self._go_home)

    def _resting(self, pause: Span) -> Callable[[], Awaitable[None]]:
        async def rest() -> None:
            now = self._scene.stage.now
            if now >= pause.until_at or not self.is_on_shift:
                return  # There was no time for it.
            if self._carrier.is_busy or now < self._carrier.free_at or not self.phone.is_connected:
                self._plan(now + TRY_AGAIN_AFTER, Kind.SHIFT, rest)
                return
            self.is_resting = (await self.phone.caller.ask("POST", "/v1/rider/shift/break")).is_good
            self._plan(now + (pause.until_at - pause.from_at), Kind.SHIFT, self._resume)

        return rest

    async def _resume(self) -> None:
        if not self.is_on_shift:
            return
        if not self.phone.is_connected:
            self._plan(self._scene.stage.now + TRY_AGAIN_AFTER, Kind.SHIFT, self._resume)
            return
        self.is_resting = False
        await self.phone.caller.ask("POST", "/v1/rider/shift/resume")

    def _idle(self) -> None:
        if self._scene.stage.now >= self.plan.off_at:
            self._plan(self._scene.stage.now, Kind.SHIFT, self._go_home)
        else:
            self._wait_for_work()

    def _wait_for_work(self) -> None:
        if self.plan.corner is None:
            return

        async def ride_back() -> None:
            now = self._scene.stage.now
            here = self.phone.place(now)
            if self.plan.corner is not None and not self._carrier.is_busy and here != self.plan.corner:
                self.phone.go(self._scene.ways.ride(here, self.plan.corner, starts_at=now, rider=self.plan))

        free_at = max(self._scene.stage.now, self._carrier.free_at)
        self._plan(free_at + LINGERS_FOR, Kind.RIDE, ride_back)

    def _hear(self, event: Json) -> None:
        order_id = str(event.get("order_id", ""))
        match event.get("type"):
            case "offer.made":
                self._consider(event)
            case "offer.expired":
                self.offers_missed += 1
            case "order.ready":
                self._carrier.hear_ready(order_id)
            case "order.returned":
                self._carrier.hear_returned(order_id)
            case "order.cancelled" | "delivery.cancelled" | "order.rider_unassigned":
                self._carrier.lose(order_id)
            case "order.rider_assigned" if event.get("actor_role") == "operator":
                self._plan(self._scene.stage.now, Kind.ANSWER, self._look_in_hand)
            case "shift.break_started" if event.get("reason") != "asked":
                self._plan(self._scene.stage.now + AWAY_FOR, Kind.SHIFT, self._resume)

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
            if not self.phone.is_connected:
                return  # The answer never leaves the phone.
            self.offers_answered += 1
            if says_no:
                await self._decline(offer_id, REASONS[mood % len(REASONS)])
            else:
                await self._take_if_possible(offer_id)

        self._plan(answers_at.replace(microsecond=0), Kind.ANSWER, answer)

    async def _decline(self, offer_id: str, reason: str) -> None:
        await self.phone.caller.ask("POST", f"/v1/offers/{offer_id}/decline", {"reason": reason})

    async def _take_if_possible(self, offer_id: str) -> None:
        listed = (await self.phone.caller.get("/v1/rider/offers"))["offers"]
        offers = [offer for offer in listed if offer["offer_id"] == offer_id]
        if not offers:
            return  # Taken back meanwhile.
        jobs = [job_of(delivery) for delivery in offers[0]["deliveries"]]
        if self._carrier.picks_up_at(jobs) > self.plan.off_at:
            await self._decline(offer_id, "shift_ends")
        elif (await self.phone.caller.ask("POST", f"/v1/offers/{offer_id}/accept")).is_good:
            self._stop_wandering()
            self._carrier.take(jobs)

    async def _look_in_hand(self) -> None:
        """Take what the desk gave by hand."""
        listed = (await self.phone.caller.get("/v1/rider/deliveries"))["deliveries"]
        jobs = [job_of(delivery) for delivery in listed if not self._carrier.has(str(delivery["order_id"]))]
        for job in jobs:
            self._stop_wandering()
            self._carrier.take([job])

    def _stop_wandering(self) -> None:
        if self.plan.corner is not None and not self._carrier.is_busy:
            now = self._scene.stage.now
            self.phone.go(standing(self.place(now), since=now))
