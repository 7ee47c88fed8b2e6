from typing import Final

import msgspec

from accounts import queries as accounts
from accounts.queries import PhoneView
from fleet.errors import RiderNotFound
from fleet.queries.standing import find_standing
from infra.db import Tx
from kernel.ids import RiderId

_LISTED: Final = 100  # ten open ones, and the revoked ones of years


class PhoneList(msgspec.Struct, frozen=True, kw_only=True):
    """A rider's phone links, newest first."""

    phones: list[PhoneView]


async def list_phones(tx: Tx, rider_id: RiderId) -> PhoneList:
    """Return the links of a rider's apps, revoked ones too; raises `RiderNotFound`."""
    if await find_standing(tx, rider_id) is None:
        raise RiderNotFound
    return PhoneList(phones=await accounts.list_phones(tx, rider_id, limit=_LISTED))
