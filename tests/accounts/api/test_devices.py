"""Pairing codes and devices over HTTP, and a revoked one in every process."""

import asyncio
from xml.etree import ElementTree as ET

import pytest
from tests.accounts.builders import CANTINA, COOK, NENA, OFFICE, PADARIA

from kernel.ids import is_id

TABLET = {"role": "merchant", "subject_id": f"per_{'T' * 26}", "store_ids": [CANTINA], "label": "by the oven"}


async def test_a_code_comes_to_type_and_to_scan(office):
    answer = await office.offer()

    offered = answer.json()
    assert answer.status_code == 201
    assert offered["url"] == f"http://recado.example/pair#{offered['code'].replace('-', '')}"
    picture = ET.fromstring(offered["qr_svg"])
    assert picture.tag == "{http://www.w3.org/2000/svg}svg"
    assert ("viewBox" in picture.attrib, "width" in picture.attrib) == (True, False)
    assert len(offered["qr_svg"]) < 8_000


async def test_a_paired_device_calls_as_whom_it_was_paired_for(office):
    session = await office.pair(**TABLET)

    me = await office.http.get("/v1/me", headers={"Authorization": f"Bearer {session['access_token']}"})

    assert me.json() == {
        "role": "merchant", "id": f"per_{'T' * 26}", "scopes": [], "store_ids": [CANTINA], "is_manager": False,
        "device_id": session["device_id"],
    }  # fmt: skip
    assert (session["expires_in_s"], session["role"], session["store_ids"]) == (900, "merchant", [CANTINA])


@pytest.mark.parametrize(
    "wish", [TABLET, {"role": "operator", "scopes": ["intake"], "label": "Eva"}], ids=["a tablet", "an operator"]
)
async def test_somebody_new_gets_an_id_of_their_own_from_the_server(office, wish):
    headers = office.bearer(OFFICE)
    unnamed = {key: said for key, said in wish.items() if key != "subject_id"}
    codes = [(await office.http.post("/v1/pairings", json=unnamed, headers=headers)).json()["code"] for _ in range(2)]

    people = [(await office.claim(code)).json()["subject_id"] for code in codes]

    assert len(set(people)) == 2
    assert all(is_id(person, "per") for person in people)


@pytest.mark.parametrize("role", ["rider", "customer", "platform", "follower", "system"])
async def test_who_has_a_record_is_never_made_up(office, role):
    answer = await office.http.post(
        "/v1/pairings", json={"role": role, "label": "somebody"}, headers=office.bearer(OFFICE)
    )

    assert (answer.status_code, answer.json()["facts"]["field"]) == (422, "subject_id")


@pytest.mark.parametrize(
    ("caller", "wish", "status", "code"),
    [
        (NENA, {**TABLET, "store_ids": [PADARIA]}, 403, "pairing.own_tablets_only"),
        (NENA, {}, 403, "pairing.own_tablets_only"),
        (COOK, TABLET, 403, "pairing.own_tablets_only"),
        (OFFICE, {"subject_id": "rdr_x"}, 422, "request.invalid_field"),
        (OFFICE, {"role": "follower"}, 422, "request.invalid_field"),
        (OFFICE, {"label": ""}, 400, "request.malformed"),
    ],
    ids=["another store's", "a rider's phone", "by the cook", "no id", "a follower", "nameless"],
)
async def test_a_pairing_that_may_not_be_is_refused(office, caller, wish, status, code):
    refused = await office.offer(caller, **wish)

    assert (refused.status_code, refused.json()["type"]) == (status, f"/problems/{code}")


async def test_devices_are_listed_page_by_page_newest_first(office):
    made = [(await office.pair(label=f"{n}"))["device_id"] for n in range(5)]
    headers = office.bearer(OFFICE)

    seen, cursor = [], ""
    while cursor is not None:
        page = (await office.http.get(f"/v1/devices?limit=2{cursor and f'&cursor={cursor}'}", headers=headers)).json()
        seen += [device["id"] for device in page["devices"]]
        cursor = page["next_cursor"]

    assert seen == made[::-1]


