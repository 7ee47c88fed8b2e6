"""A rider's own app against the real application: paired, heard, answered as it needs it, revoked."""

import base64
import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
import redis.exceptions
import structlog
from tests.fleet.town import NOON

from fleet.api.phones import uploads
from fleet.errors import PositionsBusy
from fleet.model.positions import to_ms

LAT, LON = -23.5507, -46.6331
AT = NOON - timedelta(seconds=30)
AT_S = int(AT.timestamp())
OK = '{"result":"ok"}'
NOBODYS = "0" * 26


class Phone:
    """An app that was told its link."""

    def __init__(self, desk: Any, rider_id: str, told: dict[str, Any]) -> None:
        self.desk, self.rider_id, self.told = desk, rider_id, told
        self.token, self.path = told["token"], f"/v1/p/{told['token']}"

    async def post(self, path: str | None = None, **sent: Any) -> httpx.Response:
        return await self.desk._client.post(self.path if path is None else path, **sent)

    async def get(self, path: str | None = None, **sent: Any) -> httpx.Response:
        return await self.desk._client.get(self.path if path is None else path, **sent)

    async def trail(self) -> list[dict[str, Any]]:
        answer = await self.desk.get(self.desk.operator(), f"/v1/riders/{self.rider_id}/trail")
        return answer.json()["points"]

    async def revoke(self) -> httpx.Response:
        path = f"/v1/riders/{self.rider_id}/phones/{self.told['phone_id']}"
        return await self.desk._client.delete(path, headers=self.desk._headers(self.desk.operator()))


async def a_phone(desk, name="Ana") -> Phone:
    rider_id = await desk.town.rider(name)
    answer = await desk.post(desk.operator(), f"/v1/riders/{rider_id}/phones", {"label": f"{name}'s phone"})
    assert answer.status_code == 201, answer.text
    return Phone(desk, rider_id, answer.json())


@pytest.fixture
async def phone(desk) -> Phone:
    return await a_phone(desk)


def a_location(seconds: float = 0, **changes: Any) -> dict[str, Any]:
    """A location as Transistorsoft's library has it."""
    at = AT + timedelta(seconds=seconds)
    coords = {"latitude": LAT, "longitude": LON, "accuracy": 5, "speed": -1, "heading": -1}
    return {"timestamp": at.isoformat(), "coords": coords, "battery": {"level": -1, "is_charging": False}} | changes


def a_feature(seconds: float = 0, **changes: Any) -> dict[str, Any]:
    at = AT + timedelta(seconds=seconds)
    properties = {"timestamp": at.strftime("%Y-%m-%dT%H:%M:%S+0000"), "speed": 4, "horizontal_accuracy": 5}
    point = {"type": "Point", "coordinates": [LON, LAT]}
    return {"type": "Feature", "geometry": point, "properties": properties} | changes


SENT = {
    "transistorsoft": {"json": {"location": a_location()}},
    "traccar": {"json": {"location": a_location(), "device_id": "48241179"}},
    "owntracks": {"json": {"_type": "location", "lat": LAT, "lon": LON, "tst": AT_S, "acc": 5, "vel": 18}},
    "overland": {"json": {"locations": [a_feature()]}},
    "osmand": {"params": {"id": "1", "lat": LAT, "lon": LON, "timestamp": AT_S, "speed": 10, "accuracy": 5}},
    "gpslogger": {"data": {"lat": LAT, "lon": LON, "time": AT.isoformat(), "acc": 5, "spd": 5, "prov": "gps"}},
}
SPEEDS = {"owntracks": 5.0, "overland": 4.0, "osmand": pytest.approx(5.144, abs=0.001), "gpslogger": 5.0}


@pytest.mark.parametrize("app", SENT)
async def test_what_an_app_sends_is_in_the_rider_s_trail(phone, app):
    answer = await phone.post(**SENT[app])

    assert (answer.status_code, answer.text) == (200, "[]" if app == "owntracks" else OK)
    (point,) = await phone.trail()
    assert (point["lat"], point["lon"], point["accuracy_m"], point["source"]) == (LAT, LON, 5, app)
    assert (to_ms(AT), point["speed_mps"]) == (AT_S * 1000, SPEEDS.get(app))
    assert point["device_at"] == AT.isoformat().replace("+00:00", "Z")


