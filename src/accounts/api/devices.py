"""Pairing codes and devices: for administration, and for a store's manager whose tablets they are."""

from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from accounts.api.tokens import SubjectRequest
from accounts.commands import devices as commands
from accounts.guards import allow
from accounts.keys import Keys, readable
from accounts.model import Caller, Scope
from accounts.origins import own_origin
from accounts.queries import DevicePage, list_devices
from infra.clock import wall_now
from infra.db import Tx
from infra.qr import draw
from kernel.actors import Role
from kernel.ids import DeviceId, PairingId
from kernel.text import GIVEN_ID, NO_NUL, Text

_MANAGES: Final = [allow(Role.MERCHANT, Role.OPERATOR, scopes=[Scope.ADMINISTRATION])]
Limit = Annotated[int, QueryParameter(name="limit", ge=1, le=200)]
Cursor = Annotated[str | None, QueryParameter(name="cursor", max_length=64, pattern=NO_NUL)]
Active = Annotated[bool | None, QueryParameter(name="active")]


class PairingRequest(SubjectRequest, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom the device shall speak for, and what it is called here.

    Without a `subject_id` a store's tablet or an operator's device speaks for somebody new.
    """

    subject_id: Annotated[str, GIVEN_ID] | None = None
    label: Annotated[Text, msgspec.Meta(min_length=1, max_length=80)]


class PairingOffered(msgspec.Struct, frozen=True, kw_only=True):
    """A code to type and the same as a picture to scan; either works once, until `expires_at` (wall time)."""

    pairing_id: PairingId
    code: str
    expires_at: datetime
    url: str
    qr_svg: str


@post("/v1/pairings", guards=_MANAGES)
async def offer_pairing(
    request: Request[Any, Any, Any],
    data: JSONBody[PairingRequest],
    caller: NamedDependency[Caller],
    tx: NamedDependency[Tx],
    keys: NamedDependency[Keys],
) -> PairingOffered:
    """Make a code that pairs one device. Administration pairs anything, a store's manager that store's tablets."""
    subject = data.subject(data.subject_id or commands.new_person(data.role))
    new = await commands.offer_pairing(tx, subject, label=data.label, keys=keys, caller=caller, now=wall_now())
    url = f"{own_origin(request)}/pair#{new.code}"  # behind the #, as that is sent to no server and stands in no log
    return PairingOffered(
        pairing_id=new.pairing.id,
        code=readable(new.code),
        expires_at=new.pairing.expires_at,
        url=url,
        qr_svg=draw(url),
    )


@get("/v1/devices", guards=_MANAGES)
async def get_devices(
    caller: NamedDependency[Caller],
    tx: NamedDependency[Tx],
    active: Active = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> DevicePage:
    """List the devices that the caller may revoke, newest first: all, only active, or only revoked ones."""
    return await list_devices(tx, caller=caller, is_active=active, before=cursor, limit=limit)


@delete("/v1/devices/{device_id:str}", guards=_MANAGES)
async def revoke_device(
    device_id: FromPath[DeviceId], caller: NamedDependency[Caller], tx: NamedDependency[Tx]
) -> None:
    """Revoke a device: within a second no process takes its tokens, and its feeds are closed. Safe to repeat."""
    await commands.revoke(tx, device_id, caller=caller, now=wall_now())


ROUTES: Final = [offer_pairing, get_devices, revoke_device]
