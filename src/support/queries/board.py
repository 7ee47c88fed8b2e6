"""A city's open orders and what is due, and the numbers that say what changed."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec
from redis.asyncio import Redis

from fleet.queries.whereabouts import last_seen
from infra.db import Tx
from intake import queries as intake
from kernel.ids import CityId, OrderId
from places import queries as places
from support import store
from support.model.facts import OpenOrder, StuckRules
from support.model.views import DeadlineKind, DeskOrder, Urgency
from support.policy import lines
from support.policy.deadlines import deadlines

STUCK_RULE: Final = "stuck"
FIRST_PING: Final = timedelta(seconds=60)  # domain contract, riders: positions older than this are stale
_FIRST: Final = ""


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """How many orders of the whole city are how urgent."""

    danger: int
    now: int
    soon: int
    calm: int


class Board(msgspec.Struct, frozen=True, kw_only=True):
    """Open orders, the most urgent first, and the cursor of the next page."""

    orders: list[DeskOrder]
    counts: Counts
    next_cursor: str | None


class DueView(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is due."""

    kind: DeadlineKind
    due_at: datetime
    is_overdue: bool
    order_id: OrderId
    short_number: int
    status: str
    store_name: str


class DuePage(msgspec.Struct, frozen=True, kw_only=True):
    """What is due next, the longest overdue first, and the cursor of the next page."""

    deadlines: list[DueView]
    next_cursor: str | None


async def list_orders(
    tx: Tx, redis: Redis, city_id: CityId, *, order_ids: Sequence[str] | None, cursor: str | None, limit: int,
    now: datetime,
) -> Board:  # fmt: skip
    """Return a city's open orders, the most urgent first; or those of them that are named."""
    board = await _board(tx, redis, city_id, order_ids=order_ids, now=now)
    return _page(board, board, cursor=cursor, limit=limit)


async def list_stuck(tx: Tx, redis: Redis, city_id: CityId, *, cursor: str | None, limit: int, now: datetime) -> Board:
    """Return a city's orders that do not move, the most urgent first."""
    board = await _board(tx, redis, city_id, order_ids=None, now=now)
    return _page(board, [one for one in board if one.stuck is not None], cursor=cursor, limit=limit)


async def list_deadlines(tx: Tx, city_id: CityId, *, cursor: str | None, limit: int, now: datetime) -> DuePage:
    """Return what is due in a city, the longest overdue first."""
    await places.get_city(tx, city_id)
    review_within = await intake.review_within(tx, city_id, at=now)
    orders = await store.list_open_orders(tx, city_id, None)
    due = [
        DueView(
            kind=each.kind,
            due_at=each.due_at,
            is_overdue=now >= each.due_at,
            order_id=order.order_id,
            short_number=order.short_number,
            status=order.status,
            store_name=order.store_name or "",
        )
        for order in orders
        for each in deadlines(order, review_within=review_within)
    ]
    due.sort(key=_due_key)
    rest = [one for one in due if _key_text(_due_key(one)) > (cursor or _FIRST)]
    page = rest[:limit]
    return DuePage(deadlines=page, next_cursor=_key_text(_due_key(page[-1])) if len(rest) > limit else None)


async def look(tx: Tx, city_id: CityId) -> dict[str, int]:
    """Return a number for each open order and each rider on shift of a city; it grows with what happens to them."""
    return await store.look(tx, city_id)


async def _board(
    tx: Tx, redis: Redis, city_id: CityId, *, order_ids: Sequence[str] | None, now: datetime
) -> list[DeskOrder]:
    await places.get_city(tx, city_id)
    stuck = await places.rule(tx, STUCK_RULE, StuckRules(), city_id=city_id, at=now)
    review_within = await intake.review_within(tx, city_id, at=now)
    around = lines.Surroundings(stuck=stuck.value, review_within=review_within, now=now)
    orders = await store.list_open_orders(tx, city_id, order_ids)
    silent = await _silent(redis, orders, now=now)
    board = [lines.line(order, around, silent_since=silent.get(order.order_id)) for order in orders]
    return sorted(board, key=lines.place_in_line)


async def _silent(redis: Redis, orders: Sequence[OpenOrder], *, now: datetime) -> dict[OrderId, datetime]:
    """Return the orders whose rider is not heard, and since when; nobody counts as silent while Redis is away."""
    carried = [order for order in orders if order.delivery_status in lines.ON_DUTY]
    seen = await last_seen(redis, sorted({order.rider_id for order in carried if order.rider_id}))
    if seen is None:
        return {}
    silent: dict[OrderId, datetime] = {}
    for order in carried:
        position = seen.get(order.rider_id) if order.rider_id else None
        since_at = lines.silent_since(
            order, stale_at=position.stale_at if position else None, patience=FIRST_PING, now=now
        )
        if since_at is not None:
            silent[order.order_id] = since_at
    return silent


def _page(board: Sequence[DeskOrder], chosen: Sequence[DeskOrder], *, cursor: str | None, limit: int) -> Board:
    rest = [one for one in chosen if _key_text(lines.place_in_line(one)) > (cursor or _FIRST)]
    page = list(rest[:limit])
    tally = dict.fromkeys(Urgency, 0)
    for one in board:
        tally[one.urgency] += 1
    return Board(
        orders=page,
        counts=Counts(**{urgency.value: count for urgency, count in tally.items()}),
        next_cursor=_key_text(lines.place_in_line(page[-1])) if len(rest) > limit else None,
    )


def _due_key(due: DueView) -> tuple[int, int, str]:
    return int(due.due_at.timestamp() * 1000), list(DeadlineKind).index(due.kind), due.order_id


def _key_text(key: tuple[int, int, str]) -> str:
    """Return a place in a list as a cursor: texts that sort as the numbers do."""
    return f"{key[0]:014}.{key[1]:014}.{key[2]}"
