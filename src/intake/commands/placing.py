"""Receiving and placing. Placing is one transaction: promise, stock, ticket with its deadline, delivery, order."""

import secrets

import msgspec
import phonenumbers

from accounts.model import Caller
from fleet import commands as fleet
from fleet.messages import NewDelivery, Place
from infra import ids
from infra.db import Tx
from infra.travel.port import TravelTimes
from intake import policy
from intake.commands import entries
from intake.errors import CannotWaveThrough, ReviewNotOpen, StoreUnknown
from intake.model import OrderQuote, OrderRequest, Surroundings
from intake.policy import FeeRules
from kernel.actors import Role
from kernel.events import Act
from kernel.ids import CustomerId, ItemId, OrderId, ZoneId
from merchant import commands as merchant
from merchant import queries as stores
from merchant.errors import ItemsOutOfStock, StoreNotFound
from merchant.messages import AcceptanceRules, StoreFacts
from orders import commands as orders
from orders import queries as order_queries
from orders.model import NewOrder, Order, OrderLine, OrderStatus, PaymentMethod, Problem
from orders.queries import OrderView
from places import queries as places
from places.model import ZoneMap
from tracking import commands as tracking
from tracking.messages import NewPromise


class Around(msgspec.Struct, frozen=True, kw_only=True):
    """What placing looks at besides the database: which zone a place lies in, and how long a way takes."""

    zones: ZoneMap
    travel: TravelTimes


class _Examined(msgspec.Struct, frozen=True, kw_only=True):
    """A request with prices, its store, and everything that is wrong with it."""

    new: NewOrder
    store: StoreFacts
    problems: list[Problem]


async def receive_order(tx: Tx, request: OrderRequest, *, caller: Caller, around: Around, act: Act) -> OrderId:
    """Write an order down, and place it at once when it is complete and its money is secured.

    What is incomplete is held for review; what an operator typed in waits to be read again, where the rule asks; a card
    is authorised first, and the order placed when the provider answers. Raises `StoreUnknown`.
    """
    found = await _examine(tx, request, caller=caller, around=around, act=act)
    order = await orders.receive(tx, found.new, act=act)
    is_awaited = await entries.await_confirmation(tx, order, caller=caller, act=act)
    if found.problems:
        await orders.hold(tx, order, problems=found.problems, act=act)
    elif not is_awaited and await order_queries.is_money_secured(tx, order.id, order.payment_method):
        await place_order(tx, order, around=around, act=act)
    return order.id


async def quote_order(tx: Tx, request: OrderRequest, *, caller: Caller, around: Around, act: Act) -> OrderQuote:
    """Return what an order would cost, be promised and be held for, if it were sent now; writes nothing."""
    found = await _examine(tx, request, caller=caller, around=around, act=act)
    new, store = found.new, found.store
    codes = {problem.code for problem in found.problems}
    promise = NewPromise(
        order_id=new.id,
        city_id=new.city_id,
        store_id=new.store_id,
        store=store.point,
        dropoff=new.dropoff,
        prep_minutes=store.prep_minutes,
    )
    window = await tracking.preview(tx, promise, travel=around.travel, now=act.now)
    entry = await entries.rules(tx, city_id=new.city_id, store_id=new.store_id, at=act.now)
    needs_confirmation = caller.role is Role.OPERATOR and entry.value.needs_confirmation
    return OrderQuote(
        store_id=new.store_id,
        store_name=store.name,
        currency=new.currency,
        lines=new.lines,
        items_minor=new.items_minor,
        delivery_fee_minor=new.delivery_fee_minor,
        tip_minor=new.tip_minor,
        total_minor=new.total_minor,
        problems=found.problems,
        can_be_placed=not codes & policy.BLOCKING,
        needs_confirmation=needs_confirmation,
        is_another_needed=needs_confirmation and entry.value.by_another,
        promised_from=None if codes & policy.BLOCKING else window.promised_from,
        promised_by=None if codes & policy.BLOCKING else window.promised_by,
    )


