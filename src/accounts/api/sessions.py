"""How a device gets in and stays. Nobody is signed in here yet: a code, a cookie or a refresh token says who it is."""

from typing import Annotated, Final, Literal

import msgspec
from litestar import Response, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import JSONBody
from redis.asyncio import Redis

from accounts.commands import devices as commands
from accounts.errors import SessionOver
from accounts.keys import Keys, Presented, read_refresh_token
from accounts.model import ACCESS_LASTS, Device, Scope
from accounts.origins import AnyRequest, address_of, check_is_no_other_site, is_secure
from accounts.policy import UNUSED_LASTS
from accounts.tokens import Tokens
from infra.clock import wall_now
from infra.db import Begin
from kernel.actors import Role
from kernel.errors import DomainError, InvalidField
from kernel.ids import DeviceId, StoreId
from kernel.text import Text

_COOKIE_PATH: Final = "/v1/sessions"  # sent nowhere else: every other route takes the Bearer header alone
_ACCESS_LASTS_S: Final = int(ACCESS_LASTS.total_seconds())
_UNUSED_LASTS_S: Final = int(UNUSED_LASTS.total_seconds())
_NOT_KEPT: Final = {"Cache-Control": "no-store"}


class Claim(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A code as it was typed or scanned, what the device calls itself, and where it keeps its refresh token."""

    code: Annotated[Text, msgspec.Meta(min_length=1, max_length=40)]
    device_name: Annotated[Text, msgspec.Meta(min_length=1, max_length=120)]
    keep: Literal["cookie", "body"] = "body"


class Kept(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Either the role whose cookie is meant, or the refresh token itself."""

    role: Role | None = None
    refresh_token: Annotated[Text, msgspec.Meta(max_length=200)] | None = None


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """An access token of a quarter of an hour; the refresh token only where it is not in the cookie."""

    device_id: DeviceId
    access_token: str
    expires_in_s: int
    role: Role
    subject_id: str
    store_ids: list[StoreId]
    scopes: list[Scope]
    is_manager: bool
    refresh_token: str | None


class SessionEnded(msgspec.Struct, frozen=True, kw_only=True):
    """The device that is forgotten; None where none was signed in."""

    device_id: DeviceId | None


@post("/v1/pairings/claim", status_code=200)
async def claim_pairing(
    request: AnyRequest,
    data: JSONBody[Claim],
    begin_for_anybody: NamedDependency[Begin],
    redis: NamedDependency[Redis],
    keys: NamedDependency[Keys],
    tokens: NamedDependency[Tokens],
) -> Response[Session]:
    """Pair this device with a code. Sent again by a bad network within a minute, it gets the same answer."""
    check_is_no_other_site(request)
    address = address_of(request)
    await commands.take_try(redis, address)
    async with begin_for_anybody() as tx:
        claimed = await commands.claim(
            tx, data.code, device_name=data.device_name, address=address, keys=keys, now=wall_now()
        )
    device = _or_refuse(claimed)
    return _answer(device, request, is_cookie=data.keep == "cookie", keys=keys, tokens=tokens)


@post("/v1/sessions/refresh", status_code=200)
async def refresh_session(
    request: AnyRequest,
    data: JSONBody[Kept],
    begin_for_anybody: NamedDependency[Begin],
    keys: NamedDependency[Keys],
    tokens: NamedDependency[Tokens],
) -> Response[Session]:
    """Get the next access and refresh token. The one before gets the same until these are used; later it ends all."""
    check_is_no_other_site(request)
    presented = _presented(request, data)
    if presented is None:
        raise SessionOver
    async with begin_for_anybody() as tx:
        refreshed = await commands.refresh(tx, presented, keys=keys, now=wall_now())
    device = _or_refuse(refreshed)
    return _answer(device, request, is_cookie=data.role is not None, keys=keys, tokens=tokens)


@post("/v1/sessions/end", status_code=200)
async def end_session(
    request: AnyRequest, data: JSONBody[Kept], begin_for_anybody: NamedDependency[Begin]
) -> Response[SessionEnded]:
    """Sign this device out and forget it. Safe to repeat; who is not signed in is told so."""
    check_is_no_other_site(request)
    presented, is_ended = _presented(request, data), False
    if presented is not None:
        async with begin_for_anybody() as tx:
            is_ended = await commands.end(tx, presented, now=wall_now())
    ended = SessionEnded(device_id=presented.device_id if presented and is_ended else None)
    cookies = [] if data.role is None else [_cookie(data.role, "", request, lasts_s=0)]
    return Response(ended, cookies=cookies, headers=_NOT_KEPT)


def _presented(request: AnyRequest, kept: Kept) -> Presented | None:
    if (kept.role is None) is (kept.refresh_token is None):
        raise InvalidField("role", "either the role whose cookie is meant, or a refresh_token")
    token = kept.refresh_token if kept.role is None else request.cookies.get(_cookie_name(kept.role))
    return read_refresh_token(token or "")


def _or_refuse(outcome: Device | DomainError) -> Device:
    """Return the device; a refusal is raised only now that what was written about it is committed."""
    if isinstance(outcome, DomainError):
        raise outcome
    return outcome


def _answer(device: Device, request: AnyRequest, *, is_cookie: bool, keys: Keys, tokens: Tokens) -> Response[Session]:
    subject = device.subject
    refresh_token = keys.refresh_token(device.id, device.refresh_no, device.salt)
    session = Session(
        device_id=device.id,
        access_token=tokens.issue(device.caller, lifetime=ACCESS_LASTS),
        expires_in_s=_ACCESS_LASTS_S,
        role=subject.role,
        subject_id=subject.subject_id,
        store_ids=list(subject.store_ids),
        scopes=list(subject.scopes),
        is_manager=subject.is_manager,
        refresh_token=None if is_cookie else refresh_token,
    )
    cookie = _cookie(subject.role, refresh_token, request, lasts_s=_UNUSED_LASTS_S)
    return Response(session, cookies=[cookie] if is_cookie else [], headers=_NOT_KEPT)


def _cookie(role: Role, token: str, request: AnyRequest, *, lasts_s: int) -> Cookie:
    return Cookie(
        key=_cookie_name(role),
        value=token,
        path=_COOKIE_PATH,
        max_age=lasts_s,
        secure=is_secure(request),
        httponly=True,
        samesite="strict",
    )


def _cookie_name(role: Role) -> str:
    """Return the cookie's name: one browser can be rider, store and desk at once."""
    return f"recado_{role}"


ROUTES: Final = [claim_pairing, refresh_session, end_session]
