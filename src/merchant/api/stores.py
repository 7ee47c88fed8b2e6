from datetime import datetime
from typing import Annotated, Final

import msgspec
from litestar import get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, HeaderParameter, JSONBody, QueryParameter

from accounts.guards import allow
from accounts.model import CALLERS, Caller, Scope
from infra import idempotency
from infra.db import Tx
from kernel.actors import Role
from kernel.geo import Point
from kernel.ids import CityId, ItemId, MerchantId, StoreId
from kernel.instants import Dated, Instant
from kernel.text import GIVEN_ID, NO_NUL, Text
from merchant import commands, queries
from merchant.commands.menus import ItemChange
from merchant.commands.setup import NewStore, StoreChange
from merchant.model.stores import Busy, MenuItem, Merchant, OpeningHours
from merchant.policy.menus import WantedItem
from merchant.policy.stores import MAX_PREP_MINUTES
from merchant.queries import Menu, MerchantPage, StorePage, StoreView

Name = Annotated[Text, msgspec.Meta(min_length=1, max_length=120)]
Phone = Annotated[str, msgspec.Meta(pattern=r"^\+[1-9]\d{6,14}$")]  # E.164
Address = Annotated[Text, msgspec.Meta(min_length=1, max_length=300)]
PrepMinutes = Annotated[int, msgspec.Meta(ge=1, le=MAX_PREP_MINUTES)]
PriceMinor = Annotated[int, msgspec.Meta(ge=0, le=10**12)]
StockCount = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
Unset = msgspec.UnsetType
CityQuery = Annotated[CityId, QueryParameter(name="city_id", min_length=1, max_length=64, pattern=NO_NUL)]
Cursor = Annotated[str | None, QueryParameter(name="cursor", max_length=64, pattern=NO_NUL)]
Limit = Annotated[int, QueryParameter(name="limit", ge=1, le=200)]
IdempotencyKey = Annotated[str, HeaderParameter(name="Idempotency-Key", min_length=1, max_length=128)]
USUAL_PREP_MINUTES: Final = 15  # what most kitchens of the benchmark days promise; learned per store later

_ADMINISTRATION: Final = [allow(Role.OPERATOR, scopes=[Scope.ADMINISTRATION])]
_STAFF: Final = [allow(Role.MERCHANT, Role.OPERATOR, scopes=[Scope.ADMINISTRATION])]


class MerchantRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A merchant to set up."""

    name: Name


class StoreRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A store to set up; without opening hours it is always open."""

    merchant_id: Annotated[MerchantId, GIVEN_ID]
    city_id: Annotated[CityId, GIVEN_ID]
    name: Name
    phone: Phone
    address: Address
    point: Point
    opening_hours: OpeningHours = msgspec.field(default_factory=OpeningHours)
    default_prep_minutes: PrepMinutes = USUAL_PREP_MINUTES
    auto_accept: bool = False


