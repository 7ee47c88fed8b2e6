"""Links that show one order to whoever has them. Whose order it is, the packages above know."""

from datetime import datetime, timedelta

import msgspec

from accounts import keys as made
from accounts import policy, store
from accounts.errors import ShareLinkNotFound, ShareLinkOver, TooManyShareLinks
from accounts.model import Caller, ShareLink
from infra import ids
from infra.db import Tx
from kernel.ids import OrderId, ShareId


class NewShareLink(msgspec.Struct, frozen=True, kw_only=True):
    """A share link, and its token, which is told once and never again."""

    link: ShareLink
    token: str


async def share(tx: Tx, order_id: OrderId, *, lasts: timedelta, caller: Caller, now: datetime) -> NewShareLink:
    """Make a link to an order that was found to be the caller's to share."""
    if await store.count_open_shares(tx, order_id, now=now) >= policy.SHARES_MOST:
        raise TooManyShareLinks(order_id, most=policy.SHARES_MOST)
    link = ShareLink(id=ids.new(ShareId, "shr"), order_id=order_id, made_by=caller.actor, expires_at=now + lasts)
    token = made.new_token()
    await store.insert_share_link(tx, link, token_hash=made.hash_of(token), now=now)
    return NewShareLink(link=link, token=token)


async def open_share_link(tx: Tx, token: str, *, now: datetime) -> ShareLink:
    """Return the link with this token; refuses one that is over."""
    link = await store.find_share_link_by_token(tx, token_hash=made.hash_of(token))
    if link is None:
        raise ShareLinkNotFound
    ended_at = link.revoked_at or link.expires_at
    if now >= ended_at:
        raise ShareLinkOver(ended_at=ended_at, is_revoked=link.revoked_at is not None)
    return link


async def find_share_link(tx: Tx, share_id: ShareId) -> ShareLink:
    """Return a share link; raises `ShareLinkNotFound`."""
    link = await store.find_share_link(tx, share_id)
    if link is None:
        raise ShareLinkNotFound
    return link


async def unshare(tx: Tx, share_id: ShareId, *, caller: Caller, now: datetime) -> None:
    """End a link, found to be the caller's, everywhere within a second. Safe to repeat."""
    await store.revoke_share_link(tx, share_id, by=caller.id, now=now)
