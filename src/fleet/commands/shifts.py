"""Riders and their working time."""

from datetime import datetime

import msgspec

from fleet.commands.engagement import call_dispatch, rest
from fleet.commands.locking import lock_rider
from fleet.commands.offers import withdraw_from_rider
from fleet.errors import PhoneTaken, RiderNotFound, ShiftHasDeliveries, ShiftNotStarted
from fleet.messages import RiderChanged, RiderRegistered, ShiftEnded, ShiftResumed, ShiftStarted
from fleet.model.riders import Vehicle
from fleet.model.shifts import Rider, Shift, ShiftStatus, SpanKind
from fleet.state import shifts as state
from fleet.store import deliveries as deliveries_store
from fleet.store import riders as store
from infra import ids, outbox
from infra.db import Tx
from kernel.events import Act
from kernel.geo import Point
from kernel.ids import CityId, RiderId, ShiftId
from places import queries as places


async def register_rider(
    tx: Tx, *, city_id: CityId, name: str, phone: str, vehicle: Vehicle, capacity: int, act: Act
) -> RiderId:
    """Enter a person who will carry; the phone number is theirs alone in the city."""
    await places.get_city(tx, city_id)
    rider = Rider(
        id=ids.new(RiderId, "rdr"), city_id=city_id, vehicle=vehicle, capacity=capacity, standing_version=0, shift=None
    )
    if not await store.insert_rider(tx, rider, name=name, phone=phone, now=act.now):
        raise PhoneTaken
    fact = RiderRegistered(rider_id=rider.id, city_id=city_id, vehicle=vehicle, capacity=capacity)
    await outbox.publish(tx, rider.id, fact, act=act)
    return rider.id


class RiderChange(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be different about a rider; UNSET stays."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    phone: str | msgspec.UnsetType = msgspec.UNSET
    vehicle: Vehicle | msgspec.UnsetType = msgspec.UNSET
    capacity: int | msgspec.UnsetType = msgspec.UNSET


async def change_rider(tx: Tx, rider_id: RiderId, change: RiderChange, *, act: Act) -> None:
    """Give a rider another name or phone, or another vehicle from the next shift on. A repeat changes nothing."""
    before = await store.lock_particulars(tx, rider_id)
    if before is None:
        raise RiderNotFound
    given = {name: value for name in change.__struct_fields__ if (value := getattr(change, name)) is not msgspec.UNSET}
    changed = sorted(name for name, value in given.items() if getattr(before, name) != value)
    if not changed:
        return
    after = msgspec.structs.replace(before, **given)
    if not await store.update_rider(tx, rider_id, after):
        raise PhoneTaken
    fact = RiderChanged(
        rider_id=rider_id, city_id=after.city_id, changed=changed, vehicle=after.vehicle, capacity=after.capacity
    )
    await outbox.publish(tx, rider_id, fact, act=act)
    await store.bump_standing(tx, rider_id)


class ShiftPlan(msgspec.Struct, frozen=True, kw_only=True):
    """How the rider works today; what is not said is as the desk entered it."""

    planned_end_at: datetime | None = None
    vehicle: Vehicle | None = None
    capacity: int | None = None
    started_from: Point | None = None


async def start_shift(tx: Tx, rider_id: RiderId, plan: ShiftPlan, *, act: Act) -> None:
    """Begin to work. A repeat changes nothing."""
    rider = await lock_rider(tx, rider_id)
    if rider.shift is not None:
        return
    shift = Shift(
        id=ids.new(ShiftId, "shf"),
        status=ShiftStatus.ON,
        vehicle=plan.vehicle or rider.vehicle,
        capacity=plan.capacity or rider.capacity,
        started_at=act.now,
        planned_end_at=plan.planned_end_at,
        misses_in_row=0,
        started_from=plan.started_from,
    )
    await store.insert_shift(tx, rider, shift)
    await store.open_span(tx, shift.id, SpanKind.CONNECTED, at=act.now)
    fact = ShiftStarted(
        rider_id=rider.id,
        shift_id=shift.id,
        city_id=rider.city_id,
        vehicle=shift.vehicle,
        capacity=shift.capacity,
        planned_end_at=shift.planned_end_at,
    )
    await outbox.publish(tx, rider.id, fact, act=act)
    await store.bump_standing(tx, rider.id)
    await call_dispatch(tx, rider.city_id, act=act)


async def take_break(tx: Tx, rider_id: RiderId, *, act: Act) -> None:
    """Rest: nothing is offered meanwhile, what is in hand stays in hand. A repeat changes nothing."""
    rider = await withdraw_from_rider(tx, rider_id, act=act)
    await rest(tx, rider, _working(rider), reason="asked", act=act)


async def resume(tx: Tx, rider_id: RiderId, *, act: Act) -> None:
    """Come back from a break. A repeat changes nothing."""
    rider = await lock_rider(tx, rider_id)
    shift = _working(rider)
    if shift.status is ShiftStatus.ON:
        return
    await store.move_shift(tx, shift, state.after(shift.status, state.ShiftMove.RESUME), at=act.now)
    await store.close_spans(tx, shift.id, [SpanKind.BREAK], at=act.now)
    await outbox.publish(
        tx, rider.id, ShiftResumed(rider_id=rider.id, shift_id=shift.id, city_id=rider.city_id), act=act
    )
    await store.bump_standing(tx, rider.id)
    await call_dispatch(tx, rider.city_id, act=act)


async def end_shift(tx: Tx, rider_id: RiderId, *, act: Act) -> None:
    """Go home; refused while something is in hand. A repeat changes nothing."""
    rider = await withdraw_from_rider(tx, rider_id, act=act)
    if rider.shift is None:
        return
    if in_hand := await deliveries_store.list_open_deliveries_of_rider(tx, rider_id):
        raise ShiftHasDeliveries(in_hand)
    shift = rider.shift
    await store.move_shift(tx, shift, state.after(shift.status, state.ShiftMove.END), at=act.now)
    await store.close_spans(tx, shift.id, SpanKind, at=act.now)
    seconds = await store.sum_spans(tx, shift.id, now=act.now)
    fact = ShiftEnded(
        rider_id=rider.id,
        shift_id=shift.id,
        city_id=rider.city_id,
        connected_s=seconds[SpanKind.CONNECTED],
        break_s=seconds[SpanKind.BREAK],
        engaged_s=seconds[SpanKind.ENGAGED],
    )
    await outbox.publish(tx, rider.id, fact, act=act)
    await store.bump_standing(tx, rider.id)


def _working(rider: Rider) -> Shift:
    if rider.shift is None:
        raise ShiftNotStarted
    return rider.shift
