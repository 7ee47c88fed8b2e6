"""Share links: what a follower sees, and that it ends everywhere and at once."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from tests.apps import SECRET, settings_of
from tests.infra.live.conftest import serving
from tests.tracking.api.house import House
from tests.tracking.evening import RIDERS, ZE

from accounts.commands import devices, share_links
from accounts.keys import Keys
from accounts.model import Caller, Scope, Subject
from infra.clock import wall_now
from kernel.actors import Role
from recado.app import create_app

ANA = RIDERS["Ana"]
ADMINISTRATOR = Caller(role=Role.OPERATOR, id=f"per_{1:026}", scopes=frozenset({Scope.ADMINISTRATION}))


async def ask(house: House, method: str, path: str, token: str | None = None, body: Any = None) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{house.port}", trust_env=False, verify=False) as client:
        return await client.request(method, path, json=body, headers=headers)


async def share(house: House, order_id: str, **wish: Any) -> dict[str, Any]:
    answer = await ask(house, "POST", f"/v1/orders/{order_id}/share-links", house.token(Role.CUSTOMER), wish)
    assert answer.status_code == 201, answer.text
    shared: dict[str, Any] = answer.json()
    return shared


async def open_(house: House, token: str) -> httpx.Response:
    return await ask(house, "POST", "/v1/share-links/open", body={"token": token})


async def test_whoever_has_the_link_sees_what_the_customer_sees_and_no_money(house):
    evening = house.evening
    order_id = await evening.place()
    shared = await share(house, order_id)
    opened = (await open_(house, shared["token"])).json()
    assert (opened["order_id"], opened["share_id"], opened["expires_in_s"]) == (order_id, shared["share_id"], 900)
    assert opened["tracking"] == (await house.get(order_id, opened["access_token"])).json()
    assert shared["url"] == f"http://127.0.0.1:{house.port}/t/{shared['token']}"
    await evening.accept(order_id)
    await evening.assign(order_id)
    await evening.step(order_id, "pick_up", is_next_stop=True)
    (row,) = await evening.rows("SELECT seq FROM orders")

    views, histories = [], []
    for token in (house.token(Role.CUSTOMER), opened["access_token"]):
        views.append((await house.get(order_id, token)).json())
        async with house.follow(order_id, token, "?after=0") as watcher:
            await watcher.next()
            histories.append([(await watcher.next())["event"] for _ in range(row["seq"])])
            await house.heard(ANA, by_somebody=True)
            await house.ping(ANA, 2.0, second=2)
            assert (await watcher.next())["position"]["lat"] == 2.0

    assert views[0] == views[1]
    for customers, followers in zip(*histories, strict=True):
        if followers["type"] == "hidden":
            assert customers["type"] in {"hidden", "payment.settled"}
        else:
            assert followers.items() <= customers.items()
            assert set(customers) - set(followers) <= {"total_minor", "currency", "refund_minor", "fee_minor"}


async def test_a_link_opens_its_order_and_no_other_and_nothing_else(house):
    order_id, other_id = await house.evening.place(), await house.evening.place()
    token = (await open_(house, (await share(house, order_id))["token"])).json()["access_token"]

    refused = {
        path: (await ask(house, "GET", path, token)).status_code
        for path in (f"/v1/orders/{other_id}/tracking", f"/v1/orders/{order_id}", "/v1/orders", "/v1/me", "/v1/cities")
    }

    assert set(refused.values()) <= {403, 404}
    assert (await ask(house, "POST", f"/v1/orders/{order_id}/share-links", token, {})).status_code == 404
    async with house.follow(other_id, token) as watcher:
        assert await watcher.closed() == 4504


async def test_a_revoked_link_ends_in_every_process_and_for_who_watches(house, database_url, redis_url):
    order_id = await house.evening.place()
    shared = await share(house, order_id)
    token = (await open_(house, shared["token"])).json()["access_token"]
    settings = settings_of(database_url, redis_url)
    async with serving(create_app(settings)) as port:
        elsewhere = House(house.evening, house.redis, port)
        async with (
            house.follow(order_id, token) as here,
            elsewhere.follow(order_id, token) as there,
            house.follow(order_id, house.token(Role.CUSTOMER)) as customers,
        ):
            for watcher in (here, there, customers):
                assert (await watcher.next())["type"] == "snapshot"

            ended = await ask(house, "DELETE", f"/v1/share-links/{shared['share_id']}", house.token(Role.CUSTOMER))

            async with asyncio.timeout(5):
                assert [await here.closed(), await there.closed()] == [4501, 4501]
            assert (ended.status_code, here.client.close_reason) == (204, "It was revoked.")
            assert [(await one.get(order_id, token)).status_code for one in (house, elsewhere)] == [401, 401]
            await house.evening.accept(order_id)
            assert (await customers.next())["type"] == "event"
    assert (await open_(house, shared["token"])).json()["facts"]["is_revoked"] is True


async def test_a_link_that_runs_out_ends_for_who_watches(house):
    order_id = await house.evening.place()
    async with house.evening.database.begin() as tx:
        new = await share_links.share(
            tx, order_id, lasts=timedelta(seconds=2.5), caller=Caller(role=Role.CUSTOMER, id=ZE), now=wall_now()
        )
    opened = (await open_(house, new.token)).json()

    async with house.follow(order_id, opened["access_token"]) as watcher:
        assert (await watcher.next())["type"] == "snapshot"
        assert await watcher.closed(within_s=10) == 4501

    assert opened["expires_in_s"] <= 2
    assert (await house.get(order_id, opened["access_token"])).status_code == 401
    while (over := await open_(house, new.token)).status_code == 200:  # noqa: ASYNC110  time passes
        await asyncio.sleep(0.05)
    assert (over.status_code, over.json()["type"]) == (410, "/problems/share_link.over")


async def test_a_link_nobody_made_opens_nothing(house):
    answer = await open_(house, "AAAAAAAAAAAAAAAAAAAAAA")

    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/share_link.not_found")


async def test_only_whose_order_it_is_and_the_desk_share_it_and_take_it_back(house):
    order_id = await house.evening.place()
    shared = await share(house, order_id)
    strangers = [house.token(Role.CUSTOMER, "cus_other"), house.everybody["merchant"], house.everybody["platform"]]

    for token in strangers:
        assert (await ask(house, "POST", f"/v1/orders/{order_id}/share-links", token, {})).status_code == 404
        assert (await ask(house, "DELETE", f"/v1/share-links/{shared['share_id']}", token)).status_code == 404
    desk = house.everybody["operator"]
    assert (await ask(house, "POST", f"/v1/orders/{order_id}/share-links", desk, {})).status_code == 201
    assert (await ask(house, "DELETE", f"/v1/share-links/{shared['share_id']}", desk)).status_code == 204


@pytest.mark.parametrize("lifetime_s", [59, 7 * 86_400 + 1])
async def test_a_link_lasts_a_minute_to_a_week(house, lifetime_s):
    order_id = await house.evening.place()
    body = {"lifetime_s": lifetime_s}

    answer = await ask(house, "POST", f"/v1/orders/{order_id}/share-links", house.token(Role.CUSTOMER), body)

    assert answer.status_code == 400


async def test_a_revoked_device_s_feeds_are_closed_and_others_stay_open(house):
    order_id, keys = await house.evening.place(), Keys(SECRET)
    tokens, phones = [], []
    for name in ("lost", "kept"):
        async with house.evening.database.begin() as tx:
            subject = Subject(role=Role.CUSTOMER, subject_id=ZE)
            now = wall_now()
            new = await devices.offer_pairing(tx, subject, label=name, keys=keys, caller=ADMINISTRATOR, now=now)
            phone = await devices.claim(tx, new.code, device_name=name, address="", keys=keys, now=now)
        assert not isinstance(phone, Exception)
        phones.append(phone)
        tokens.append(house.tokens.issue(phone.caller))

    async with house.follow(order_id, tokens[0]) as lost, house.follow(order_id, tokens[1]) as kept:
        await lost.next()
        await kept.next()
        office = house.tokens.issue(ADMINISTRATOR)
        await ask(house, "DELETE", f"/v1/devices/{phones[0].id}", office)
        async with asyncio.timeout(5):
            assert await lost.closed() == 4501
        await house.evening.accept(order_id)
        assert (await kept.next())["type"] == "event"
    async with house.follow(order_id, tokens[0]) as lost:
        assert (await lost.next())["problem"]["status"] == 401
        assert await lost.closed() == 4501
