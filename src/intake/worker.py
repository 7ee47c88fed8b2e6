"""Orders that waited for their money, or for somebody to read them again."""

from collections.abc import Mapping
from typing import Final

import msgspec

from infra.db import Tx
from infra.outbox import Recorded
from infra.relay import Consumer
from infra.timekeeper import InTransaction
from infra.timers import Due
from infra.travel.port import TravelTimes
from intake import commands
from intake.commands import Around
from intake.commands.entries import EXPIRY
from kernel.events import Act
from kernel.ids import OrderId
from orders.messages import PaymentRefused, PaymentSettled
from orders.model import EntryKind
from places import queries as places


def consumer(travel: TravelTimes) -> Consumer:
    """Return what intake does when a payment provider answered."""

    async def settled(tx: Tx, fact: Recorded, act: Act) -> None:
        payment = msgspec.json.decode(fact.payload, type=PaymentSettled)
        if payment.kind == EntryKind.AUTHORISE:
            around = Around(zones=await places.zone_map(tx), travel=travel)
            await commands.payment_settled(tx, payment.order_id, around=around, act=act)

    async def refused(tx: Tx, fact: Recorded, act: Act) -> None:
        payment = msgspec.json.decode(fact.payload, type=PaymentRefused)
        if payment.kind == EntryKind.AUTHORISE:
            await commands.payment_refused(tx, payment.order_id, act=act)

    return Consumer("intake", {PaymentSettled.event_type(): settled, PaymentRefused.event_type(): refused})


async def _expiry_due(tx: Tx, due: Due, act: Act) -> str | None:
    return await commands.expire_unconfirmed(tx, OrderId(due.subject_id), act=act)


TIMERS: Final[Mapping[str, InTransaction]] = {EXPIRY: _expiry_due}
