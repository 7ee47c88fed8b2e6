"""What carrying and resting mean for the rider: engaged time, free capacity, the next round of dispatch."""

from fleet.messages import BreakStarted
from fleet.model.shifts import Rider, Shift, ShiftStatus, SpanKind
from fleet.state import shifts as state
from fleet.store import deliveries as deliveries_store
from fleet.store import riders as store
from infra import outbox, timers
from infra.db import Tx
from kernel.events import Act
from kernel.ids import CityId

DISPATCH_ROUND = "dispatch.round"


async def engage(tx: Tx, rider: Rider, *, act: Act) -> None:
    """Record that a locked rider has something in hand."""
    if rider.shift is not None:
        await store.open_span(tx, rider.shift.id, SpanKind.ENGAGED, at=act.now)
        await store.set_misses(tx, rider.shift.id, 0)
    await store.bump_standing(tx, rider.id)


async def disengage(tx: Tx, rider: Rider, *, act: Act) -> None:
    """Record that a locked rider has one delivery less; the last one ends the engaged span, as of when it happened."""
    if rider.shift is not None and not await deliveries_store.list_open_deliveries_of_rider(tx, rider.id):
        await store.close_spans(tx, rider.shift.id, [SpanKind.ENGAGED], at=min(act.occurred_at, act.now))
    await store.bump_standing(tx, rider.id)
    await call_dispatch(tx, rider.city_id, act=act)


async def rest(tx: Tx, rider: Rider, shift: Shift, *, reason: str, act: Act) -> None:
    """Put a locked rider on a break; a repeat changes nothing."""
    if shift.status is ShiftStatus.BREAK:
        return
    await store.move_shift(tx, shift, state.after(shift.status, state.ShiftMove.REST), at=act.now)
    await store.open_span(tx, shift.id, SpanKind.BREAK, at=act.now)
    fact = BreakStarted(rider_id=rider.id, shift_id=shift.id, city_id=rider.city_id, reason=reason)
    await outbox.publish(tx, rider.id, fact, act=act)
    await store.bump_standing(tx, rider.id)


async def call_dispatch(tx: Tx, city_id: CityId, *, act: Act) -> None:
    """Have dispatch look at this city now: something changed."""
    await timers.hasten(tx, DISPATCH_ROUND, city_id, due_at=act.now)
