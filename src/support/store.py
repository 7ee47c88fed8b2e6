from collections.abc import Sequence
from typing import Final

import asyncpg
import msgspec

from infra.db import Tx
from infra.sql import load
from kernel.ids import CityId, OrderId
from support.model.facts import OpenOrder
from support.model.views import Owner

_sql: Final = load("support")


async def list_open_orders(tx: Tx, city_id: CityId, order_ids: Sequence[str] | None) -> list[OpenOrder]:
    """Return the facts of a city's open orders, or of those of them that are named."""
    rows = await tx.fetch(_sql.list_open_orders, city_id, None if order_ids is None else list(order_ids))
    # Not converted, and not by the rows' own lookups: 500 would take longer than the statement.
    names = list(rows[0].keys()) if rows else []
    return [OpenOrder(**dict(zip(names, row.values(), strict=True))) for row in rows]


async def list_working_riders(
    tx: Tx, city_id: CityId, rider_ids: Sequence[str] | None, *, after: str, limit: int
) -> list[asyncpg.Record]:
    """Return who is on shift and what they have in hand, by id behind `after`; or those of them that are named."""
    named = None if rider_ids is None else list(rider_ids)
    return list(await tx.fetch(_sql.list_working_riders, city_id, named, after, limit))


async def list_riders_off(tx: Tx, city_id: CityId, *, after: str, limit: int) -> list[asyncpg.Record]:
    """Return who is not on shift, by id behind `after`."""
    return list(await tx.fetch(_sql.list_riders_off, city_id, after, limit))


async def look(tx: Tx, city_id: CityId) -> dict[str, int]:
    """Return the number of every open order and of every rider on shift: it grows with what happens to them."""
    orders = await tx.fetch(_sql.look_at_orders, city_id)
    riders = await tx.fetch(_sql.look_at_riders, city_id)
    return {row["id"]: row["seq"] for row in (*orders, *riders)}


async def find_owner(tx: Tx, order_id: OrderId) -> Owner | None:
    """Return who takes care of an order, behind its lock."""
    row = await tx.fetchrow(_sql.find_owner, order_id)
    return msgspec.convert(dict(row), Owner) if row else None


async def set_owner(tx: Tx, order_id: OrderId, owner: Owner) -> None:
    """Write who takes care of an order."""
    await tx.execute(_sql.set_owner, order_id, owner.operator_id, owner.since_at, owner.note)


async def drop_owner(tx: Tx, order_id: OrderId) -> None:
    """Write that nobody takes care of an order."""
    await tx.execute(_sql.drop_owner, order_id)
