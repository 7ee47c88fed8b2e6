"""Links that show one order to whoever has them, as its customer sees it."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Response, delete, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from redis.asyncio import Redis

from accounts.commands import share_links as links
from accounts.guards import allow
from accounts.model import ACCESS_LASTS, HANDLING_ORDERS, SHARE_LASTS, SHARE_LASTS_MOST, Caller
from accounts.origins import own_origin
from accounts.tokens import Tokens
from infra.clock import wall_now
from infra.db import Begin, Tx
from kernel.actors import Role
from kernel.ids import OrderId, ShareId
from kernel.text import Text
from tracking import commands
from tracking.queries import TrackingView, read_tracking

_SHARES: Final = [allow(Role.CUSTOMER, Role.OPERATOR, scopes=HANDLING_ORDERS)]
_LASTS_S: Final = int(SHARE_LASTS.total_seconds())
_LASTS_MOST_S: Final = int(SHARE_LASTS_MOST.total_seconds())


class ShareRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For how long the link shall show the order."""

    lifetime_s: Annotated[int, msgspec.Meta(ge=60, le=_LASTS_MOST_S)] = _LASTS_S


class OrderShared(msgspec.Struct, frozen=True, kw_only=True):
    """A link and its token, which is told this once; it is over at `expires_at` (wall time)."""

    share_id: ShareId
    token: str
    url: str
    expires_at: datetime


class ShareToken(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stands in the link."""

    token: Annotated[Text, msgspec.Meta(min_length=1, max_length=64)]


class ShareOpened(msgspec.Struct, frozen=True, kw_only=True):
    """An access token that shows one order and nothing else, and how it stands. The link gives more of them."""

    access_token: str
    expires_in_s: int
    order_id: OrderId
    share_id: ShareId
    tracking: TrackingView


@post("/v1/orders/{order_id:str}/share-links", guards=_SHARES)
async def share_order(
    request: Request[Any, Any, Any],
    order_id: FromPath[OrderId],
    data: JSONBody[ShareRequest],
    caller: NamedDependency[Caller],
    tx: NamedDependency[Tx],
) -> OrderShared:
    """Make a link that shows this order's way to whoever has it."""
    lasts = timedelta(seconds=data.lifetime_s)
    new = await commands.share(tx, order_id, lasts=lasts, caller=caller, now=wall_now())
    return OrderShared(
        share_id=new.link.id,
        token=new.token,
        url=f"{own_origin(request)}/t/{new.token}",
        expires_at=new.link.expires_at,
    )


@delete("/v1/share-links/{share_id:str}", guards=_SHARES)
async def revoke_share_link(
    share_id: FromPath[ShareId], caller: NamedDependency[Caller], tx: NamedDependency[Tx]
) -> None:
    """Revoke a link: within a second it shows nothing, and the feeds opened with it are closed. Safe to repeat."""
    await commands.unshare(tx, share_id, caller=caller, now=wall_now())


@post("/v1/share-links/open", status_code=200)
async def open_share_link(
    data: JSONBody[ShareToken],
    begin_for_anybody: NamedDependency[Begin],
    redis: NamedDependency[Redis],
    tokens: NamedDependency[Tokens],
) -> Response[ShareOpened]:
    """Get an access token with what stands in a link, and see how its order stands without asking again."""
    now = wall_now()
    async with begin_for_anybody() as tx:
        link = await links.open_share_link(tx, data.token, now=now)
    lifetime = min(ACCESS_LASTS, link.expires_at - now)
    opened = ShareOpened(
        access_token=tokens.issue(link.caller, lifetime=lifetime),
        expires_in_s=int(lifetime.total_seconds()),
        order_id=link.order_id,
        share_id=link.id,
        tracking=await read_tracking(begin_for_anybody, redis, link.order_id, caller=link.caller),
    )
    return Response(opened, headers={"Cache-Control": "no-store"})


ROUTES: Final = [share_order, revoke_share_link, open_share_link]
