from datetime import datetime
from typing import Any, Final

import msgspec
from litestar import websocket
from litestar.di import NamedDependency

from accounts.guards import allow
from accounts.model import Caller
from fleet.api.sayings import PhoneTaker
from fleet.commands.positions import Receiver
from fleet.queries import deliveries, shifts
from fleet.queries.deliveries import DeliveryView, OfferView
from fleet.queries.shifts import ShiftView
from infra.clock import DomainClock
from infra.db import Begin
from infra.live.answers import After, Epoch
from infra.live.carrying import Socket
from infra.live.session import Feeds
from infra.live.view import Loaded, PlainView, Watch
from infra.outbox import Recorded
from kernel.actors import Role
from kernel.ids import RiderId


class RiderNow(msgspec.Struct, frozen=True, kw_only=True):
    """A rider's own day as it stands: the shift, what is being asked, what is in hand in the order of the route."""

    shift: ShiftView
    offers: list[OfferView]
    deliveries: list[DeliveryView]


MAY_FOLLOW_DAY: Final = allow(Role.RIDER)


async def rider_watch(
    begin: Begin,
    clock: DomainClock,
    rider_id: RiderId,
    *,
    after: int | None = None,
    epoch: str | None = None,
    taker: PhoneTaker | None = None,
) -> Watch:
    """Return the watch of a rider's own day; raises what says that there is no such rider."""
    now = await clock.now()
    async with begin() as tx:
        await shifts.get_shift(tx, rider_id, now=now)

    async def load() -> Loaded:
        return Loaded(await _load(begin, rider_id, now=await clock.now()))

    watch = Watch(rider_id, PlainView(show), load, after=after, epoch=epoch)
    if taker is not None:
        watch.receive, watch.receive_together = taker.take, taker.take_together
    return watch


@websocket("/v1/rider/feed", guards=[MAY_FOLLOW_DAY])
async def rider_feed(
    socket: Socket,
    caller: NamedDependency[Caller],
    begin: NamedDependency[Begin],
    feeds: NamedDependency[Feeds],
    receiver: NamedDependency[Receiver],
    after: After = None,
    epoch: Epoch = None,
) -> None:
    """Follow one's own day: shift, offer and deliveries, then every fact, numbered. Takes what a phone has to say."""
    taker = PhoneTaker(caller, receiver, begin, feeds.clock)
    watch = await rider_watch(begin, feeds.clock, RiderId(caller.id), after=after, epoch=epoch, taker=taker)
    await feeds.serve(socket, watch)


def show(fact: Recorded) -> dict[str, Any]:
    """Return a fact as the rider's phone gets it. What is addressed to riders holds ids, times and reasons."""
    told: dict[str, Any] = msgspec.json.decode(fact.payload)
    return told | {"occurred_at": fact.occurred_at, "cause": fact.cause, "actor_role": fact.actor.role}


async def _load(begin: Begin, rider_id: RiderId, *, now: datetime) -> RiderNow:
    async with begin() as tx:
        return RiderNow(
            shift=await shifts.get_shift(tx, rider_id, now=now),
            offers=await deliveries.list_open_offers(tx, rider_id),
            deliveries=await deliveries.list_in_hand(tx, rider_id, now=now),
        )


ROUTES: Final = [rider_feed]
