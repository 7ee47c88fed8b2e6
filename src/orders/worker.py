"""What happens to an order without anybody asking."""

from collections.abc import Mapping
from typing import Final

from infra import payments as port
from infra.db import Begin, Tx
from infra.timekeeper import InTransaction, Outside
from infra.timers import Due
from kernel.events import Act
from kernel.ids import LedgerEntryId, OrderId
from orders import commands
from orders.commands.asking import ANSWER_DUE
from orders.commands.payments import PERFORM, find_entry
from orders.commands.placing import COMPLETION
from orders.model import EntryStatus


async def _answer_due(tx: Tx, due: Due, act: Act) -> str | None:
    return await commands.lapse_cancellation(tx, OrderId(due.subject_id), act=act)


async def _completion_due(tx: Tx, due: Due, act: Act) -> str | None:
    return await commands.complete(tx, OrderId(due.subject_id), act=act)


TIMERS: Final[Mapping[str, InTransaction]] = {ANSWER_DUE: _answer_due, COMPLETION: _completion_due}


def outside_timers(providers: port.Providers) -> Mapping[str, Outside]:
    """Return the deadlines that talk to payment providers."""

    async def perform(begin: Begin, due: Due, act: Act) -> str | None:
        async with begin() as tx:
            entry = await find_entry(tx, LedgerEntryId(due.subject_id))
        if entry is None or entry.status is not EntryStatus.REQUESTED:
            return "answered already"
        answer = await providers[entry.provider].perform(
            port.Request(key=entry.id, kind=entry.kind, amount=entry.amount, order_id=entry.order_id, token=entry.token)
        )
        async with begin() as tx:
            await commands.record_settlement(
                tx, entry, is_done=answer.is_done, provider_ref=answer.provider_ref, reason=answer.reason, act=act
            )
        return None

    return {PERFORM: perform}
