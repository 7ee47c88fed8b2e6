"""Phone links, made and revoked by the desk."""

from typing import Annotated, Any, Final

import msgspec
from litestar import Request, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from accounts.commands.phone_links import unlink_phone
from accounts.guards import allow
from accounts.model import Caller, Scope
from accounts.origins import own_origin
from accounts.phones import Phones
from fleet.api.phones.setups import AppSetup, address, setups
from fleet.commands.phones import link_phone
from fleet.queries.phones import PhoneList, list_phones
from infra.clock import wall_now
from infra.db import Begin, Tx
from infra.qr import draw
from kernel.actors import Role
from kernel.ids import PhoneId, RiderId
from kernel.text import Text

_DESK: Final = [allow(Role.OPERATOR, scopes=[Scope.ADMINISTRATION, Scope.DISPATCH])]


class PhoneRequested(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the phone is called here."""

    label: Annotated[Text, msgspec.Meta(min_length=1, max_length=80)]


class PhoneLinked(msgspec.Struct, frozen=True, kw_only=True):
    """A link to be scanned or typed into an app; its token, in the address, is told this once."""

    phone_id: PhoneId
    url: str
    token: str
    qr_svg: str
    apps: list[AppSetup]


@post("/v1/riders/{rider_id:str}/phones", guards=_DESK)
async def make_phone_link(
    request: Request[Any, Any, Any],
    rider_id: FromPath[RiderId],
    data: JSONBody[PhoneRequested],
    caller: NamedDependency[Caller],
    tx: NamedDependency[Tx],
) -> PhoneLinked:
    """Make a link to which an app on a rider's phone sends where they are."""
    new = await link_phone(tx, rider_id, label=data.label, caller=caller, now=wall_now())
    url = address(own_origin(request), new.token)
    return PhoneLinked(phone_id=new.link.id, url=url, token=new.token, qr_svg=draw(url), apps=setups(url, new.token))


@get("/v1/riders/{rider_id:str}/phones", guards=_DESK)
async def list_phone_links(rider_id: FromPath[RiderId], tx: NamedDependency[Tx]) -> PhoneList:
    """List a rider's phone links, revoked ones too."""
    return await list_phones(tx, rider_id)


@delete("/v1/riders/{rider_id:str}/phones/{phone_id:str}", guards=_DESK)
async def revoke_phone_link(
    rider_id: FromPath[RiderId],
    phone_id: FromPath[PhoneId],
    caller: NamedDependency[Caller],
    begin: NamedDependency[Begin],
    phones: NamedDependency[Phones],
) -> None:
    """Revoke a phone link: within a second no process takes what the app sends. Safe to repeat."""
    async with begin() as tx:
        await unlink_phone(tx, rider_id, phone_id, caller=caller, now=wall_now())
    phones.forget(phone_id)


ROUTES: Final = [make_phone_link, list_phone_links, revoke_phone_link]
