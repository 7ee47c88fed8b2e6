from typing import Any, Final

from litestar import Response, get, websocket
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from litestar.response import Stream
from litestar.types import Guard
from litestar.types import Scope as ConnectionScope
from redis.asyncio import Redis

from accounts.guards import allow
from accounts.model import HANDLING_ORDERS, Caller
from infra.db import Begin, Tx
from infra.live.answers import LASTS_MOST_S, WAITS_S, After, Epoch, LastsS, Polled, WaitS, poll, resume_point, stream
from infra.live.carrying import Socket
from infra.live.session import Feeds
from infra.live.view import Loaded, Watch
from kernel.actors import Role
from kernel.ids import OrderId
from tracking import queries
from tracking.queries import OrderFeedView, TrackingView

MAY_TRACK: Final = allow(
    Role.CUSTOMER, Role.FOLLOWER, Role.MERCHANT, Role.OPERATOR, Role.PLATFORM, scopes=HANDLING_ORDERS
)
_MAY_TRACK: Final[list[Guard]] = [MAY_TRACK]


@get("/v1/orders/{order_id:str}/tracking", guards=_MAY_TRACK)
async def get_tracking(
    order_id: FromPath[OrderId],
    caller: NamedDependency[Caller],
    tx: NamedDependency[Tx],
    redis: NamedDependency[Redis],
) -> TrackingView:
    """Return how far an order is, when it is expected and why that changed, and where the rider was last."""
    return await queries.get_tracking(tx, redis, order_id, caller=caller)


async def order_watch(
    begin: Begin, redis: Redis, order_id: OrderId, *, caller: Caller, after: int | None = None, epoch: str | None = None
) -> Watch:
    """Return the watch of one order as its caller's role sees it; raises `OrderNotFound` where it is not theirs."""
    async with begin() as tx:
        await queries.check_may_track(tx, order_id, caller=caller)

    async def load() -> Loaded:
        tracking = await queries.read_tracking(begin, redis, order_id, caller=caller)
        view.was_shown(tracking.position)
        shown_at = tracking.position.measured_at if tracking.position else None
        return Loaded(tracking, seq=tracking.seq, position_at=shown_at)

    view = OrderFeedView(begin, order_id, caller.role)
    return Watch(order_id, view, load, audience=caller.role, after=after, epoch=epoch)


async def _provide_watch(
    order_id: FromPath[OrderId],
    scope: ConnectionScope,
    caller: NamedDependency[Caller],
    begin: NamedDependency[Begin],
    redis: NamedDependency[Redis],
    after: After = None,
    epoch: Epoch = None,
) -> Watch:
    after, epoch = resume_point(scope, after, epoch)
    return await order_watch(begin, redis, order_id, caller=caller, after=after, epoch=epoch)


_WATCHES: Final = {"watch": Provide(_provide_watch)}


@websocket("/v1/orders/{order_id:str}/feed", guards=_MAY_TRACK, dependencies=_WATCHES)
async def follow_order(socket: Socket, watch: NamedDependency[Watch], feeds: NamedDependency[Feeds]) -> None:
    """Follow an order: a snapshot or all that was missed, then every event, and the rider while they may be seen."""
    await feeds.serve(socket, watch)


@get("/v1/orders/{order_id:str}/feed/events", guards=_MAY_TRACK, dependencies=_WATCHES, media_type="text/event-stream")
async def stream_order(
    scope: ConnectionScope,
    watch: NamedDependency[Watch],
    feeds: NamedDependency[Feeds],
    lasts_s: LastsS = LASTS_MOST_S,
) -> Stream:
    """Follow an order as Server-Sent Events: the socket's frames, resumed by `Last-Event-ID`."""
    return stream(feeds, scope, watch, lasts_s=lasts_s)


@get("/v1/orders/{order_id:str}/feed", guards=_MAY_TRACK, dependencies=_WATCHES)
async def poll_order(
    scope: ConnectionScope,
    watch: NamedDependency[Watch],
    feeds: NamedDependency[Feeds],
    wait_s: WaitS = WAITS_S,
) -> Response[Polled]:
    """Return what happened behind a number, or wait until something does; without one, how things stand."""
    body: Any = await poll(feeds, scope, watch, wait_s=wait_s)
    return Response(body, headers={"Cache-Control": "no-store"})


ROUTES: Final = [get_tracking, follow_order, stream_order, poll_order]
