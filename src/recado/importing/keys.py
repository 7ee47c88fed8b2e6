"""Which object each key of a city's file became, and what the file said of it last."""

from datetime import datetime
from typing import Any, Final

import msgspec

from infra.db import Tx
from infra.sql import load
from kernel.ids import CityId

_sql: Final = load("recado")


class Known(msgspec.Struct, frozen=True):
    """What an earlier import left of one key."""

    object_id: str
    content: dict[str, Any]


async def lock_imports(tx: Tx) -> None:
    """Let one import run at a time, until this transaction ends."""
    await tx.execute(_sql.lock_imports)


async def find_city(tx: Tx, key: str) -> CityId | None:
    """Return the city that a file's city key became, or None."""
    found: str | None = await tx.fetchval(_sql.find_imported_city, key)
    return None if found is None else CityId(found)


async def list_keys(tx: Tx, city_id: CityId) -> dict[tuple[str, str], Known]:
    """Return everything a city's files have named, by kind and key."""
    return {
        (row["kind"], row["key"]): Known(row["object_id"], msgspec.json.decode(row["content"]))
        for row in await tx.fetch(_sql.list_import_keys, city_id)
    }


async def write_key(tx: Tx, city_id: CityId, kind: str, key: str, known: Known, *, now: datetime) -> None:
    """Remember what a key became, and what the file says of it."""
    content = msgspec.json.encode(known.content).decode()
    await tx.execute(_sql.write_import_key, city_id, kind, key, known.object_id, content, now)
