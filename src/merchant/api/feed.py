from typing import Any, Final

import msgspec
from litestar import websocket
from litestar.di import NamedDependency
from litestar.params import FromPath

from accounts.guards import allow
from accounts.model import Caller, Scope
from infra.db import Begin
from infra.live.answers import After, Epoch
from infra.live.carrying import Socket
from infra.live.session import Feeds
from infra.live.view import Loaded, PlainView, Watch
from infra.outbox import Recorded
from kernel.actors import Role
from kernel.ids import StoreId
from merchant import queries
from merchant.api.sayings import taker
from merchant.policy.feed import seen_by_store

MAY_FOLLOW_STORE: Final = allow(Role.MERCHANT, Role.OPERATOR, scopes=[Scope.DISPATCH])


async def store_watch(
    begin: Begin, store_id: StoreId, *, caller: Caller, after: int | None = None, epoch: str | None = None
) -> Watch:
    """Return the watch of one store as its caller's role sees it; raises `NotFound` where it is not theirs."""
    async with begin() as tx:
        await queries.check_sees_tickets(tx, store_id, caller=caller)

    async def load() -> Loaded:
        async with begin() as tx:
            return Loaded(await queries.open_tickets(tx, store_id))

    show = show_whole if caller.role is Role.OPERATOR else show_to_store
    return Watch(store_id, PlainView(show), load, audience=caller.role, after=after, epoch=epoch)


@websocket("/v1/stores/{store_id:str}/feed", guards=[MAY_FOLLOW_STORE])
async def store_feed(
    socket: Socket,
    store_id: FromPath[StoreId],
    caller: NamedDependency[Caller],
    begin: NamedDependency[Begin],
    feeds: NamedDependency[Feeds],
    after: After = None,
    epoch: Epoch = None,
) -> None:
    """Follow a store: its open tickets, then every fact of its orders, numbered. Takes what a kitchen has to say."""
    watch = await store_watch(begin, store_id, caller=caller, after=after, epoch=epoch)
    watch.receive = taker(begin, feeds.clock, by=caller)
    await feeds.serve(socket, watch)


def show_whole(fact: Recorded) -> dict[str, Any]:
    """Return a fact as the desk gets it."""
    told: dict[str, Any] = msgspec.json.decode(fact.payload)
    return told | _circumstances(fact)


def show_to_store(fact: Recorded) -> dict[str, Any] | None:
    """Return a fact as the tablet gets it, or None."""
    told = seen_by_store(msgspec.json.decode(fact.payload))
    return told | _circumstances(fact) if told is not None else None


def _circumstances(fact: Recorded) -> dict[str, Any]:
    return {"occurred_at": fact.occurred_at, "cause": fact.cause, "actor_role": fact.actor.role}


ROUTES: Final = [store_feed]