class StorePatch(Dated, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be different; null ends a pause or busy mode. Name, phone, address and place are administration's."""

    paused_until: Instant | Unset | None = msgspec.UNSET
    busy: Busy | Unset | None = msgspec.UNSET
    auto_accept: bool | Unset = msgspec.UNSET
    default_prep_minutes: PrepMinutes | Unset = msgspec.UNSET
    opening_hours: OpeningHours | Unset = msgspec.UNSET
    name: Name | Unset = msgspec.UNSET
    phone: Phone | Unset = msgspec.UNSET
    address: Address | Unset = msgspec.UNSET
    point: Point | Unset = msgspec.UNSET


class ItemImport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An item under the merchant's own name for it; availability and stock stay as they are where not given."""

    external_ref: Annotated[Text, msgspec.Meta(min_length=1, max_length=64)]
    name: Name
    price_minor: PriceMinor
    is_available: bool | Unset = msgspec.UNSET
    stock_count: StockCount | Unset | None = msgspec.UNSET


class MenuImport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole menu; what it does not name goes off it."""

    items: Annotated[list[ItemImport], msgspec.Meta(max_length=1000)]


class ItemPatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be different; a stock of null is not counted any more."""

    is_available: bool | Unset = msgspec.UNSET
    stock_count: StockCount | Unset | None = msgspec.UNSET


@post("/v1/merchants", guards=_ADMINISTRATION)
async def add_merchant(
    data: JSONBody[MerchantRequest],
    idempotency_key: IdempotencyKey,
    caller: NamedDependency[Caller],
    tx: NamedDependency[Tx],
    now: NamedDependency[datetime],
) -> Merchant:
    """Set a merchant up."""

    async def do() -> Merchant:
        return await commands.add_merchant(tx, name=data.name, now=now)

    asked = idempotency.fingerprint("add_merchant", data)
    return await idempotency.once(tx, caller.id, idempotency_key, asked, do, answer_type=Merchant, now=now)


@get("/v1/merchants", guards=[allow(Role.OPERATOR)])
async def list_merchants(tx: NamedDependency[Tx], cursor: Cursor = None, limit: Limit = 50) -> MerchantPage:
    """List merchants, oldest first."""
    return await queries.list_merchants(tx, cursor=cursor, limit=limit)


@patch("/v1/merchants/{merchant_id:str}", guards=_ADMINISTRATION)
async def rename_merchant(
    merchant_id: FromPath[MerchantId], data: JSONBody[MerchantRequest], tx: NamedDependency[Tx]
) -> Merchant:
    """Give a merchant another name."""
    await commands.rename_merchant(tx, merchant_id, name=data.name)
    return Merchant(id=merchant_id, name=data.name)


@get("/v1/stores", guards=[allow(*CALLERS)])
async def list_stores(
    city_id: CityQuery,
    caller: NamedDependency[Caller],
    tx: NamedDependency[Tx],
    now: NamedDependency[datetime],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> StorePage:
    """List a city's stores, and whether they take orders now."""
    return await queries.list_stores(tx, city_id, caller=caller, cursor=cursor, limit=limit, at=now)


@post("/v1/stores", guards=_ADMINISTRATION)
async def add_store(
    data: JSONBody[StoreRequest],
    idempotency_key: IdempotencyKey,
    caller: NamedDependency[Caller],
    tx: NamedDependency[Tx],
    now: NamedDependency[datetime],
) -> StoreView:
    """Set a store up."""

    async def do() -> StoreView:
        new = NewStore(**{name: getattr(data, name) for name in NewStore.__struct_fields__})
        return queries.view(await commands.add_store(tx, new, now=now), at=now)

    asked = idempotency.fingerprint("add_store", data)
    return await idempotency.once(tx, caller.id, idempotency_key, asked, do, answer_type=StoreView, now=now)


@get("/v1/stores/{store_id:str}", guards=[allow(*CALLERS)])
async def get_store(
    store_id: FromPath[StoreId],
    caller: NamedDependency[Caller],
    tx: NamedDependency[Tx],
    now: NamedDependency[datetime],
) -> StoreView:
    """Return a store, and whether it takes orders now."""
    return await queries.get_store(tx, store_id, caller=caller, at=now)


@patch("/v1/stores/{store_id:str}", guards=_STAFF)
async def change_store(
    store_id: FromPath[StoreId],
    data: JSONBody[StorePatch],
    caller: NamedDependency[Caller],
    tx: NamedDependency[Tx],
    now: NamedDependency[datetime],
) -> StoreView:
    """Pause a store, say that it is busy, change hours, usual prep time or auto-accept."""
    change = StoreChange(**{name: getattr(data, name) for name in StorePatch.__struct_fields__})
    return queries.view(await commands.change_store(tx, store_id, change, by=caller, now=now), at=now)


@put("/v1/stores/{store_id:str}/menu", guards=_ADMINISTRATION)
async def import_menu(
    store_id: FromPath[StoreId],
    data: JSONBody[MenuImport],
    caller: NamedDependency[Caller],
    tx: NamedDependency[Tx],
    now: NamedDependency[datetime],
) -> Menu:
    """Make this the whole menu of a store. Importing the same twice changes nothing."""
    wanted = [WantedItem(**{name: getattr(item, name) for name in WantedItem.__struct_fields__}) for item in data.items]
    await commands.import_menu(tx, store_id, wanted, by=caller, now=now)
    return await queries.get_menu(tx, store_id)


@get("/v1/stores/{store_id:str}/menu", guards=[allow(*CALLERS)])
async def get_menu(store_id: FromPath[StoreId], tx: NamedDependency[Tx]) -> Menu:
    """Return a store's menu."""
    return await queries.get_menu(tx, store_id)


@patch("/v1/stores/{store_id:str}/items/{item_id:str}", guards=_STAFF)
async def change_item(
    store_id: FromPath[StoreId],
    item_id: FromPath[ItemId],
    data: JSONBody[ItemPatch],
    caller: NamedDependency[Caller],
    tx: NamedDependency[Tx],
    now: NamedDependency[datetime],
) -> MenuItem:
    """Say whether an item can be had, and how many are left."""
    change = ItemChange(is_available=data.is_available, stock_count=data.stock_count)
    return await commands.change_item(tx, store_id, item_id, change, by=caller, now=now)


ROUTES: Final = [
    list_merchants,
    rename_merchant,
    list_stores,
    add_merchant,
    add_store,
    get_store,
    change_store,
    import_menu,
    get_menu,
    change_item,
]
