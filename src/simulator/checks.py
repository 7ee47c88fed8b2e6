"""The invariants that can be seen from outside: what every watcher was told against the desk's history."""

from collections.abc import Sequence
from typing import Final

from simulator.feeds import Feed, Message
from simulator.figures import Finding, Timeline, timeline
from simulator.scene import Json, OrderRecord, Scene

PAGE: Final = 200
HIDDEN: Final = "hidden"


async def check(scene: Scene) -> list[Finding]:
    """Check every order's history and every watcher's messages over the public API."""
    placed = [record for record in scene.book if record.order_id]
    histories = {record.order_id: await _history(scene, record.order_id) for record in placed}
    feeds = list(scene.watched.feeds.values())
    return [
        Finding(
            name="every order was answered and came to an end",
            checked=len(scene.book.by_name),
            faults=[
                f"{record.plan.name} ({record.order_id or 'never placed'}) is {record.state}"
                for record in scene.book
                if not record.is_over
            ],
        ),
        Finding(
            name="no order's history has a gap",
            checked=sum(map(len, histories.values())),
            faults=[
                f"{order_id}: {[event['seq'] for event in history]}"
                for order_id, history in histories.items()
                if [event["seq"] for event in history] != list(range(1, len(history) + 1))
            ],
        ),
        Finding(
            name="no watcher of an order, a store or a rider met a gap",
            checked=sum(len(feed.messages) for feed in feeds),
            faults=[fault for feed in feeds for fault in feed.faults],
        ),
        Finding(
            name="every customer's messages equal the order's history one by one",
            checked=sum(len(record.feed.messages) for record in placed if record.feed),
            faults=[fault for record in placed for fault in _differences(record, histories[record.order_id])],
        ),
        Finding(
            name="no order was won by two riders at once",
            checked=len(histories),
            faults=[fault for order_id, history in histories.items() for fault in _double_winners(order_id, history)],
        ),
    ]


async def timelines(scene: Scene) -> list[Timeline]:
    """Return every order's instants as the desk sees them."""
    lines = []
    for record in scene.book:
        order: Json = {}
        if record.order_id:
            order = await scene.api.administrator.get(f"/v1/orders/{record.order_id}")
        lines.append(
            timeline(
                record.plan.name,
                outcome=record.refusal or record.outcome or str(order.get("status", record.state)),
                placed_at=record.plan.placed_at,
                promised_by=record.answer.get("promised_by"),
                order=order,
            )
        )
    return lines


async def _history(scene: Scene, order_id: str) -> list[Json]:
    history: list[Json] = []
    while True:
        after = history[-1]["seq"] if history else 0
        page = await scene.api.administrator.get(f"/v1/orders/{order_id}/events?after={after}&limit={PAGE}")
        history += page
        if len(page) < PAGE:
            return history


def _differences(record: OrderRecord, history: Sequence[Json]) -> list[str]:
    feed: Feed | None = record.feed
    if feed is None:
        return [f"{record.plan.name} was placed and never watched"]
    if len(feed.messages) != len(history):
        return [f"{feed.id}: {len(feed.messages)} messages, {len(history)} events"]
    return [
        f"{feed.id}: message {message.seq} is {message.event}, the event {event['seq']} {event['type']}"
        for message, event in zip(feed.messages, history, strict=True)
        if not _tells(message, event)
    ]


def _tells(message: Message, event: Json) -> bool:
    if message.seq != event["seq"]:
        return False
    told = message.event
    if told["type"] == HIDDEN:
        return True
    facts = {**event["payload"], **{name: value for name, value in event.items() if name != "payload"}}
    return told["type"] == event["type"] and all(facts.get(name, value) == value for name, value in told.items())


def _double_winners(order_id: str, history: Sequence[Json]) -> list[str]:
    faults = []
    holder: str | None = None
    for event in history:
        if event["type"] == "order.rider_assigned":
            if holder is not None:
                faults.append(f"{order_id}: {event['payload']['rider_id']} got it while {holder} had it")
            holder = event["payload"]["rider_id"]
        elif event["type"] == "order.rider_unassigned":
            holder = None
    return faults
