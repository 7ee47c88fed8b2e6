"""The open question whether an order may be cancelled."""

from infra import timers
from infra.db import Tx
from kernel.events import Act
from orders import store
from orders.commands.numbering import tell
from orders.messages import CancellationRefused
from orders.model import CancellationStatus, Order

ANSWER_DUE = "cancellation.answer_due"


async def refuse_if_asked(tx: Tx, order: Order, *, act: Act) -> None:
    """Answer an open question with no, because the kitchen began."""
    asked = await store.find_open_cancellation(tx, order.id)
    if asked is None:
        return
    await store.settle_cancellation(tx, asked.id, CancellationStatus.REFUSED, by=act.actor, now=act.now)
    await timers.cancel(tx, order.id, ANSWER_DUE, because="the store refused", now=act.now)
    fact = CancellationRefused(
        order_id=order.id, store_id=order.store_id, rider_id=order.rider_id, cancellation_id=asked.id
    )
    await tell(tx, order.id, fact, act=act)


async def drop_if_asked(tx: Tx, order: Order, status: CancellationStatus, *, act: Act) -> None:
    """Close an open question because the order ended."""
    asked = await store.find_open_cancellation(tx, order.id)
    if asked is not None:
        await store.settle_cancellation(tx, asked.id, status, by=act.actor, now=act.now)
        await timers.cancel(tx, order.id, ANSWER_DUE, because=f"the question is {status}", now=act.now)