async def place_order(tx: Tx, order: Order, *, around: Around, act: Act) -> None:
    """Ask the store, in one transaction with all that follows from it; an item gone meanwhile holds the order."""
    whole = await order_queries.get_whole_order(tx, order.id)
    store = await stores.facts_for_order(tx, order.store_id, [line.item_id for line in whole.lines], at=act.now)
    assert whole.dropoff is not None  # only roles outside the house see an order without it
    try:
        await merchant.take_stock(tx, order.store_id, whole.lines)
    except ItemsOutOfStock as gone:
        if order.status is OrderStatus.HELD_FOR_REVIEW:
            raise
        await orders.hold(tx, order, problems=[_gone(item_id) for item_id in gone.facts["item_ids"]], act=act)
        return
    rules = await places.rule(
        tx, "acceptance", AcceptanceRules(), city_id=order.city_id, store_id=order.store_id, at=act.now
    )
    accept_by = rules.value.accept_by(act.now, is_own_channel=order.platform_id is None)
    placed = await orders.place(tx, order, accept_by=accept_by, act=act)
    zone_id = await places.find_zone_of(tx, around.zones, whole.dropoff, order.city_id)
    promise = NewPromise(
        order_id=order.id,
        city_id=order.city_id,
        store_id=order.store_id,
        store=store.point,
        dropoff=whole.dropoff,
        prep_minutes=store.prep_minutes,
    )
    await tracking.promise(tx, promise, travel=around.travel, act=act)
    await fleet.open_delivery(tx, _new_delivery(whole, store, zone_id=zone_id), act=act)
    await merchant.open_ticket(
        tx,
        order=placed,
        lines=whole.lines,
        accept_by=accept_by,
        reminders_at=rules.value.reminders_at(act.now),
        rule_version=rules.version,
        act=act,
    )


async def review_order(tx: Tx, order_id: OrderId, *, is_placed: bool, reason: str, around: Around, act: Act) -> None:
    """Let the desk decide about a held order: place it in spite of its problems, or reject it with its reason."""
    order = await orders.lock_one(tx, order_id)
    if order.status is not OrderStatus.HELD_FOR_REVIEW:
        raise ReviewNotOpen(order_id, status=order.status)
    await entries.answer_by_review(tx, order_id, is_placed=is_placed, reason=reason, act=act)
    if not is_placed:
        await orders.reject(tx, order, reason=reason, item_ids=[], act=act)
        return
    whole = await order_queries.get_whole_order(tx, order_id)
    blocking = [problem.code for problem in whole.problems if problem.code in policy.BLOCKING]
    if not await order_queries.is_money_secured(tx, order_id, order.payment_method):
        blocking.append("payment_not_secured")
    if blocking:
        raise CannotWaveThrough(order_id, problems=blocking)
    await place_order(tx, order, around=around, act=act)


async def payment_settled(tx: Tx, order_id: OrderId, *, around: Around, act: Act) -> None:
    """Place an order that only waited for its money; one that is held, unread or over stays as it is."""
    order = await orders.lock_one(tx, order_id)
    waited = order.status is OrderStatus.RECEIVED and order.payment_method is PaymentMethod.CARD
    if waited and not await entries.is_awaited(tx, order_id):
        await place_order(tx, order, around=around, act=act)


async def payment_refused(tx: Tx, order_id: OrderId, *, act: Act) -> None:
    """Reject an order whose money could not be secured."""
    order = await orders.lock_one(tx, order_id)
    if order.status in {OrderStatus.RECEIVED, OrderStatus.HELD_FOR_REVIEW}:
        await orders.reject(tx, order, reason="payment_refused", item_ids=[], act=act)


