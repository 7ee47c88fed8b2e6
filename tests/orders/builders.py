"""Orders, callers and acts, valid by default: override only what the test is about."""

from datetime import UTC, datetime, timedelta

from accounts.model import Caller
from infra import ids
from kernel.actors import Actor, Role
from kernel.events import Act
from kernel.geo import Point
from kernel.ids import CityId, CustomerId, DeliveryId, ItemId, LedgerEntryId, OrderId, PersonId, RiderId, StoreId
from kernel.money import Money
from orders import commands
from orders.model import (
    EntryKind,
    EntryStatus,
    NewOrder,
    Order,
    OrderLine,
    OrderStatus,
    PaymentEntry,
    PaymentMethod,
)

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
CITY = ids.new(CityId, "cty")
STORE = ids.new(StoreId, "sto")
ANA = ids.new(CustomerId, "cus")
BETO = ids.new(RiderId, "rdr")
CARLA = ids.new(PersonId, "per")  # works in the kitchen of STORE
DIEGO = ids.new(PersonId, "per")  # sits at the operations desk
ITEM = ids.new(ItemId, "itm")


def an_act(role=Role.CUSTOMER, subject=None, *, now=NOON, occurred_at=None):
    known = {Role.CUSTOMER: ANA, Role.RIDER: BETO, Role.MERCHANT: CARLA, Role.OPERATOR: DIEGO}
    return Act(actor=Actor(role, subject or known.get(role, role)), now=now, occurred_at=occurred_at or now)


def a_caller(role=Role.CUSTOMER, subject=None, *, scopes=(), store_ids=()):
    return Caller(
        role=role, id=subject or an_act(role).actor.id, scopes=frozenset(scopes), store_ids=frozenset(store_ids)
    )


def a_new_order(**changes):
    fields = {
        "id": ids.new(OrderId, "ord"),
        "city_id": CITY,
        "store_id": STORE,
        "customer_id": ANA,
        "platform_id": None,
        "external_id": None,
        "customer_name": "Ana",
        "customer_phone": "+5511987654321",
        "dropoff": Point(lat=-23.55, lon=-46.63),
        "dropoff_address": "Rua Augusta 1",
        "dropoff_note": "",
        "dropoff_code": "1234",
        "lines": [OrderLine(item_id=ITEM, name="Pizza", quantity=2, unit_price_minor=1500)],
        "currency": "BRL",
        "items_minor": 3000,
        "delivery_fee_minor": 500,
        "tip_minor": 0,
        "payment_method": PaymentMethod.CASH,
        "change_for_minor": None,
        "payment_token": None,
    }
    return NewOrder(**(fields | changes))


def an_order(**changes):
    fields = {
        "id": ids.new(OrderId, "ord"),
        "short_number": 7,
        "status": OrderStatus.PLACED,
        "seq": 2,
        "epoch": "x",
        "city_id": CITY,
        "store_id": STORE,
        "customer_id": ANA,
        "platform_id": None,
        "rider_id": None,
        "total": Money(3500, "BRL"),
        "payment_method": PaymentMethod.CARD,
        "dropoff_code": "1234",
        "ready_by": None,
        "placed_at": NOON,
        "ready_at": None,
        "preparing_at": None,
        "delivered_at": None,
    }
    return Order(**(fields | changes))


def an_entry(kind, amount_minor=3500, status=EntryStatus.SETTLED, **changes):
    fields = {
        "id": ids.new(LedgerEntryId, "led"),
        "order_id": OrderId("ord_x"),
        "kind": EntryKind(kind),
        "amount": Money(amount_minor, "BRL"),
        "provider": PaymentMethod.CARD,
        "status": EntryStatus(status),
        "reason": "",
    }
    return PaymentEntry(**(fields | changes))


# What leads to each state, from a received order on.
WAY = {
    "placed": lambda tx, order, act: commands.place(tx, order, accept_by=act.now + 8 * MINUTE, act=act),
    "accepted": lambda tx, order, act: commands.accept(
        tx, order, prep_minutes=20, ready_by=act.now + 20 * MINUTE, act=act
    ),
    "preparing": lambda tx, order, act: commands.start_preparing(tx, order, act=act),
    "ready": lambda tx, order, act: commands.mark_ready(tx, order, act=act),
    "picked_up": lambda tx, order, act: commands.pick_up(tx, order, act=act),
    "delivered": lambda tx, order, act: commands.deliver(tx, order, proof="code", act=act),
}
A_DELIVERY = ids.new(DeliveryId, "dlv")
