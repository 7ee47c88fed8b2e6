"""Everybody: the desk and the stores' staff are ids that devices are paired with; riders are the fleet's."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from accounts.model import Caller
from fleet.commands import Vehicle
from fleet.commands.shifts import RiderChange, change_rider, register_rider
from fleet.errors import PhoneTaken
from fleet.queries.shifts import RiderView, list_riders
from infra import ids
from kernel.ids import PersonId, RiderId
from recado.importing.applying.ledger import Ledger
from recado.importing.keys import Known
from recado.importing.model import OperatorEntry, RiderEntry, StaffEntry

_PAGE: Final = 200
_RIGHTS: Final = frozenset({"scopes", "store_keys", "duty"})
_RIDER_FIELDS: Final = ("name", "phone", "vehicle", "capacity")


async def apply_persons(ledger: Ledger, kind: str, entries: Sequence[OperatorEntry | StaffEntry]) -> None:
    """Give an id to whoever has none, and remember what they may do."""
    for entry in entries:
        known = ledger.known(kind, entry.key)
        if known is None:
            await ledger.make(kind, entry, ids.new(PersonId, "per"))
            continue
        changes = ledger.compare(kind, entry, known, known.content, show=_show)
        if changes.keys() & _RIGHTS:
            ledger.outcome.left.append(
                f"{kind} {entry.key}: what was paired before keeps its rights; revoke it at the desk, and pair it anew"
            )
        await ledger.keep(kind, entry, known, is_changed=bool(changes))


class Riders:
    """Enters riders, and changes what the file says differently."""

    def __init__(self, ledger: Ledger, by: Caller) -> None:
        self._ledger, self._act = ledger, by.act(ledger.now)

    async def apply(self, entries: Sequence[RiderEntry]) -> None:
        """Enter and change them."""
        entered = await self._entered() if entries else {}
        for entry in entries:
            try:
                known = self._ledger.known("rider", entry.key)
                if known is None:
                    await self._enter(entry)
                else:
                    await self._change(entry, known, entered[RiderId(known.object_id)])
            except PhoneTaken:
                text = f"rider {entry.key}: the phone {entry.phone} belongs to another rider of this city already"
                self._ledger.found.wrong(entry.at, text)

    async def _entered(self) -> dict[RiderId, RiderView]:
        riders: dict[RiderId, RiderView] = {}
        after = None
        while True:
            page = await list_riders(self._ledger.tx, self._ledger.city_id, after=after, limit=_PAGE)
            riders |= {rider.id: rider for rider in page.riders}
            if (after := page.next_cursor) is None:
                return riders

    async def _enter(self, entry: RiderEntry) -> None:
        rider_id = await register_rider(
            self._ledger.tx,
            city_id=self._ledger.city_id,
            name=entry.name,
            phone=entry.phone,
            vehicle=Vehicle(entry.vehicle),
            capacity=entry.capacity,
            act=self._act,
        )
        await self._ledger.make("rider", entry, rider_id)

    async def _change(self, entry: RiderEntry, known: Known, rider: RiderView) -> None:
        current = {name: getattr(rider, name) for name in _RIDER_FIELDS}
        changes = self._ledger.compare("rider", entry, known, current)
        if changes:
            await change_rider(self._ledger.tx, rider.id, msgspec.convert(changes, RiderChange), act=self._act)
        await self._ledger.keep("rider", entry, known, is_changed=bool(changes))


def _show(_: str, value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)
