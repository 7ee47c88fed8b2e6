"""The invariants that only the house itself can see: the database after a simulated day."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, Final

import asyncpg

import fleet.state.deliveries as delivery_table
import merchant.state as ticket_table
import orders.state as order_table
from fleet.model.deliveries import DeliveryStatus
from fleet.model.deliveries import Move as DeliveryMove
from infra.db import Tx
from infra.sql import load
from kernel.errors import IllegalMove
from merchant.model.tickets import Move as TicketMove
from merchant.model.tickets import TicketStatus
from orders.model import Move as OrderMove
from orders.model import OrderStatus
from simulator.figures import Finding
from simulator.play import Seen

_sql: Final = load("recado")

IN_THE_TABLES: Final = {
    "audit_feeds": "no feed of an order, a store or a rider has a gap",
    "audit_heads": "every order stands where its events end",
    "audit_untold": "every fact was told",
    "audit_winners": "every delivery has one winner, who carried it",
    "audit_offers": "every offer came to an end, and only accepted ones won",
    "audit_refunds": "refunds are never above captures",
    "audit_payments": "what was delivered is paid for, once",
}

# fmt: off
ORDER_MOVES: Final = {
    "order.held_for_review": OrderMove.HOLD, "order.placed": OrderMove.PLACE, "order.rejected": OrderMove.REJECT,
    "order.expired": OrderMove.EXPIRE, "order.accepted": OrderMove.ACCEPT,
    "order.preparation_started": OrderMove.START_PREPARING, "order.ready": OrderMove.MARK_READY,
    "order.picked_up": OrderMove.PICK_UP, "order.delivered": OrderMove.DELIVER, "order.returned": OrderMove.RETURN,
    "order.completed": OrderMove.COMPLETE, "order.cancelled": OrderMove.CANCEL,
}
DELIVERY_MOVES: Final = {
    "offer.made": DeliveryMove.OFFER, "delivery.round_closed": DeliveryMove.CLOSE_ROUND,
    "order.rider_assigned": DeliveryMove.ASSIGN, "order.rider_unassigned": DeliveryMove.UNASSIGN,
    "order.rider_arrived_at_pickup": DeliveryMove.ARRIVE_AT_PICKUP, "order.picked_up": DeliveryMove.PICK_UP,
    "order.rider_arrived_at_dropoff": DeliveryMove.ARRIVE_AT_DROPOFF, "order.delivered": DeliveryMove.HAND_OVER,
    "delivery.turned_back": DeliveryMove.TURN_BACK, "order.returned": DeliveryMove.CONFIRM_RETURN,
    "delivery.failed": DeliveryMove.FAIL, "delivery.cancelled": DeliveryMove.CANCEL,
}
TICKET_MOVES: Final = {
    "order.accepted": TicketMove.ACCEPT, "order.rejected": TicketMove.REJECT, "order.expired": TicketMove.EXPIRE,
    "order.preparation_started": TicketMove.START, "order.ready": TicketMove.MARK_READY,
    "ticket.handed_over": TicketMove.HAND_OVER, "ticket.withdrawn": TicketMove.WITHDRAW,
}
# fmt: on


async def audit(tx: Tx, *, now: datetime, seen: Mapping[str, Seen]) -> list[Finding]:
    """Check the tables, and what every watcher has `seen` of its feed against them."""
    findings = [
        _finding(name, await tx.fetchrow(getattr(_sql, statement))) for statement, name in IN_THE_TABLES.items()
    ]
    findings.append(_finding("no deadline is left over, none failed", await tx.fetchrow(_sql.audit_deadlines, now)))
    numbered = [dict(row) for row in await tx.fetch(_sql.list_numbered, list(seen))]
    lives = [dict(row) for row in await tx.fetch(_sql.list_lives)]
    return [*findings, compare(seen, numbered), *replay(lives)]


async def measure_deadlines(tx: Tx) -> dict[str, Any]:
    """Return the figures about deadlines; how late they fired is in domain time."""
    row = await tx.fetchrow(_sql.measure_deadlines)
    if row is None:
        raise AssertionError("an aggregate always answers")
    return {
        "deadlines_fired": row["fired"],
        "deadlines_late_max_s": row["late_max_s"],
        "deadlines_late_p99_s": row["late_p99_s"],
    }


def compare(seen: Mapping[str, Seen], numbered: Sequence[Mapping[str, Any]]) -> Finding:
    """Tell whether every watcher saw exactly what stands in its feed, from the first number it saw on."""
    stands = {
        feed_id: [(row["seq"], row["type"]) for row in rows]
        for feed_id, rows in groupby(numbered, key=lambda row: str(row["feed_id"]))
    }
    faults = []
    for feed_id, watched in seen.items():
        messages = watched.messages
        expected = [entry for entry in stands.get(feed_id, []) if entry[0] > watched.after]
        if [number for number, _ in messages] != [number for number, _ in expected]:
            faults.append(f"{feed_id}: {len(messages)} messages for {len(expected)} events")
        faults += [
            f"{feed_id}/{number}: told {told}, happened {happened}"
            for (number, told), (_, happened) in zip(messages, expected, strict=False)
            if told not in {happened, "hidden"}
        ]
    return Finding(
        name="every watcher's messages equal the events one by one",
        checked=sum(len(watched.messages) for watched in seen.values()),
        faults=faults,
    )


def replay(lives: Sequence[Mapping[str, Any]]) -> list[Finding]:
    """Play every order's history through the three transition tables and compare where it ends."""
    orders_faults, delivery_faults, ticket_faults = [], [], []
    for life in lives:
        order_id, types = life["order_id"], life["types"]
        orders_faults += _play(order_id, types, ORDER_MOVES, _order_after, OrderStatus.RECEIVED, life["order_status"])
        if life["delivery_status"] is not None:
            start = DeliveryStatus.UNASSIGNED
            delivery_faults += _play(order_id, types, DELIVERY_MOVES, _delivery_after, start, life["delivery_status"])
        if life["ticket_status"] is not None:
            start_ticket = TicketStatus.OFFERED
            ticket_faults += _play(order_id, types, TICKET_MOVES, _ticket_after, start_ticket, life["ticket_status"])
    return [
        Finding(name=f"no {what} left its transition table", checked=len(lives), faults=faults)
        for what, faults in (("order", orders_faults), ("delivery", delivery_faults), ("ticket", ticket_faults))
    ]


def _play(
    order_id: str,
    types: Sequence[str],
    moves: Mapping[str, Any],
    after: Callable[[Any, Any], Any],
    start: Any,
    end: str,
) -> list[str]:
    status = start
    for kind in types:
        if (move := moves.get(kind)) is not None:
            try:
                status = after(status, move)
            except IllegalMove as refused:
                return [f"{order_id}: {refused.detail}"]
    return [] if status == end else [f"{order_id}: its history ends {status}, its row is {end}"]


def _order_after(status: OrderStatus, move: OrderMove) -> OrderStatus:
    return order_table.after(status, move)


def _delivery_after(status: DeliveryStatus, move: DeliveryMove) -> DeliveryStatus:
    if status is DeliveryStatus.OFFERED and move is DeliveryMove.OFFER:
        return status  # One more rider is asked in the same round.
    return delivery_table.after(status, move)


def _ticket_after(status: TicketStatus, move: TicketMove) -> TicketStatus:
    return ticket_table.after(status, move)


def _finding(name: str, row: asyncpg.Record | None) -> Finding:
    if row is None:
        raise AssertionError("an aggregate always answers")
    return Finding(name=name, checked=int(row["checked"]), faults=list(row["faults"]))
