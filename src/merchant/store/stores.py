from datetime import datetime
from typing import Final

import asyncpg
import msgspec

from infra.db import Tx
from infra.sql import load
from kernel.geo import Point
from kernel.ids import CityId, MerchantId, StoreId
from merchant.model.stores import Busy, Merchant, OpeningHours, Store

_sql: Final = load("merchant")
_json: Final = msgspec.json.Encoder()


async def insert_merchant(tx: Tx, merchant: Merchant, *, now: datetime) -> None:
    """Write a merchant."""
    await tx.execute(_sql.insert_merchant, merchant.id, merchant.name, now)


async def find_merchant(tx: Tx, merchant_id: MerchantId) -> Merchant | None:
    """Return a merchant, or None."""
    row = await tx.fetchrow(_sql.find_merchant, merchant_id)
    return msgspec.convert(dict(row), Merchant) if row else None


async def rename_merchant(tx: Tx, merchant_id: MerchantId, *, name: str) -> bool:
    """Write a merchant's name; False where there is none."""
    return await tx.fetchval(_sql.rename_merchant, merchant_id, name) is not None


async def list_merchants(tx: Tx, *, after: str, limit: int) -> list[Merchant]:
    """Return merchants, oldest first."""
    return [msgspec.convert(dict(row), Merchant) for row in await tx.fetch(_sql.list_merchants, after, limit)]


async def list_stores(tx: Tx, city_id: CityId, *, after: str, limit: int) -> list[Store]:
    """Return a city's stores, oldest first."""
    rows = await tx.fetch(_sql.list_stores, city_id, after, limit)
    return [found for row in rows if (found := _store(row)) is not None]


async def insert_store(tx: Tx, store: Store, *, now: datetime) -> None:
    """Write a store, neither busy nor paused."""
    await tx.execute(
        _sql.insert_store, store.id, store.merchant_id, store.city_id, store.name, store.phone, store.address,
        store.point.lat, store.point.lon, store.time_zone, _json.encode(store.opening_hours).decode(),
        store.default_prep_minutes, store.auto_accept, now,
    )  # fmt: skip


async def find_store(tx: Tx, store_id: StoreId) -> Store | None:
    """Return a store, or None."""
    return _store(await tx.fetchrow(_sql.find_store, store_id))


async def lock_store(tx: Tx, store_id: StoreId) -> Store | None:
    """Lock a store; None where there is none."""
    return _store(await tx.fetchrow(_sql.lock_store, store_id))


async def update_store(tx: Tx, store: Store) -> None:
    """Write what can change about a store."""
    await tx.execute(
        _sql.update_store, store.id, _json.encode(store.opening_hours).decode(), store.default_prep_minutes,
        store.auto_accept, store.busy.extra_minutes if store.busy else None, store.busy.until if store.busy else None,
        store.paused_until, store.name, store.phone, store.address, store.point.lat, store.point.lon,
    )  # fmt: skip


def _store(row: asyncpg.Record | None) -> Store | None:
    if row is None:
        return None
    fields = dict(row)
    extra_minutes, until = fields.pop("busy_extra_minutes"), fields.pop("busy_until")
    return Store(
        point=Point(lat=fields.pop("lat"), lon=fields.pop("lon")),
        opening_hours=msgspec.json.decode(fields.pop("opening_hours"), type=OpeningHours),
        busy=None if until is None else Busy(extra_minutes=extra_minutes, until=until),
        **fields,
    )
