from collections.abc import Iterable
from datetime import datetime

import msgspec

from accounts.model import Caller
from infra.db import Tx
from kernel.ids import CityId, EscalationId, ItemId, MerchantId, OrderId, StoreId, TicketId
from merchant import store as db
from merchant.errors import MerchantNotFound, StoreNotFound, TicketNotFound
from merchant.messages import ItemFacts, StoreFacts
from merchant.model.escalations import EscalationKind
from merchant.model.stores import MenuItem, Merchant, Store
from merchant.model.tickets import Ticket, TicketStatus
from merchant.policy import stores as policy
from places import queries as places

SNAPSHOT_TICKETS = 500  # a kitchen with more open at once is not a kitchen


class StoreView(Store, frozen=True, kw_only=True):
    """A store, and whether it takes orders at this instant. Its phone is its staff's and the desk's to know.

    `usual_prep_minutes` is what accepting without minutes would promise now, busy mode included.
    """

    phone: str | None  # type: ignore[assignment]  # numbers are masked between parties
    is_open: bool
    is_paused: bool
    usual_prep_minutes: int


class Menu(msgspec.Struct, frozen=True, kw_only=True):
    """What a store sells, also what cannot be had just now."""

    store_id: StoreId
    currency: str
    items: list[MenuItem]


class MerchantPage(msgspec.Struct, frozen=True, kw_only=True):
    """Merchants, and the cursor of the next page."""

    merchants: list[Merchant]
    next_cursor: str | None


class StorePage(msgspec.Struct, frozen=True, kw_only=True):
    """Stores of a city, and the cursor of the next page."""

    stores: list[StoreView]
    next_cursor: str | None


class TicketPage(msgspec.Struct, frozen=True, kw_only=True):
    """Tickets, and the cursor of the next page."""

    tickets: list[Ticket]
    next_cursor: str | None


class OpenTickets(msgspec.Struct, frozen=True, kw_only=True):
    """What a kitchen has before it, oldest first: what its feed begins with."""

    store_id: StoreId
    tickets: list[Ticket]


class EscalationView(msgspec.Struct, frozen=True, kw_only=True):
    """A store to ring up, and about what."""

    id: EscalationId
    kind: EscalationKind
    ticket_id: TicketId
    order_id: OrderId
    store_id: StoreId
    city_id: CityId
    store_name: str
    store_phone: str
    short_number: int
    ticket_status: TicketStatus
    accept_by: datetime
    ready_by: datetime | None
    opened_at: datetime


class EscalationPage(msgspec.Struct, frozen=True, kw_only=True):
    """Open calls for help, oldest first, and the cursor of the next page."""

    escalations: list[EscalationView]
    next_cursor: str | None


async def list_merchants(tx: Tx, *, cursor: str | None, limit: int) -> MerchantPage:
    """Return merchants, oldest first."""
    found = await db.stores.list_merchants(tx, after=cursor or "", limit=limit + 1)
    page = found[:limit]
    return MerchantPage(merchants=page, next_cursor=page[-1].id if len(found) > limit else None)


async def list_stores(
    tx: Tx, city_id: CityId, *, caller: Caller, cursor: str | None, limit: int, at: datetime
) -> StorePage:
    """Return a city's stores as they are at this instant, oldest first; raises `CityNotFound`."""
    await places.get_city(tx, city_id)
    found = await db.stores.list_stores(tx, city_id, after=cursor or "", limit=limit + 1)
    page = [_as_seen(one, caller=caller, at=at) for one in found[:limit]]
    return StorePage(stores=page, next_cursor=page[-1].id if len(found) > limit else None)


async def facts_for_order(tx: Tx, store_id: StoreId, item_ids: Iterable[ItemId], at: datetime) -> StoreFacts:
    """Return what placing an order needs to know of a store at this instant; raises `StoreNotFound`."""
    found = await _get(tx, store_id)
    items = await db.menus.find_items(tx, store_id, item_ids)
    return StoreFacts(
        store_id=found.id,
        city_id=found.city_id,
        name=found.name,
        phone=found.phone,
        address=found.address,
        point=found.point,
        time_zone=found.time_zone,
        is_open=policy.is_open(found.opening_hours, time_zone=found.time_zone, at=at),
        is_paused=policy.is_paused(found, at=at),
        paused_until=found.paused_until,
        auto_accept=found.auto_accept,
        prep_minutes=policy.prep_minutes(found, at=at),
        items={
            item.id: ItemFacts(
                id=item.id,
                name=item.name,
                price_minor=item.price_minor,
                is_available=item.is_available,
                stock_count=item.stock_count,
            )
            for item in items
        },
    )


