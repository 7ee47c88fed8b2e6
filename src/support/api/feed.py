from collections.abc import Hashable, Iterable
from datetime import datetime
from typing import Annotated, Any, Final, Literal

import msgspec
from litestar import WebSocket, websocket
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from accounts.guards import allow
from accounts.model import HANDLING_ORDERS, Caller, Scope
from fleet.messages import RiderPosition
from infra.db import Begin
from infra.live.looking import Changed
from infra.live.session import Feeds
from infra.live.view import Loaded, Watch
from infra.outbox import Recorded
from kernel.actors import Role
from kernel.ids import CityId, is_id
from kernel.text import NO_NUL
from places import queries as places
from support.queries import board

CityQuery = Annotated[CityId, QueryParameter(name="city_id", min_length=1, max_length=64, pattern=NO_NUL)]
PositionsQuery = Annotated[Literal["each", "rows"], QueryParameter(name="positions")]
MOST_NAMED: Final = 1000  # in a snapshot; behind them a list with pages is quicker read
ROWS_EVERY_S: Final = 0.5  # what the eye takes for live; 10,000 riders are some 1,000 rows then


class CityNow(msgspec.Struct, frozen=True, kw_only=True):
    """What is open in a city, and who is on shift: the lines themselves are `GET /v1/operations/orders` and `…/riders`.

    Of each at most the first 1,000 ids are named here, and all are counted.
    """

    city_id: CityId
    order_ids: list[str]
    rider_ids: list[str]
    order_count: int
    rider_count: int


class CityChanged(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="changed"):
    """What to read again, and what is over; told once however often it changed since the last time."""

    order_ids: list[str]
    rider_ids: list[str]
    gone_order_ids: list[str]
    gone_rider_ids: list[str]


class RiderAt(msgspec.Struct, frozen=True, kw_only=True):
    """Where a rider is; from `stale_at` on it must be shown as old."""

    rider_id: str
    lat: float
    lon: float
    bearing_deg: float | None
    measured_at: datetime
    stale_at: datetime


class RiderRow(msgspec.Struct, frozen=True, array_like=True):
    """`RiderAt` as one row of many, both instants in milliseconds since 1970: half the bytes."""

    rider_id: str
    lat: float
    lon: float
    bearing_deg: float | None
    measured_at_ms: int
    stale_at_ms: int


class CityView:
    """A watch over a city; the riders' places only where `sees_riders`, as rows where `in_rows`."""

    def __init__(self, read: Begin, city_id: CityId, *, sees_riders: bool, in_rows: bool) -> None:
        self._read = read
        self._city_id = city_id
        self._sees_riders = sees_riders
        self._in_rows = in_rows
        self._riders: frozenset[str] = frozenset()
        self._gone: frozenset[str] = frozenset()

    async def load(self) -> Loaded:
        """Return the snapshot's body: what is open and who is on shift."""
        async with self._read() as tx:
            seen = await board.look(tx, self._city_id)
        order_ids, rider_ids = _sorted(seen)
        return Loaded(
            CityNow(
                city_id=self._city_id,
                order_ids=order_ids[:MOST_NAMED],
                rider_ids=rider_ids[:MOST_NAMED],
                order_count=len(order_ids),
                rider_count=len(rider_ids),
            )
        )

    async def prepare(self) -> None:
        """Remember who is on shift."""
        async with self._read() as tx:
            seen = await board.look(tx, self._city_id)
        self._riders |= frozenset(_sorted(seen)[1]) - self._gone

    def learn(self, fact: Recorded) -> None:
        """Take note of who came on shift and who went."""
        found = msgspec.json.decode(fact.payload, type=Changed)
        self._gone = (self._gone | frozenset(_sorted(found.gone)[1])) - frozenset(_sorted(found.changed)[1])
        self._riders = (self._riders | frozenset(_sorted(found.changed)[1])) - self._gone

    def cell(self, fact: Recorded) -> Hashable:
        """Return the one way in which a city is shown."""
        del fact
        return CityChanged

    def show(self, fact: Recorded) -> CityChanged:
        """Return what a look found changed."""
        found = msgspec.json.decode(fact.payload, type=Changed)
        order_ids, rider_ids = _sorted(found.changed)
        gone_order_ids, gone_rider_ids = _sorted(found.gone)
        return CityChanged(
            order_ids=order_ids, rider_ids=rider_ids, gone_order_ids=gone_order_ids, gone_rider_ids=gone_rider_ids
        )

    def positions(self) -> frozenset[str]:
        """Return the riders on shift, for those who may see them."""
        return self._riders if self._sees_riders else frozenset()

    def show_position(self, key: str, payload: msgspec.Raw) -> RiderAt | RiderRow:
        """Return whose place it is, and its age."""
        place = msgspec.json.decode(payload, type=RiderPosition)
        if self._in_rows:
            measured_at_ms, stale_at_ms = _ms(place.measured_at), _ms(place.stale_at)
            return RiderRow(key, place.lat, place.lon, place.bearing_deg, measured_at_ms, stale_at_ms)
        return RiderAt(
            rider_id=key,
            lat=place.lat,
            lon=place.lon,
            bearing_deg=place.bearing_deg,
            measured_at=place.measured_at,
            stale_at=place.stale_at,
        )


MAY_FOLLOW_CITY: Final = allow(Role.OPERATOR, scopes=HANDLING_ORDERS)


async def city_watch(begin: Begin, city_id: CityId, *, caller: Caller, in_rows: bool = False) -> Watch:
    """Return the watch of one city, which begins with a snapshot each time; raises `NotFound` where there is none.

    `in_rows`: riders' places come as rows of `positions` frames, twice a second.
    """
    async with begin() as tx:
        await places.get_city(tx, city_id)
    # Positions are for those who send riders or talk to them.
    sees_riders = caller.has(Scope.DISPATCH) or caller.has(Scope.SUPPORT)
    view = CityView(begin, city_id, sees_riders=sees_riders, in_rows=in_rows)
    audience = ("rows" if in_rows else "riders") if sees_riders else ""
    watch = Watch(city_id, view, view.load, audience=audience)
    return watch.gathering(every_s=ROWS_EVERY_S) if in_rows else watch


@websocket("/v1/operations/feed", guards=[MAY_FOLLOW_CITY])
async def follow_city(
    socket: WebSocket[Any, Any, Any],
    city_id: CityQuery,
    caller: NamedDependency[Caller],
    begin: NamedDependency[Begin],
    city_feeds: NamedDependency[Feeds],
    positions: PositionsQuery = "each",
) -> None:
    """Follow a city: which orders and riders changed, within a second or two, and where riders are."""
    await city_feeds.serve(socket, await city_watch(begin, city_id, caller=caller, in_rows=positions == "rows"))


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def _sorted(found: Iterable[str]) -> tuple[list[str], list[str]]:
    return sorted(one for one in found if is_id(one, "ord")), sorted(one for one in found if is_id(one, "rdr"))


ROUTES: Final = [follow_city]
