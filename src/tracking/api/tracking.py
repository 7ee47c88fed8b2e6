from typing import Any, Final

from litestar import Request, Response, WebSocket, get, websocket
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Stream
from litestar.types import Guard
from redis.asyncio import Redis

from accounts.guards import allow
from accounts.model import HANDLING_ORDERS, Caller
from infra.db import Begin, Tx
from infra.live.answers import LASTS_MOST_S, WAITS_S, After, Epoch, LastsS, Polled, WaitS, poll, resume_point, stream
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


@websocket("/v1/orders/{order_id:str}/feed", guards=_MAY_TRACK)
async def follow_order(  # noqa: PLR0913, PLR0917  one for each that a watcher needs
    socket: WebSocket[Any, Any, Any],
    order_id: FromPath[OrderId],
    caller: NamedDependency[Caller],
    begin: NamedDependency[Begin],
    redis: NamedDependency[Redis],
    feeds: NamedDependency[Feeds],
    after: After = None,
    epoch: Epoch = None,
) -> None:
    """Follow an order: a snapshot or all that was missed, then every event, and the rider while they may be seen."""
    await feeds.serve(socket, await order_watch(begin, redis, order_id, caller=caller, after=after, epoch=epoch))


@get("/v1/orders/{order_id:str}/feed/events", guards=_MAY_TRACK, media_type="text/event-stream")
async def stream_order(  # noqa: PLR0913, PLR0917  one for each that a watcher needs
    request: Request[Any, Any, Any],
    order_id: FromPath[OrderId],
    caller: NamedDependency[Caller],
    begin: NamedDependency[Begin],
    redis: NamedDependency[Redis],
    feeds: NamedDependency[Feeds],
    after: After = None,
    epoch: Epoch = None,
    lasts_s: LastsS = LASTS_MOST_S,
) -> Stream:
    """Follow an order as Server-Sent Events: the socket's frames, resumed by `Last-Event-ID`."""
    after, epoch = resume_point(request.scope, after, epoch)
    watch = await order_watch(begin, redis, order_id, caller=caller, after=after, epoch=epoch)
    return stream(feeds, request.scope, watch, lasts_s=lasts_s)


@get("/v1/orders/{order_id:str}/feed", guards=_MAY_TRACK)
async def poll_order(  # noqa: PLR0913, PLR0917  one for each that a watcher needs
    request: Request[Any, Any, Any],
    order_id: FromPath[OrderId],
    caller: NamedDependency[Caller],
    begin: NamedDependency[Begin],
    redis: NamedDependency[Redis],
    feeds: NamedDependency[Feeds],
    after: After = None,
    epoch: Epoch = None,
    wait_s: WaitS = WAITS_S,
) -> Response[Polled]:
    """Return what happened behind a number, or wait until something does; without one, how things stand."""
    watch = await order_watch(begin, redis, order_id, caller=caller, after=after, epoch=epoch)
    body: Any = await poll(feeds, request.scope, watch, wait_s=wait_s)
    return Response(body, headers={"Cache-Control": "no-store"})


ROUTES: Final = [get_tracking, follow_order, stream_order, poll_order]
