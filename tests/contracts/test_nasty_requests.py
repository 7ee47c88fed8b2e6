"""What fuzzers, broken phones and people with time on their hands send: refused with the field's name, never a bug."""

import json
from collections.abc import Iterator
from typing import Any
from zlib import crc32

import pytest
from tests.contracts.permissions import ROLES, TABLE, path_of
from tests.contracts.worlds import House, World

from accounts.model import Scope
from recado.app import MAX_BODY_BYTES
from recado.parts import RULES

LATE = "9999-12-31T23:59:59.999999Z"
WRITES = sorted(route for route, row in TABLE.items() if row.body is not None)
# Bodies with every field there is, where the table's say only what must be said.
WHOLE: dict[str, Any] = {
    "POST /v1/rider/shift/start": {"planned_end_at": LATE, "vehicle": "car", "capacity": 2, "lat": 1.5, "lon": 1.5},
    "PATCH /v1/stores/{store_id}": {
        "paused_until": LATE, "busy": {"extra_minutes": 5, "until": LATE}, "auto_accept": False,
        "name": "x", "phone": "+5511300000000", "address": "x", "point": {"lat": 1.5, "lon": 1.5},
        "default_prep_minutes": 5, "opening_hours": {"monday": [{"opens": "08:00", "closes": "24:00"}]},
    },
    "PATCH /v1/stores/{store_id}/items/{item_id}": {"is_available": True, "stock_count": 5},
    "PUT /v1/clock": {"to": LATE, "rate": 1.5},
    "PUT /v1/rules/{name}": {"value": {"window_s": 60}, "reason": "x", "scope_id": "x", "valid_from": LATE},
    "POST /v1/tokens": {
        "role": "merchant", "subject_id": f"per_{1:026}", "store_ids": ["x"], "scopes": [], "lifetime_s": 60,
    },
    "POST /v1/pairings": {
        "role": "merchant", "subject_id": f"per_{1:026}", "store_ids": ["x"], "scopes": [], "is_manager": False,
        "label": "x",
    },
    "POST /v1/sessions/end": {"refresh_token": "x"},
    "POST /v1/sessions/refresh": {"refresh_token": "x"},
    "POST /v1/orders/{order_id}/share-links": {"lifetime_s": 60},
    "POST /v1/deliveries/{delivery_id}/incidents": {
        "report_id": "x", "occurred_at": LATE, "kind": "sos", "note": "x", "lat": 1.5, "lon": 1.5,
    },
    "PATCH /v1/riders/{rider_id}": {"name": "x", "phone": "+5511300000000", "vehicle": "foot", "capacity": 2},
    "POST /v1/operations/orders/{order_id}/owner": {"instead_of": "x", "note": "x"},
    "POST /v1/orders/{order_id}/confirmation": {"is_right": False, "reason": "x"},
    "POST /v1/tickets/{ticket_id}/reject": {"reason": "item_out_of_stock", "item_ids": ["x"]},
    "POST /v1/rider/positions": {
        "device_at": LATE, "lat": 1.5, "lon": 1.5, "accuracy_m": 5, "speed_mps": 1.5, "bearing_deg": 1.5,
        "battery": 0.5, "is_mock": False, "source": "app",
    },
}  # fmt: skip
MORE_OF_AN_ORDER = {"tip_minor": 5, "total_minor": 1800, "external_id": "x"}
NASTY_TEXTS = ['"\\u0000"', '"a\\u0000b"', '"\\ud800"', '"\\udc00\\ud800"', '"' + "x" * 70_000 + '"', '""', '" "',
               '"\\u202e\\ufeff"', '"%00"', "\"'; DROP TABLE orders --\"", '"../../etc/passwd"', '"🍕"']  # fmt: skip
NASTY_NUMBERS = ["9223372036854775808", "-9223372036854775809", "1e400", "-1", "0", "1" * 5000, "1.5", "NaN",
                 "Infinity", "-0.0", "1e-400", "2147483648", "9007199254740993", "true"]  # fmt: skip
NASTY_INSTANTS = [f'"{text}"' for text in (
    "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00",
    "2031-03-07T22:00:00", "2031-03-07", "22:00", "2031-02-30T00:00:00Z", "2031-03-07T24:00:00Z", "tomorrow",
    "10000-01-01T00:00:00Z", "-0001-01-01T00:00:00Z", "2031-03-07T22:00:00+99:99", "2041-03-07T22:00:00Z",
)] + ["0", "1e20", "-1"]  # fmt: skip
NASTY_SHAPES = ["null", "[]", "{}", "[[[[[]]]]]", '{"a": 1}', "[null]", "true"]


