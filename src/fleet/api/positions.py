from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.exceptions import ClientException
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIType, Operation, RequestBody, Schema
from litestar.openapi.spec.enums import OpenAPIFormat
from litestar.params import FromPath, QueryParameter
from redis.asyncio import Redis

from accounts.guards import allow
from accounts.model import Caller, Scope
from fleet.api.ping_bodies import MAX_PINGS, PingAnswer, read_upload
from fleet.commands.positions import Receiver
from fleet.model.phones import Activity
from fleet.model.positions import RiderNearby, Source, Zones
from fleet.model.riders import Vehicle
from fleet.queries.nearest import Search, find_nearest
from fleet.queries.trails import Trail, get_trail
from infra.db import Begin
from kernel.actors import Role
from kernel.errors import InvalidField
from kernel.geo import Point
from kernel.ids import RiderId
from kernel.instants import EARLIEST, LATEST, Instant, is_sane

_DESK: Final = [allow(Role.OPERATOR, scopes=[Scope.DISPATCH, Scope.SUPPORT])]
_LAST_HOUR: Final = timedelta(hours=1)
LatQuery = Annotated[float, QueryParameter(name="lat", ge=-90, le=90)]
LonQuery = Annotated[float, QueryParameter(name="lon", ge=-180, le=180)]
CountQuery = Annotated[int, QueryParameter(name="n", ge=1, le=100)]
VehicleQuery = Annotated[Vehicle | None, QueryParameter(name="vehicle")]
CapacityQuery = Annotated[int, QueryParameter(name="capacity", ge=1, le=100)]
SinceQuery = Annotated[str | None, QueryParameter(name="since", max_length=40, schema_extra={"format": "date-time"})]


@dataclass
class UploadOperation(Operation):
    """Describes the body that `read_upload` reads: the framework would refuse a list for one bad ping."""

    def __post_init__(self) -> None:
        """Say what may be sent."""
        one = _ping_schema()
        many = Schema(
            type=OpenAPIType.OBJECT,
            properties={"positions": Schema(type=OpenAPIType.ARRAY, items=one, max_items=MAX_PINGS)},
            required=["positions"],
        )
        content = {"application/json": OpenAPIMediaType(schema=Schema(one_of=[one, many]))}
        self.request_body = RequestBody(required=True, content=content)


@post("/v1/rider/positions", status_code=200, guards=[allow(Role.RIDER)], operation_class=UploadOperation)
async def post_positions(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    receiver: NamedDependency[Receiver],
    now: NamedDependency[datetime],
) -> list[PingAnswer]:
    """Take one ping or up to 500, and judge each; answered once they are stored. Safe to repeat."""
    try:
        upload = read_upload(await request.body())
    except ValueError as error:
        raise ClientException("The body is not JSON.") from error
    return upload.answers(await receiver.ingest(RiderId(caller.id), upload.pings, now=now))


@get("/v1/riders/nearest", guards=_DESK)
async def list_nearest(  # noqa: PLR0913, PLR0917  a parameter each
    lat: LatQuery,
    lon: LonQuery,
    redis: NamedDependency[Redis],
    zones: NamedDependency[Zones],
    now: NamedDependency[datetime],
    n: CountQuery = 10,
    vehicle: VehicleQuery = None,
    capacity: CapacityQuery = 1,
) -> list[RiderNearby]:
    """List the nearest available riders with a live position and room, nearest first, up to eight kilometres away."""
    vehicles = tuple(Vehicle) if vehicle is None else (vehicle,)
    search = Search(Point(lat=lat, lon=lon), vehicles, capacity)
    return await find_nearest(redis, search, n, zones=await zones.map(), now=now)


@get("/v1/riders/{rider_id:str}/trail", guards=_DESK)
async def get_rider_trail(
    rider_id: FromPath[RiderId],
    redis: NamedDependency[Redis],
    begin: NamedDependency[Begin],
    now: NamedDependency[datetime],
    since: SinceQuery = None,
) -> Trail:
    """Return where a rider has been, by the phone's clock; the last hour unless told otherwise."""
    return await get_trail(redis, begin, rider_id, since=_instant(since) or now - _LAST_HOUR, now=now)


ROUTES: Final = [post_positions, list_nearest, get_rider_trail]


def _instant(since: str | None) -> datetime | None:
    if since is None:
        return None
    try:  # not by the framework, which takes any number for seconds since 1970
        instant = msgspec.convert(since, Instant)
    except msgspec.ValidationError:
        raise InvalidField("since", "an instant with its time zone, such as 2026-03-14T15:00:00Z") from None
    if not is_sane(instant):
        raise InvalidField("since", f"an instant from {EARLIEST.year} on and before {LATEST.year}")
    return instant


def _ping_schema() -> Schema:
    number = OpenAPIType.NUMBER
    instants = [
        Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.DATE_TIME),
        Schema(type=OpenAPIType.INTEGER, minimum=0, maximum=253_402_300_799_999),
    ]
    return Schema(
        type=OpenAPIType.OBJECT,
        properties={
            "device_at": Schema(one_of=instants),
            "lat": Schema(type=number, minimum=-90, maximum=90),
            "lon": Schema(type=number, minimum=-180, maximum=180),
            "accuracy_m": Schema(type=number, minimum=0, maximum=1e7),
            "speed_mps": Schema(type=number, minimum=0, maximum=1e7),
            "bearing_deg": Schema(type=number, minimum=0, maximum=360),
            "battery": Schema(type=number, minimum=0, maximum=1),
            "is_mock": Schema(type=OpenAPIType.BOOLEAN),
            "source": Schema(type=OpenAPIType.STRING, enum=[source.value for source in Source]),
            "activity": Schema(type=OpenAPIType.STRING, enum=[activity.value for activity in Activity]),
        },
        required=["device_at", "lat", "lon", "accuracy_m"],
    )
