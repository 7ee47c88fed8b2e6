"""The payment ledger. A movement is asked for in the transaction that decides it; the provider answers later."""

from typing import Any

from infra import timers
from infra.db import Tx
from kernel.events import Act
from kernel.ids import LedgerEntryId
from kernel.money import Money
from orders import policy, store
from orders.commands.numbering import lock_one, tell
from orders.messages import PaymentRefused, PaymentRequested, PaymentSettled
from orders.model import EntryKind, EntryStatus, Order, PaymentEntry, PaymentMethod

PERFORM = "payment.perform"  # the timer that carries an entry to its provider, at once and again until it answers


async def request(
    tx: Tx, order: Order, kind: EntryKind, amount: Money, *, reason: str, act: Act, token: str | None = None
) -> None:
    """Write a movement of money and see that the provider is asked. Cash is settled by the hand that takes it."""
    in_cash = order.payment_method is PaymentMethod.CASH
    entry = PaymentEntry(
        id=store.new_entry_id(),
        order_id=order.id,
        kind=kind,
        amount=amount,
        provider=order.payment_method,
        status=EntryStatus.SETTLED if in_cash else EntryStatus.REQUESTED,
        reason=reason,
        token=token,
    )
    await store.insert_entry(tx, entry, now=act.now)
    fact = PaymentSettled if in_cash else PaymentRequested
    await tell(tx, order.id, fact(**_facts(entry)), act=act)
    if not in_cash and not policy.must_wait(kind, await store.list_entries(tx, order.id)):
        await timers.schedule(tx, PERFORM, entry.id, due_at=act.now)


async def give_back(tx: Tx, order: Order, *, reason: str, act: Act) -> Money:
    """Let go of what is held and refund what is captured; returns the sum. Repeating it moves nothing."""
    ledger = policy.balance(await store.list_entries(tx, order.id), currency=order.total.currency)
    if ledger.held.amount_minor:
        await request(tx, order, EntryKind.VOID, ledger.held, reason=reason, act=act)
    if ledger.refundable.amount_minor:
        await request(tx, order, EntryKind.REFUND, ledger.refundable, reason=reason, act=act)
    return ledger.held + ledger.refundable


async def capture_held(tx: Tx, order: Order, *, act: Act) -> None:
    """Take what is held, now that the store will cook."""
    ledger = policy.balance(await store.list_entries(tx, order.id), currency=order.total.currency)
    if ledger.held.amount_minor:
        await request(tx, order, EntryKind.CAPTURE, ledger.held, reason="accepted", act=act)


async def collect_cash(tx: Tx, order: Order, *, act: Act) -> None:
    """Record that the rider was paid at the door."""
    if order.payment_method is PaymentMethod.CASH:
        await request(tx, order, EntryKind.CAPTURE, order.total, reason="delivered", act=act)


async def refund(tx: Tx, order: Order, amount: Money, *, reason: str, act: Act) -> None:
    """Pay back part of what was captured; refuses more than is left."""
    ledger = policy.balance(await store.list_entries(tx, order.id), currency=order.total.currency)
    policy.check_refund(order.id, ledger, amount)
    await request(tx, order, EntryKind.REFUND, amount, reason=reason, act=act)


async def record_settlement(
    tx: Tx, entry: PaymentEntry, *, is_done: bool, provider_ref: str | None, reason: str, act: Act
) -> None:
    """Write what the provider answered, once; a second answer to the same entry changes nothing.

    What waited for this movement is asked for now, or falls with it.
    """
    await lock_one(tx, entry.order_id)
    status = EntryStatus.SETTLED if is_done else EntryStatus.REFUSED
    if not await store.settle_entry(tx, entry.id, status, provider_ref=provider_ref, now=act.now):
        return
    entries = await store.list_entries(tx, entry.order_id)
    if is_done:
        await tell(tx, entry.order_id, PaymentSettled(**_facts(entry)), act=act)
        for waiting in policy.list_waiting(entry, entries):
            await timers.schedule(tx, PERFORM, waiting.id, due_at=act.now)
        return
    await tell(tx, entry.order_id, PaymentRefused(**_facts(entry), reason=reason), act=act)
    for falling in policy.list_falling(entry, entries):
        await store.settle_entry(tx, falling.id, EntryStatus.REFUSED, provider_ref=None, now=act.now)
        fact = PaymentRefused(**_facts(falling), reason=f"{entry.kind} was refused")
        await tell(tx, entry.order_id, fact, act=act)


def _facts(entry: PaymentEntry) -> dict[str, Any]:
    return {
        "order_id": entry.order_id,
        "entry_id": entry.id,
        "kind": entry.kind,
        "amount_minor": entry.amount.amount_minor,
    }


async def find_entry(tx: Tx, entry_id: LedgerEntryId) -> PaymentEntry | None:
    """Return one line of the ledger."""
    return await store.find_entry(tx, entry_id)
