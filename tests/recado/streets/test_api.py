"""The map anybody may draw, and streets looked up by who types them. No store is needed for either."""

import gzip

import httpx
import msgspec
import pytest
from tests.apps import NOWHERE, an_app

from accounts.model import Caller, Scope
from accounts.tokens import Tokens
from kernel.actors import Role
from kernel.geo import Point, haversine_m
from kernel.ids import StoreId

OURS = "© OpenStreetMap contributors, ODbL"


def client(**fields):
    app = an_app(msgspec.structs.replace(NOWHERE, **fields))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://recado")


def token(role, **fields):
    caller = Caller(role=role, id=f"per_{1:026}", **fields)
    return {"Authorization": f"Bearer {Tokens(NOWHERE.token_secret).issue(caller)}"}


OPERATOR = token(Role.OPERATOR, scopes=frozenset({Scope.INTAKE}))


@pytest.fixture(scope="module")
async def http():
    async with client() as http:
        yield http


async def test_anybody_learns_what_to_draw_the_city_from(http):
    told = (await http.get("/v1/map")).json()

    assert told["attribution"] == OURS
    assert told["tile_url"] is None
    assert haversine_m(Point(**told["centre"]), Point(lat=-23.5505, lon=-46.6333)) < 1_000
    assert told["bounds"]["south"] < -23.5505 < told["bounds"]["north"]


async def test_where_there_is_a_tile_server_it_is_told_and_named():
    async with client(tile_url="https://tiles.example/{z}/{x}/{y}.png", tile_attribution="© Tiles") as http:
        told = (await http.get("/v1/map")).json()

    assert told["tile_url"] == "https://tiles.example/{z}/{x}/{y}.png"
    assert told["attribution"] == f"© Tiles · {OURS}"


async def test_a_tile_server_s_owner_is_not_named_where_no_tile_is_shown():
    async with client(tile_attribution="© Tiles") as http:
        assert (await http.get("/v1/map")).json()["attribution"] == OURS


@pytest.mark.parametrize("which", ["streets_url", "more_streets_url"])
async def test_the_lines_are_small_kept_for_ever_and_not_sent_twice(http, which):
    url = (await http.get("/v1/map")).json()[which]

    async with http.stream("GET", url) as answer:
        wire_bytes = sum([len(chunk) async for chunk in answer.aiter_raw()])
        headers = answer.headers
    again = await http.get(url, headers={"If-None-Match": headers["etag"]})

    assert headers["content-encoding"] == "gzip"
    assert headers["cache-control"] == "public, max-age=31536000, immutable"
    assert wire_bytes <= 60_000
    assert (again.status_code, again.content) == (304, b"")


async def test_under_another_version_the_lines_are_not_kept(http):
    answer = await http.get("/v1/map/streets?v=yesterday")

    assert answer.headers["cache-control"] == "no-cache"


async def test_who_cannot_unpack_gets_the_same_lines(http):
    plain = await http.get("/v1/map/streets", headers={"Accept-Encoding": "identity"})

    assert "content-encoding" not in plain.headers
    assert plain.json() == (await http.get("/v1/map/streets")).json()
    assert plain.json()["attribution"] == OURS


async def test_the_first_lines_are_those_between_quarters_and_the_others_the_rest(http):
    first, others = [(await http.get(f"/v1/map/{part}")).json() for part in ("streets", "more-streets")]

    assert {group["street_class"] for group in first["groups"]} == {
        "motorway", "trunk", "primary", "secondary", "tertiary",
    }  # fmt: skip
    assert "residential" in {group["street_class"] for group in others["groups"]}
    assert "Avenida Ipiranga" in first["names"]
    for group in first["groups"] + others["groups"]:
        assert len(group["names"]) == len(group["lines"])


async def test_a_typed_street_is_found_without_accents_and_with_a_slip(http):
    answer = await http.get("/v1/streets/search", params={"q": "r agusta 100"}, headers=OPERATOR)

    best = answer.json()["candidates"][0]
    assert (best["street"], best["number"], best["address"]) == ("Rua Augusta", 100, "Rua Augusta, 100")
    assert best["precision"] in {"door", "between_doors", "street"}
    assert answer.json()["attribution"] == OURS


async def test_a_store_looks_up_streets_too(http):
    kitchen = token(Role.MERCHANT, store_ids=frozenset({StoreId(f"sto_{1:026}")}))

    answer = await http.get("/v1/streets/search", params={"q": "praça da sé", "limit": 1}, headers=kitchen)

    (only,) = answer.json()["candidates"]
    assert only["street"] == "Praça da Sé"
    assert (only["number"], only["address"]) == (None, "Praça da Sé")


async def test_of_streets_that_fit_alike_the_nearest_comes_first(http):
    """Because one name may be in two quarters."""
    twins = (await http.get("/v1/streets/search", params={"q": "rua a", "limit": 20}, headers=OPERATOR)).json()
    places = [Point(**one["point"]) for one in twins["candidates"]]

    for place in places[:3]:
        where = {"lat": place.lat, "lon": place.lon}
        near = await http.get("/v1/streets/search", params={"q": "rua a"} | where, headers=OPERATOR)
        first = near.json()["candidates"][0]
        assert haversine_m(Point(**first["point"]), place) < 2_000


async def test_what_is_no_street_finds_none(http):
    answer = await http.get("/v1/streets/search", params={"q": "zzyzx"}, headers=OPERATOR)

    assert answer.json()["candidates"] == []


@pytest.mark.parametrize("role", [Role.RIDER, Role.CUSTOMER])
async def test_who_types_no_orders_looks_up_nothing(http, role):
    assert (await http.get("/v1/streets/search?q=rua", headers=token(role))).status_code == 403


async def test_the_same_streets_unpacked_by_hand(http):
    async with http.stream("GET", "/v1/map/streets") as answer:
        raw = b"".join([chunk async for chunk in answer.aiter_raw()])

    assert gzip.decompress(raw).startswith(b"{")
