"""Getting in and staying in: cookies, other sites, tabs, bad networks, and people who try codes."""

import asyncio
from http.cookies import SimpleCookie

import pytest
from tests.accounts.builders import CANTINA, OFFICE

from accounts.store import TRIES_OF_AN_ADDRESS

SITE = "https://recado.example"
LATER = "UPDATE devices SET previous_until = previous_until - interval '31 seconds'"


async def used(office, session, *, app=None):
    """Present an access token, and wait until that is known to all."""
    headers = {"Authorization": f"Bearer {session['access_token']}"}
    assert (await office.browser(app=app).get("/v1/me", headers=headers)).status_code == 200
    async with asyncio.timeout(10):
        while not await office.rows("SELECT 1 FROM devices WHERE used_no = refresh_no"):  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def cookie_of(answer):
    """The one cookie an answer sets."""
    (header,) = answer.headers.get_list("set-cookie")
    ((_, cookie),) = SimpleCookie(header).items()
    return cookie


@pytest.mark.parametrize(("origin", "is_secure"), [(SITE, True), ("http://recado.example", False)])
async def test_a_browser_s_refresh_token_is_where_no_script_and_no_other_site_comes(office, origin, is_secure):
    code = (await office.offer()).json()["code"]

    answer = await office.claim(code, browser=office.browser(origin=origin), keep="cookie")

    cookie = cookie_of(answer)
    assert (cookie.key, cookie["path"], cookie["httponly"], cookie["samesite"].lower()) == (
        "recado_rider", "/v1/sessions", True, "strict",
    )  # fmt: skip
    assert bool(cookie["secure"]) is is_secure
    assert int(cookie["max-age"]) == 90 * 86_400
    assert (answer.json()["refresh_token"], answer.headers["cache-control"]) == (None, "no-store")


async def test_one_browser_is_rider_and_store_at_once(office):
    browser = office.browser(origin=SITE)
    rider = await office.pair(browser=browser, keep="cookie")
    await office.pair(
        browser=browser, keep="cookie", role="merchant", subject_id=f"per_{'T' * 26}", store_ids=[CANTINA]
    )

    sessions = {
        role: (await browser.post("/v1/sessions/refresh", json={"role": role})).json() for role in ("rider", "merchant")
    }

    assert {role: session["role"] for role, session in sessions.items()} == {"rider": "rider", "merchant": "merchant"}
    assert sessions["rider"]["device_id"] == rider["device_id"]
    assert (await browser.post("/v1/sessions/refresh", json={"role": "operator"})).status_code == 401


async def test_a_program_keeps_its_refresh_token_itself(office):
    session = await office.pair()

    answer = await office.http.post("/v1/sessions/refresh", json={"refresh_token": session["refresh_token"]})

    assert answer.json()["refresh_token"] not in {session["refresh_token"], None}
    assert "set-cookie" not in answer.headers


async def test_two_tabs_that_refresh_at_once_stay_signed_in(office):
    browser = office.browser(origin=SITE)
    await office.pair(browser=browser, keep="cookie")

    answers = await asyncio.gather(*(browser.post("/v1/sessions/refresh", json={"role": "rider"}) for _ in range(6)))
    await office.rows(LATER)
    again = await browser.post("/v1/sessions/refresh", json={"role": "rider"})

    assert {answer.status_code for answer in (*answers, again)} == {200}
    assert len({cookie_of(answer).value for answer in answers}) == 1


async def test_a_copied_refresh_token_ends_the_device_for_everybody(office):
    session = await office.pair()
    theirs = (await office.http.post("/v1/sessions/refresh", json={"refresh_token": session["refresh_token"]})).json()
    await used(office, theirs)
    await office.rows(LATER)

    refused = await office.http.post("/v1/sessions/refresh", json={"refresh_token": session["refresh_token"]})

    assert (refused.status_code, refused.json()["type"]) == (401, "/problems/session.over")
    after = await office.http.post("/v1/sessions/refresh", json={"refresh_token": theirs["refresh_token"]})
    assert after.status_code == 401
    assert [row["revoked_because"] for row in await office.rows("SELECT revoked_because FROM devices")] == ["replayed"]
    async with asyncio.timeout(5):
        headers = {"Authorization": f"Bearer {theirs['access_token']}"}
        while (await office.http.get("/v1/me", headers=headers)).status_code != 401:  # noqa: ASYNC110  it is the process that knows
            await asyncio.sleep(0.01)


async def test_a_page_that_was_closed_before_its_answer_came_is_still_signed_in_hours_later(office):
    browser = office.browser(origin=SITE)
    session = await office.pair(browser=browser, keep="cookie")
    (before,) = browser.cookies.jar
    await browser.post("/v1/sessions/refresh", json={"role": "rider"})
    browser.cookies.jar.set_cookie(before)  # the answer never came
    await office.rows(LATER)

    again = await browser.post("/v1/sessions/refresh", json={"role": "rider"})

    assert (again.status_code, again.json()["device_id"]) == (200, session["device_id"])
    await used(office, again.json())
    await office.rows(LATER)
    assert (await browser.post("/v1/sessions/refresh", json={"role": "rider"})).status_code == 200


