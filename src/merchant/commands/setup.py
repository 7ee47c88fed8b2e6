from datetime import datetime

import msgspec

from accounts.model import Caller
from infra import ids, outbox
from infra.db import Tx
from kernel.errors import Forbidden
from kernel.events import Act
from kernel.geo import Point
from kernel.ids import CityId, MerchantId, StoreId
from merchant import store as db
from merchant.errors import MerchantNotFound, StoreNotFound
from merchant.messages import StoreChanged, store_stream
from merchant.model.stores import Busy, Merchant, OpeningHours, Store
from merchant.policy import stores as policy
from places import queries as places


class NewStore(msgspec.Struct, frozen=True, kw_only=True):
    """What a store begins with."""

    merchant_id: MerchantId
    city_id: CityId
    name: str
    phone: str
    address: str
    point: Point
    opening_hours: OpeningHours
    default_prep_minutes: int
    auto_accept: bool


class StoreChange(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be different about a store; UNSET stays, None ends a pause or busy mode."""

    paused_until: datetime | msgspec.UnsetType | None = msgspec.UNSET
    busy: Busy | msgspec.UnsetType | None = msgspec.UNSET
    auto_accept: bool | msgspec.UnsetType = msgspec.UNSET
    default_prep_minutes: int | msgspec.UnsetType = msgspec.UNSET
    opening_hours: OpeningHours | msgspec.UnsetType = msgspec.UNSET
    name: str | msgspec.UnsetType = msgspec.UNSET
    phone: str | msgspec.UnsetType = msgspec.UNSET
    address: str | msgspec.UnsetType = msgspec.UNSET
    point: Point | msgspec.UnsetType = msgspec.UNSET


async def add_merchant(tx: Tx, *, name: str, now: datetime) -> Merchant:
    """Set a merchant up."""
    merchant = Merchant(id=ids.new(MerchantId, "mer"), name=name)
    await db.stores.insert_merchant(tx, merchant, now=now)
    return merchant


async def rename_merchant(tx: Tx, merchant_id: MerchantId, *, name: str) -> None:
    """Give a merchant another name."""
    if not await db.stores.rename_merchant(tx, merchant_id, name=name):
        raise MerchantNotFound


async def add_store(tx: Tx, new: NewStore, *, now: datetime) -> Store:
    """Set a store up; its time zone is its city's."""
    if await db.stores.find_merchant(tx, new.merchant_id) is None:
        raise MerchantNotFound
    city = await places.get_city(tx, new.city_id)
    added = Store(
        id=ids.new(StoreId, "sto"),
        time_zone=city.time_zone,
        busy=None,
        paused_until=None,
        **{name: getattr(new, name) for name in NewStore.__struct_fields__},
    )
    await db.stores.insert_store(tx, added, now=now)
    return added


async def change_store(tx: Tx, store_id: StoreId, change: StoreChange, *, by: Caller, now: datetime) -> Store:
    """Pause a store, say that it is busy, change hours, prep time, auto-accept or particulars. Repeats change nothing.

    Orders that were placed before a store moved are picked up where it was.
    """
    before = await lock_store(tx, store_id, by=by)
    has_particulars = any(getattr(change, name) is not msgspec.UNSET for name in ("name", "phone", "address", "point"))
    if has_particulars and not policy.may_change_particulars(by):
        raise Forbidden("Only administration changes a store's name, phone, address or place.")
    return await apply_change(tx, before, change, act=by.act(now))


async def lock_store(tx: Tx, store_id: StoreId, *, by: Caller) -> Store:
    """Lock a store the caller may change; raises `StoreNotFound` for every other one."""
    found = await db.stores.lock_store(tx, store_id) if policy.may_change_store(by, store_id) else None
    if found is None:
        raise StoreNotFound
    return found


async def apply_change(tx: Tx, before: Store, change: StoreChange, *, act: Act) -> Store:
    """Change a locked store."""
    given = {name: value for name in change.__struct_fields__ if (value := getattr(change, name)) is not msgspec.UNSET}
    changed = sorted(name for name, value in given.items() if getattr(before, name) != value)
    if not changed:
        return before
    after = msgspec.structs.replace(before, **given)
    await db.stores.update_store(tx, after)
    fact = StoreChanged(
        store_id=after.id, changed=changed, paused_until=after.paused_until, auto_accept=after.auto_accept
    )
    await outbox.publish(tx, store_stream(after.id), fact, act=act)
    return after