@pytest.mark.parametrize("app", ["osmand", "gpslogger"])
async def test_the_settings_that_come_with_a_link_work_as_they_are(phone, app):
    (setup,) = [one for one in phone.told["apps"] if one["app"] == app]
    url = next(one["value"] for one in setup["settings"] if "{0}" in one["value"] or "%LAT" in one["value"])
    words = {
        "%LAT": LAT, "%LON": LON, "%TIME": "2026-03-02T14:59:30.000Z", "%ACC": 5, "%SPD": 5.0, "%DIR": 9,
        "%PROV": "gps", "%BATT": 64, "%ISCHARGING": "false", "%ACT": "", "{0}": LAT, "{1}": LON, "{2}": AT_S * 1000,
        "{3}": 5, "{4}": 770, "{5}": 5.0, "{6}": 9, "{11}": 64,
    }  # fmt: skip
    for word, value in words.items():
        url = url.replace(word, str(value))

    answer = await phone.get(url)

    assert answer.status_code == 200
    (point,) = await phone.trail()
    assert (point["lat"], point["speed_mps"], point["accuracy_m"], point["battery"]) == (LAT, 5.0, 5.0, 0.64)
    assert (point["source"], point["device_at"]) == (app, "2026-03-02T14:59:30Z")


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


async def test_the_token_counts_wherever_an_app_puts_who_it_is(phone):
    token = phone.token
    headers = [{"Authorization": f"Bearer {token}"}, basic("ana", token), basic(token, ""), basic(token, "x")]

    answers = [await phone.post("/v1/p", headers=one, **SENT["owntracks"]) for one in headers]
    answers += [await phone.get("/v1/p", params=SENT["osmand"]["params"] | {"id": token})]
    answers += [await phone.get("/v1/p", params={"deviceid": token, "lat": LAT, "lon": LON, "timestamp": AT_S})]
    answers += [await phone.post("/v1/p", data={"id": token, "lat": LAT, "lon": LON, "timestamp": AT_S})]
    answers += [await phone.post("/v1/p", json={"location": a_location(), "device_id": token})]
    answers += [await phone.post("/v1/p/traccar", json={"location": a_location(), "device_id": token})]

    assert [answer.status_code for answer in answers] == [200] * 9
    assert len(await phone.trail()) == 1


async def test_a_token_may_be_typed_in_capitals_and_in_groups(phone):
    typed = "-".join(phone.token.upper()[start : start + 4] for start in range(0, 26, 4))

    assert (await phone.post(f"/v1/p/{typed}", **SENT["owntracks"])).status_code == 200


async def test_who_names_no_phone_is_told_so_and_who_names_a_strange_one_is_not_found(phone):
    query = SENT["osmand"]["params"]

    missing = await phone.get("/v1/p", params={name: value for name, value in query.items() if name != "id"})
    strange = await phone.get("/v1/p", params=query)
    documents = [await phone.post("/v1/p", json={"location": a_location(), "device_id": one}) for one in ("1", NOBODYS)]
    bearer = await phone.post("/v1/p", headers={"Authorization": f"Bearer {NOBODYS}"}, **SENT["overland"])
    address = await phone.post(f"/v1/p/{NOBODYS}", **SENT["overland"])

    assert [answer.status_code for answer in (missing, strange)] == [400, 400]
    assert [answer.status_code for answer in (*documents, bearer, address)] == [404] * 4
    assert address.json()["type"] == "/problems/phone.not_found"


async def test_a_revoked_link_is_gone_at_once_and_takes_nothing(phone):
    await phone.post(**SENT["overland"])

    revoked = await phone.revoke()
    answers = [await phone.post(json={"locations": [a_feature(5)]}) for _ in range(2)]
    answers += [await phone.get(params=SENT["osmand"]["params"])]

    assert revoked.status_code == 204
    assert [answer.status_code for answer in answers] == [404] * 3
    assert len(await phone.trail()) == 1
    assert (await phone.revoke()).status_code == 204


async def test_a_link_takes_the_positions_of_its_own_rider_only(desk, phone):
    beto = await a_phone(desk, "Beto")

    await phone.post(**SENT["overland"])
    stolen = await phone.post(json={"location": a_location(1), "device_id": beto.token})

    assert stolen.status_code == 200  # the address says who it is
    assert len(await phone.trail()) == 2
    assert await beto.trail() == []


async def test_a_bad_position_spoils_no_other_and_is_not_asked_for_again(phone):
    bad = [
        7,
        a_location(1, timestamp="yesterday"),
        a_location(2, coords={"latitude": 123, "longitude": 1}),
        a_location(3),
    ]

    answer = await phone.post(json={"location": bad})

    assert (answer.status_code, answer.text) == (200, OK)
    assert len(await phone.trail()) == 1


async def test_what_is_sent_twice_or_newest_first_is_there_once_and_in_order(phone):
    batch = [a_feature(20), a_feature(10), a_feature(0), a_feature(10)]

    answers = [await phone.post(json={"locations": batch}) for _ in range(2)]

    assert [answer.text for answer in answers] == [OK, OK]
    times = [point["device_at"] for point in await phone.trail()]
    assert (times, len(times)) == (sorted(times), 3)


