"""What all actors of a day share: the day, the installation, the conductor, and who is who."""

from collections.abc import Callable, Iterator
from random import Random
from typing import Any, Final

from kernel.ids import encode
from simulator.agenda import Stage
from simulator.api import Api, ClockOverHttp
from simulator.days import Day, OrderPlan
from simulator.eta import Told
from simulator.feeds import Feed, Watched
from simulator.movement import StraightWays, Ways

Json = dict[str, Any]
OVER: Final = {
    "order.delivered": "delivered",
    "order.rejected": "rejected",
    "order.expired": "expired",
    "order.cancelled": "cancelled",
    "order.returned": "returned",
}
NEEDS: Final = frozenset({"order.held_for_review", "delivery.nobody_found"})  # the customer rings the desk


class OrderRecord:
    """One order as its customer knows it: the plan, the answer, and every message since."""

    def __init__(self, plan: OrderPlan) -> None:
        self.plan = plan
        self.customer_id = ""
        self.answer: Json = {}
        self.refusal: str | None = None
        self.outcome: str | None = None
        self.state = "planned"
        self.feed: Feed | None = None
        self.on_event: Callable[[str, Json], None] | None = None
        self.told = Told()
        self.item_ids: list[str] = []
        self.is_cooked = False
        self.when_cooked: list[Callable[[], None]] = []
        self.when_brought_back: Callable[[str], None] | None = None
        self.when_in_need: Callable[[OrderRecord, str], None] | None = None

    @property
    def order_id(self) -> str:
        """The API's id; empty until it was placed."""
        return str(self.answer.get("order_id", ""))

    @property
    def is_over(self) -> bool:
        """Tell whether nothing more is expected."""
        return self.outcome is not None or self.refusal is not None

    def cook(self) -> None:
        """Put the bag on the counter; whoever stands there sees it."""
        self.is_cooked = True
        for tell in self.when_cooked:
            tell()

    def bring_back(self, delivery_id: str) -> None:
        """Put the bag on the counter again: nobody took it."""
        if self.when_brought_back is not None:
            self.when_brought_back(delivery_id)

    def hear(self, event: Json) -> None:
        """Take note of a message about the order."""
        kind = str(event.get("type", ""))
        self.told.hear(event)
        if kind in NEEDS and self.when_in_need is not None:
            self.when_in_need(self, kind)
        if kind in OVER:
            self.outcome = OVER[kind]
        topic, _, fact = kind.partition(".")
        if topic == "order":
            self.state = fact
        if self.on_event is not None:
            self.on_event(self.plan.name, event)


class Book:
    """Every order of the day, by its name in the day and by its id in the API."""

    def __init__(self, day: Day) -> None:
        self.by_name = {plan.name: OrderRecord(plan) for plan in day.orders}
        self.on_event: Callable[[str, Json], None] | None = None  # of orders that nobody planned
        self._by_id: dict[str, OrderRecord] = {}
        self._waiting: dict[str, list[Callable[[OrderRecord], None]]] = {}

    def __iter__(self) -> Iterator[OrderRecord]:
        return iter(self.by_name.values())

    def enter(self, record: OrderRecord) -> None:
        """Make an answered order known by its id, and tell whoever heard of it first."""
        self._by_id[record.order_id] = record
        for tell in self._waiting.pop(record.order_id, []):
            tell(record)

    def welcome(self, record: OrderRecord) -> bool:
        """Take in an order that nobody planned, unless it is known by now; tell which."""
        if record.order_id in self._by_id:
            return False
        self.by_name[record.plan.name] = record
        record.on_event = self.on_event
        self.enter(record)
        return True

    def find(self, order_id: str) -> OrderRecord | None:
        """Return an order that was answered, or None."""
        return self._by_id.get(order_id)

    def when_known(self, order_id: str, tell: Callable[[OrderRecord], None]) -> None:
        """Call with the order, now or as soon as its customer has the answer: feeds are often quicker."""
        record = self._by_id.get(order_id)
        if record is not None:
            tell(record)
        else:
            self._waiting.setdefault(order_id, []).append(tell)

    @property
    def is_over(self) -> bool:
        """Tell whether nothing more is expected of any order."""
        return all(record.is_over for record in self.by_name.values())


class Scene:
    """The shared context."""

    def __init__(self, day: Day, api: Api, stage: Stage, watched: Watched, *, ways: Ways | None = None) -> None:
        self.day, self.api, self.stage, self.watched = day, api, stage, watched
        self.ways = ways or StraightWays(pace=day.pace, centre=day.centre)
        self.clock = ClockOverHttp(api)
        self.book = Book(day)
        self.on_escalation: Callable[[OrderRecord, str, str], None] | None = None  # its ticket, and why
        self._chance = Random(f"ids of {day.name}")

    def chance_of(self, name: str) -> Random:
        """Return one person's own dice: what others do does not change how they fall."""
        return Random(f"{self.day.seed}/{name}")

    def new_id(self, prefix: str) -> str:
        """Return an id for somebody no route creates: customers come from the platform's own sign-up."""
        at_ms = int(self.day.starts_at.timestamp() * 1000)
        return encode(prefix, at_ms=at_ms, entropy=self._chance.getrandbits(80))
