"""Who sees the rider, and how exactly, as it leaves the house: over HTTP, over sockets, through share links."""

from typing import Any

import httpx
import pytest
from tests.infra.live.conftest import Watcher
from tests.tracking.api.house import House
from tests.tracking.api.test_share_links import open_, share
from tests.tracking.api.test_tracking import until
from tests.tracking.evening import NOON, RIDERS, SQUARE, delivery_of
from tests.tracking.policy.test_privacy import ROWS

from fleet.messages import TurnedBack
from kernel.actors import Role
from kernel.geo import Point, offset
from kernel.ids import RiderId
from tracking.policy.positions import WITHIN_M, area_of

ANA, BETO = RIDERS["Ana"], RIDERS["Beto"]
MIDDLE = area_of(SQUARE)  # of a part of town; two places in it, and one in the next
LIAS_DOOR, NEAR_IT = offset(MIDDLE, east_m=200, north_m=-60), offset(MIDDLE, east_m=130, north_m=20)
FAR = offset(MIDDLE, east_m=310, north_m=0)
GUARDED = {"position": "position", "rider": "card", "dropoff_code": "code", "dropoff": "door", "due": "due"}


async def stands(house: House, rider_id: str, place: Point, *, ping_no: int) -> None:
    """The rider's phone reports, every five seconds, and it is kept: whoever asks later is told from it."""
    ping = {
        "device_at": f"2026-03-02T15:00:{5 * ping_no:02}Z",
        "lat": place.lat,
        "lon": place.lon,
        "accuracy_m": 5,
        "bearing_deg": 90,
        "speed_mps": 7,
    }
    headers = {"Authorization": f"Bearer {house.token(Role.RIDER, rider_id)}"}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{house.port}", trust_env=False, verify=False) as client:
        answer = await client.post("/v1/rider/positions", json=ping, headers=headers)
    assert answer.json()[0]["verdict"] == "accepted", answer.text


async def on_its_way(house: House, *, is_next_stop: bool) -> str:
    evening = house.evening
    order_id = await evening.place()
    await evening.accept(order_id)
    await evening.assign(order_id)
    await evening.step(order_id, "mark_ready")
    await evening.step(order_id, "pick_up", is_next_stop=is_next_stop)
    return order_id


async def becomes_next(house: House, order_id: str, *, is_next: bool = True) -> None:
    await house.evening.step(order_id, "say_whether_next", is_next=is_next)


async def every_token(house: House, order_id: str) -> dict[str, str]:
    link = await share(house, order_id)
    return house.everybody | {"follower": (await open_(house, link["token"])).json()["access_token"]}


async def position(watcher: Watcher, *, within_s: float = 5) -> dict[str, Any]:
    while True:
        frame = await watcher.next(within_s=within_s)
        if frame["type"] == "position":
            return frame["position"]


def place_of(seen: dict[str, Any]) -> Point:
    return Point(lat=seen["lat"], lon=seen["lon"])


async def check_table(house: House, order_id: str, tokens: dict[str, str], phase: str) -> None:
    """What each role gets of what is guarded is what the table of this phase grants, over HTTP and in a snapshot."""
    granted = {row[0]: row[2:] for row in ROWS if row[1] == phase}
    for role, token in tokens.items():
        place, *others = granted[role]
        expected = {
            name for name, cell in GUARDED.items() if cell in others or (cell == "position" and place != "none")
        }
        async with house.follow(order_id, token) as watcher:
            snapshot = (await watcher.next())["body"]
        for seen in ((await house.get(order_id, token)).json(), snapshot):
            assert set(seen) & set(GUARDED) == expected, (role, phase)
            assert seen.get("position", {}).get("is_coarse", False) is (place == "coarse"), (role, phase)


async def test_every_role_gets_at_every_stage_what_the_table_grants_and_no_more(house):
    evening = house.evening
    order_id = await evening.place()
    tokens = await every_token(house, order_id)
    await evening.accept(order_id)
    await stands(house, ANA, LIAS_DOOR, ping_no=1)

    await check_table(house, order_id, tokens, "nobody")
    await evening.assign(order_id)
    await check_table(house, order_id, tokens, "approaching")
    await evening.step(order_id, "mark_ready")
    await evening.step(order_id, "pick_up")
    await stands(house, ANA, NEAR_IT, ping_no=2)
    await check_table(house, order_id, tokens, "carrying_other_first")
    await becomes_next(house, order_id)
    await stands(house, ANA, FAR, ping_no=3)
    await check_table(house, order_id, tokens, "carrying_next")
    await evening.step(order_id, "deliver", proof="code")
    await check_table(house, order_id, tokens, "over")