async def get_merchant(tx: Tx, merchant_id: MerchantId) -> Merchant:
    """Return a merchant; raises `MerchantNotFound`."""
    found = await db.stores.find_merchant(tx, merchant_id)
    if found is None:
        raise MerchantNotFound
    return found


async def get_store(tx: Tx, store_id: StoreId, *, caller: Caller, at: datetime) -> StoreView:
    """Return a store as it is at this instant, as the caller may see it; raises `StoreNotFound`."""
    return _as_seen(await _get(tx, store_id), caller=caller, at=at)


class StoreSign(msgspec.Struct, frozen=True, kw_only=True):
    """What stands over a store's door, and its time zone: nobody's secret."""

    name: str
    time_zone: str


async def get_store_sign(tx: Tx, store_id: StoreId) -> StoreSign:
    """Return what anybody may know of a store they ordered from."""
    found = await _get(tx, store_id)
    return StoreSign(name=found.name, time_zone=found.time_zone)


def view(found: Store, *, at: datetime) -> StoreView:
    """Return a store with what only holds at this instant."""
    return StoreView(
        is_open=policy.is_open(found.opening_hours, time_zone=found.time_zone, at=at),
        is_paused=policy.is_paused(found, at=at),
        usual_prep_minutes=policy.prep_minutes(found, at=at),
        **{name: getattr(found, name) for name in Store.__struct_fields__},
    )


async def get_menu(tx: Tx, store_id: StoreId) -> Menu:
    """Return a store's menu; raises `StoreNotFound`."""
    found = await _get(tx, store_id)
    city = await places.get_city(tx, found.city_id)
    return Menu(store_id=store_id, currency=city.currency, items=await db.menus.list_menu(tx, store_id))


async def get_ticket(tx: Tx, ticket_id: TicketId, *, caller: Caller) -> Ticket:
    """Return a ticket; raises `TicketNotFound` where it is none of the caller's business."""
    found = await db.tickets.find_ticket(tx, ticket_id)
    if found is None or not policy.may_work_on_tickets(caller, found.store_id):
        raise TicketNotFound
    return found


async def list_tickets(
    tx: Tx, store_id: StoreId, *, caller: Caller, only_open: bool, cursor: str | None, limit: int
) -> TicketPage:
    """Return a store's tickets: the open ones oldest first, or all of them newest first."""
    await check_sees_tickets(tx, store_id, caller=caller)
    if only_open:
        found = await db.tickets.list_open_tickets(tx, store_id, after=cursor or "", limit=limit + 1)
    else:
        found = await db.tickets.list_tickets(tx, store_id, before=cursor, limit=limit + 1)
    page = found[:limit]
    return TicketPage(tickets=page, next_cursor=page[-1].id if len(found) > limit else None)


async def open_tickets(tx: Tx, store_id: StoreId) -> OpenTickets:
    """Return what a kitchen has before it."""
    found = await db.tickets.list_open_tickets(tx, store_id, after="", limit=SNAPSHOT_TICKETS)
    return OpenTickets(store_id=store_id, tickets=found)


async def check_sees_tickets(tx: Tx, store_id: StoreId, *, caller: Caller) -> None:
    """Refuse whoever does not work at this store or its desk: `StoreNotFound`."""
    if not policy.may_work_on_tickets(caller, store_id):
        raise StoreNotFound
    await _get(tx, store_id)


async def list_escalations(tx: Tx, *, cursor: str | None, limit: int) -> EscalationPage:
    """Return the open calls for help, oldest first."""
    rows = await db.escalations.list_open_escalations(tx, after=cursor or "", limit=limit + 1)
    page = [msgspec.convert(dict(row), EscalationView) for row in rows[:limit]]
    return EscalationPage(escalations=page, next_cursor=page[-1].id if len(rows) > limit else None)


def _as_seen(found: Store, *, caller: Caller, at: datetime) -> StoreView:
    seen = view(found, at=at)
    return seen if policy.may_see_phone(caller, found.id) else msgspec.structs.replace(seen, phone=None)


async def _get(tx: Tx, store_id: StoreId) -> Store:
    found = await db.stores.find_store(tx, store_id)
    if found is None:
        raise StoreNotFound
    return found
