from datetime import datetime
from typing import Annotated, Final

import msgspec
from litestar import get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, HeaderParameter, JSONBody, QueryParameter

from accounts.guards import allow
from accounts.model import Caller, Scope
from fleet.commands import shifts as commands
from fleet.commands.shifts import RiderChange
from fleet.model.riders import Vehicle
from fleet.queries import shifts as queries
from fleet.queries.shifts import RiderPage, ShiftView
from infra import idempotency
from infra.db import Tx
from kernel.actors import Role
from kernel.geo import Lat, Lon, Point
from kernel.ids import CityId, RiderId
from kernel.instants import Dated, Instant
from kernel.text import GIVEN_ID, NO_NUL, Text

IdempotencyKey = Annotated[str, HeaderParameter(name="Idempotency-Key", min_length=1, max_length=128)]
CityQuery = Annotated[CityId, QueryParameter(name="city_id", min_length=1, max_length=64, pattern=NO_NUL)]
Cursor = Annotated[str | None, QueryParameter(name="cursor", max_length=64, pattern=NO_NUL)]
Limit = Annotated[int, QueryParameter(name="limit", ge=1, le=200)]
Capacity = Annotated[int, msgspec.Meta(ge=1, le=20)]
_RIDER: Final = [allow(Role.RIDER)]


class NewRider(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person who will carry; the phone number in E.164."""

    city_id: Annotated[CityId, GIVEN_ID]
    name: Annotated[Text, msgspec.Meta(min_length=1, max_length=120)]
    phone: Annotated[str, msgspec.Meta(pattern=r"^\+[1-9][0-9]{6,14}$")]
    vehicle: Vehicle
    capacity: Capacity = 3


class RiderPatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be different about a rider."""

    name: Annotated[Text, msgspec.Meta(min_length=1, max_length=120)] | msgspec.UnsetType = msgspec.UNSET
    phone: Annotated[str, msgspec.Meta(pattern=r"^\+[1-9][0-9]{6,14}$")] | msgspec.UnsetType = msgspec.UNSET
    vehicle: Vehicle | msgspec.UnsetType = msgspec.UNSET
    capacity: Capacity | msgspec.UnsetType = msgspec.UNSET


class RiderRegistered(msgspec.Struct, frozen=True, kw_only=True):
    """The new rider's id."""

    id: RiderId


class ShiftStart(Dated, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the rider works today, and where from; what is not said is as the desk entered it."""

    planned_end_at: Instant | None = None
    vehicle: Vehicle | None = None
    capacity: Capacity | None = None
    lat: Lat | None = None
    lon: Lon | None = None

    @property
    def started_from(self) -> Point | None:
        """Where the phone is, if it says so."""
        return None if self.lat is None or self.lon is None else Point(lat=self.lat, lon=self.lon)


@patch("/v1/riders/{rider_id:str}", status_code=204, guards=[allow(Role.OPERATOR, scopes=[Scope.ADMINISTRATION])])
async def change_rider(
    rider_id: FromPath[RiderId],
    data: JSONBody[RiderPatch],
    caller: NamedDependency[Caller],
    tx: NamedDependency[Tx],
    now: NamedDependency[datetime],
) -> None:
    """Correct a rider's name or phone, or give them another vehicle from the next shift on. Safe to repeat."""
    change = RiderChange(**{name: getattr(data, name) for name in RiderChange.__struct_fields__})
    await commands.change_rider(tx, rider_id, change, act=caller.act(now))


@post("/v1/riders", guards=[allow(Role.OPERATOR, scopes=[Scope.ADMINISTRATION])])
async def register_rider(
    data: JSONBody[NewRider],
    idempotency_key: IdempotencyKey,
    caller: NamedDependency[Caller],
    tx: NamedDependency[Tx],
    now: NamedDependency[datetime],
) -> RiderRegistered:
    """Enter a rider."""

    async def do() -> RiderRegistered:
        rider_id = await commands.register_rider(tx, **msgspec.structs.asdict(data), act=caller.act(now))
        return RiderRegistered(id=rider_id)

    asked = idempotency.fingerprint("register_rider", data)
    return await idempotency.once(tx, caller.id, idempotency_key, asked, do, answer_type=RiderRegistered, now=now)


@get("/v1/riders", guards=[allow(Role.OPERATOR, scopes=[Scope.DISPATCH, Scope.ADMINISTRATION])])
async def list_riders(
    city_id: CityQuery, tx: NamedDependency[Tx], cursor: Cursor = None, limit: Limit = 50
) -> RiderPage:
    """List a city's riders with their shift and how many deliveries they have in hand."""
    return await queries.list_riders(tx, city_id, after=cursor, limit=limit)


@get("/v1/rider/shift", guards=_RIDER)
async def get_shift(
    caller: NamedDependency[Caller], tx: NamedDependency[Tx], now: NamedDependency[datetime]
) -> ShiftView:
    """Return how the rider stands today, with connected, break and engaged time."""
    return await queries.get_shift(tx, RiderId(caller.id), now=now)


@post("/v1/rider/shift/start", status_code=200, guards=_RIDER)
async def start_shift(
    data: JSONBody[ShiftStart],
    caller: NamedDependency[Caller],
    tx: NamedDependency[Tx],
    now: NamedDependency[datetime],
) -> ShiftView:
    """Begin to work. Safe to repeat."""
    rider_id = RiderId(caller.id)
    plan = commands.ShiftPlan(
        planned_end_at=data.planned_end_at,
        vehicle=data.vehicle,
        capacity=data.capacity,
        started_from=data.started_from,
    )
    await commands.start_shift(tx, rider_id, plan, act=caller.act(now))
    return await queries.get_shift(tx, rider_id, now=now)


@post("/v1/rider/shift/break", status_code=200, guards=_RIDER)
async def take_break(
    caller: NamedDependency[Caller], tx: NamedDependency[Tx], now: NamedDependency[datetime]
) -> ShiftView:
    """Rest: nothing is offered meanwhile. Safe to repeat."""
    rider_id = RiderId(caller.id)
    await commands.take_break(tx, rider_id, act=caller.act(now))
    return await queries.get_shift(tx, rider_id, now=now)


@post("/v1/rider/shift/resume", status_code=200, guards=_RIDER)
async def resume(caller: NamedDependency[Caller], tx: NamedDependency[Tx], now: NamedDependency[datetime]) -> ShiftView:
    """Come back from a break. Safe to repeat."""
    rider_id = RiderId(caller.id)
    await commands.resume(tx, rider_id, act=caller.act(now))
    return await queries.get_shift(tx, rider_id, now=now)


@post("/v1/rider/shift/end", status_code=200, guards=_RIDER)
async def end_shift(
    caller: NamedDependency[Caller], tx: NamedDependency[Tx], now: NamedDependency[datetime]
) -> ShiftView:
    """Go home; refused while something is in hand. Safe to repeat."""
    rider_id = RiderId(caller.id)
    await commands.end_shift(tx, rider_id, act=caller.act(now))
    return await queries.get_shift(tx, rider_id, now=now)


ROUTES: Final = [change_rider, register_rider, list_riders, get_shift, start_shift, take_break, resume, end_shift]
