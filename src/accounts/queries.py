from datetime import datetime
from typing import Final

import msgspec

from accounts.errors import PairsOwnTabletsOnly
from accounts.model import Caller, RevokedBecause, Scope
from infra.db import Tx
from infra.sql import load
from kernel.actors import Role
from kernel.ids import DeviceId, PhoneId, RiderId, StoreId

_sql: Final = load("accounts")


class DeviceView(msgspec.Struct, frozen=True, kw_only=True):
    """A device: whom it speaks for, who paired it, when it last refreshed (every 15 min), and how it ended."""

    id: DeviceId
    role: Role
    subject_id: str
    store_ids: list[StoreId]
    scopes: list[Scope]
    is_manager: bool
    label: str
    name: str
    paired_by_role: Role
    paired_by: str
    created_at: datetime
    last_seen_at: datetime
    revoked_at: datetime | None
    revoked_by: str | None
    revoked_because: RevokedBecause | None


class DevicePage(msgspec.Struct, frozen=True, kw_only=True):
    """Devices, newest first, and the cursor of the next page."""

    devices: list[DeviceView]
    next_cursor: str | None


class PhoneView(msgspec.Struct, frozen=True, kw_only=True):
    """A phone link: whose positions it takes, who made it, and how it ended. Its token was told once.

    `last_sent_at` is when its app last sent a position, to five minutes; the first one within a second or two.
    """

    id: PhoneId
    rider_id: RiderId
    label: str
    made_by_role: Role
    made_by: str
    made_at: datetime
    last_sent_at: datetime | None
    revoked_at: datetime | None
    revoked_by: str | None


async def list_phones(tx: Tx, rider_id: RiderId, *, limit: int) -> list[PhoneView]:
    """Return a rider's phone links, newest first, revoked ones too."""
    rows = await tx.fetch(_sql.list_phone_links, rider_id, limit)
    return [msgspec.convert(dict(row), PhoneView) for row in rows]


async def list_devices(tx: Tx, *, caller: Caller, is_active: bool | None, before: str | None, limit: int) -> DevicePage:
    """Return the devices the caller may revoke: administration's are all, a manager's their stores' tablets."""
    if not caller.has(Scope.ADMINISTRATION) and not caller.is_manager:
        raise PairsOwnTabletsOnly
    stores = None if caller.has(Scope.ADMINISTRATION) else sorted(caller.store_ids)
    rows = await tx.fetch(_sql.list_devices, stores, is_active, before, limit + 1)
    page = [msgspec.convert(dict(row), DeviceView) for row in rows[:limit]]
    return DevicePage(devices=page, next_cursor=page[-1].id if len(rows) > limit else None)


async def list_revoked(tx: Tx, *, since: datetime) -> frozenset[str]:
    """Return the ids of the devices, share links and phone links that were revoked since."""
    return frozenset(row["id"] for row in await tx.fetch(_sql.list_revoked, since))
