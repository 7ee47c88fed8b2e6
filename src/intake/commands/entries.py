"""The entry of an order that an operator typed in: its clocks, and its one answer. The order's row is locked."""

from datetime import datetime

from accounts.model import Caller
from infra import timers
from infra.db import Tx
from intake import store
from intake.messages import ConfirmationAwaited, OrderConfirmed
from intake.model import EntryStatus
from intake.policy import ManualEntryRules, check_reader
from kernel.actors import Role
from kernel.events import Act
from kernel.ids import CityId, OrderId, StoreId
from orders import commands as orders
from orders.model import Order
from places import queries as places
from places.model import Rule

EXPIRY = "manual_entry.expiry"
MANUAL_ENTRY_RULE = "manual_entry"


async def rules(tx: Tx, *, city_id: CityId, store_id: StoreId, at: datetime) -> Rule[ManualEntryRules]:
    """Return how what operators type in is treated here."""
    return await places.rule(tx, MANUAL_ENTRY_RULE, ManualEntryRules(), city_id=city_id, store_id=store_id, at=at)


async def await_confirmation(tx: Tx, order: Order, *, caller: Caller, act: Act) -> bool:
    """Let an order that an operator typed in wait until it was read again, where the rule asks; returns whether so."""
    if caller.role is not Role.OPERATOR:
        return False
    rule = await rules(tx, city_id=order.city_id, store_id=order.store_id, at=act.now)
    if not rule.value.needs_confirmation:
        return False
    entry = rule.value.entry(order.id, by_id=caller.id, now=act.now)
    await store.insert_entry(tx, entry, rule_version=rule.version, now=act.now)
    await timers.schedule(tx, EXPIRY, order.id, due_at=entry.expires_at)
    fact = ConfirmationAwaited(
        order_id=order.id,
        confirm_by=entry.confirm_by,
        expires_at=entry.expires_at,
        is_another_needed=entry.is_another_needed,
        rule_version=rule.version,
    )
    await orders.tell(tx, order.id, fact, act=act)
    return True


async def is_awaited(tx: Tx, order_id: OrderId) -> bool:
    """Tell whether the order waits to be read again."""
    entry = await store.find_entry(tx, order_id)
    return entry is not None and entry.status is EntryStatus.AWAITED


async def answer(tx: Tx, order_id: OrderId, status: EntryStatus, *, reason: str, act: Act) -> None:
    """Write the one answer; what was confirmed is told."""
    await store.settle_entry(tx, order_id, status, by_id=act.actor.id, reason=reason, now=act.now)
    await timers.cancel(tx, order_id, EXPIRY, because=f"the entry is {status}", now=act.now)
    if status is EntryStatus.CONFIRMED:
        await orders.tell(tx, order_id, OrderConfirmed(order_id=order_id), act=act)


async def answer_by_review(tx: Tx, order_id: OrderId, *, is_placed: bool, reason: str, act: Act) -> None:
    """Take a review for the second reading: whoever reviews reads every line. Refuses the typist where another must."""
    entry = await store.find_entry(tx, order_id)
    if entry is None or entry.status is not EntryStatus.AWAITED:
        return
    if is_placed:
        check_reader(entry, by_id=act.actor.id)
    await answer(tx, order_id, EntryStatus.CONFIRMED if is_placed else EntryStatus.REFUSED, reason=reason, act=act)
