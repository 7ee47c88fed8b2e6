"""The map that pages draw, for anybody; and typed streets looked up, for whoever types them."""

from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import QueryParameter

from accounts.guards import allow
from kernel.actors import Role
from kernel.geo import Point
from kernel.streets import Bounds, Precision
from kernel.text import NO_NUL
from recado.streets.city_map import CityMap, Part
from recado.streets.drawing import Drawing

_FOR_EVER: Final = "public, max-age=31536000, immutable"
_DRAWN: Final = {200: ResponseSpec(Drawing, generate_examples=False, description="Lines by class")}

TypedQuery = Annotated[str, QueryParameter(name="q", min_length=1, max_length=120, pattern=NO_NUL)]
LatQuery = Annotated[float | None, QueryParameter(name="lat", ge=-90, le=90)]
LonQuery = Annotated[float | None, QueryParameter(name="lon", ge=-180, le=180)]
LimitQuery = Annotated[int, QueryParameter(name="limit", ge=1, le=20)]
VersionQuery = Annotated[str, QueryParameter(name="v", max_length=64, pattern=NO_NUL)]


class MapView(msgspec.Struct, frozen=True, kw_only=True):
    """What a map is drawn from. The attribution must stand on it."""

    centre: Point
    bounds: Bounds
    streets_url: str  # a `Drawing` of the streets between quarters: enough for a first view
    more_streets_url: str  # and of all others, for who looks closer
    tile_url: str | None
    attribution: str


class StreetMatch(msgspec.Struct, frozen=True, kw_only=True):
    """A street that may have been meant. With precision `street` the point is its middle, not the number's door."""

    street: str
    number: int | None
    address: str
    point: Point
    precision: Precision


class StreetMatches(msgspec.Struct, frozen=True, kw_only=True):
    """The likeliest first; of equals the nearest to where one looks from."""

    candidates: list[StreetMatch]
    attribution: str


@get("/v1/map", sync_to_thread=True)
def read_map(city_map: NamedDependency[CityMap]) -> MapView:
    """Tell what to draw a map of this city from. Open to anybody."""
    bounds, version = city_map.streets.bounds, city_map.version
    words = [city_map.tile_attribution if city_map.tile_url else "", city_map.streets.attribution]
    return MapView(
        centre=bounds.centre,
        bounds=bounds,
        streets_url=f"/v1/map/streets?v={version}",
        more_streets_url=f"/v1/map/more-streets?v={version}",
        tile_url=city_map.tile_url or None,
        attribution=" · ".join(word for word in words if word),
    )


@get("/v1/map/streets", responses=_DRAWN, sync_to_thread=True)
def read_main_streets(
    request: Request[Any, Any, Any], city_map: NamedDependency[CityMap], v: VersionQuery = ""
) -> Response[bytes]:
    """Serve the streets between quarters as lines. Open to anybody, and kept for ever under its version."""
    return _drawn(request, city_map.main, is_this_version=v == city_map.version)


@get("/v1/map/more-streets", responses=_DRAWN, sync_to_thread=True)
def read_other_streets(
    request: Request[Any, Any, Any], city_map: NamedDependency[CityMap], v: VersionQuery = ""
) -> Response[bytes]:
    """Serve all other streets as lines. Open to anybody, and kept for ever under its version."""
    return _drawn(request, city_map.rest, is_this_version=v == city_map.version)


@get("/v1/streets/search", guards=[allow(Role.OPERATOR, Role.MERCHANT)], sync_to_thread=True)
def search_streets(
    q: TypedQuery,
    city_map: NamedDependency[CityMap],
    lat: LatQuery = None,
    lon: LonQuery = None,
    limit: LimitQuery = 5,
) -> StreetMatches:
    """Look up a street as it is typed, "r augusta 100": accents, short forms and small slips are forgiven."""
    near = None if lat is None or lon is None else Point(lat=lat, lon=lon)
    found = city_map.streets.find(q, near=near, limit=limit)
    return StreetMatches(
        candidates=[
            StreetMatch(
                street=one.street,
                number=one.number,
                address=one.street if one.number is None else f"{one.street}, {one.number}",
                point=one.point,
                precision=one.precision,
            )
            for one in found
        ],
        attribution=city_map.streets.attribution,
    )


def _drawn(request: Request[Any, Any, Any], part: Part, *, is_this_version: bool) -> Response[bytes]:
    is_gzipped = "gzip" in request.headers.get("accept-encoding", "")
    headers = {
        "Cache-Control": _FOR_EVER if is_this_version else "no-cache",
        "Vary": "Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
        **({"Content-Encoding": "gzip"} if is_gzipped else {}),
    }
    return Response(part.gzipped if is_gzipped else part.body, media_type="application/json", headers=headers)


ROUTES: Final = [read_map, read_main_streets, read_other_streets, search_streets]