async def test_food_that_goes_back_is_over_for_who_waits(house):
    order_id = await on_its_way(house, is_next_stop=True)
    tokens = await every_token(house, order_id)
    await stands(house, ANA, FAR, ping_no=3)
    fact = TurnedBack(
        order_id=order_id,
        delivery_id=delivery_of(order_id),
        rider_id=RiderId(ANA),
        store_id=house.evening.store_id,
        reason="absent",
    )

    await house.evening.tell(order_id, fact)

    await check_table(house, order_id, tokens, "over")


@pytest.mark.parametrize("role", ["customer", "follower", "platform"])
async def test_while_another_stop_comes_first_only_the_part_of_town_is_told_and_then_the_place(house, role):
    evening = house.evening
    order_id = await evening.place()
    token = (await every_token(house, order_id))[role]
    await evening.accept(order_id)
    await evening.assign(order_id)
    async with house.follow(order_id, token) as watcher:
        await watcher.next()
        await evening.step(order_id, "pick_up")
        await until(watcher, "order.picked_up")
        await house.heard(ANA, by_somebody=True)
        await stands(house, ANA, LIAS_DOOR, ping_no=2)
        coarse = await position(watcher)
        asked = (await house.get(order_id, token)).json()

        await becomes_next(house, order_id)
        await until(watcher, "order.is_next_stop")
        await stands(house, ANA, FAR, ping_no=4)
        exact = await position(watcher)

    assert coarse == asked["position"]
    assert coarse == {
        "lat": MIDDLE.lat,
        "lon": MIDDLE.lon,
        "bearing_deg": None,
        "measured_at": "2026-03-02T15:00:10Z",
        "stale_at": coarse["stale_at"],
        "is_coarse": True,
        "within_m": WITHIN_M,
    }
    assert asked["is_other_stop_first"] is True
    assert (place_of(exact), exact["bearing_deg"], "is_coarse" in exact) == (FAR, 90, False)
    assert place_of((await house.get(order_id, token)).json()["position"]) == FAR


async def test_within_a_part_of_town_nothing_more_is_told(house):
    order_id = await on_its_way(house, is_next_stop=False)
    async with house.follow(order_id, house.token(Role.CUSTOMER)) as watcher:
        await watcher.next()
        await house.heard(ANA, by_somebody=True)
        for ping_no, place in enumerate((LIAS_DOOR, NEAR_IT, LIAS_DOOR), start=1):
            await stands(house, ANA, place, ping_no=ping_no)
        first = await position(watcher)
        await stands(house, ANA, FAR, ping_no=6)
        second = await position(watcher)

    assert (place_of(first), place_of(second)) == (MIDDLE, area_of(FAR))


async def test_whoever_has_the_snapshot_s_part_of_town_is_not_told_it_again(house):
    order_id = await on_its_way(house, is_next_stop=False)
    await stands(house, ANA, LIAS_DOOR, ping_no=1)
    async with house.follow(order_id, house.token(Role.CUSTOMER)) as watcher:
        snapshot = (await watcher.next())["body"]
        await house.heard(ANA, by_somebody=True)
        await stands(house, ANA, NEAR_IT, ping_no=2)
        await stands(house, ANA, FAR, ping_no=6)
        told = await position(watcher)

    assert (place_of(snapshot["position"]), place_of(told)) == (MIDDLE, area_of(FAR))


async def test_the_door_of_the_stop_before_is_not_given_away_by_the_last_place_from_there(house):
    order_id = await on_its_way(house, is_next_stop=False)
    await stands(house, ANA, LIAS_DOOR, ping_no=1)
    house.evening.now = NOON.replace(second=7)

    await becomes_next(house, order_id)

    for role in ("customer", "platform"):
        seen = (await house.get(order_id, house.everybody[role])).json()
        assert "is_other_stop_first" not in seen
        assert place_of(seen["position"]) == MIDDLE
    async with house.follow(order_id, house.token(Role.CUSTOMER)) as watcher:
        assert place_of((await watcher.next())["body"]["position"]) == MIDDLE
        await house.heard(ANA, by_somebody=True)
        await stands(house, ANA, FAR, ping_no=6)
        assert place_of(await position(watcher)) == FAR


async def test_a_rider_who_goes_to_another_door_after_all_is_seen_roughly_again(house):
    order_id = await on_its_way(house, is_next_stop=True)
    async with house.follow(order_id, house.token(Role.CUSTOMER)) as watcher:
        await watcher.next()
        await house.heard(ANA, by_somebody=True)
        await stands(house, ANA, FAR, ping_no=1)
        exact = await position(watcher)
        await becomes_next(house, order_id, is_next=False)
        await until(watcher, "order.other_stop_first")
        await stands(house, ANA, LIAS_DOOR, ping_no=6)
        coarse = await position(watcher)

    assert (place_of(exact), place_of(coarse)) == (FAR, MIDDLE)