async def _examine(tx: Tx, request: OrderRequest, *, caller: Caller, around: Around, act: Act) -> _Examined:
    item_ids = [line.item_id for line in request.lines]
    try:
        store = await stores.facts_for_order(tx, request.store_id, item_ids, at=act.now)
    except StoreNotFound:
        raise StoreUnknown(request.store_id) from None
    city = await places.get_city(tx, store.city_id)
    fees = await places.rule(tx, "fees", FeeRules(), city_id=city.id, store_id=store.store_id, at=act.now)
    phone = _e164(request.customer.phone, city.country)
    new = _new_order(
        request,
        store,
        caller=caller,
        phone=phone or request.customer.phone.strip(),
        currency=city.currency,
        fees=fees.value,
    )
    zone_id = await places.find_zone_of(tx, around.zones, request.dropoff.point, city.id)
    facts = Surroundings(
        store_is_open=store.is_open and not store.is_paused,
        dropoff_is_served=zone_id is not None,
        menu=store.items,
        phone_is_valid=phone is not None,
        total_minor=new.total_minor,
    )
    return _Examined(new=new, store=store, problems=policy.find_problems(request, facts))


def _new_order(
    request: OrderRequest, store: StoreFacts, *, caller: Caller, phone: str, currency: str, fees: FeeRules
) -> NewOrder:
    menu = store.items
    lines = [
        OrderLine(
            item_id=line.item_id,
            name=menu[line.item_id].name if line.item_id in menu else "",
            quantity=line.quantity,
            unit_price_minor=menu[line.item_id].price_minor if line.item_id in menu else 0,
            options=line.options,
            note=line.note,
            allergies=line.allergies,
        )
        for line in request.lines
    ]
    is_platform = caller.role is Role.PLATFORM
    customer_id = caller.id if caller.role is Role.CUSTOMER else request.customer.customer_id
    return NewOrder(
        id=ids.new(OrderId, "ord"),
        city_id=store.city_id,
        store_id=store.store_id,
        customer_id=CustomerId(customer_id or ids.new(CustomerId, "cus")),
        platform_id=caller.id if is_platform and request.external_id else None,
        external_id=request.external_id if is_platform else None,
        customer_name=request.customer.name,
        customer_phone=phone,
        dropoff=request.dropoff.point,
        dropoff_address=request.dropoff.address,
        dropoff_note=request.dropoff.note,
        dropoff_code=f"{secrets.randbelow(10_000):04}",
        lines=lines,
        currency=currency,
        items_minor=sum(line.unit_price_minor * line.quantity for line in lines),
        delivery_fee_minor=fees.delivery_fee_minor,
        tip_minor=request.tip_minor,
        payment_method=request.payment.method,
        change_for_minor=request.payment.change_for_minor,
        payment_token=request.payment.token,
    )


def _new_delivery(order: OrderView, store: StoreFacts, *, zone_id: ZoneId | None) -> NewDelivery:
    assert order.dropoff is not None  # only roles outside the house see an order without it
    return NewDelivery(
        order_id=order.id,
        city_id=order.city_id,
        zone_id=zone_id,
        store_id=order.store_id,
        pickup=Place(point=store.point, name=store.name, address=store.address),
        dropoff=Place(
            point=order.dropoff,
            name=order.customer_name or "",
            address=order.dropoff_address or "",
            note=order.dropoff_note or "",
        ),
        item_count=sum(line.quantity for line in order.lines),
        collect_minor=order.total_minor if order.payment_method is PaymentMethod.CASH else 0,
        currency=order.currency,
        needs_code=bool(order.dropoff_code),
    )


def _gone(item_id: ItemId) -> Problem:
    return Problem(code="item_out_of_stock", detail="The item ran out meanwhile.", item_id=item_id)


def _e164(phone: str, country: str) -> str | None:
    try:
        number = phonenumbers.parse(phone, country)
    except phonenumbers.NumberParseException:
        return None
    is_valid = phonenumbers.is_valid_number(number)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) if is_valid else None