async def test_what_another_process_was_shown_counts(office):
    session = await office.pair()
    refreshed = await office.http.post("/v1/sessions/refresh", json={"refresh_token": session["refresh_token"]})
    await used(office, refreshed.json(), app=await office.another_process())
    await office.rows(LATER)

    refused = await office.http.post("/v1/sessions/refresh", json={"refresh_token": session["refresh_token"]})

    assert refused.status_code == 401


async def test_who_signs_out_is_forgotten_here_and_there(office):
    browser = office.browser(origin=SITE)
    session = await office.pair(browser=browser, keep="cookie")

    ended = await browser.post("/v1/sessions/end", json={"role": "rider"})
    again = await browser.post("/v1/sessions/end", json={"role": "rider"})

    assert (ended.json(), again.json()) == ({"device_id": session["device_id"]}, {"device_id": None})
    assert (cookie_of(ended).value, cookie_of(ended)["max-age"]) == ("", "0")
    assert (await browser.post("/v1/sessions/refresh", json={"role": "rider"})).status_code == 401


@pytest.mark.parametrize("body", [{}, {"role": "rider", "refresh_token": "x"}])
@pytest.mark.parametrize("path", ["refresh", "end"])
async def test_a_session_is_named_in_one_way(office, path, body):
    assert (await office.http.post(f"/v1/sessions/{path}", json=body)).status_code == 422


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://recado.example"}, 200),
        ({"Origin": "https://elsewhere.example"}, 403),
        ({"Origin": "https://recado.example.evil.example"}, 403),
        ({"Origin": "http://recado.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": ""}, 403),
        ({"Origin": "https://["}, 403),
        ({"Origin": "https://recado.example@elsewhere.example"}, 403),
        ({"Content-Type": ""}, 415),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content-Type": "application/json; charset=utf-8"}, 200),
    ],
    ids=str,
)
async def test_another_site_cannot_use_the_cookie(office, headers, status):
    browser = office.browser(origin=SITE)
    await office.pair(browser=browser, keep="cookie")
    sent = {"Content-Type": "application/json"} | headers

    refreshed = await browser.post("/v1/sessions/refresh", content=b'{"role":"rider"}', headers=sent)
    claimed = await browser.post(
        "/v1/pairings/claim", content=b'{"code":"x","device_name":"x","keep":"cookie"}', headers=sent
    )
    ended = await browser.post("/v1/sessions/end", content=b'{"role":"rider"}', headers=sent)

    assert (refreshed.status_code, claimed.status_code, ended.status_code) == (
        status, 404 if status == 200 else status, status,
    )  # fmt: skip


async def test_behind_a_proxy_that_ends_tls_our_own_page_is_still_ours(office):
    """Because without a trusted `X-Forwarded-Proto` we take ourselves for http, and the browser does not."""
    browser = office.browser(origin="http://recado.example")
    await office.pair(browser=browser, keep="cookie")

    answer = await browser.post("/v1/sessions/refresh", json={"role": "rider"}, headers={"Origin": SITE})

    assert answer.status_code == 200
    assert cookie_of(answer)["secure"], "the browser says that it came over TLS"


async def test_another_site_s_word_makes_no_cookie_secure_and_no_address_ours(office):
    headers = office.bearer(OFFICE) | {"Origin": "https://elsewhere.example"}
    asked = {"role": "rider", "subject_id": f"rdr_{'B' * 26}", "label": "Beto's"}

    offered = await office.http.post("/v1/pairings", json=asked, headers=headers)

    assert offered.json()["url"].startswith("http://recado.example/pair#")


async def test_a_claim_that_was_sent_twice_is_one_device(office):
    code = (await office.offer()).json()["code"]

    first, second = await asyncio.gather(office.claim(code), office.claim(code))

    assert first.json()["refresh_token"] == second.json()["refresh_token"]
    elsewhere = await office.claim(code, browser=office.browser(address="198.51.100.7"))
    assert (elsewhere.status_code, elsewhere.json()["type"]) == (410, "/problems/pairing.over")
    assert elsewhere.json()["facts"]["is_claimed"] is True


async def test_who_tries_codes_is_stopped_and_told_for_how_long(office):
    tried = [await office.claim(f"AAAA{n:04}") for n in range(TRIES_OF_AN_ADDRESS)]
    code = (await office.offer()).json()["code"]

    refused = await office.claim(code)

    assert {answer.status_code for answer in tried} == {404}
    assert (refused.status_code, refused.json()["type"]) == (429, "/problems/pairing.too_many_tries")
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert (await office.claim(code, browser=office.browser(address="198.51.100.7"))).status_code == 200


async def test_when_everybody_tries_codes_nobody_s_is_looked_at(office, monkeypatch):
    monkeypatch.setattr("accounts.store.TRIES_OF_ALL", 2)
    answers = [await office.claim("AAAAAAAA", browser=office.browser(address=f"198.51.100.{n}")) for n in range(3)]

    assert [answer.status_code for answer in answers] == [404, 404, 503]
    assert answers[-1].json()["type"] == "/problems/pairing.busy"
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
