"""A town of one store, one rider and one order around a house that answers from a table, on a clock of its own."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec

from kernel.geo import Point, offset
from simulator.agenda import Agenda, Kind
from simulator.api import Api
from simulator.days import (
    Air,
    Area,
    Day,
    DoorPlan,
    KitchenPlan,
    Manners,
    OrderPlan,
    Pace,
    RiderPlan,
    StorePlan,
)
from simulator.feeds import Feed
from simulator.scene import Scene

NOON = datetime(2026, 3, 6, 15, tzinfo=UTC)
EVENING = datetime(2026, 3, 6, 21, tzinfo=UTC)
SE = Point(lat=-23.5505, lon=-46.6333)
STORE = offset(SE, east_m=320, north_m=0)  # one minute from the centre
DOOR = offset(SE, east_m=960, north_m=0)  # two minutes from the store


def minutes(count: float) -> datetime:
    return NOON + timedelta(minutes=count)


def a_kitchen(**changes: Any) -> KitchenPlan:
    usual = KitchenPlan(answers_after=timedelta(seconds=15), cooks_for=timedelta(minutes=10))
    return msgspec.structs.replace(usual, **changes)


def a_lived_in(day: Day, *, dead_spots: Sequence[Area] = (), door: DoorPlan | None = None, **rider: Any) -> Day:
    """Return the same day with a phone that is a phone, and a door that is a door."""
    riders = [msgspec.structs.replace(plan, **rider) for plan in day.riders]
    orders = [msgspec.structs.replace(order, door=door or order.door) for order in day.orders]
    air = Air(dead_spots=dead_spots)
    return msgspec.structs.replace(day, is_lived_in=True, riders=riders, orders=orders, air=air)


def a_day(*, kitchen: KitchenPlan | None = None, off_at: datetime = EVENING, **manners: int) -> Day:
    return Day(
        name="noon",
        seed=1,
        starts_at=NOON,
        centre=SE,
        pace=Pace(
            speed_mps=320 / 60,
            in_whole_minutes=True,
            pickup_service=timedelta(minutes=4),
            dropoff_service=timedelta(minutes=4),
        ),
        manners=Manners(answers_from=timedelta(seconds=4), answers_until=timedelta(seconds=4), **manners),
        stores=[StorePlan(name="beto", place=STORE)],
        riders=[RiderPlan(name="ana", place=SE, on_at=NOON, off_at=off_at)],
        orders=[
            OrderPlan(name="lunch", store="beto", dropoff=DOOR, placed_at=NOON, kitchen=kitchen or a_kitchen()),
        ],
    )


class Rehearsal:
    """A stage without an installation: time jumps from deed to deed."""

    def __init__(self) -> None:
        self.now = NOON
        self.behind_s, self.wished_rate = 0.0, 60.0
        self._agenda = Agenda()

    def plan(self, at: datetime, kind: Kind, name: str, do: Callable[[], Awaitable[None]]) -> None:
        self._agenda.add(max(at, self.now), kind, name, do)

    async def play(self, *, until: datetime) -> None:
        while (at := self._agenda.next_at()) is not None and at <= until:
            self.now = at
            for action in self._agenda.take(at):
                await action.do()
        self.now = until


class Airwaves:
    """Watches nothing; the test says what each feed tells."""

    def __init__(self) -> None:
        self.feeds: dict[str, Feed] = {}

    async def watch(self, feed: Feed, *, head: int = 0) -> None:
        self.feeds[feed.id] = feed

    def tell(self, feed_id: str, kind: str, **facts: Any) -> None:
        feed = self.feeds[feed_id]
        feed._keep(feed.seq + 1, {"type": kind, **facts})


class Town:
    """Everything a test of one actor needs; `asked` are the requests but pings: minute, path, body."""

    def __init__(self, day: Day, answers: dict[str, Any]) -> None:
        self.day, self.answers = day, answers
        self.stage, self.air = Rehearsal(), Airwaves()
        self.asked: list[tuple[float, str, Any]] = []
        self.pings: list[tuple[float, Point]] = []
        self.uploads: list[tuple[float, list[dict[str, Any]]]] = []
        self.api = Api("http://house", "token", transport=httpx.MockTransport(self._answer))
        self.scene = Scene(day, self.api, self.stage, self.air)
        self.record = self.scene.book.by_name["lunch"]
        self.record.answer = {"order_id": "ord_1", "dropoff_code": "1234"}
        self.scene.book.enter(self.record)

    def moves(self) -> list[tuple[float, str]]:
        """Return what was asked to be changed: minute and last word of the path."""
        return [(minute, path.rpartition("/")[2]) for minute, path, _ in self.asked]

    def _answer(self, request: httpx.Request) -> httpx.Response:
        minute = (self.stage.now - NOON) / timedelta(minutes=1)
        path = request.url.path
        body = msgspec.json.decode(request.content) if request.content else None
        if path == "/v1/rider/positions":
            self.uploads.append((minute, body["positions"]))
            self.pings += [(minute, Point(lat=ping["lat"], lon=ping["lon"])) for ping in body["positions"]]
            return httpx.Response(200, json=[{"verdict": "accepted"} for _ in body["positions"]])
        if request.method != "GET":
            self.asked.append((minute, path, body))
        status, answer = self.answers.get(path, (200, {}))
        return httpx.Response(status, content=msgspec.json.encode(answer))