async def test_a_manager_sees_and_revokes_their_stores_tablets_alone(office):
    mine = (await office.pair(**TABLET))["device_id"]
    others = (await office.pair(**TABLET | {"store_ids": [PADARIA]}))["device_id"]
    both = (await office.pair(**TABLET | {"store_ids": [CANTINA, PADARIA]}))["device_id"]
    phone = (await office.pair())["device_id"]
    headers = office.bearer(NENA)

    listed = (await office.http.get("/v1/devices", headers=headers)).json()["devices"]
    answers = [await office.http.delete(f"/v1/devices/{one}", headers=headers) for one in (others, both, phone, mine)]

    assert [device["id"] for device in listed] == [mine]
    assert [answer.status_code for answer in answers] == [404, 404, 404, 204]
    assert (await office.http.get("/v1/devices", headers=office.bearer(COOK))).status_code == 403


async def test_a_device_s_end_stays_on_record(office):
    session = await office.pair()
    await office.http.delete(f"/v1/devices/{session['device_id']}", headers=office.bearer(OFFICE))

    for query, count in (("?active=true", 0), ("?active=false", 1), ("", 1)):
        page = await office.http.get(f"/v1/devices{query}", headers=office.bearer(OFFICE))
        assert len(page.json()["devices"]) == count
    (device,) = page.json()["devices"]
    assert (device["revoked_by"], device["revoked_because"], device["label"]) == (OFFICE.id, "asked", "Beto's")
    assert not {name for name in device if "hash" in name or "salt" in name}


async def test_a_revoked_device_is_refused_by_every_process(office):
    session = await office.pair()
    processes = [office.app, await office.another_process(), await office.another_process()]
    browsers = [office.browser(app=app) for app in processes]
    headers = {"Authorization": f"Bearer {session['access_token']}"}
    assert {(await browser.get("/v1/me", headers=headers)).status_code for browser in browsers} == {200}

    await office.http.delete(f"/v1/devices/{session['device_id']}", headers=office.bearer(OFFICE))

    async with asyncio.timeout(5):
        for browser in browsers:
            while (refused := await browser.get("/v1/me", headers=headers)).status_code != 401:  # noqa: ASYNC110  it is the process that knows
                await asyncio.sleep(0.01)
            assert refused.json()["type"] == "/problems/request.unauthenticated"


async def test_a_token_that_no_device_refreshes_goes_on_working(office):
    asked = {"role": "rider", "subject_id": f"rdr_{'B' * 26}"}
    issued = (await office.http.post("/v1/tokens", json=asked, headers=office.bearer(OFFICE))).json()
    session = await office.pair()
    await office.http.delete(f"/v1/devices/{session['device_id']}", headers=office.bearer(OFFICE))
    await asyncio.sleep(0.2)

    me = await office.http.get("/v1/me", headers={"Authorization": f"Bearer {issued['access_token']}"})

    assert (me.status_code, me.json()["device_id"]) == (200, None)


@pytest.mark.parametrize(
    "host", ["evil.example/?", "a b", 'x"><svg', "x" * 3000, "user@recado.example"], ids=str.__len__
)
async def test_a_host_that_is_none_gets_into_no_address_and_pairs_nothing(office, host):
    headers = office.bearer(OFFICE) | {"Host": host}
    asked = {"role": "rider", "subject_id": f"rdr_{'B' * 26}", "label": "Beto's"}

    refused = await office.http.post("/v1/pairings", json=asked, headers=headers)

    assert (refused.status_code, refused.json()["type"]) == (400, "/problems/request.malformed")
    assert await office.rows("SELECT 1 FROM pairings") == []


async def test_a_code_is_in_no_line_of_the_log_and_in_no_event(office, capfd):
    code = (await office.offer()).json()["code"]
    session = await office.claim(code, keep="body")
    await office.claim(code, browser=office.browser(address="198.51.100.7"))
    await office.http.post(
        f"/v1/sessions/refresh?{code}", json={"refresh_token": session.json()["refresh_token"] + "x"}
    )

    said = "".join(capfd.readouterr()) + str([dict(row) for row in await office.rows("SELECT * FROM events")])
    secrets = [code, code.replace("-", ""), session.json()["refresh_token"], session.json()["access_token"]]
    assert [secret for secret in secrets if secret in said] == []
