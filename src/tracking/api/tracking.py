from typing import Annotated, Any, Final

from litestar import WebSocket, get, websocket
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.types import Guard
from redis.asyncio import Redis

from accounts.guards import allow
from accounts.model import HANDLING_ORDERS, Caller
from infra.db import Begin, Tx
from infra.live.session import Feeds
from infra.live.view import Loaded, Watch
from kernel.actors import Role
from kernel.ids import OrderId
from kernel.text import NO_NUL
from tracking import queries
from tracking.queries import OrderFeedView, TrackingView

_MAY_TRACK: Final[list[Guard]] = [
    allow(Role.CUSTOMER, Role.FOLLOWER, Role.MERCHANT, Role.OPERATOR, Role.PLATFORM, scopes=HANDLING_ORDERS)
]
After = Annotated[int | None, QueryParameter(name="after", ge=0, le=2**53 - 1)]
Epoch = Annotated[str | None, QueryParameter(name="epoch", max_length=64, pattern=NO_NUL)]


@get("/v1/orders/{order_id:str}/tracking", guards=_MAY_TRACK)
async def get_tracking(
    order_id: FromPath[OrderId],
    caller: NamedDependency[Caller],
    tx: NamedDependency[Tx],
    redis: NamedDependency[Redis],
) -> TrackingView:
    """Return how far an order is, when it is expected and why that changed, and where the rider was last."""
    return await queries.get_tracking(tx, redis, order_id, caller=caller)


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
    async with begin() as tx:
        await queries.check_may_track(tx, order_id, caller=caller)

    async def load() -> Loaded:
        return await queries.load_tracking(begin, redis, order_id, caller=caller)

    view = OrderFeedView(begin, order_id, caller.role)
    await feeds.serve(socket, Watch(order_id, view, load, audience=caller.role, after=after, epoch=epoch))


ROUTES: Final = [get_tracking, follow_order]