async def test_the_largest_batch_of_overland_is_taken_in_one_piece(phone):
    features = []
    for number in range(1000):
        at = NOON - timedelta(seconds=1000 - number)
        properties = {"timestamp": at.strftime("%Y-%m-%dT%H:%M:%SZ"), "horizontal_accuracy": 5, "wifi": "x" * 300}
        point = {"type": "Point", "coordinates": [LON, LAT]}
        features.append({"type": "Feature", "geometry": point, "properties": properties})
    body = json.dumps({"locations": features})

    answer = await phone.post(content=body)

    assert len(body) > 400_000
    assert (answer.status_code, answer.text) == (200, OK)
    assert len(await phone.trail()) == 1000


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        ({"content": b"", "headers": {"X-Limit-U": "ana", "X-Limit-D": "phone"}}, "[]"),
        ({"content": b""}, "[]"),
        ({"json": {"_type": "lwt", "tst": AT_S}}, "[]"),
        ({"json": {"_type": "transition", "lat": LAT, "lon": LON, "tst": AT_S, "event": "enter"}}, "[]"),
        ({"json": {"_type": "something new"}}, "[]"),
        ({"json": {"locations": []}}, OK),
        ({"json": {"location": []}}, OK),
        ({"params": {"id": "1", "batt": 50}}, OK),
    ],
    ids=str,
)
async def test_what_holds_no_position_is_a_success_and_no_place(phone, sent, answer):
    heard = await phone.post(**sent)

    assert (heard.status_code, heard.text) == (200, answer)
    assert await phone.trail() == []


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        ({"json": {"_type": "encrypted", "data": "x"}}, 422, "phone.encrypted"),
        ({"json": {"nothing": "known"}}, 422, "phone.not_understood"),
        ({"content": b"{"}, 400, "request.malformed"),
        ({"content": b"[" * 100_000}, 400, "request.malformed"),
        ({"content": b"x", "headers": {"content-type": "application/json"}}, 400, "request.malformed"),
        ({"content": b"&".join([b"a=1"] * 1000)}, 400, "request.malformed"),
        ({"content": b" " * (uploads.MAX_BYTES + 1)}, 413, "request.too_large"),
        ({"json": {"location": [{"lat": 1}] * 10_001}}, 400, "request.malformed"),
    ],
    ids=["encrypted", "unknown", "half", "deep", "no-json", "many-fields", "large", "many"],
)
async def test_what_cannot_be_an_upload_is_refused_with_a_problem(phone, sent, status, code):
    answer = await phone.post(**sent)

    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{code}")


async def test_whoever_is_not_known_has_little_read_of_them(phone):
    answer = await phone.post("/v1/p", content=b'{"device_id": "' + b"x" * uploads.MOST_OF_NOBODY + b'"}')

    assert answer.status_code == 413


async def test_an_app_nobody_reads_is_named_to_whoever_typed_it(phone):
    answer = await phone.post(f"{phone.path}/whatsapp", **SENT["overland"])

    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/phone.not_understood")


@pytest.mark.parametrize(
    "trouble", [PositionsBusy(), redis.exceptions.ConnectionError("away")], ids=["overload", "redis is away"]
)
async def test_what_is_not_stored_is_kept_by_the_app(phone, monkeypatch, trouble):
    async def refuse(*_: object, **__: object) -> None:
        raise trouble

    monkeypatch.setattr("fleet.commands.positions.Receiver.ingest", refuse)

    for app, sent in SENT.items():
        answer = await phone.post(**sent)
        assert (answer.status_code, "retry-after" in answer.headers) == (503, True), app


async def test_a_token_stands_in_no_log_line_no_metric_and_no_refusal(desk, phone):
    with structlog.testing.capture_logs() as lines:
        await phone.post(json={"location": a_location(timestamp="?")})
        await phone.post(json={"nothing": "known"})
        refused = await phone.post(f"{phone.path}/too/long")
        await phone.revoke()
        gone = await phone.post(**SENT["overland"])
        metrics = await phone.get("/metrics")

    assert gone.json()["instance"] == "/v1/p/{token}"
    for said in (str(lines), refused.text, gone.text, metrics.text):
        assert phone.token not in said
    assert {line["event"] for line in lines} >= {"refused", "phones.unreadable"}
    assert "recado_phone_pings_total" in metrics.text


async def test_the_desk_sees_that_the_first_position_has_come_in(desk, phone):
    path = f"/v1/riders/{phone.rider_id}/phones"

    async def last_sent_at():
        return (await desk.get(desk.operator(), path)).json()["phones"][0]["last_sent_at"]

    await phone.post(json={"_type": "lwt", "tst": AT_S})  # a goodbye is no position
    await desk._client._transport.app.state.phones.write_sent()
    before = await last_sent_at()
    await phone.post(json=a_location())
    await desk._client._transport.app.state.phones.write_sent()

    assert before is None
    assert await last_sent_at() is not None
