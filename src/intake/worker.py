"""Orders that waited for their money."""

import msgspec

from infra.db import Tx
from infra.outbox import Recorded
from infra.relay import Consumer
from infra.travel.port import TravelTimes
from intake import commands
from intake.commands import Around
from kernel.events import Act
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
