from typing import Final

import msgspec

from infra.db import Tx
from infra.sql import load
from kernel.ids import RiderId

_sql: Final = load("fleet")


class RiderCard(msgspec.Struct, frozen=True, kw_only=True):
    """All that customers and stores may know of a rider."""

    first_name: str
    vehicle: str


async def find_rider_card(tx: Tx, rider_id: RiderId) -> RiderCard | None:
    """Return a rider's first name and what they ride on this shift."""
    row = await tx.fetchrow(_sql.find_rider_card, rider_id)
    return msgspec.convert(dict(row), RiderCard) if row else None
