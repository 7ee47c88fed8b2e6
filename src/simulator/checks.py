"""The invariants that can be seen from outside: what every watcher was told against the desk's history."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from simulator.feeds import Feed, Message
from simulator.figures import Finding, Timeline
from simulator.scene import Json, OrderRecord, Scene

PAGE: Final = 200
HIDDEN: Final = "hidden"


async def read_histories(scene: Scene) -> dict[str, list[Json]]:
    """Return every placed order's history as the desk sees it, by the order's id."""
    return {record.order_id: await _history(scene, record.order_id) for record in scene.book if record.order_id}


def check(scene: Scene, histories: Mapping[str, Sequence[Json]]) -> list[Finding]:
    """Check every order's history and every watcher's messages."""
    placed = [record for record in scene.book if record.order_id]
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


def timelines(scene: Scene, histories: Mapping[str, Sequence[Json]], riders: Mapping[str, str]) -> list[Timeline]:
    """Return every order's instants as its history tells them; `riders` are their names in the day, by id."""
    return [_timeline(record, histories.get(record.order_id, []), riders) for record in scene.book]


def _timeline(record: OrderRecord, history: Sequence[Json], riders: Mapping[str, str]) -> Timeline:
    last = {str(event["type"]): event for event in history}  # A rider assigned later replaces an earlier one.
    assigned, promised = last.get("order.rider_assigned"), last.get("promise.made")

    def at(kind: str) -> str | None:
        return last[kind]["occurred_at"] if kind in last else None

    return msgspec.convert(
        {
            "name": record.plan.name,
            "outcome": record.refusal or record.outcome or record.state,
            "placed_at": record.plan.placed_at,
            "rider": riders.get(assigned["payload"]["rider_id"]) if assigned else None,
            "promised_by": promised["payload"]["promised_by"] if promised else None,
            "assigned_at": at("order.rider_assigned"),
            "ready_at": at("order.ready"),
            "picked_up_at": at("order.picked_up"),
            "delivered_at": at("order.delivered"),
        },
        Timeline,
    )


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
    told = [_difference(message, event) for message, event in zip(feed.messages, history, strict=True)]
    return [f"{feed.id}: {difference}" for difference in told if difference]


def _difference(message: Message, event: Json) -> str | None:
    told, happened = message.event["type"], event["type"]
    if message.seq != event["seq"] or told not in {happened, HIDDEN}:
        return f"message {message.seq} is {told}, event {event['seq']} is {happened}"
    facts = {**event, **event["payload"]}  # An event's own words go before those on its envelope.
    for name, value in message.event.items():
        if told != HIDDEN and facts.get(name, value) != value:
            return f"message {message.seq}, {told}, says {name} {value!r}, the event {facts[name]!r}"
    return None


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