async def test_after_another_rider_took_over_nobody_is_shown_where_the_first_one_is(house):
    evening = house.evening
    order_id = await evening.place()
    tokens = await every_token(house, order_id)
    await evening.accept(order_id)
    await evening.assign(order_id, "Ana")
    await stands(house, ANA, LIAS_DOOR, ping_no=1)
    before = (await house.get(order_id, tokens["merchant"])).json()
    async with house.follow(order_id, tokens["merchant"]) as early:
        await early.next()
        await evening.step(
            order_id, "unassign_rider", delivery_id=delivery_of(order_id), assignment_no=1, reason="flat tyre"
        )
        await evening.assign(order_id, "Beto", no=2)
        await house.heard(BETO, by_somebody=True)
        await house.heard(ANA, by_somebody=False)
        await stands(house, ANA, FAR, ping_no=2)
        await stands(house, BETO, NEAR_IT, ping_no=3)
        told = await position(early)
    after = {role: (await house.get(order_id, token)).json().get("position") for role, token in tokens.items()}
    evening.now = NOON.replace(second=30)
    await evening.step(order_id, "pick_up", is_next_stop=True)
    await stands(house, ANA, FAR, ping_no=4)

    assert place_of(before["position"]) == LIAS_DOOR
    assert place_of(told) == NEAR_IT
    assert {role for role, seen in after.items() if seen} == {"merchant", "operator"}
    assert {place_of(seen) for seen in after.values() if seen} == {NEAR_IT}
    for token in tokens.values():
        assert "position" not in (await house.get(order_id, token)).json(), "Beto was not seen since the pickup"


async def test_between_two_riders_nobody_is_shown_anybody(house):
    evening = house.evening
    order_id = await evening.place()
    await evening.accept(order_id)
    await evening.assign(order_id, "Ana")
    await stands(house, ANA, LIAS_DOOR, ping_no=1)
    tokens = await every_token(house, order_id)

    await evening.step(
        order_id, "unassign_rider", delivery_id=delivery_of(order_id), assignment_no=1, reason="flat tyre"
    )

    await check_table(house, order_id, tokens, "nobody")


@pytest.mark.parametrize("role", ["customer", "follower", "platform", "merchant"])
async def test_who_comes_back_after_the_delivery_is_told_what_happened_and_not_where_or_who(house, role):
    order_id = await on_its_way(house, is_next_stop=True)
    token = (await every_token(house, order_id))[role]
    async with house.follow(order_id, token) as watcher:
        seen = await watcher.next()
    await stands(house, ANA, FAR, ping_no=1)
    await house.evening.step(order_id, "deliver", proof="code")
    await stands(house, ANA, LIAS_DOOR, ping_no=2)
    (row,) = await house.evening.rows("SELECT seq FROM orders")

    for ping_no, after in enumerate((seen["seq"], 0), start=3):
        async with house.follow(order_id, token, f"?after={after}&epoch={seen['epoch']}") as watcher:
            frames = [await watcher.next() for _ in range(row["seq"] - after + 1)]
            await stands(house, ANA, NEAR_IT, ping_no=ping_no)
            with pytest.raises(TimeoutError):
                await watcher.next(within_s=0.2)

        assert [frame["type"] for frame in frames] == ["resumed", *["event"] * (row["seq"] - after)]
        told = str(frames)
        assert not any(word in told for word in ("lat", "first_name", "Ana", "1234"))
        assert ANA not in told or role == "merchant", "a store knows who stood at its counter"
    assert await house.redis.pubsub_channels("position:*") == []


async def test_a_link_cannot_be_guessed_and_two_are_never_the_same(house):
    order_id = await house.evening.place()

    tokens = {(await share(house, order_id))["token"] for _ in range(5)}

    assert len(tokens) == 5
    assert all(len(token) >= 22 and order_id[4:] not in token for token in tokens), "128 bits, none of them known"


async def test_a_revoked_link_shows_no_place_any_more_not_even_a_rough_one(house):
    order_id = await on_its_way(house, is_next_stop=False)
    link = await share(house, order_id)
    token = (await open_(house, link["token"])).json()["access_token"]
    await stands(house, ANA, LIAS_DOOR, ping_no=1)
    async with house.follow(order_id, token) as watcher:
        assert (await watcher.next())["body"]["position"]["is_coarse"]
        headers = {"Authorization": f"Bearer {house.token(Role.CUSTOMER)}"}
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{house.port}", trust_env=False, verify=False
        ) as client:
            await client.delete(f"/v1/share-links/{link['share_id']}", headers=headers)

        assert await watcher.closed() == 4501
    assert (await house.get(order_id, token)).status_code == 401
    await house.heard(ANA, by_somebody=False)
