"""Links for the apps that riders have already; how their uploads are read is `fleet.api.phones`' business."""

from datetime import datetime

from accounts.commands import phone_links
from accounts.commands.phone_links import NewPhoneLink
from accounts.model import Caller
from fleet.errors import RiderNotFound
from fleet.store import riders as store
from infra.db import Tx
from kernel.ids import RiderId


async def link_phone(tx: Tx, rider_id: RiderId, *, label: str, caller: Caller, now: datetime) -> NewPhoneLink:
    """Make a link for a rider's app; raises `RiderNotFound`. `now` is wall time, as all that lets people in."""
    if await store.lock_particulars(tx, rider_id) is None:
        raise RiderNotFound
    return await phone_links.link_phone(tx, rider_id, label=label, caller=caller, now=now)
