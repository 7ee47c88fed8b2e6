from typing import Final

import msgspec

from fleet.model.positions import Standing
from infra.db import Tx
from infra.sql import load
from kernel.ids import RiderId

_sql: Final = load("fleet")


async def find_standing(tx: Tx, rider_id: RiderId) -> Standing | None:
    """Return whether a rider can be asked, as PostgreSQL has it now; None for nobody we know."""
    row = await tx.fetchrow(_sql.find_standing, rider_id)
    return msgspec.convert(dict(row), Standing) if row else None
