from typing import Any

import pytest

from accounts.model import Scope
from accounts.policy import PHONES_MOST


async def make(desk, rider_id, *scopes: Scope, label: Any = "Ana's phone"):
    return await desk.post(desk.operator(*scopes), f"/v1/riders/{rider_id}/phones", {"label": label})


async def listed(desk, rider_id):
    return (await desk.get(desk.operator(), f"/v1/riders/{rider_id}/phones")).json()["phones"]


async def revoke(desk, caller, rider_id, phone_id):
    path = f"/v1/riders/{rider_id}/phones/{phone_id}"
    return await desk._client.delete(path, headers=desk._headers(caller))


@pytest.mark.parametrize("scope", [Scope.ADMINISTRATION, Scope.DISPATCH])
async def test_the_desk_makes_a_link_and_what_each_app_is_told(desk, scope):
    ana_id = await desk.town.rider("Ana")

    made = await make(desk, ana_id, scope)

    told = made.json()
    assert made.status_code == 201
    assert told["url"] == f"http://recado/v1/p/{told['token']}"
    assert told["qr_svg"].startswith("<svg")
    assert [app["app"] for app in told["apps"]] == [
        "traccar", "owntracks", "overland", "gpslogger", "osmand", "transistorsoft",
    ]  # fmt: skip
    assert all(told["token"] in str(app["settings"]) for app in told["apps"])


async def test_the_list_says_who_made_a_link_and_never_its_token(desk):
    ana_id = await desk.town.rider("Ana")
    told = (await make(desk, ana_id)).json()

    (phone,) = await listed(desk, ana_id)

    assert (phone["id"], phone["rider_id"], phone["label"]) == (told["phone_id"], ana_id, "Ana's phone")
    assert (phone["made_by"], phone["revoked_at"]) == (desk.operator().id, None)
    assert told["token"] not in str(phone)


async def test_a_revoked_link_stays_in_the_list_with_who_revoked_it_first(desk):
    ana_id = await desk.town.rider("Ana")
    phone_id = (await make(desk, ana_id)).json()["phone_id"]

    answers = [await revoke(desk, desk.operator(), ana_id, phone_id) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [204, 204]
    (phone,) = await listed(desk, ana_id)
    assert (phone["revoked_by"], phone["revoked_at"] is not None) == (desk.operator().id, True)


async def test_another_rider_s_link_is_not_there(desk):
    ana_id, beto_id = await desk.town.rider("Ana"), await desk.town.rider("Beto")
    phone_id = (await make(desk, ana_id)).json()["phone_id"]

    answers = [
        await revoke(desk, desk.operator(), one, other)
        for one, other in ((beto_id, phone_id), (ana_id, "phn_x"), ("rdr_x", phone_id))
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert [phone["revoked_at"] for phone in await listed(desk, ana_id)] == [None]


async def test_a_rider_nobody_entered_has_no_links(desk):
    made = await make(desk, "rdr_x")
    seen = await desk.get(desk.operator(), "/v1/riders/rdr_x/phones")

    assert [(answer.status_code, answer.json()["type"]) for answer in (made, seen)] == [
        (404, "/problems/rider.not_found")
    ] * 2


async def test_only_administration_and_dispatch_make_see_and_revoke_links(desk):
    ana_id = await desk.town.rider("Ana")
    phone_id = (await make(desk, ana_id)).json()["phone_id"]
    path = f"/v1/riders/{ana_id}/phones"

    for caller in (desk.rider(ana_id), desk.merchant(desk.town.store_id), desk.operator(Scope.SUPPORT)):
        answers = [await desk.post(caller, path, {"label": "x"}), await desk.get(caller, path)]
        answers += [await revoke(desk, caller, ana_id, phone_id)]
        assert [answer.status_code for answer in answers] == [404] * 3


async def test_a_rider_has_so_many_links_and_a_revoked_one_makes_room(desk):
    ana_id = await desk.town.rider("Ana")
    made = [(await make(desk, ana_id)).json() for _ in range(PHONES_MOST)]

    refused = await make(desk, ana_id)
    await revoke(desk, desk.operator(), ana_id, made[0]["phone_id"])

    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/phone.too_many")
    assert (await make(desk, ana_id)).status_code == 201


@pytest.mark.parametrize("label", ["", "x" * 81, "a\0b", 7, None])
async def test_a_link_has_a_name(desk, label):
    ana_id = await desk.town.rider("Ana")

    assert (await make(desk, ana_id, label=label)).status_code == 400