def leaves(value: Any, way: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Return every inner value and the way to it."""
    yield way, value
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in inner:
        yield from leaves(one, (*way, name))


def nasty_of(leaf: Any) -> list[str]:
    """Return what to put in the place of a value, as JSON text."""
    if isinstance(leaf, str):
        is_instant = leaf[4:5] == "-" and leaf[10:11] == "T"
        return NASTY_TEXTS + NASTY_SHAPES + (NASTY_INSTANTS if is_instant else [])
    if isinstance(leaf, bool) or leaf is None:
        return NASTY_SHAPES
    return NASTY_NUMBERS + NASTY_SHAPES if isinstance(leaf, int | float) else NASTY_SHAPES


def replaced(body: Any, way: tuple[str | int, ...], text: str) -> str:
    """Return the body as JSON, with this text in the place the way leads to."""
    if not way:
        return text
    copy = json.loads(json.dumps(body))
    inner = copy
    for name in way[:-1]:
        inner = inner[name]
    inner[way[-1]] = "<here>"
    return json.dumps(copy).replace('"<here>"', text)


def body_of(route: str, world: World) -> Any:
    """Return a right body, as JSON values."""
    row = TABLE[route]
    assert row.body is not None
    body = WHOLE.get(route) or row.body(world)
    return json.loads(json.dumps(body | MORE_OF_AN_ORDER if route == "POST /v1/orders" else body, default=_plain))


def _plain(value: Any) -> Any:
    return {"lat": value.lat, "lon": value.lon} if hasattr(value, "lat") else value.isoformat()


def token_for(house: House, route: str) -> str:
    """Return a token of somebody whom the route is open to."""
    row, world = TABLE[route], house.worlds["A"]
    role = next((role for role in ROLES if row.reach(role)), "operator")
    return house.token(world.caller(role, *(Scope if role == "operator" else ())))


async def send(house: House, route: str, content: bytes, **headers: str) -> tuple[int, Any]:
    """Send these very bytes as a body."""
    world = house.worlds["A"]
    method, path = route.partition(" ")[0], path_of(route, world.ids, TABLE[route])
    given = {"Authorization": f"Bearer {token_for(house, route)}", "Idempotency-Key": str(crc32(content))}
    given |= {"Content-Type": "application/json"} | headers
    answer = await house._http.request(method, path, content=content, headers=given)
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json", answer.text
        assert answer.json()["status"] == answer.status_code
    return answer.status_code, answer.json() if answer.content else None


@pytest.mark.parametrize("route", WRITES)
async def test_nothing_put_in_any_place_of_a_body_is_a_bug(house, route):
    body = body_of(route, house.worlds["A"])
    broken = {}
    for way, leaf in leaves(body):
        for nasty in nasty_of(leaf):
            status, said = await send(house, route, replaced(body, way, nasty).encode())
            if status >= 500:
                broken[f"{way}: {nasty[:40]}"] = said["detail"]

    assert broken == {}


ORDERS, STARTS = "POST /v1/orders", "POST /v1/rider/shift/start"
JSON = {"content-type": "application/json"}


def an_order_with(house: House, **fields: Any) -> bytes:
    return json.dumps(body_of(ORDERS, house.worlds["A"]) | fields).encode()


@pytest.mark.parametrize(
    ("way", "field"),
    [
        (("customer", "name"), "customer.name"),
        (("dropoff", "note"), "dropoff.note"),
        (("lines", 0, "item_id"), "lines[0].item_id"),
        (("external_id",), "external_id"),
        (("store_id",), "store_id"),
    ],
    ids=str,
)
async def test_a_text_that_cannot_be_stored_is_refused_by_its_field_s_name(house, way, field):
    content = replaced(body_of(ORDERS, house.worlds["A"]), way, '"a\\u0000b"').encode()

    status, problem = await send(house, ORDERS, content)

    assert (status, problem["facts"]["fields"][0]["field"]) == (400, field)


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"", {}, 400),
        (b"   ", {}, 400),
        (b"null", {}, 400),
        (b"\xff\xfe{}", {}, 400),
        (b'{"lat": "\xc3\x28"}', {}, 400),
        (b"lat=1&lon=2", {"content-type": "application/x-www-form-urlencoded"}, 400),
        (b"--x\r\n\r\n--x--", {"content-type": "multipart/form-data; boundary=x"}, 400),
        (b"<shift/>", {"content-type": "application/xml"}, 400),
        (b"\x81\xa3lat\x01", {"content-type": "application/msgpack"}, 400),
        (b'{"lat": 1.5, "lat": 91}', JSON, 400),
        (b'{"vehicle": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", JSON, 400),
        (b'{"vehicle": ' + b'{"a":' * 50_000, JSON, 400),
        (b'{"lat": NaN}', JSON, 400),
        (b'{"lat": 1} {"lat": 1}', JSON, 400),
        (b'{"vehicle": "' + b"x" * MAX_BODY_BYTES + b'"}', JSON, 413),
        (b" " * 1_000_000, JSON, 413),
    ],
    ids=["empty", "blank", "null", "utf-16", "not-utf-8", "form", "multipart", "xml", "msgpack", "twice", "deep-lists",
         "deep-objects", "nan", "two-documents", "large", "a-megabyte"],
)  # fmt: skip
async def test_a_body_that_is_no_body_is_refused(house, content, headers, status):
    assert (await send(house, STARTS, content, **headers))[0] == status


async def test_of_a_key_that_is_there_twice_the_last_counts_and_is_checked(house):
    assert (await send(house, STARTS, b'{"lat": 91, "lat": 1.5, "lon": 1.5}'))[0] == 200


@pytest.mark.parametrize("key", ["", "x" * 129, "x" * 60_000])
async def test_an_idempotency_key_has_a_length(house, key):
    status, problem = await send(house, ORDERS, an_order_with(house), **{"Idempotency-Key": key})

    assert (status, problem["facts"]["fields"][0]["field"]) == (400, "Idempotency-Key")


@pytest.mark.parametrize("key", [" ", "'; --", "%00", "\\u0000", "x" * 128, "..", "key key"])
async def test_whatever_fits_is_a_key_and_finds_its_answer_again(house, key):
    body = an_order_with(house, external_id=None)

    first, again = [await send(house, ORDERS, body, **{"Idempotency-Key": key}) for _ in range(2)]

    assert (first[0], again) == (201, first)


@pytest.mark.parametrize(
    "order_id",
    ["x", "%00", "ord_", "rdr_01M811J1F2KM27MX1KKMM56WV3", "ord_" + "I" * 26, "%ED%A0%80", "%FF", "ord_x%00", "%20",
     "..%2F..%2Fhealth%2Flive", "x" * 5000, "'%20OR%20true", "%F0%9F%8D%95", "{order_id}", "%25"],
)  # fmt: skip
async def test_an_id_of_another_shape_names_nothing(house, order_id):
    token = house.token(house.worlds["A"].caller("operator", *Scope))

    for path in ("", "/tracking", "/events", "/cancellation"):
        answer = await house.call("GET", f"/v1/orders/{order_id}{path}", token)
        assert answer.status_code in {404, 400}, answer.text
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("role", ["rider", "merchant", "customer", "platform", "operator"])
async def test_the_id_of_another_kind_of_thing_names_nothing(house, role):
    world = house.worlds["A"]
    token = house.token(world.caller(role, *(Scope if role == "operator" else ())))
    reads = [route for route in TABLE if route.startswith("GET /v1/") and "{" in route and "{name}" not in route]

    for route in reads:
        for name in ("order_id", "ticket_id", "delivery_id", "offer_id", "rider_id", "store_id", "city_id"):
            if f"{{{name}}}" not in route:
                ids = dict.fromkeys(world.ids, world.ids[name])
                answer = await house.call("GET", path_of(route, ids, TABLE[route]), token)
                assert answer.status_code == 404, (route, name)


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/v1/orders?limit=0", "limit"),
        ("/v1/orders?limit=201", "limit"),
        ("/v1/orders?limit=99999999999999999999999", "limit"),
        ("/v1/orders?limit=1e3", "limit"),
        ("/v1/orders?limit=NaN", "limit"),
        ("/v1/orders?cursor=%00", "cursor"),
        ("/v1/orders?cursor=" + "x" * 65, "cursor"),
        ("/v1/orders?status=eaten", "status"),
        ("/v1/zones", "city_id"),
        ("/v1/operations/orders", "city_id"),
        ("/v1/operations/orders?city_id=x&limit=501", "limit"),
        ("/v1/operations/orders?city_id=x&order_ids=%00", "order_ids"),
        ("/v1/operations/riders?city_id=x&cursor=" + "x" * 65, "cursor"),
        ("/v1/orders/held?city_id=", "city_id"),
        ("/v1/zones?city_id=%00", "city_id"),
        ("/v1/riders/nearest?lat=NaN&lon=1", "lat"),
        ("/v1/riders/nearest?lat=1e400&lon=1", "lat"),
        ("/v1/riders/nearest?lat=1&lon=181", "lon"),
        ("/v1/riders/nearest?lat=1&lon=1&n=0", "n"),
        ("/v1/clock/heads?after_position=9223372036854775808", "after_position"),
        ("/v1/clock/heads?after_position=-1", "after_position"),
        ("/v1/streets/search", "q"),
        ("/v1/streets/search?q=", "q"),
        ("/v1/streets/search?q=%00", "q"),
        ("/v1/streets/search?q=" + "x" * 121, "q"),
        ("/v1/streets/search?q=rua&lat=91&lon=0", "lat"),
        ("/v1/streets/search?q=rua&lat=NaN&lon=0", "lat"),
        ("/v1/streets/search?q=rua&lat=0&lon=-181", "lon"),
        ("/v1/streets/search?q=rua&limit=21", "limit"),
        ("/v1/map/streets?v=" + "x" * 65, "v"),
    ],
)
async def test_a_query_that_cannot_be_meant_is_refused_by_name(house, path, field):
    answer = await house.call("GET", path, house.token(house.worlds["A"].caller("operator", *Scope)))

    assert (answer.status_code, answer.json()["facts"]["fields"][0]["field"]) == (400, field)


@pytest.mark.parametrize("since", ["1052", "yesterday", "2031-03-07T22:00:00", "0001-01-01T00:00:00Z", "%00",
                                   "9999-12-31T23:59:59.999999Z", "0001-01-01T00:00:00%2B14:00"])  # fmt: skip
async def test_a_trail_begins_at_an_instant(house, since):
    world = house.worlds["A"]
    path = f"/v1/riders/{world.ids['rider_id']}/trail?since={since}"

    answer = await house.call("GET", path, house.token(world.caller("operator", *Scope)))

    assert (answer.status_code, answer.json()["facts"]["field"]) == (422, "since")


async def test_a_report_from_the_future_counts_as_now(fresh_house):
    house, world = fresh_house, fresh_house.worlds["A"]
    delivery_id, rider = world.ids["delivery_id"], world.caller("rider")
    report = {"report_id": "r", "occurred_at": "2099-01-01T00:00:00Z"}

    await house.must("POST", f"/v1/deliveries/{delivery_id}/arrive-at-dropoff", rider, report)

    seen = await house.must("GET", f"/v1/deliveries/{delivery_id}", rider)
    assert seen["arrived_at_dropoff_at"] == (await house.must("GET", "/v1/clock", rider))["now"]


async def test_the_end_of_the_calendar_is_no_instant(fresh_house):
    """Because the database's driver reads it as infinity, without a time zone: nothing could be reckoned from it."""
    house, world = fresh_house, fresh_house.worlds["A"]
    operator = house.token(world.caller("operator", *Scope))
    store = f"/v1/stores/{world.ids['store_id']}"

    clock = await house.call("PUT", "/v1/clock", operator, {"to": LATE})
    pause = await house.call("PATCH", store, operator, {"paused_until": LATE})
    busy = await house.call("PATCH", store, operator, {"busy": {"extra_minutes": 5, "until": LATE}})

    named = [answer.json()["facts"]["fields"][0]["field"] for answer in (clock, pause, busy)]
    assert [clock.status_code, pause.status_code, busy.status_code] == [400, 400, 400]
    assert named == ["to", "paused_until", "busy.until"]


@pytest.mark.parametrize("name", sorted(RULES))
async def test_a_rule_that_would_break_the_arithmetic_is_refused(house, name):
    token = house.token(house.worlds["A"].caller("operator", Scope.RULES))
    accepted = []
    for field in RULES[name].__struct_fields__:
        for value in (10**18, -1, 10**400, "x", None, [10**18], True):
            body = {"value": {field: value}, "reason": "nasty"}
            answer = await house.call("PUT", f"/v1/rules/{name}", token, json.dumps(body))
            is_meant = value is True and RULES[name].__annotations__[field] is bool
            accepted += [(field, value)] if answer.status_code not in {400, 422} and not is_meant else []

    assert accepted == []


async def test_a_rule_s_field_that_is_not_there_is_refused_by_name(house):
    token = house.token(house.worlds["A"].caller("operator", Scope.RULES))
    body = {"value": {"windows_s": 60}, "reason": "a slip of the finger"}

    answer = await house.call("PUT", "/v1/rules/acceptance", token, body)

    assert (answer.status_code, "windows_s" in answer.json()["detail"]) == (422, True)
